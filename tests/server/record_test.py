#!/usr/bin/env python3
"""Goal: what a server recorded is replayed state for state, however the recording ended, and what
is not the recorded match is found.
Method: a game with bots and with players who speak its protocol, recorded; then stopped, killed, or
with a disk that takes no more. Copies of the file with something wrong in them.
"""
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs

RAILROIDS, SWARM, OTHER_GAME = sys.argv[1:4]
RATE_HZ = 60
GAME = ["--rate-hz", str(RATE_HZ), "--bots", "30", "--seed", "7", "--rooms", "2"]
# As src/tick/record.hpp has them.
MAGIC_SIZE = len("ringtick record 5\n")
BLOCK_HEAD_SIZE = 12


def server(arguments, **options):
    port = programs.free_port()
    started = programs.Server(RAILROIDS, ["--listen", f"127.0.0.1:{port}", *arguments], port,
                              **options)
    programs.until(started.healthy, "the server answers")
    return started


def play(port, seconds=1):
    """Players of the real protocol, in the first room."""
    swarm = subprocess.run(
        [SWARM, "--url", f"ws://127.0.0.1:{port}/play/1", "--clients", "20", "--seconds",
         str(seconds), "--mode", "railroids"], capture_output=True, text=True, timeout=60)
    assert swarm.returncode == 0, swarm.stdout + swarm.stderr


def replay(path, program=None):
    return subprocess.run([program or RAILROIDS, "--replay", str(path)], capture_output=True,
                          text=True, timeout=120)


def check_replay(path):
    """Replays a good recording. Returns the ticks, the hashes, and what was said beside."""
    done = replay(path)
    assert done.returncode == 0, done
    told = re.fullmatch(r"railroids: replayed (\d+) ticks \([\d.]+ s of play\) in [\d.]+ s, "
                        r"\d+x real time; (\d+) hashes verified\n", done.stdout)
    assert told, done.stdout
    return int(told[1]), int(told[2]), done.stderr


def check_refusal(path, code, *words, program=None):
    done = replay(path, program)
    assert done.returncode == code, done
    for word in words:
        assert word in done.stderr, done
    assert "Assertion" not in done.stderr and done.stdout.count("\n") <= 1, done


def record_whole(folder):
    path = folder / "whole.rec"
    with server([*GAME, "--record", str(path)]) as running:
        play(running.port)
        programs.until(lambda: running.stats()["ticks"] > 2 * RATE_HZ, "two seconds of play")
        stats = running.stats()
        assert 0 < stats["record_bytes"] <= path.stat().st_size
        assert stats["record_failed"] == 0
        assert "ringtick_record_bytes_total " in running.get("/metrics")
        inputs = stats["rooms"][0]["game"]["inputs_applied"]
        assert inputs > 0, "nobody played: the test proves nothing"
        code, totals = running.stop()
    assert code == 0
    assert totals.get("allocations_after_warmup", 0) == 0, totals
    ticks, hashes, said = check_replay(path)
    assert ticks == totals["ticks"] and said == ""
    # A hash a second for each room.
    assert abs(hashes - 2 * ticks // RATE_HZ) <= 2, (hashes, ticks)
    return path


def killed(folder):
    path = folder / "killed.rec"
    with server([*GAME, "--record", str(path)]) as running:
        play(running.port)
        recorded = running.stats()
        programs.until(lambda: running.stats()["record_bytes"] > recorded["record_bytes"],
                       "what was played is durable")
        running.process.kill()
        running.process.communicate()
    ticks, hashes, said = check_replay(path)
    assert ticks >= recorded["ticks"] - RATE_HZ and hashes > 0, (ticks, recorded["ticks"])
    assert "no end mark" in said or "torn" in said, said


def disk_full(folder):
    """The game plays on, and says once what became of the recording."""
    path = folder / "full.rec"

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))

    with server([*GAME, "--record", str(path)], preexec_fn=limit) as running:
        programs.until(lambda: running.stats()["ticks"] > 2 * RATE_HZ, "a state was recorded")
        play(running.port, seconds=3)
        programs.until(lambda: running.stats()["record_failed"] == 1, "the disk is full")
        ticks = running.stats()["ticks"]
        programs.until(lambda: running.stats()["ticks"] > ticks + 10, "the game goes on")
        running.process.terminate()
        _, log = running.process.communicate(timeout=programs.PATIENCE_S)
        assert running.process.returncode == 0
    assert log.count("the recording ends here") == 1 and "ulimit -f" in log, log
    check_replay(path)


def copy_with(path, change):
    copy = path.with_name("changed.rec")
    data = bytearray(path.read_bytes())
    change(data)
    copy.write_bytes(data)
    return copy


def set_header(offset, value):
    """Writes into the header's payload, and makes its checksums right again."""
    def change(data):
        begin = MAGIC_SIZE + BLOCK_HEAD_SIZE
        size = int.from_bytes(data[MAGIC_SIZE:MAGIC_SIZE + 4], "little")
        data[begin + offset:begin + offset + 8] = value.to_bytes(8, "little")
        checksum = zlib.crc32(data[begin:begin + size])
        data[MAGIC_SIZE + 4:MAGIC_SIZE + 8] = checksum.to_bytes(4, "little")
        head = zlib.crc32(data[MAGIC_SIZE:MAGIC_SIZE + 8])
        data[MAGIC_SIZE + 8:MAGIC_SIZE + 12] = head.to_bytes(4, "little")
    return change


def flip(place):
    def change(data):
        data[place] ^= 0x10
    return change


def cut(size):
    def change(data):
        del data[size:]
    return change


def wrong_files(path):
    size = path.stat().st_size
    check_refusal(copy_with(path, flip(size // 2)), 1, "damaged at byte")
    check_refusal(copy_with(path, flip(3)), 1, "no recording")
    check_refusal(copy_with(path, set_header(0, 99)), 1, "other messages", "replay it with")
    check_refusal(copy_with(path, set_header(8, 99)), 1, "other rules", "replay it with")
    # Another seed is another match: found at the first state.
    check_refusal(copy_with(path, set_header(16, 8)), 1, "of room 2: the state's hash is",
                  "another match")
    check_refusal(path, 1, "a recording of railroids", program=OTHER_GAME)
    check_refusal(path.with_name("nowhere.rec"), 1, "No such file")
    check_refusal("/dev/null", 1, "no recording")

    _, _, said = check_replay(copy_with(path, cut(size - 3)))
    assert "torn at byte" in said, said


def refused(folder, whole):
    """What is not recorded to, and that nothing is lost by trying."""
    before = whole.read_bytes()
    for path, word in ((whole, "not written over"), (folder, "Is a directory"),
                       ("/dev/full", "No space left")):
        done = subprocess.run([RAILROIDS, "--listen", "127.0.0.1:0", "--record", str(path)],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == 1 and word in done.stderr, done
    assert whole.read_bytes() == before
    unused = folder / "unused.rec"
    checked = subprocess.run([RAILROIDS, "--listen", "127.0.0.1:0", "--record", str(unused),
                              "--check"], capture_output=True, text=True, timeout=30)
    assert checked.returncode == 0 and not unused.exists(), checked


def system_calls(folder):
    """Recording asks the kernel for nothing but what playing does."""
    if shutil.which("strace") is None:
        return
    path = folder / "calls.rec"
    with server(["--rate-hz", "250", "--bots", "30", "--record", str(path)]) as running:
        programs.until(lambda: running.stats()["record_bytes"] > 200, "it records")
        trace = subprocess.run(
            ["timeout", "-s", "INT", "2", "strace", "-c", "-p", str(running.process.pid)],
            capture_output=True, text=True)
        if "Operation not permitted" in trace.stderr:
            return
        names = set(re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+\d+\s+(?:\d+\s+)?(\w+)$",
                               trace.stderr, re.M)) - {"total"}
        assert names == {"io_uring_enter"}, trace.stderr
        running.stop()


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        whole = record_whole(folder)
        wrong_files(whole)
        refused(folder, whole)
        killed(folder)
        disk_full(folder)
        system_calls(folder)


main()
