#!/usr/bin/env python3
"""Goal: what the kernel and the machine do to a server costs those who play nothing, or is refused
in words that help.
Method: the game with players of its own protocol, who count what they miss, on the real kernel:
clients killed, no descriptors, little memory to lock, a full disk, a server that is stopped for
seconds, io_uring denied, a kernel as old as is supported. What is expected is what --help and
docs/HOSTING.md say.

usage: faults_test.py SERVER SWARM [--case NAME]...
"""
import argparse
import contextlib
import http.client
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import filters
import programs

CASES = []
PLAYERS = 30
# All that came to the kernel since 6.1, and what it may be built without.
AS_OLD_AS_CAN_BE = ("--mask-absolute-deadline", "--mask-recv-budget", "--mask-second-ring",
                    "--mask-defer-taskrun")


class Skipped(Exception):
    """This machine does not let it be tried."""


def case(run):
    CASES.append(run)
    return run


@contextlib.contextmanager
def game(tools, *arguments, command=(), **options):
    port = programs.free_port()
    program, *before = [*command, tools.server]
    with programs.Server(program, [*before, "--listen", f"127.0.0.1:{port}", "--bots", "10",
                                   *arguments], port, **options) as server:
        programs.until(server.healthy, "the game answers /healthz")
        yield server


class Players:
    """Players around a game, who check all that they are told, until they are called back."""

    def __init__(self, tools, server, count=PLAYERS):
        self.folder = tempfile.TemporaryDirectory()
        self.json = pathlib.Path(self.folder.name) / "result.json"
        self.not_shown_before = server.ticks_not_shown()  # What nobody of these could miss.
        self.process = subprocess.Popen(
            [tools.swarm, "--url", f"ws://127.0.0.1:{server.port}/play/1", "--mode", "railroids",
             "--clients", str(count), "--seconds", "600", "--json", self.json],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.count = count

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self.folder.cleanup()

    def result(self):
        self.process.send_signal(signal.SIGINT)
        out, errors = self.process.communicate(timeout=programs.PATIENCE_S)
        assert self.json.exists(), (out, errors)
        return json.loads(self.json.read_text())["healthy"]


def play(server, ticks=30):
    """So many ticks go by."""
    end = server.stats()["ticks"] + ticks
    programs.until(lambda: server.stats()["ticks"] >= end, f"{ticks} ticks")


def all_play(server, count):
    programs.until(lambda: server.stats()["players"] == count, f"{count} players are in")


def assert_nothing_missed(server, players):
    """Of all ticks that were shown while they played."""
    seen = players.result()
    not_shown = server.ticks_not_shown() - players.not_shown_before
    assert seen["messages"] > 0, seen
    assert seen["connected"] == players.count, seen
    assert seen["gaps"] <= not_shown * players.count, (not_shown, seen)
    for name in ("errors", "lost", "refused"):
        assert seen[name] == 0, (name, seen)


def refusal(tools, *arguments, **options):
    """What a server says that does not start."""
    ended = subprocess.run([tools.server, "--listen", f"127.0.0.1:{programs.free_port()}",
                            *arguments], capture_output=True, text=True, check=False,
                           timeout=programs.PATIENCE_S, **options)
    assert ended.returncode == 1, (ended.returncode, ended.stderr)
    return ended.stderr


@case
def clients_killed(tools):
    """Of two crowds one is killed outright: its places are free, and the other misses nothing."""
    with game(tools) as server, Players(tools, server) as good:
        with Players(tools, server) as killed:
            all_play(server, good.count + killed.count)
            play(server)
            killed.process.kill()
            killed.process.wait()
            all_play(server, good.count)
        play(server)
        # Whoever asked before this one may not be gone yet.
        programs.until(lambda: server.stats()["connections"] == good.count + 1, "they are gone")
        programs.until(lambda: server.stats()["receive_buffers_lent"] == 1, "theirs came home")
        assert_nothing_missed(server, good)


@case
def thirty_two_descriptors(tools):
    """Who is in plays on; who finds no descriptor waits, and comes in when others have left."""
    with game(tools, preexec_fn=filters.few_descriptors(32)) as server, \
            Players(tools, server, 5) as good:
        all_play(server, good.count)
        inside = http.client.HTTPConnection("127.0.0.1", server.port)

        def stats():
            inside.request("GET", "/stats.json")
            return json.loads(inside.getresponse().read())

        before = stats()
        waiting = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(40)]
        # A second in which nobody gets in: about ten tries, and never a spinning loop.
        programs.until(lambda: stats()["accept_failures"] >= 3, "there is no place")
        while_full = stats()
        for client in waiting:
            client.close()
        programs.until(server.healthy, "newcomers get in again")
        seconds = while_full["uptime_s"] - before["uptime_s"]
        assert while_full["accept_failures"] <= 10 * seconds + 2, while_full
        inside.close()
        assert_nothing_missed(server, good)


@case
def little_memory_to_lock(tools):
    """64 KiB are enough for a smaller ring, and with less the refusal says what to raise."""
    options = {"preexec_fn": filters.little_locked_memory(65_536)}
    try:
        subprocess.run([tools.server, "--help"], capture_output=True, check=True, **options)
    except (OSError, subprocess.SubprocessError) as error:
        raise Skipped(f"the program cannot be run by nobody: {error}") from error
    with game(tools, **options) as server, Players(tools, server) as good:
        all_play(server, good.count)
        play(server)
        assert_nothing_missed(server, good)
    said = refusal(tools, preexec_fn=filters.little_locked_memory(4_096))
    assert "ulimit -l" in said and "LimitMEMLOCK" in said, said


@case
def full_disk(tools):
    """The recording ends and says so, with a remedy; the game goes on, and nobody misses a thing.
    What the disk took is replayed."""
    with tempfile.TemporaryDirectory() as folder:
        inside = ["unshare", "--mount", "--map-root-user", "sh", "-c",
                  'mount -t tmpfs -o size=64k none "$0" && exec "$@"', folder]
        if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode != 0:
            raise Skipped("no file system can be mounted here")
        with game(tools, "--record", f"{folder}/match.rec", command=inside) as server, \
                Players(tools, server) as good:
            programs.until(lambda: server.stats()["record_failed"] == 1, "the disk is full")
            all_play(server, good.count)
            play(server)
            record = pathlib.Path(f"/proc/{server.process.pid}/root{folder}/match.rec")
            kept = record.read_bytes()
            assert_nothing_missed(server, good)
            server.process.send_signal(signal.SIGTERM)
            _, errors = server.process.communicate(timeout=programs.PATIENCE_S)
        assert "the recording ends here, the game goes on" in errors, errors
        assert "remedy:" in errors, errors
        copy = pathlib.Path(folder) / "copy.rec"
        copy.write_bytes(kept)
        replayed = subprocess.run([tools.server, "--replay", copy], capture_output=True, text=True,
                                  check=False, timeout=programs.PATIENCE_S)
        assert replayed.returncode == 0, replayed.stderr


@case
def stopped_for_five_seconds(tools):
    """Nobody is cut off for what they could not hear, and missed ticks are forgiven."""
    impatient = ("--idle-timeout", "4", "--ping-after", "2", "--messages-per-tick", "3")
    with game(tools, *impatient) as server, Players(tools, server) as good:
        all_play(server, good.count)
        play(server)
        server.process.send_signal(signal.SIGSTOP)
        # A line a second, as the players count them, and those of before.
        for _ in range(8):
            assert good.process.stderr.readline()
        server.process.send_signal(signal.SIGCONT)
        play(server, 60)
        stats = server.stats()
        assert stats["players"] == good.count, stats
        assert stats["ticks_forgiven"] >= 30, stats
        assert_nothing_missed(server, good)


@case
def io_uring_denied(tools):
    """As in a container whose profile forbids it."""
    said = refusal(tools, preexec_fn=filters.deny_io_uring(filters.EPERM))
    assert "seccomp" in said and "--security-opt" in said, said


@case
def no_io_uring_at_all(tools):
    said = refusal(tools, preexec_fn=filters.deny_io_uring(filters.ENOSYS))
    assert re.search(r"6\.1", said), said


@case
def kernel_as_old_as_is_supported(tools):
    """Without anything that came later, the same crowd with nothing missed."""
    with game(tools, *AS_OLD_AS_CAN_BE) as server, Players(tools, server) as good:
        all_play(server, good.count)
        play(server, 90)
        configuration = server.stats()["configuration"]
        assert "second ring" not in configuration, configuration
        assert_nothing_missed(server, good)


def run(test, tools):
    """Says in GoogleTest's words, which the project counts, how it went."""
    name = "Faults." + test.__name__
    print(f"[ RUN      ] {name}", flush=True)
    began = time.monotonic()
    word = "OK"
    try:
        test(tools)
    except Skipped as reason:
        word = "SKIPPED"
        print(f"    {reason}")
    except Exception:
        word = "FAILED"
        traceback.print_exc(file=sys.stdout)
    word = f" {word} " if word != "OK" else "OK"
    print(f"[{word:>9} ] {name} ({1000 * (time.monotonic() - began):.0f} ms)", flush=True)
    return "FAILED" not in word


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("server")
    parser.add_argument("swarm")
    parser.add_argument("--case", action="append", default=[])
    tools = parser.parse_args()
    chosen = [test for test in CASES if not tools.case or test.__name__ in tools.case]
    assert len(chosen) >= max(1, len(tools.case)), f"the cases: {[c.__name__ for c in CASES]}"
    outcomes = [run(test, tools) for test in chosen]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
