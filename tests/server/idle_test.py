#!/usr/bin/env python3
"""Goal: a server that has no tick sleeps until something comes. While somebody is connected it
wakes a few times a second, for there are deadlines to watch; when it is asked something it answers.
Method: the kernel counts how often its thread went to sleep, while another server counts time.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs

RATE_HZ = 30
WINDOW = RATE_HZ
SWEEPS = 4
PING = b"\x89\x81\x00\x00\x00\x00!"
PONG = b"\x8a\x01!"


def pass_ticks(clock, count):
    end = clock.stats()["ticks"] + count
    programs.until(lambda: clock.stats()["ticks"] >= end, f"{count} ticks pass")


def sleeps(server):
    pid = server.process.pid
    status = pathlib.Path(f"/proc/{pid}/task/{pid}/status").read_text(encoding="ascii")
    return int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])


def sleeps_in_window(clock, server):
    pass_ticks(clock, RATE_HZ // 2)  # What happened before is over.
    before = sleeps(server)
    pass_ticks(clock, WINDOW)
    return sleeps(server) - before


def main():
    (program,) = sys.argv[1:]
    with (programs.bench_server(program, "broadcast", str(RATE_HZ), "16") as clock,
          programs.bench_server(program, "echo", str(RATE_HZ)) as server):
        with_nobody = sleeps_in_window(clock, server)
        with programs.upgrade(server.port) as client:
            with_one = sleeps_in_window(clock, server)
            client.sendall(PING)
            assert client.recv(len(PONG)) == PONG
        after_it = sleeps_in_window(clock, server)
        code, totals = server.stop()

    print("sleeps:", with_nobody, with_one, after_it, "totals:", totals)
    assert with_nobody <= 1
    # The clock's ticks may be late or left out: twice the time is allowed for.
    assert with_one <= 2 * SWEEPS
    assert after_it <= 1
    assert code == 0
    assert totals["ticks"] == 0


main()
