#!/usr/bin/env python3
"""Goal: out of descriptors, the server keeps those it has, does not spin, and lets others in later.
Method: a server with few descriptors and more clients than that; then some leave.
"""
import pathlib
import resource
import select
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs

DESCRIPTORS = 64


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))


def main():
    program = sys.argv[1]
    with programs.bench_server(program, "broadcast", "60", "64",
                               preexec_fn=few_descriptors) as server:
        player = programs.upgrade(server.port)
        scraper = socket.create_connection(("127.0.0.1", server.port))  # Has its place already.
        scraper.settimeout(programs.PATIENCE_S)
        waiting = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(150)]

        def snapshot_came():
            return select.select([player], [], [], 0)[0] and player.recv(65536)

        # The player goes on playing while the others find no place.
        for _ in range(30):
            programs.until(snapshot_came, "a snapshot for the player")
        for client in waiting:
            client.close()
        programs.until(server.healthy, "the server answers newcomers again")
        stats = server.stats()
        assert stats["accept_failures"] >= 1, stats
        # At most ten tries a second; it had no reason to wake for anything else.
        assert stats["accept_failures"] <= 10 * stats["uptime_s"] + 1, stats
        code, totals = server.stop()
        assert code == 0
        assert totals["cq_overflow"] == 0


main()
