#!/usr/bin/env python3
"""Goal: whole programs that speak TLS: who may not start, what a good client gets, what a hostile
one costs, and that a renewed certificate reaches whoever comes next and disturbs nobody.
Method: Python's ssl over memory BIOs, so that records can be cut, kept back and spoilt; after each
of the hostile a good client is served. (tests/conformance runs in TLS as well.)
"""
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "conformance"))
import programs
import tls_socket
import wire

BENCH, RAILROIDS = sys.argv[1:3]
FILES = tls_socket.certificate()
ANY = tls_socket.client_context()
OURS = tls_socket.client_context(FILES[0])


def start(*arguments, files=FILES, name="game", **how):
    port = programs.free_port()
    own = {"bench": [BENCH, [str(port)]],
           "game": [RAILROIDS, ["--listen", f"127.0.0.1:{port}", "--shards", "1"]]}[name]
    server = programs.TlsServer(own[0], [*own[1], *arguments, *tls_socket.options(files)], port,
                                **how)
    programs.until(server.healthy, "the server answers /healthz")
    return server


def client_of(server, plain=None, context=OURS, **how):
    """A client of the wire whose TLS handshake is done."""
    if plain is None:
        client = wire.Client(server.port)
    else:
        client = wire.Client.__new__(wire.Client)
        client.socket, client.buffer, client.rsv_allowed = plain, b"", 0
    client.socket = tls_socket.TlsSocket(client.socket, context, **how)
    return client


def open_client(server, path="/play/1", **how):
    client = client_of(server, **how)
    client.send(wire.upgrade(f"GET {path} HTTP/1.1"))
    assert client.read_response().status == 101
    return client


def refused(arguments, *words):
    """Does not start, and says why and what to do in these words."""
    run = subprocess.run([RAILROIDS, "--listen", f"127.0.0.1:{programs.free_port()}", "--check",
                          *arguments], capture_output=True, text=True, timeout=programs.PATIENCE_S)
    assert run.returncode != 0, (arguments, run)
    for word in words:
        assert word in run.stderr, (word, run.stderr)
    return run.returncode


# ------------------------------------------------------------------------------------- at the start

def who_may_not_start():
    certificate, key = FILES
    folder = pathlib.Path(tls_socket.FOLDER.name)
    other = tls_socket.certificate("other")
    assert refused(["--tls-cert", certificate], "--tls-cert requires --tls-key") == 2
    assert refused(["--tls-key", key], "--tls-key requires --tls-cert") == 2
    missing = str(folder / "missing.pem")
    assert refused(["--tls-cert", missing, "--tls-key", key], missing, "No such file") == 1
    assert refused(["--tls-cert", certificate, "--tls-key", missing], missing, "No such file") == 1
    assert refused(["--tls-cert", certificate, "--tls-key", other[1]], "is not the key of") == 1
    assert refused(["--tls-cert", key, "--tls-key", key], "is no certificate in PEM") == 1
    assert refused(["--tls-cert", str(folder), "--tls-key", key], "Is a directory") == 1
    assert refused(["--tls-cert", "/dev/zero", "--tls-key", key], "File too large") == 1
    locked = str(folder / "locked.pem")
    subprocess.run(["openssl", "pkey", "-in", key, "-aes128", "-passout", "pass:secret", "-out",
                    locked], check=True)
    assert refused(["--tls-cert", certificate, "--tls-key", locked], "is encrypted") == 1


def what_is_unwise_is_said():
    old = tls_socket.certificate("old")
    subprocess.run(["openssl", "x509", "-in", old[0], "-signkey", old[1], "-days", "-1", "-out",
                    old[0] + ".expired"], check=True, capture_output=True)
    os.chmod(old[1], 0o644)
    with start("--log-level", "info", files=(old[0] + ".expired", old[1])) as server:
        server.process.send_signal(signal.SIGTERM)
        out, log = server.process.communicate(timeout=programs.PATIENCE_S)
    assert out.startswith(f"railroids: https://127.0.0.1:{server.port}\n"), out
    assert "has expired" in log, log
    assert "everybody on this machine can read the key" in log, log


# ------------------------------------------------------------------------------ those who are good

def versions_and_their_tickets_are_served(server):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = tls_socket.client_context(FILES[0], version)
        context.set_alpn_protocols(["h2", "http/1.1"])
        before = server.stats()
        with client_of(server, context=context) as client:
            assert client.socket.tls.version() == version.name.replace("_", "."), version
            assert client.socket.tls.selected_alpn_protocol() == "http/1.1"
            client.send(wire.request("GET /healthz HTTP/1.1"))
            assert client.read_response().body == b"ok\n"
            ticket = client.socket.tls.session
        with client_of(server, context=context, session=ticket) as client:
            assert client.socket.tls.session_reused, version
            client.send(wire.request("GET /healthz HTTP/1.1"))
            assert client.read_response().body == b"ok\n"
        after = server.stats()
        assert after["tls_resumed"] == before["tls_resumed"] + 1, after
        assert after["tls_handshakes"] >= before["tls_handshakes"] + 3, after


def who_speaks_only_h2_is_refused(server):
    context = tls_socket.client_context(FILES[0])
    context.set_alpn_protocols(["h2"])
    try:
        client_of(server, context=context)
    except ssl.SSLError as error:
        assert "NO_APPLICATION_PROTOCOL" in str(error).upper().replace(" ", "_"), error
    else:
        raise AssertionError("it was let in")


def our_close_says_so(server):
    """Section 6.1 of RFC 8446: the end of what we say is told in TLS, before the stream ends."""
    with client_of(server) as client:
        client.send(wire.request("GET /nowhere HTTP/1.1", "Connection: close"))
        assert client.read_response().status == 404
        client.expect_end()
        assert client.socket.said_goodbye
    with open_client(server) as client:
        client.send(wire.close(1000))
        while client.read_frame().opcode != wire.CLOSE:
            pass
        client.expect_end()
        assert client.socket.said_goodbye
    with client_of(server) as client:  # It has said so itself, and ends its stream with it.
        client.socket.shutdown(socket.SHUT_WR)
        client.expect_end()
        assert client.socket.said_goodbye


def curl_reads_the_pages(server):
    def curl(*options):
        return subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", "20", "--cacert", FILES[0],
             *options], capture_output=True, check=True).stdout

    page = f"https://localhost:{server.port}/"
    whole = curl(page)
    assert b"<title>" in whole and len(whole) > 1_000, whole[:200]
    assert curl("--tls-max", "1.2", page) == whole == curl("--tlsv1.3", "--compressed", page)
    # One connection, and one handshake, for many requests.
    counts = curl(*["--write-out", "%{num_connects} ", "--output", "/dev/null", page] * 5)
    assert counts.split() == [b"1", b"0", b"0", b"0", b"0"], counts
    module = curl(page + "railroids.wasm")
    assert module.startswith(b"\0asm") and len(module) > 65_536, len(module)


def s_client_sees_what_is_spoken(server):
    for version, name in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
        ask = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", version, "-CAfile",
             FILES[0], "-verify_return_error", "-ign_eof", "-alpn", "http/1.1"],
            input=b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            capture_output=True, timeout=programs.PATIENCE_S)
        out = ask.stdout.decode()
        assert ask.returncode == 0, ask
        for words in (f"New, {name}", "ALPN protocol: http/1.1", "Compression: NONE",
                      "Verification: OK", "200 OK", "ok\n"):
            assert words in out, (words, out)
    old = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_1", "-cipher",
         "DEFAULT:@SECLEVEL=0"], input=b"", capture_output=True, timeout=programs.PATIENCE_S)
    assert old.returncode != 0 and b"alert protocol version" in old.stderr, old


def a_foreign_origin_is_refused(server):
    host = f"127.0.0.1:{server.port}"
    for origin, status in ((f"https://{host}", 101), (f"http://{host}", 403),
                           ("https://evil.example", 403)):
        with client_of(server) as client:
            client.send(wire.upgrade("GET /play/1 HTTP/1.1", f"Origin: {origin}", host=host))
            assert client.read_response().status == status, origin


def plain_http_is_told_in_words(server):
    for first in (wire.request("GET / HTTP/1.1"), wire.upgrade(), b"POST /", b"G"):
        with wire.Client(server.port) as client:
            client.send(first)
            answer = client.read_response()
            assert answer.status == 400 and b"https://" in answer.body, answer
            client.end().expect_end()


def a_hello_on_the_plain_port_is_refused():
    port = programs.free_port()
    with programs.Server(RAILROIDS, ["--listen", f"127.0.0.1:{port}"], port) as server:
        programs.until(server.healthy, "the server answers /healthz")
        with wire.Client(port) as client:
            client.send(hello())
            assert client.read_response().status == 400
            client.end().expect_end()


def let_in(server):
    client = client_of(server)
    client.send(wire.upgrade())
    return client if client.read_response().status == 101 else client.socket.close()


def who_is_turned_away_is_told_why():
    with start("echo", "--connections-max", "1", name="bench") as server:
        # Whoever asked whether it is healthy may not be gone yet.
        first = programs.until(lambda: let_in(server), "there is a place")
        with first:
            with client_of(server) as second:
                second.send(wire.request("GET / HTTP/1.1"))
                assert second.read_response().status == 503
                second.expect_end()
            first.send(wire.text(b"still there?")).expect(wire.TEXT, b"still there?")


def a_proxys_header_comes_before_the_hello():
    block = socket.inet_aton("203.0.113.9") + socket.inet_aton("127.0.0.1") + struct.pack(
        ">HH", 5000, 443)
    header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack(">H", len(block)) + block
    limits = ("--trust-proxy", "127.0.0.1", "--connections-per-ip-max", "2")
    with start(*limits) as server:
        inside = []
        for status in (101, 101, 429):
            plain = socket.create_connection(("127.0.0.1", server.port), timeout=30)
            plain.sendall(header)
            client = client_of(server, plain)
            client.send(wire.upgrade("GET /play/1 HTTP/1.1"))
            assert client.read_response().status == status
            inside.append(client)
        assert server.stats()["proxy_headers"] == 3
        for client in inside:
            client.socket.close()


# -------------------------------------------------------------------------------- those who are not

def hello():
    outgoing = ssl.MemoryBIO()
    try:
        ANY.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def a_handshake_one_byte_at_a_time(server):
    with client_of(server, shake_hands=False) as client:
        tls, done = client.socket, False
        while not done:
            try:
                tls.tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                pass
            for byte in tls.outgoing.read():
                tls.plain.sendall(bytes([byte]))
            if not done:
                tls.take_in()
        client.trickle(wire.request("GET /healthz HTTP/1.1"))
        assert client.read_response().body == b"ok\n"


def handshakes_that_are_abandoned(server):
    """Each ends by its deadline, and is counted."""
    before = server.stats()["tls_failed"]
    first = hello()
    stuck = [wire.Client(server.port).send(first[:size])
             for size in (0, 1, 5, 6, 100, len(first) - 1, len(first))]
    for client in stuck[-3:]:
        client.reset()
    for client in stuck[:-3]:
        try:
            while client.fill():
                pass
        except ConnectionResetError:
            pass
    programs.until(lambda: server.stats()["tls_failed"] == before + len(stuck), "all have failed")


def records_that_are_none(server):
    first = hello()
    oversized = b"\x16\x03\x01\xff\xff" + bytes(70_000)
    for bytes_in in (b"\x00" * 300, b"\xff" * 5_000, oversized, b"\x17\x03\x03\x00\x10" + bytes(16),
                     b"\x15\x03\x01\x00\x02\x02\x28", b"\x80\x2e\x01\x03\x01" + bytes(43),
                     first[:50] + b"\0" * (len(first) - 50), b"\x16\x03\x01\x00\x00" * 1_000):
        with wire.Client(server.port) as client:
            try:
                client.send(bytes_in).end()
                while client.fill():
                    pass
            except (BrokenPipeError, ConnectionResetError):
                pass
            assert len(client.buffer) < 100, client.buffer
            assert client.buffer[:1] in (b"", b"\x15"), client.buffer  # An alert, or nothing.


def random_spoilt_records(server):
    seed = int(os.environ.get("RINGTICK_SEED", random.randrange(1 << 32)))
    print(f"RINGTICK_SEED={seed}")
    chance = random.Random(seed)
    for _ in range(60):
        with open_client(server) as client:
            records = bytearray(client.socket.seal(wire.frame(wire.BINARY, bytes(200)) * 3))
            at = chance.randrange(len(records))
            if chance.random() < 0.5:
                records[at] ^= 1 << chance.randrange(8)
            else:
                del records[at:]
            try:
                client.socket.plain.sendall(records)
                client.socket.plain.shutdown(socket.SHUT_WR)
                while client.fill():
                    pass
            except (ssl.SSLError, ConnectionResetError):
                pass


def streams_that_end_without_a_word(server):
    closed = server.stats()["closed"]["vanished"]
    for _ in range(5):
        client = open_client(server)
        client.socket.plain.shutdown(socket.SHUT_WR)
    programs.until(lambda: server.stats()["closed"]["vanished"] == closed + 5, "they are gone")


def a_flood_of_tiny_records(server):
    """Each byte of many pings in a record of its own: a tick bounds what is read, as ever, and all
    of it is: the last one is answered."""
    throttled = server.stats()["receive_throttled"]
    with open_client(server) as client:
        pings = wire.frame(wire.PING) * 4_000 + wire.frame(wire.PING, b"the last")
        records = b"".join(client.socket.seal(bytes([byte])) for byte in pings)
        client.socket.plain.settimeout(programs.PATIENCE_S)
        client.socket.plain.sendall(records)
        while True:
            frame = client.read_frame()
            if frame.opcode == wire.PONG and frame.payload == b"the last":
                break
    assert server.stats()["receive_throttled"] > throttled, "all of it was read in a tick"


def empty_records_end_it(server):
    """With nothing sealed in them they are none."""
    ended = server.stats()["closed"]["protocol"]
    with open_client(server) as client:
        client.socket.plain.sendall(b"\x17\x03\x03\x00\x00" * 5_000)
        try:
            while client.fill():
                pass
            raise AssertionError("the stream ended without an alert")
        except ssl.SSLError as alert:
            assert "alert" in str(alert).lower(), alert
        except ConnectionResetError:
            pass  # What was on its way behind the first was not read.
    programs.until(lambda: server.stats()["closed"]["protocol"] == ended + 1, "it is ended")


def after_command(server, version, command):
    """What s_client tells after it was told to do something in an open session."""
    with subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", version],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True) as process:
        for line in process.stdout:
            if line.startswith("-----END CERTIFICATE-----"):
                break
        out, _ = process.communicate(command, timeout=programs.PATIENCE_S)
    return out


def nobody_begins_anew(server):
    out = after_command(server, "-tls1_2", "R\n")
    assert "RENEGOTIATING" in out and "no renegotiation" in out, out


# ------------------------------------------------------------------------------- a new certificate

def issuer_of(server):
    with client_of(server, context=ANY) as client:
        return ssl.DER_cert_to_PEM_cert(client.socket.tls.getpeercert(binary_form=True))


def a_renewed_certificate_is_shown_to_newcomers():
    served = tls_socket.certificate("served")
    renewed = tls_socket.certificate("renewed")
    with start("--log-level", "info", files=served) as server, \
            open_client(server, context=ANY) as present:
        first = issuer_of(server)
        for old, new in zip(served, renewed):
            shutil.copyfile(new, old)
        server.process.send_signal(signal.SIGHUP)
        programs.until(lambda: issuer_of(server) != first, "newcomers see the new certificate")
        second = issuer_of(server)
        assert second == pathlib.Path(renewed[0]).read_text(), second

        # What cannot be served changes nothing.
        pathlib.Path(served[1]).write_text("not a key")
        server.process.send_signal(signal.SIGHUP)
        for _ in range(10):
            assert issuer_of(server) == second
        present.send(wire.frame(wire.PING, b"all the while"))
        while present.read_frame() != wire.Frame(wire.PONG, b"all the while"):
            pass
        server.process.send_signal(signal.SIGTERM)
        _, log = server.process.communicate(timeout=programs.PATIENCE_S)
    assert "whoever connects from now on is shown the certificate" in log, log
    assert "the certificate is the one from before: --tls-key" in log, log


# ----------------------------------------------------------------------------------- what it costs

def playing_allocates_nothing():
    """Handshakes included: OpenSSL has memory of its own."""
    with start("broadcast", "100", "1000", name="bench") as server:
        stay = open_client(server, "/")
        for _ in range(5):
            open_client(server, "/").socket.close()
        for _ in range(200):
            frame = stay.read_frame()
            assert frame.opcode == wire.BINARY and len(frame.payload) == 1_000, frame
            stay.send(wire.frame(wire.BINARY, bytes(20)))
        memory = server.stats()
        for _ in range(100):
            stay.read_frame()
        later = server.stats()
        assert memory["tls_memory_refused"] == 0, memory
        if memory["tls_memory_touched"] > 0:  # Else OpenSSL has the heap, under sanitizers.
            assert later["tls_memory_touched"] == memory["tls_memory_touched"], (memory, later)
            assert later["allocations_after_warmup"] == 0, later
        assert later["tls_connections"] == 2, later
        stay.socket.close()
        code, _ = server.stop()
        assert code == 0


def who_reads_slowly_is_shown_less():
    """And never an old snapshot but the ones that the kernel has already, and one behind them."""
    with start("broadcast", "100", "16000", name="bench") as server:
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        plain.settimeout(programs.PATIENCE_S)
        plain.connect(("127.0.0.1", server.port))
        client = open_client(server, "/", plain=plain)
        programs.until(lambda: server.stats()["snapshots_skipped"] > 100, "snapshots are skipped")
        ticks = []
        while len(ticks) < 2 or ticks[-1] - ticks[-2] < 100:
            ticks.append(struct.unpack("<Q", client.read_frame().payload[:8])[0])
        assert ticks == sorted(set(ticks)), ticks
        assert len(ticks) < 100, ticks
        client.socket.close()


def main():
    who_may_not_start()
    what_is_unwise_is_said()
    a_hello_on_the_plain_port_is_refused()
    who_is_turned_away_is_told_why()
    a_proxys_header_comes_before_the_hello()
    a_renewed_certificate_is_shown_to_newcomers()
    playing_allocates_nothing()
    who_reads_slowly_is_shown_less()
    with start("--handshake-timeout", "2") as server:
        for case in (versions_and_their_tickets_are_served, who_speaks_only_h2_is_refused,
                     our_close_says_so, curl_reads_the_pages, s_client_sees_what_is_spoken,
                     a_foreign_origin_is_refused, plain_http_is_told_in_words,
                     a_handshake_one_byte_at_a_time, handshakes_that_are_abandoned,
                     records_that_are_none, random_spoilt_records, streams_that_end_without_a_word,
                     a_flood_of_tiny_records, empty_records_end_it, nobody_begins_anew):
            case(server)
            began = time.monotonic()
            assert server.healthy(), case.__name__
            assert time.monotonic() - began < 2, f"{case.__name__} delayed a good client"
            print(f"ok: {case.__name__.replace('_', ' ')}")
        code, totals = server.stop()
        assert code == 0 and totals["cq_overflow"] == 0, totals


if __name__ == "__main__":
    main()
