#!/usr/bin/env python3
"""Goal: whatever became of a server's standard streams, it serves, and ends when it is told to.
Method: a game with its stdout or stderr closed, without a reader, or full.
"""
import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs


def serve_and_stop(program, **streams):
    """Starts it, sees it serve, ends it. Returns its exit code and what it said on stderr."""
    port = programs.free_port()
    with programs.Server(program, ["--listen", f"127.0.0.1:{port}"], port, **streams) as server:
        programs.until(server.healthy, "the server answers")
        server.process.send_signal(signal.SIGTERM)
        _, error = server.process.communicate(timeout=programs.PATIENCE_S)
        return server.process.returncode, error


def pipe_without_reader():
    ours, its = os.pipe()
    os.close(ours)
    return its


def full_pipe():
    """Both ends of a pipe that takes no byte more."""
    ours, its = os.pipe()
    os.set_blocking(its, False)
    try:
        while True:
            os.write(its, b"x")
    except BlockingIOError:
        os.set_blocking(its, True)
    return ours, its


def close_standard_streams():
    for descriptor in range(3):
        os.close(descriptor)


def main():
    program = sys.argv[1]
    its = pipe_without_reader()
    code, error = serve_and_stop(program, stdout=its)
    assert code == 0, f"nobody reads its stdout: ended with {code}, {error}"
    os.close(its)

    its = pipe_without_reader()
    code, _ = serve_and_stop(program, stderr=its)
    assert code == 0, f"nobody reads its log: ended with {code}"
    os.close(its)

    ours, its = full_pipe()
    port = programs.free_port()
    with programs.Server(program, ["--listen", f"127.0.0.1:{port}"], port, stdout=its) as server:
        programs.until(server.healthy, "it serves though its stdout is stuck")
        os.close(its)
        os.close(ours)  # Else it would wait with its totals until somebody reads, or kills it.
        server.process.send_signal(signal.SIGTERM)
        server.process.communicate(timeout=programs.PATIENCE_S)
        assert server.process.returncode == 0, server.process.returncode

    with open("/dev/full", "w") as full:
        code, error = serve_and_stop(program, stdout=full)
    assert code == 1, f"its totals went nowhere: ended with {code}"
    assert "cannot write to stdout: No space left on device" in error, error

    ours, its = full_pipe()
    code, _ = serve_and_stop(program, stderr=its)
    assert code == 0, f"its log is stuck: ended with {code}"
    os.close(ours)
    os.close(its)

    code, _ = serve_and_stop(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             preexec_fn=close_standard_streams)
    assert code == 0, f"it had no standard streams: ended with {code}"


main()
