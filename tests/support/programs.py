"""Starts the programs under test and talks to them: what the system tests share."""
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request

PATIENCE_S = 30  # Real seconds before something that should happen counts as never.


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(happened, what):
    """Asks again until it is so. Returns what was answered."""
    patience = time.monotonic() + PATIENCE_S
    while time.monotonic() < patience:
        answer = happened()
        if answer:
            return answer
        time.sleep(0.01)
    raise AssertionError(f"never: {what}")


class Server:
    """A server program on a port of its own."""

    def __init__(self, program, arguments, port, **options):
        self.port = port
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen([program, *arguments], text=True, **(streams | options))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return answer.read().decode()

    def answers(self):
        """Whether somebody listens there."""
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def healthy(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended: {self.process.communicate()}")
        try:
            return self.get("/healthz") == "ok\n"
        except OSError:
            return False

    def stats(self):
        return json.loads(self.get("/stats.json"))

    def ticks_not_shown(self):
        """After a stall of this machine several ticks run, or are left out, and one is shown:
        nobody can see the others."""
        stats = self.stats()
        return stats["ticks"] + stats["ticks_forgiven"] - stats["broadcasts"]

    def stop(self):
        """Asks it to end, and returns its exit code and its line of totals."""
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, json.loads(out.strip().splitlines()[-1])


class TlsServer(Server):
    """One that speaks TLS. Whether it is the right one is for tests of TLS to ask."""

    def get(self, path):
        with urllib.request.urlopen(f"https://127.0.0.1:{self.port}{path}", timeout=5,
                                    context=ssl._create_unverified_context()) as answer:
            return answer.read().decode()


def bench_server(program, *arguments, **options):
    port = free_port()
    server = Server(program, [str(port), *arguments], port, **options)
    until(server.healthy, "the server answers /healthz")
    return server


class Crowd:
    """The crowd program around a server; ready when everyone is in."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, *map(str, arguments)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.first_line = self.process.stdout.readline()
        assert self.first_line == "ready\n", f"the crowd could not gather: {self.first_line}"

    def lap(self, ticks_min=0):
        """What happened in a lap of at least so many ticks; of a crowd that plays in laps."""
        self.process.stdin.write(f"{ticks_min}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def totals(self):
        out, _ = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, f"the crowd saw something wrong: {out}"
        return json.loads(out.strip().splitlines()[-1])


def upgrade(port, path="/", client=None, extensions=""):
    """A raw socket whose opening handshake is done: `client`, or a new one."""
    client = client or socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
    wish = f"Sec-WebSocket-Extensions: {extensions}\r\n" if extensions else ""
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\n"
                   "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                   f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{wish}\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        assert byte, f"the handshake was refused: {head}"
        head += byte
    assert head.startswith(b"HTTP/1.1 101 "), head
    return client


def read_exactly(client, size):
    """So many bytes, however they come."""
    data = b""
    while len(data) < size:
        piece = client.recv(size - len(data))
        assert piece, f"the connection ended after {len(data)} of {size} bytes"
        data += piece
    return data


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)
