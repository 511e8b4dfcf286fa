#!/usr/bin/env python3
"""Hours of play among slow, frozen, restless and hostile clients: does anything grow?

usage: soak.py BUILD_DIRECTORY [--minutes N] [--good N] [--rough N] [--json FILE]

One server with bots records a match. Good clients play to the end and have to miss nothing. Beside
them are rough ones, of whom some leave and come again, some read a little, and some nothing; and
hostile ones, who send what no client sends. Every few seconds the server's memory, descriptors and
counters are read. At the end all have left, and nothing of them may be there any more.

The last line is the verdict, and the exit code 0 only if all is flat and the good missed nothing.
"""
import argparse
import itertools
import json
import pathlib
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from run import PATIENCE_S, free_port

HOSTILE_PAUSE_S = 0.05
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time at all.
UPGRADE = (b"GET /play/1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
           b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
           b"Sec-WebSocket-Protocol: arena.v1\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
# What may differ between two times of a server that does not grow: what was touched for the first
# time by whoever came late. The slab is the whole machine's.
RSS_GROWTH, RSS_SLACK_KIB = 1.02, 1_024
SLAB_GROWTH, SLAB_SLACK_KIB = 1.05, 8_192
DESCRIPTORS_ON_THEIR_WAY = 64  # Accepted or closing, and not counted as connections.


def say(text):
    print(text, flush=True)


class Hostile(threading.Thread):
    """One after the other, for as long as it goes on."""

    def __init__(self, port, seed):
        super().__init__(daemon=True)
        self.address = ("127.0.0.1", port)
        self.random = random.Random(seed)
        self.over = threading.Event()
        self.count = 0

    def run(self):
        ways = (self.garbage, self.half_a_request, self.broken_frames, self.reset_while_open,
                self.a_flood, self.silence)
        while not self.over.wait(HOSTILE_PAUSE_S):
            try:
                self.random.choice(ways)()
            except OSError:
                pass  # The server had enough of it.
            self.count += 1

    def connect(self, words=b""):
        client = socket.create_connection(self.address, timeout=2)
        client.sendall(words)
        return client

    def open(self):
        client = self.connect(UPGRADE)
        client.recv(64)
        return client

    def garbage(self):
        with self.connect(self.random.randbytes(self.random.randrange(1, 4_000))) as client:
            client.recv(256)

    def half_a_request(self):
        with self.connect(UPGRADE[:self.random.randrange(1, len(UPGRADE))]):
            pass

    def broken_frames(self):
        with self.open() as client:
            client.sendall(self.random.randbytes(500))
            client.recv(4_096)

    def reset_while_open(self):
        client = self.open()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        client.close()

    def a_flood(self):
        with self.open() as client:
            client.sendall(b"\x82\x81\x00\x00\x00\x00x" * 20_000)

    def silence(self):
        self.connect().close()


class Server:
    def __init__(self, build, port, folder, players_max):
        self.port = port
        self.log = open(folder / "server.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [build / "railroids", "--listen", f"127.0.0.1:{port}", "--bots", "100",
             "--players-max", str(players_max), "--connections-per-ip-max", "0",
             "--record", folder / "soak.rec", "--log-level", "warning"],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        patience = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.stats()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > patience:
                    raise SystemExit(f"soak: the server does not start: see {self.log.name}")
                time.sleep(0.05)

    def stats(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/stats.json", timeout=10) as page:
            return json.load(page)

    def sample(self):
        proc = pathlib.Path(f"/proc/{self.process.pid}")
        status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
        memory = dict(line.split(":", 1) for line in
                      pathlib.Path("/proc/meminfo").read_text().splitlines())
        stats = self.stats()
        return {"rss_kib": int(status["VmRSS"].split()[0]),
                "descriptors": len(list((proc / "fd").iterdir())),
                "slab_kib": int(memory["Slab"].split()[0]),
                "connections": stats["connections"], "players": stats["players"],
                "lent": stats["receive_buffers_lent"], "cq_overflow": stats["cq_overflow"],
                "record_failed": stats["record_failed"],
                "allocations": stats.get("allocations_after_warmup", 0),
                "forgiven": stats["ticks_forgiven"]}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=PATIENCE_S)
        self.log.close()
        return self.process.returncode


def load(build, port, folder, name, clients, seconds, *more):
    """A swarm of players; its result comes as JSON, and what it saw each second as lines."""
    with open(folder / f"{name}.log", "w", encoding="utf-8") as log:
        return subprocess.Popen(
            [build / "bench/load/ringtick-swarm", "--url", f"ws://127.0.0.1:{port}/play/1",
             "--mode", "railroids", "--clients", str(clients), "--ramp", "200",
             "--seconds", str(seconds), "--json", folder / f"{name}.json", *map(str, more)],
            stdout=log, stderr=log)


def seconds_with_gaps(folder, name):
    """When it was, and how many: says whether they came once or all the time."""
    found = re.findall(r"(\d+) s: .* ([1-9]\d*) gaps", (folder / f"{name}.log").read_text())
    return {int(second): int(gaps) for second, gaps in found}


def result(folder, name):
    path = folder / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def grown(samples, name, factor, slack):
    """What it was at the most in the second fifth of the time and in the last, if that is more than
    may be. The first is for all to come, and for pages to be touched."""
    fifth = max(1, len(samples) // 5)
    before = max(sample[name] for sample in samples[fifth:2 * fifth])
    after = max(sample[name] for sample in samples[-fifth:])
    return (before, after) if after > before * factor + slack else None


def findings(before, samples, after, good, rough):
    """What was not as it should be, each as a sentence."""
    found = []
    for name, factor, slack in (("rss_kib", RSS_GROWTH, RSS_SLACK_KIB),
                                ("slab_kib", SLAB_GROWTH, SLAB_SLACK_KIB)):
        if (growth := grown(samples, name, factor, slack)) is not None:
            found.append(f"{name} grew from {growth[0]} to {growth[1]}")
    base = before["descriptors"] - before["connections"]
    most = max(sample["descriptors"] - sample["connections"] for sample in samples)
    if most > base + DESCRIPTORS_ON_THEIR_WAY:
        found.append(f"{most - base} descriptors more than connections")
    for name in ("descriptors", "connections", "lent"):
        if after[name] != before[name]:
            found.append(f"{name}: {before[name]} before anybody came, {after[name]} afterwards")
    for name in ("cq_overflow", "allocations", "record_failed"):
        if after[name] > 0:
            found.append(f"{name} is {after[name]}")
    if good is None or rough is None:
        return found + ["a load did not come to its end"]
    healthy = good["healthy"]
    for name in ("gaps", "errors", "lost", "refused"):
        if healthy[name] > 0:
            found.append(f"the good saw {healthy[name]} {name}")
    for kind in ("healthy", "slow", "frozen"):
        if rough[kind]["errors"] > 0:
            found.append(f"{rough[kind]['errors']} errors of the rough, {kind}")
    return found


def watch(server, loads, end):
    """A sample every five seconds, and a line about it every minute."""
    samples = []
    for number in itertools.count():
        at = time.monotonic()
        if at >= end or any(one.poll() is not None for one in loads):
            return samples
        samples.append(server.sample())
        if number % 12 == 0:
            now = samples[-1]
            say(f"{5 * number // 60:4} min: {now['players']} players, rss {now['rss_kib']} KiB, "
                f"{now['descriptors']} descriptors, slab {now['slab_kib']} KiB")
        time.sleep(max(0.0, min(at + 5, end) - time.monotonic()))


def soak(options, folder):
    port = free_port()
    seconds = round(60 * options.minutes)
    server = Server(options.build, port, folder, 2 * (options.good + options.rough) + 100)
    loads = []
    try:
        time.sleep(2)  # The first ticks touch what all later ones use.
        before = server.sample()
        hostile = Hostile(port, options.seed)
        loads = [load(options.build, port, folder, "good", options.good, seconds),
                 load(options.build, port, folder, "rough", options.rough, seconds,
                      "--churn", max(1, options.rough // 10), "--slow", 15, "--frozen", 10,
                      "--resume", 50)]
        hostile.start()
        samples = watch(server, loads, time.monotonic() + seconds)
        hostile.over.set()
        hostile.join()
        for one in loads:
            one.wait(timeout=PATIENCE_S)
        after = leave_behind(server, before)
        code = server.stop()
    finally:
        for process in [*loads, server.process]:
            if process.poll() is None:
                process.kill()
                process.wait()
    good, rough = result(folder, "good"), result(folder, "rough")
    found = findings(before, samples, after, good, rough)
    if code != 0:
        found.append(f"the server ended with {code}")
    return {"minutes": options.minutes, "seed": options.seed, "before": before, "after": after,
            "samples": samples, "good": good, "rough": rough, "hostile": hostile.count,
            "gaps_by_second": seconds_with_gaps(folder, "good"), "found": found}


def leave_behind(server, before):
    """What there is once all have left: asked until it is as before, for a while."""
    patience = time.monotonic() + PATIENCE_S
    while True:
        after = server.sample()
        if after["connections"] == before["connections"] or time.monotonic() > patience:
            return server.sample()
        time.sleep(0.2)


def verdict(told):
    if told["found"]:
        when = ", ".join(f"{gaps} in second {second}"
                         for second, gaps in list(told["gaps_by_second"].items())[:10])
        return (f"soak: NOT FLAT after {told['minutes']} min: " + "; ".join(told["found"])
                + (f" ({when})" if when else ""))
    rss = [sample["rss_kib"] for sample in told["samples"]]
    good, rough = told["good"]["healthy"], told["rough"]
    return (f"soak: flat after {told['minutes']} min: rss {rss[len(rss) // 5]} to {rss[-1]} KiB, "
            f"{told['after']['descriptors']} descriptors before and after, "
            f"{good['clients']} good clients took {good['messages']} snapshots and missed none, "
            f"{rough['left']} of the rough left and {rough['rejoined']} came again, "
            f"{told['hostile']} hostile connections")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="of the programs")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--good", type=int, default=200, help="clients who miss nothing")
    parser.add_argument("--rough", type=int, default=100, help="slow, frozen, or coming and going")
    parser.add_argument("--seed", type=int, default=1, help="of what the hostile do")
    parser.add_argument("--json", type=pathlib.Path, help="writes all samples to this file")
    options = parser.parse_args()
    if options.minutes < 0.2 or options.good < 1 or options.rough < 10:
        parser.error("a soak takes 0.2 minutes, one good and ten rough clients at least")
    options.build = options.build.resolve()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        told = soak(options, pathlib.Path(folder))
    if options.json:
        options.json.write_text(json.dumps(told, indent=1) + "\n")
    say(verdict(told))
    return 1 if told["found"] else 0


if __name__ == "__main__":
    sys.exit(main())
