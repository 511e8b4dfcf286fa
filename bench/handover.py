#!/usr/bin/env python3
"""What a deploy costs those who play: a crowded server is replaced by a new process, and again.

usage: handover.py BUILD_DIRECTORY [--players N] [--times N] [--json FILE]

The crowd checks each snapshot, and stays for the whole time. Behind each handover the new server
tells how many connections it took, how long nobody served them (from the moment that the old one
stopped to the moment that the new one began), and how long it was from the last tick to the first
one. A connection lost, a gap, or a pause of more than one tick makes the exit code 1.

A gap is a tick that a player was not shown. On a machine that is busy with something else ticks
come late, several at once, and only the last of them is shown; and who does not read is not sent
what it could not take. The servers count both at their end, and those gaps are told apart from any
that they do not know of: such a one would be lost.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

from run import PATIENCE_S, free_port

BETWEEN_S = 2.0
JOIN_HZ = 500


def start(options, port, folder, number):
    with open(folder / f"server{number}.log", "w", encoding="utf-8") as log, \
            open(folder / f"server{number}.json", "w", encoding="utf-8") as totals:
        return subprocess.Popen(
            [options.build / "railroids", "--listen", f"127.0.0.1:{port}",
             "--handover", folder / "socket", "--rate-hz", str(options.rate_hz),
             "--players-max", str(options.players + 100), "--connections-per-ip-max", "0",
             "--connections-max", str(options.players + 1000)],
            stdout=totals, stderr=log)


def unshown(options, folder):
    """What the servers knew of when they ended: ticks that nobody was shown, and snapshots that
    somebody in particular was not sent."""
    ticks, snapshots = 0, 0
    for number in range(options.times + 1):
        totals = json.loads((folder / f"server{number}.json").read_text().splitlines()[-1])
        ticks += totals["ticks"] + totals["ticks_forgiven"] - totals["broadcasts"]
        snapshots += totals["skipped"] + totals["thinned"]
    return {"ticks": ticks, "snapshots": snapshots}


def stats(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats.json", timeout=10) as page:
        return json.load(page)


def until(what, holds):
    patience = time.monotonic() + PATIENCE_S
    while time.monotonic() < patience:
        try:
            if holds():
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise SystemExit(f"handover: never {what}")


def replace(options, port, folder, server, number):
    """The next server, once the one before has ended; and what it says of how it began."""
    following = start(options, port, folder, number)
    if server.wait(timeout=PATIENCE_S) != 0:
        raise SystemExit(f"handover: the old server ended with {server.returncode}")
    until("did the new server tick", lambda: stats(port)["handover_gap_ms"] > 0)
    told = stats(port)
    told = {"connections": told["handover_connections"], "pause_ms": told["handover_pause_ms"],
            "gap_ms": told["handover_gap_ms"]}
    print(f"handover {number}: {told['connections']} connections, {told['pause_ms']:.2f} ms, "
          f"{told['gap_ms']:.2f} ms from tick to tick", flush=True)
    return following, told


def measure(options, folder):
    port = free_port()
    server = start(options, port, folder, 0)
    # The crowd stays until it is told to go, however long the machine takes.
    seconds = options.players / JOIN_HZ + (options.times + 1) * (BETWEEN_S + PATIENCE_S)
    swarm = None
    told = []
    try:
        until("did the server answer", lambda: stats(port))
        swarm = subprocess.Popen(
            [options.build / "bench/load/ringtick-swarm", "--url", f"ws://127.0.0.1:{port}/play/1",
             "--mode", "railroids", "--clients", str(options.players), "--ramp", str(JOIN_HZ),
             "--seconds", f"{seconds:.0f}", "--json", folder / "swarm.json"],
            stdout=subprocess.DEVNULL)
        until("were all in", lambda: stats(port)["players"] == options.players)
        for number in range(1, options.times + 1):
            time.sleep(BETWEEN_S)
            server, one = replace(options, port, folder, server, number)
            told.append(one)
        time.sleep(BETWEEN_S)
        swarm.terminate()
        swarm.wait(timeout=PATIENCE_S)
        server.terminate()
        server.wait(timeout=PATIENCE_S)
    finally:
        for process in filter(None, (swarm, server)):
            if process.poll() is None:
                process.kill()
            process.wait()
    return {"players": options.players, "rate_hz": options.rate_hz, "handovers": told,
            "unshown": unshown(options, folder),
            "swarm": json.loads((folder / "swarm.json").read_text())}


def findings(told):
    """What was not as it should be, each as a sentence."""
    found = []
    for number, one in enumerate(told["handovers"], 1):
        if one["connections"] < told["players"]:
            found.append(f"handover {number} took {one['connections']} connections")
        if one["pause_ms"] > 1000 / told["rate_hz"]:
            found.append(f"handover {number} took {one['pause_ms']:.2f} ms, more than a tick")
    healthy = told["swarm"]["healthy"]
    if healthy["gaps"] > 0:
        found.append(whence(healthy["gaps"], told["players"], told["unshown"]))
    return found + [f"{healthy[name]} {name}" for name in ("errors", "lost", "refused")
                    if healthy[name] > 0]


def whence(gaps, players, unshown):
    """Of ticks the servers know for everybody, as if all had been in from the first."""
    known = players * unshown["ticks"] + unshown["snapshots"]
    told = (f"{gaps} gaps ({unshown['ticks']} ticks came late and together, so that nobody was "
            f"shown them; {unshown['snapshots']} snapshots were not sent to who was behind)")
    return told if gaps <= known else f"{told}, {gaps - known} OF WHICH NO SERVER KNOWS"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="of the programs")
    parser.add_argument("--players", type=int, default=1000)
    parser.add_argument("--times", type=int, default=5, help="how often the server is replaced")
    parser.add_argument("--rate-hz", type=int, default=30)
    parser.add_argument("--json", type=pathlib.Path, help="writes what was measured to this file")
    options = parser.parse_args()
    if options.players < 1 or options.times < 1 or options.rate_hz < 1:
        parser.error("it takes one player, one handover and one tick a second at least")
    options.build = options.build.resolve()
    with tempfile.TemporaryDirectory(prefix="handover-") as folder:
        told = measure(options, pathlib.Path(folder))
    if options.json:
        options.json.write_text(json.dumps(told, indent=1) + "\n")
    found = findings(told)
    pauses = sorted(one["pause_ms"] for one in told["handovers"])
    print(f"handover: {options.times} times {options.players} players, "
          + ("; ".join(found) if found else
             f"{told['swarm']['healthy']['messages']} snapshots, none lost, no gap; "
             f"pause {pauses[0]:.2f} to {pauses[-1]:.2f} ms"), flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
