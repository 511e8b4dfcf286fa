#!/usr/bin/env python3
"""Goal: a hostile crowd costs those who play nothing, and leaves nothing behind.
Method: each case is a crowd around a server with a hundred good clients, who count what they see in
a lap undisturbed, one with the crowd and one after it; scene.py says what must hold of them and of
the server's memory.

usage: crowds_test.py SERVER CROWD [--sanitized] [--case NAME]...
With RINGTICK_CROWDS=full in the environment the crowds are as large as they are meant to be, and
stay until the server's patience ends; else they are what fits into a minute.
"""
import argparse
import multiprocessing
import os
import resource
import sys
import time
import traceback
import zlib

from horde import (BINARY, COMPRESSED, CONTINUATION, PING, UPGRADE, UPGRADE_DEFLATE, frame,
                   frame_header)
from scene import Scene, programs

CASES = []
LARGE = 1 << 24
FEW = 10


class Tools:
    """The programs, and how large a crowd may be."""

    def __init__(self, options):
        self.server = options.server
        self.crowd = options.crowd
        self.sanitized = options.sanitized
        self.full = os.environ.get("RINGTICK_CROWDS") == "full"

    def size(self, full, short):
        if self.full:
            return full
        return short // 4 if self.sanitized else short


def case(run):
    CASES.append(run)
    return run


@case
def heads_at_a_byte_a_second(tools):
    count = tools.size(1_000, 1_000)
    with Scene(tools, count) as scene:
        scene.horde.connect(count)
        scene.horde.trickle(UPGRADE, scene.crowd_is_gone)
        scene.figures["cut"] = scene.since("closed.handshake_timeout")
        assert scene.figures["cut"] == count


@case
def upgrades_never_finished(tools):
    count = tools.size(1_000, 1_000)
    with Scene(tools, count) as scene:
        scene.horde.connect(count, UPGRADE[:-1])
        programs.until(lambda: scene.hostile_inside() == count, "all are in")
        if tools.full:
            programs.until(scene.crowd_is_gone, "their time is over")
            assert scene.since("closed.handshake_timeout") == count
        scene.figures["half open"] = count


@case
def frames_at_a_byte_a_second(tools):
    count = tools.size(1_000, 400)
    with Scene(tools, count) as scene:
        scene.horde.upgrade(count)
        scene.horde.trickle(frame(BINARY, bytes(200)), scene.crowd_is_gone)
        scene.figures["cut"] = scene.since("closed.message_timeout")
        assert scene.figures["cut"] == count


@case
def readers_of_a_byte_a_second(tools):
    """Of snapshots so large that what the kernel holds for a client is soon full."""
    count = tools.size(1_000, 400)
    with Scene(tools, count, message_size=4_096) as scene:
        scene.horde.upgrade(count, receive_buffer=4_096)
        scene.horde.trickle(b"", scene.crowd_is_gone, read_size=1)
        scene.figures["cut"] = scene.since("closed.stalled")
        assert scene.figures["cut"] == count


@case
def large_frames_declared_and_refused(tools):
    count = tools.size(10_000, 1_000)
    with Scene(tools, count) as scene:
        scene.horde.upgrade(count)
        scene.horde.say(frame_header(BINARY, LARGE) + b"x")
        programs.until(lambda: scene.since("closed.too_big") == count, "all are refused")
        scene.figures["refused"] = count


@case
def large_frames_declared_and_allowed(tools):
    count = tools.size(10_000, 1_000)
    words = frame_header(BINARY, LARGE) + b"x"
    with Scene(tools, count, "--message-max", str(LARGE)) as scene:
        scene.horde.upgrade(count)
        scene.horde.say(words)
        programs.until(lambda: scene.since("bytes_received") >= len(words) * count, "all is read")
        assert scene.hostile_inside() == count
        if tools.full:
            programs.until(scene.crowd_is_gone, "their time is over")
            assert scene.since("closed.message_timeout") == count
        scene.figures["declared"] = count


@case
def inbound_flood(tools):
    """Half a GiB, as fast as the server takes it."""
    flooders = 32
    message = frame(BINARY, bytes(16_000))
    count = tools.size(1_048, 100)
    with Scene(tools, flooders) as scene:
        scene.horde.upgrade(flooders)
        scene.figures["bytes"] = scene.horde.pour(message, count * len(message))
        assert scene.figures["bytes"] == flooders * count * len(message)
        programs.until(lambda: scene.since("messages_received") >= flooders * count, "all is read")
        assert scene.hostile_inside() == flooders


@case
def storm_of_connects(tools):
    """Half of them are reset at once; of those who ask for the upgrade, half before its answer."""
    at_once = 250
    rounds = tools.size(40, 8)
    with Scene(tools, 2 * at_once) as scene:
        for _ in range(rounds):
            scene.horde.connect(at_once)
            scene.horde.leave(lambda i: True)
            scene.horde.connect(at_once, UPGRADE)
            scene.horde.leave(lambda i: i % 2 == 0)
        programs.until(scene.crowd_is_gone, "the storm is over")
        scene.figures = {"connects": rounds * 2 * at_once, "accepted": scene.since("accepted"),
                         "upgraded": scene.since("opened"), "reset": scene.since("closed.reset")}
        assert scene.figures["upgraded"] > 0 and scene.figures["reset"] > 0


@case
def all_leave_at_once(tools):
    count = tools.size(10_000, 1_000)
    with Scene(tools, count) as scene:
        scene.horde.upgrade(count)
        scene.horde.leave(lambda i: i % 2 == 0)
        scene.figures["left"] = count


@case
def million_pings(tools):
    count = tools.size(100_000, 10_000)
    ping = frame(PING, b"0123")
    with Scene(tools, FEW) as scene:
        scene.horde.upgrade(FEW)
        scene.horde.pour(1_000 * ping, count * len(ping))
        programs.until(lambda: scene.since("pings_received") == FEW * count, "all are read")
        assert scene.hostile_inside() == FEW
        scene.figures["pings"] = FEW * count


@case
def message_without_end(tools):
    """Where fragments are not limited, of empty ones."""
    count = tools.size(100_000, 10_000)
    empty = frame(CONTINUATION, fin=False)
    with Scene(tools, FEW, "--fragments-max", str(1 << 24)) as scene:
        scene.horde.upgrade(FEW)
        scene.horde.say(frame(BINARY, b"x", fin=False))
        size = scene.horde.pour(1_000 * empty, count * len(empty))
        assert size == FEW * count * len(empty)
        programs.until(lambda: scene.since("bytes_received") >= size, "all is read")
        assert scene.hostile_inside() == FEW
        scene.figures["fragments"] = FEW * count


@case
def too_many_fragments(tools):
    count = tools.size(1_000, 400)
    with Scene(tools, count) as scene:
        scene.horde.upgrade(count)
        scene.horde.say(frame(BINARY, b"x", fin=False) + 100 * frame(CONTINUATION, fin=False))
        programs.until(lambda: scene.since("closed.flood") == count, "all are cut")
        scene.figures["cut"] = count


@case
def tiny_frames_in_one_segment(tools):
    count = tools.size(1_000, 1_000)
    frames = 10_000 * frame(BINARY, b"x")
    with Scene(tools, count) as scene:
        scene.horde.upgrade(count)
        scene.horde.say(frames)
        programs.until(lambda: scene.since("closed.flood") == count, "all are cut")
        scene.figures["cut"] = count


@case
def little_that_inflates_to_much(tools):
    count = tools.size(64, 32)
    budget, message = 65_536, 16_384
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = (deflater.compress(bytes(message)) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]
    with Scene(tools, count, "--deflate") as scene:
        scene.horde.upgrade(count, words=UPGRADE_DEFLATE)
        scene.horde.say(1_000 * frame(BINARY | COMPRESSED, bomb))
        programs.until(lambda: scene.since("ticks") >= 60, "two seconds of play")
        inflated = scene.since("inflate_bytes_out")
        # A budget of it each tick, and the message that goes past it; the debt is remembered.
        most = (scene.since("ticks") + 2) * budget + message
        assert 0 < inflated <= count * most, inflated
        scene.figures["inflated MB"] = inflated // 1_000_000


def attempt(test, tools):
    try:
        test(tools)
    except Exception:
        traceback.print_exc(file=sys.stdout)
        sys.exit(1)


def run(test, tools):
    """Says in GoogleTest's words, which the project counts, how it went."""
    name = "HostileCrowds." + test.__name__
    print(f"[ RUN      ] {name}", flush=True)
    began = time.monotonic()
    process = multiprocessing.Process(target=attempt, args=(test, tools))
    process.start()
    process.join()
    word = " FAILED " if process.exitcode else "      OK"
    print(f"[{word:>9} ] {name} ({1000 * (time.monotonic() - began):.0f} ms)", flush=True)
    return process.exitcode == 0


def main():
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    parser = argparse.ArgumentParser()
    parser.add_argument("server")
    parser.add_argument("crowd")
    parser.add_argument("--sanitized", action="store_true")
    parser.add_argument("--case", action="append", default=[])
    options = parser.parse_args()
    tools = Tools(options)
    chosen = [test for test in CASES if not options.case or test.__name__ in options.case]
    assert len(chosen) >= max(1, len(options.case)), f"the cases: {[c.__name__ for c in CASES]}"
    outcomes = [run(test, tools) for test in chosen]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
