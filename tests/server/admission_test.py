#!/usr/bin/env python3
"""Goal: who may come in, of the whole program: so many connections, so many from one address, and a
proxy's word for who that is.
Method: a server that trusts this machine as a proxy, since all of this machine's own addresses are
exempt from the limit; the clients behind the proxy are made up.
"""
import pathlib
import socket
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs

LIMIT = 3
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def request(*headers, host="127.0.0.1"):
    lines = ["GET / HTTP/1.1", f"Host: {host}", "Connection: Upgrade", "Upgrade: websocket",
             "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def forwarded(clients):
    return request(f"X-Forwarded-For: {clients}")


def proxy_header(family, block, command=1):
    return SIGNATURE + bytes([0x20 | command, family]) + struct.pack(">H", len(block)) + block


def of_ip4(address):
    return proxy_header(0x11, socket.inet_aton(address) + socket.inet_aton("127.0.0.1")
                        + struct.pack(">HH", 5000, 80))


def of_ip6(address):
    return proxy_header(0x21, socket.inet_pton(socket.AF_INET6, address) + bytes(15) + b"\1"
                        + struct.pack(">HH", 5000, 80))


def read_head(client):
    """The answer's head, or what came before the stream ended."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        try:
            byte = client.recv(1)
        except ConnectionResetError:
            break
        if not byte:
            break
        head += byte
    return head.decode()


class Visitors:
    """Connections to one server, which stay until they leave."""

    def __init__(self, server):
        self.server = server
        self.inside = []

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for client in self.inside:
            client.close()
        programs.until(self.server.healthy, "the server answers")
        programs.until(lambda: self.server.stats()["connections"] == 1, "they are gone")

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.server.port),
                                          timeout=programs.PATIENCE_S)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def come(self, *parts):
        """Sends the parts one after the other. Returns the answer's status (0: none) and head."""
        client = self.connect()
        for part in parts:
            client.sendall(part)
        head = read_head(client)
        status = int(head.split()[1]) if head else 0
        if status == 101:
            self.inside.append(client)
        else:
            client.close()
        return status, head

    def status(self, *parts):
        return self.come(*parts)[0]

    def leave(self):
        before = self.server.stats()["connections"]
        self.inside.pop(0).close()
        programs.until(lambda: self.server.stats()["connections"] < before, "it is gone")


def limits_each_client_behind_a_proxy(server):
    with Visitors(server) as visitors:
        for _ in range(LIMIT):
            assert visitors.status(forwarded("203.0.113.7")) == 101
        status, head = visitors.come(forwarded("203.0.113.7"))
        assert status == 429, head
        for line in ("Retry-After: ", "Connection: close", "Content-Length: "):
            assert f"\r\n{line}" in head, head
        # What a client wrote itself stands further left and changes nothing, nor do other proxies.
        assert visitors.status(forwarded("198.51.100.1, 203.0.113.7")) == 429
        assert visitors.status(forwarded("198.51.100.1, 203.0.113.7, 127.0.0.1")) == 429
        assert visitors.status(of_ip4("203.0.113.7")) == 429  # Without any request.
        assert visitors.status(forwarded("203.0.113.8")) == 101
        assert visitors.status(request()) == 101  # The proxy itself.
        visitors.leave()
        assert visitors.status(forwarded("203.0.113.7")) == 101
        assert visitors.status(forwarded("203.0.113.7")) == 429


def counts_ipv6_by_network(server):
    with Visitors(server) as visitors:
        for host in range(LIMIT):
            assert visitors.status(of_ip6(f"2001:db8::{host}") + request()) == 101
        assert visitors.status(of_ip6("2001:db8::ffff:1") + request()) == 429
        assert visitors.status(forwarded("2001:db8::9")) == 429
        assert visitors.status(of_ip6("2001:db8:0:1::") + request()) == 101


def believes_a_client_nothing(server):
    """Whom a PROXY header names is no proxy: its X-Forwarded-For is its own invention."""
    with Visitors(server) as visitors:
        for i in range(LIMIT):
            assert visitors.status(of_ip4("203.0.113.7") + forwarded(f"198.51.100.{i}")) == 101
        assert visitors.status(of_ip4("203.0.113.7") + forwarded("198.51.100.9")) == 429


def reads_a_header_cut_anywhere(server):
    for header in (of_ip4("203.0.113.7"), of_ip6("2001:db8::7"), proxy_header(0, b"", command=0)):
        for cut in range(1, len(header) + 1):
            with Visitors(server) as visitors:
                assert visitors.status(header[:cut], header[cut:] + request()) == 101, cut


def closes_on_a_malformed_header(server):
    before = server.stats()["proxy_headers_malformed"]
    good = of_ip4("203.0.113.7")
    malformed = [
        good[:12] + b"\x11" + good[13:],  # Version 1 in the form of version 2.
        good[:12] + b"\x2f" + good[13:],  # No such command.
        good[:13] + b"\x41" + good[14:],  # No such family.
        good[:14] + b"\xff\xff" + good[16:],  # Longer than any.
        proxy_header(0x11, b"short"),
        proxy_header(0x21, bytes(35)),
    ]
    with Visitors(server) as visitors:
        for header in malformed:
            assert visitors.status(header + request()) == 0, header
        for other in (b"PROXY TCP4 203.0.113.7 127.0.0.1 5000 80\r\n", b"\r\n\r\n\0garbage",
                      good + good):
            assert visitors.status(other + request()) == 400, other
    programs.until(lambda: server.stats()["proxy_headers_malformed"] == before + len(malformed),
                   "the malformed are counted")
    assert "ringtick_proxy_headers_malformed_total " in server.get("/metrics")


def believes_nobody_without_being_told(program):
    with programs.bench_server(program, "echo", "--connections-per-ip-max", "1") as server:
        with Visitors(server) as visitors:
            # This machine's own address is exempt, whatever the headers say.
            for _ in range(3):
                assert visitors.status(forwarded("203.0.113.7")) == 101
            assert visitors.status(of_ip4("203.0.113.7") + request()) == 400
        stats = server.stats()
        assert stats["refused_per_ip"] == 0 and stats["proxy_headers"] == 0, stats


def tells_503_when_full_and_lets_the_next_in(program):
    with programs.bench_server(program, "echo", "--connections-max", "2") as server:
        with Visitors(server) as visitors:
            programs.until(lambda: visitors.status(request()) == 101, "the first is in")
            programs.until(lambda: visitors.status(request()) == 101, "the second is in")
            for _ in range(5):
                status, head = visitors.come(request())
                assert status == 503 and "\r\nRetry-After: " in head, head
            visitors.inside.pop(0).close()
            programs.until(lambda: visitors.status(request()) == 101, "a place became free")


def main():
    program = sys.argv[1]
    with programs.bench_server(program, "echo", "--trust-proxy", "127.0.0.1",
                               "--connections-per-ip-max", str(LIMIT)) as server:
        limits_each_client_behind_a_proxy(server)
        counts_ipv6_by_network(server)
        believes_a_client_nothing(server)
        reads_a_header_cut_anywhere(server)
        closes_on_a_malformed_header(server)
        stats = server.stats()
        assert stats["refused_per_ip"] == 8, stats
        code, totals = server.stop()
        assert code == 0 and totals["cq_overflow"] == 0, totals
    believes_nobody_without_being_told(program)
    tells_503_when_full_and_lets_the_next_in(program)


main()
