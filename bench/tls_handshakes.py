#!/usr/bin/env python3
"""What TLS handshakes cost those who play: a game of bots with a few players in TLS, and beside
them so many handshakes a second, each of a new connection that leaves when it is done.

usage: bench/tls_handshakes.py RAILROIDS [--rates 0,250,1000] [--seconds 10] [--steps 0] [--whole]
                               [--realtime] [--key p256|rsa]

Open loop: handshakes begin when they are due, whether or not those before them are done. Without
--whole the client keeps back the last flight, the cheap one, so that it costs next to nothing and
one core is enough for any rate: the server has agreed upon keys and signed by then. The server has
the last core for itself and the load the others, as far as other programs let them; with --realtime
they have to. How long the server was ready and had to wait for its core is in the last line's JSON.
"""
import argparse
import json
import os
import pathlib
import selectors
import socket
import ssl
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
sys.path.insert(0, str(ROOT / "tests" / "conformance"))
import programs
import tls_socket
import wire

PLAYERS = 10
RATE_HZ = 30


def hello(context):
    """The first flight of a client that will never send its second."""
    outgoing = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


class Knocker:
    """Begins handshakes on time, and counts those that were answered, and how soon."""

    def __init__(self, port, rate, seconds, context, whole):
        self.port, self.rate, self.seconds = port, rate, seconds
        self.context, self.whole = context, whole
        self.hello = hello(context)
        self.waiting = selectors.DefaultSelector()
        self.times_ms = []
        self.failed = 0

    def begin(self, due):
        client = socket.socket()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.connect(("127.0.0.1", self.port))
        if self.whole:
            tls = tls_socket.TlsSocket(client, self.context, shake_hands=False)
            try:
                tls.tls.do_handshake()
            except ssl.SSLWantReadError:
                tls.flush()
        else:
            tls = None
            client.sendall(self.hello)
        self.waiting.register(client, selectors.EVENT_READ, (due, tls))

    def go_on(self, key):
        due, tls = key.data
        client = key.fileobj
        answer = client.recv(1 << 16)
        if not answer:
            self.failed += 1
        elif tls is not None:
            tls.incoming.write(answer)
            try:
                tls.tls.do_handshake()
            except ssl.SSLWantReadError:
                return
            tls.flush()
        if answer:
            self.times_ms.append(1000 * (time.monotonic() - due))
        self.waiting.unregister(client)
        client.close()

    def run(self):
        if self.rate == 0:
            time.sleep(self.seconds)
            return
        start, begun = time.monotonic(), 0
        while True:
            now = time.monotonic() - start
            while begun < self.rate * min(now, self.seconds):
                self.begin(start + begun / self.rate)
                begun += 1
            if now > self.seconds and (not self.waiting.get_map() or now > self.seconds + 3):
                return
            for key, _ in self.waiting.select(0.0005):
                self.go_on(key)


def play(port, context, stop):
    client = wire.Client(port)
    client.socket = tls_socket.TlsSocket(client.socket, context)
    client.send(wire.upgrade("GET /play/1 HTTP/1.1"))
    assert client.read_response().status == 101
    client.socket.plain.settimeout(0.2)
    while not stop.is_set():
        try:
            client.fill()
        except (AssertionError, ConnectionError):
            pass
        client.buffer = b""


def pin(process_id, last):
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(process_id, {cores[-1]} if last else set(cores[:-1] or cores))


def measure(options, rate, files, context):
    port = programs.free_port()
    arguments = ["--listen", f"127.0.0.1:{port}", "--log-level", "warning", "--bots", "200",
                 "--rate-hz", str(RATE_HZ), "--connections-max", "10000",
                 "--tls-handshakes-per-turn", str(options.steps), *tls_socket.options(files)]
    if options.realtime:
        arguments.append("--realtime")
    with programs.TlsServer(options.railroids, arguments, port) as server:
        pin(server.process.pid, last=True)
        programs.until(server.healthy, "the server answers /healthz")
        stop = threading.Event()
        players = [threading.Thread(target=play, args=(port, context, stop))
                   for _ in range(PLAYERS)]
        for player in players:
            player.start()
        knocker = Knocker(port, rate, options.seconds, context, options.whole)
        knocker.run()
        stats = server.stats()
        stop.set()
        for player in players:
            player.join()
        server.stop()
    times = sorted(knocker.times_ms) or [0]
    return {"rate": rate, "answered": len(knocker.times_ms), "failed": knocker.failed,
            "answered_p50_ms": round(times[len(times) // 2], 1),
            "answered_p99_ms": round(times[len(times) * 99 // 100], 1),
            "late_us": stats["tick_late_us"], "work_us": stats["tick_work_us"],
            "run_delay_s": stats.get("run_delay_s"),
            "allocations": stats.get("allocations_after_warmup")}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("railroids")
    parser.add_argument("--rates", default="0,250,1000")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--realtime", action="store_true")
    parser.add_argument("--key", choices=tls_socket.KEYS, default="p256")
    options = parser.parse_args()
    pin(0, last=False)
    files = tls_socket.certificate(kind=options.key)
    context = tls_socket.client_context()
    print(f"{'handshakes/s':>12} {'answered':>9} {'p50 ms':>7} {'p99 ms':>7} {'late p50':>9} "
          f"{'late p99':>9} {'work p99':>9} us, {options.steps} steps a turn, key {options.key}")
    rows = []
    for rate in map(int, options.rates.split(",")):
        row = measure(options, rate, files, context)
        rows.append(row)
        print(f"{rate:>12} {row['answered']:>9} {row['answered_p50_ms']:>7} "
              f"{row['answered_p99_ms']:>7} {row['late_us']['p50']:>9} {row['late_us']['p99']:>9} "
              f"{row['work_us']['p99']:>9}", flush=True)
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
