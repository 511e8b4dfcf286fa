#!/usr/bin/env python3
"""Goal: a server killed in full play can be started again at once, on the same address.
The kernel takes a ring down after its process has gone, and until then holds the port.
"""
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs


def main():
    program = sys.argv[1]
    with programs.bench_server(program, "broadcast", "60", "64") as first:
        clients = [programs.upgrade(first.port) for _ in range(50)]
        port = first.port
        first.process.kill()
        first.process.wait()
        # It tries for one second, then ends with exit code 1.
        with programs.Server(program, [str(port), "broadcast", "60", "64"], port) as second:
            programs.until(second.healthy, "the second server answers")
            programs.upgrade(port).close()
            code, totals = second.stop()
        assert code == 0
        assert totals["opened"] == 1
        for client in clients:
            client.close()

    with programs.bench_server(program, "broadcast", "60", "16384") as first:
        frozen = programs.upgrade(first.port)  # It never reads, so that saying goodbye takes long.
        programs.until(lambda: first.stats()["snapshots_skipped"] > 0, "its socket is full")
        first.process.send_signal(signal.SIGTERM)
        programs.until(lambda: not first.answers(), "nobody new is let in")
        with programs.Server(program, [str(first.port), "echo"], first.port) as second:
            programs.until(second.healthy, "a successor serves while the first one still drains")
        frozen.close()

    with programs.bench_server(program, "echo") as holder:
        late = programs.Server(program, [str(holder.port), "echo"], holder.port)
        _, error = late.process.communicate(timeout=programs.PATIENCE_S)
        assert late.process.returncode == 1
        # The remedy names an argument that this program has.
        assert "choose another PORT" in error, error


main()
