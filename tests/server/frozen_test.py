#!/usr/bin/env python3
"""Goal: clients that stop reading cost the others nothing.
Method: half of one crowd freezes; the other half, and a second crowd, must see every snapshot that
was shown at all.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs


def main():
    server_program, crowd_program = sys.argv[1:3]
    with programs.bench_server(server_program, "broadcast", "100", "4096") as server:
        with_frozen = programs.Crowd(crowd_program, server.port, 20, 6, 10, 4096, 10)
        healthy = programs.Crowd(crowd_program, server.port, 40, 5, 10, 4096)
        healthy_totals = healthy.totals()
        mixed_totals = with_frozen.totals()
        not_shown = server.ticks_not_shown()
        code, totals = server.stop()

    print("healthy:", healthy_totals, "mixed:", mixed_totals)
    print("totals:", totals)
    assert code == 0
    assert totals["skipped"] > 0, "the frozen ones were never behind: the test proves nothing"
    assert healthy_totals["ended"] == 0
    assert healthy_totals["messages"] > 0
    assert healthy_totals["gaps"] <= 40 * not_shown, (healthy_totals, not_shown)
    assert mixed_totals["gaps"] <= 10 * not_shown, (mixed_totals, not_shown)


main()
