"""The wire as bytes: frames and requests built as they stand, right or wrong, and a client that
reads what the server answers and forgives nothing.
"""
import base64
import hashlib
import socket
import struct
import typing

PATIENCE_S = 30  # Real seconds before something that should happen counts as never.

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
KEY = b"\x37\xfa\x21\x3d"  # Of RFC 6455, section 5.7.
SAMPLE_NONCE = "dGhlIHNhbXBsZSBub25jZQ=="  # Of section 1.3.


# ------------------------------------------------------------------------------ what a client sends

def masked(payload, key=KEY):
    size = len(payload)
    keys = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(keys, "big")).to_bytes(size, "big")


def head(opcode, size, *, fin=True, rsv=0, key=KEY, field=None):
    """A frame's header. `field` forces the 7-bit length to 126 or 127; `key` None: not masked."""
    if field is None:
        field = size if size <= 125 else 126 if size <= 0xFFFF else 127
    extended = {126: struct.pack("!H", size & 0xFFFF), 127: struct.pack("!Q", size)}.get(field, b"")
    start = bytes([fin << 7 | rsv << 4 | opcode, (key is not None) << 7 | field])
    return start + extended + (key or b"")


def frame(opcode, payload=b"", **options):
    """A client's frame; options as of head()."""
    key = options.get("key", KEY)
    body = payload if key is None else masked(payload, key)
    return head(opcode, len(payload), **options) + body


def text(payload=b"hello", **options):
    return frame(TEXT, payload, **options)


def more(payload=b"", fin=False):
    """A continuation, by default not the last."""
    return frame(CONTINUATION, payload, fin=fin)


def fragments(opcode, pieces):
    """One message, a frame for each piece."""
    last = len(pieces) - 1
    return b"".join(frame(opcode if i == 0 else CONTINUATION, piece, fin=i == last)
                    for i, piece in enumerate(pieces))


def close(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


def request(line="GET / HTTP/1.1", *headers, host="localhost"):
    """A request head. A header is "Name: value"; `host` None leaves that one out."""
    lines = [line] + ([f"Host: {host}"] if host is not None else []) + list(headers)
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": SAMPLE_NONCE,
}


def upgrade(line="GET / HTTP/1.1", *extra, host="localhost", without=(), **changed):
    """An opening handshake; `Sec_WebSocket_Key="x"` changes a header, `without` leaves some out."""
    fields = UPGRADE | {name.replace("_", "-"): value for name, value in changed.items()}
    kept = [f"{name}: {value}" for name, value in fields.items() if name not in without]
    return request(line, *kept, *extra, host=host)


# -------------------------------------------------------------------------- what the server answers

class Frame(typing.NamedTuple):
    opcode: int
    payload: bytes
    fin: bool = True
    rsv: int = 0


class Response(typing.NamedTuple):
    status: int
    fields: list
    body: bytes

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def one(self, name):
        values = self.all(name)
        assert len(values) == 1, f"{name} is there {len(values)} times: {self.fields}"
        return values[0]

    def tokens(self, name):
        return [token.strip().lower() for value in self.all(name) for token in value.split(",")]


def accept_key(nonce):
    guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return base64.b64encode(hashlib.sha1((nonce + guid).encode()).digest()).decode()


tls = None  # Whatever makes a connected socket one that speaks TLS, if all are to.


class Client:
    """A TCP connection. Whatever it awaits and does not get is an AssertionError."""

    def __init__(self, port, patience=PATIENCE_S, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(patience)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(("127.0.0.1", port))
        if tls is not None:
            self.socket = tls(self.socket)
        self.buffer = b""
        self.rsv_allowed = 0  # Reserved bits that an extension gave a meaning.

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.socket.close()

    def send(self, *pieces):
        self.socket.sendall(b"".join(pieces))
        return self

    def trickle(self, data, step=1):
        """Sends it in pieces, each in a segment of its own."""
        for begin in range(0, len(data), step):
            self.socket.sendall(data[begin:begin + step])
        return self

    def end(self):
        """Says that nothing more will be sent."""
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def fill(self):
        """Reads more into the buffer. False at the end of the stream."""
        try:
            piece = self.socket.recv(1 << 20)
        except TimeoutError:
            raise AssertionError(f"no answer came; read so far: {self.buffer[:200]}") from None
        self.buffer += piece
        return bool(piece)

    def read(self, size):
        pieces, missing = [self.buffer[:size]], size - len(self.buffer[:size])
        self.buffer = self.buffer[size:]
        while missing > 0:
            assert self.fill(), f"the stream ended {missing} bytes early, after {pieces[-1][:200]}"
            pieces.append(self.buffer[:missing])
            self.buffer = self.buffer[missing:]
            missing -= len(pieces[-1])
        return b"".join(pieces)

    def read_line(self):
        while b"\r\n" not in self.buffer:
            assert self.fill(), f"the stream ended inside a line: {self.buffer[:200]}"
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        assert b"\n" not in line and b"\r" not in line, f"a bare line end in {line}"
        return line.decode("latin-1")

    def read_response(self, method="GET"):
        """A whole response, in the form that RFC 9112 gives it."""
        version, status, reason = self.read_line().split(" ", 2)
        assert version == "HTTP/1.1" and len(status) == 3 and reason, (version, status, reason)
        fields = []
        while line := self.read_line():
            name, colon, value = line.partition(":")
            assert colon and name and name == name.strip(), f"no header: {line}"
            fields.append((name, value.strip()))
        answer = Response(int(status), fields, b"")
        assert not answer.all("Transfer-Encoding"), fields
        if answer.status in (101, 304):
            assert not answer.all("Content-Length"), fields
            return answer
        size = int(answer.one("Content-Length"))
        return answer if method == "HEAD" else answer._replace(body=self.read(size))

    def read_frame(self):
        """A whole frame, as a server may send it: unmasked, minimal, and small if control."""
        first, second = self.read(2)
        fin, rsv, opcode = bool(first & 0x80), first >> 4 & 7, first & 0xF
        assert rsv & ~self.rsv_allowed == 0, f"reserved bits {rsv:03b}"
        assert opcode in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG), f"opcode {opcode}"
        assert not second & 0x80, "a server's frame is not masked (RFC 6455, 5.1)"
        size = second
        if size == 126:
            size, = struct.unpack("!H", self.read(2))
            assert size > 125, "the length is not minimal"
        elif size == 127:
            size, = struct.unpack("!Q", self.read(8))
            assert size > 0xFFFF, "the length is not minimal"
        if opcode >= CLOSE:
            assert fin and size <= 125 and rsv == 0, "a control frame is small, whole, and plain"
        return Frame(opcode, self.read(size), fin, rsv)

    def expect(self, opcode, payload=b""):
        came = self.read_frame()
        awaited = Frame(opcode, bytes(payload))
        assert came == awaited, f"awaited {brief(awaited)}, came {brief(came)}"
        return self

    def expect_close(self, code):
        """A close frame with this code; None: one without."""
        came = self.read_frame()
        assert came.opcode == CLOSE, f"awaited the close frame {code}, came {brief(came)}"
        if code is None:
            assert came.payload == b"", brief(came)
            return self
        assert len(came.payload) >= 2, f"awaited the code {code}, came none"
        number, = struct.unpack("!H", came.payload[:2])
        assert number == code, f"awaited the close code {code}, came {number}"
        came.payload[2:].decode()  # Section 5.5.1: a reason is UTF-8.
        return self

    def expect_end(self):
        """The server ends the stream, and not a byte comes before that."""
        try:
            while self.fill():
                pass
        except ConnectionResetError:
            raise AssertionError("the server reset the connection") from None
        assert self.buffer == b"", f"awaited the end, came {self.buffer[:200]}"
        return self

    def quiet(self):
        """Whether nothing waits to be read, now."""
        self.socket.setblocking(False)
        try:
            self.buffer += self.socket.recv(1 << 16)
        except BlockingIOError:
            pass
        finally:
            self.socket.settimeout(PATIENCE_S)
        return self.buffer == b""


def brief(answer):
    return f"{answer._replace(payload=answer.payload[:60])} of {len(answer.payload)} bytes"


def connect(port, first=b"", head_bytes=None, **options):
    """A client whose opening handshake is done; `first` was sent in one piece with it."""
    client = Client(port, **options)
    client.send(head_bytes or upgrade(), first)
    answer = client.read_response()
    assert answer.status == 101, answer
    assert answer.one("Sec-WebSocket-Accept") == accept_key(SAMPLE_NONCE), answer
    return client
