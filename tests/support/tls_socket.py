"""TLS for tests: a certificate of their own, and a client's socket that forgives nothing and whose
records can be held in the hand.
"""
import pathlib
import socket
import ssl
import subprocess
import tempfile
import threading

FOLDER = tempfile.TemporaryDirectory(prefix="ringtick-tls-")


KEYS = {"p256": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["rsa:2048"]}


def certificate(name="localhost", days=2, kind="p256"):
    """Makes a key and a certificate for it, which vouches for itself. Returns their two paths."""
    key, made = (str(pathlib.Path(FOLDER.name) / f"{name}.{end}.pem") for end in ("key", "cert"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", *KEYS[kind], "-nodes", "-keyout", key,
                    "-out", made, "-days", str(days), "-subj", f"/CN={name}", "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    return made, key


def options(files):
    return ["--tls-cert", files[0], "--tls-key", files[1]]


def client_context(trusted=None, version=None):
    """`trusted`: the certificate that the server must show; None: any."""
    context = ssl.create_default_context(cafile=trusted)
    if trusted is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


class TlsSocket:
    """Looks like the socket that it is made of. Between the two are memory BIOs, so that a test can
    take the records before they are sent (`seal`), and close one side only, as TLS allows."""

    def __init__(self, plain, context, session=None, shake_hands=True):
        self.plain = plain
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost",
                                    session=session)
        self.sending = threading.Lock()  # Records leave in the order in which they were sealed.
        self.said_goodbye = False  # The server, by a close_notify.
        while shake_hands and not self.step():
            pass

    def step(self):
        """Goes on with the handshake by one flight. True when it is done."""
        try:
            self.tls.do_handshake()
            done = True
        except ssl.SSLWantReadError:
            done = False
        self.flush()
        if not done:
            self.take_in()
        return done

    def flush(self):
        """Sends what TLS itself has to say, unless another thread sends already: then it does."""
        if not self.sending.acquire(blocking=False):
            return
        try:
            records = self.outgoing.read()
            if records:
                self.plain.sendall(records)
        finally:
            self.sending.release()

    def take_in(self):
        """Waits for bytes. At the end of the stream there are none."""
        bytes_in = self.plain.recv(1 << 16)
        if bytes_in:
            self.incoming.write(bytes_in)
        else:
            self.incoming.write_eof()

    def seal(self, data):
        """The records for it, not sent."""
        for begin in range(0, len(data), 16_384):
            self.tls.write(data[begin:begin + 16_384])
        return self.outgoing.read()

    def sendall(self, data):
        with self.sending:
            self.plain.sendall(self.seal(data))

    def recv(self, size):
        while True:
            try:
                piece = self.tls.read(size)
                self.said_goodbye = not piece
                return piece
            except ssl.SSLWantReadError:
                self.flush()
                self.take_in()
            except ssl.SSLZeroReturnError:  # After we have said it, too.
                self.said_goodbye = True
                return b""
            except ssl.SSLEOFError:
                return b""

    def shutdown(self, _how):
        """Ends our side: by a close_notify, and by a FIN."""
        try:
            self.tls.unwrap()
        except ssl.SSLError:
            pass
        self.flush()
        self.plain.shutdown(socket.SHUT_WR)

    def __getattr__(self, name):
        return getattr(self.plain, name)


def connect(port, context, **how):
    plain = socket.create_connection(("127.0.0.1", port), timeout=30)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return TlsSocket(plain, context, **how)
