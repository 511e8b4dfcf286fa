#!/usr/bin/env python3
"""Goal: --realtime obtains SCHED_FIFO for the loop's thread or says why not, and serves either way.
Method: the same program as it is, and as one who may not; the kernel is asked what it runs as.
"""
import ctypes
import os
import pathlib
import resource
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs

PR_CAPBSET_DROP = 24  # prctl(2)
CAP_SYS_NICE = 23
OBTAINED = "realtime: SCHED_FIFO 10, spin 50 us"
REFUSED = "realtime: not allowed (RLIMIT_RTPRIO 0, no CAP_SYS_NICE): only spin 50 us; remedy: "


def forbid():
    """In a child about to become the server. Who is not root has no capability to give up."""
    resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_NICE, 0, 0, 0)


def realtime_allowed():
    asks = "import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))"
    return subprocess.run([sys.executable, "-c", asks], stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


def policies(pid):
    """Of every thread, without the flag that its children do not inherit it."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return {int(task.name): os.sched_getscheduler(int(task.name)) & ~os.SCHED_RESET_ON_FORK
            for task in tasks}


def check(program, **options):
    said = subprocess.run([program, "--check", "--realtime"], capture_output=True, text=True,
                          timeout=programs.PATIENCE_S, check=False, **options)
    assert said.returncode == 0, said
    return said.stdout


def serves(program, realtime, **options):
    """The server's words, after a player got snapshots from it."""
    with programs.bench_server(program, "broadcast", "100", "64", "--realtime",
                               **options) as server:
        pid = server.process.pid
        for thread, policy in policies(pid).items():
            expected = os.SCHED_FIFO if realtime and thread == pid else os.SCHED_OTHER
            assert policy == expected, (thread, pid, policy)
        player = programs.upgrade(server.port)
        received = 0
        while received < 20 * 66:  # A header of two bytes before each.
            piece = player.recv(65536)
            assert piece, "the server hung up"
            received += len(piece)
        code, totals = server.stop()
        assert code == 0 and totals["sent"] >= 20, (code, totals)


def main():
    bench_server, railroids = sys.argv[1:]
    assert REFUSED in check(railroids, preexec_fn=forbid)
    serves(bench_server, realtime=False, preexec_fn=forbid)
    if not realtime_allowed():
        programs.skip("the rest needs CAP_SYS_NICE")
    assert OBTAINED in check(railroids)
    assert "realtime" not in subprocess.run([railroids, "--check"], capture_output=True, text=True,
                                            timeout=programs.PATIENCE_S, check=True).stdout
    serves(bench_server, realtime=True)


main()
