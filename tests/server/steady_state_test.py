#!/usr/bin/env python3
"""Goal: between start and end, playing costs no heap allocation and no system call but one, whether
messages are compressed or not.
Method: a crowd talks to a server for over a thousand ticks; strace counts what the server's thread
asks of the kernel in a window of it, and the server's own line of totals says the rest.
"""
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs

CLIENTS = 200
RATE_HZ = 250
BYTES = 512
SECONDS = 6


def system_calls(process_id):
    """What the thread calls within two seconds, as {name: count}."""
    trace = subprocess.run(["timeout", "-s", "INT", "2", "strace", "-c", "-p", str(process_id)],
                           capture_output=True, text=True)
    if "Operation not permitted" in trace.stderr:
        programs.skip("this sandbox allows no strace")
    rows = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", trace.stderr, re.M)
    return {name: int(count) for count, name in rows if name != "total"}


def main():
    server_program, crowd_program = sys.argv[1:3]
    if shutil.which("strace") is None:
        programs.skip("there is no strace")
    with programs.bench_server(server_program, "broadcast", str(RATE_HZ), str(BYTES),
                               "--deflate") as server:
        crowd = programs.Crowd(crowd_program, server.port, CLIENTS, SECONDS, 20, BYTES,
                               0, CLIENTS // 2)
        calls = system_calls(server.process.pid)
        stats = server.stats()
        crowd_totals = crowd.totals()
        code, totals = server.stop()

    print("calls:", calls)
    print("totals:", totals)
    assert calls.get("io_uring_enter", 0) > 100, "the window saw no ticks"
    others = {name: count for name, count in calls.items() if name != "io_uring_enter"}
    assert not others, f"system calls beside io_uring_enter: {others}"

    assert code == 0
    assert totals["ticks"] >= 1000
    assert totals["opened"] == CLIENTS
    assert crowd_totals["errors"] == 0
    assert stats["messages_inflated"] > 0
    # Half of them deflate, and what they share is compressed once.
    assert 0 < crowd_totals["compressed"] < crowd_totals["messages"]
    assert 0 < stats["messages_deflated"] <= stats["broadcasts"]
    # A sanitizer's build does not count: it has a heap of its own.
    assert totals.get("allocations_after_warmup", 0) == 0
    assert totals["cq_overflow"] == 0
    per_tick = 2 + CLIENTS / 128 + totals["received"] / totals["ticks"] / 64
    connecting = 8 * CLIENTS  # Handshakes wake the server; playing does not.
    assert totals["enters"] <= per_tick * totals["ticks"] + connecting, (
        f"{totals['enters']} enters in {totals['ticks']} ticks, allowed {per_tick:.1f} a tick")


main()
