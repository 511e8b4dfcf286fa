#!/usr/bin/env python3
"""Goal: a recorded match can be watched, by as many as like, at the rate of play, from wherever it
is set to go on.
Method: players of the real protocol are recorded, then shown to raw sockets, which read what a page
would: a welcome, then one snapshot after the other.
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import urllib.error

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs

RAILROIDS, SWARM = sys.argv[1:3]
RATE_HZ = 60
PEOPLE = 3
HELLO, WELCOME, SNAPSHOT = 1, 2, 4
OVERVIEW, TO_PLAY = 0xFFFE, 0xFFFF  # As src/replica/session.hpp has them.


class Viewer:
    """A raw WebSocket client that reads messages."""

    def __init__(self, port, schema, watch=TO_PLAY):
        self.socket = programs.upgrade(port, "/play/1")
        nothing_to_resume = struct.pack("<H16sBIIH", 0, bytes(16), 0, 0, 0, 0)
        self.say(struct.pack("<BHQ", HELLO, 1, schema) + nothing_to_resume +
                 struct.pack("<HB", watch, 0))

    def say(self, payload):
        """One binary frame, masked with zeroes (RFC 6455, section 5.3)."""
        self.socket.sendall(bytes([0x82, 0x80 | len(payload)]) + bytes(4) + payload)

    def take(self, size):
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise ConnectionError("the server has gone")
            data += piece
        return data

    def frame(self):
        """The next frame: its opcode and payload."""
        first, size = self.take(2)
        if size == 126:
            size = int.from_bytes(self.take(2), "big")
        return first & 0xF, self.take(size)

    def message(self, kind):
        """The next message of this kind."""
        while True:
            opcode, payload = self.frame()
            assert opcode == 2, (opcode, payload)
            if payload[0] & 0xF == kind:
                return payload

    def welcome(self):
        """The ship's id, and the tick of the match."""
        message = self.message(WELCOME)
        return int.from_bytes(message[3:5], "little"), int.from_bytes(message[5:9], "little")

    def tick(self):
        """Of the first snapshot, which stands alone; those behind it count from the one before."""
        return int.from_bytes(self.message(SNAPSHOT)[1:5], "little")

    def close_code(self):
        while True:
            opcode, payload = self.frame()
            if opcode == 8:
                return int.from_bytes(payload[:2], "big")

    def close(self):
        self.socket.close()


def start(*arguments):
    port = programs.free_port()
    server = programs.Server(RAILROIDS, ["--listen", f"127.0.0.1:{port}", *arguments], port)
    programs.until(server.healthy, "the server answers")
    return server


def record(path):
    """Players who come, play for two seconds, and leave."""
    with start("--rate-hz", str(RATE_HZ), "--bots", "20", "--record", str(path)) as server:
        swarm = subprocess.run(
            [SWARM, "--url", f"ws://127.0.0.1:{server.port}/play/1", "--clients", str(PEOPLE),
             "--seconds", "2", "--mode", "railroids"], capture_output=True, text=True, timeout=60)
        assert swarm.returncode == 0, swarm.stdout + swarm.stderr
        code, totals = server.stop()
        assert code == 0
    return totals["ticks"]


def position(server, query=""):
    return json.loads(server.get("/replay" + query))["rooms"][0]


def go_to(server, tick):
    position(server, f"?tick={tick}")
    return programs.until(lambda: not position(server)["seeking"] and position(server),
                          "it is there")


def watch(server, schema):
    """Two see the whole and one a player; who wants somebody who is not there sees the whole."""
    viewers = [Viewer(server.port, schema, watch) for watch in (OVERVIEW, TO_PLAY, 1, 999)]
    ids = [viewer.welcome()[0] for viewer in viewers]
    assert ids == [OVERVIEW, OVERVIEW, 1, OVERVIEW], ids
    for viewer in viewers:
        assert viewer.tick() > 0
        for _ in range(5):
            viewer.message(SNAPSHOT)
    viewers[1].close()
    return viewers[0], viewers[2], viewers[3]


def say_something(viewer):
    """What a viewer says is no input of the match: an INPUT."""
    viewer.say(bytes([3]) + bytes(11))


def schema_of(path):
    """Of the messages: a recording's header begins with it (src/tick/record.hpp)."""
    data = path.read_bytes()
    begin = data.index(b"\n") + 1 + 12
    return int.from_bytes(data[begin:begin + 8], "little")


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "match.rec"
        ticks = record(path)
        with start("--replay", str(path), "--serve") as server:
            middle = ticks // 3
            there = go_to(server, middle)
            assert there["tick"] >= middle and 0 < there["bytes"] < there["bytes_all"], there
            assert there["as_recorded"] and server.stats()["shown_rooms"] == 1
            schema = schema_of(path)
            viewers = watch(server, schema)
            for viewer in viewers:
                say_something(viewer)

            # Back to where they were not there yet, and on: each is told to come again.
            go_to(server, 1)
            assert {viewer.close_code() for viewer in viewers} == {1012}
            late = Viewer(server.port, schema)
            assert 0 < late.welcome()[1] < ticks
            assert late.tick() > 0

            # At its end it begins anew; the players have left before that.
            go_to(server, ticks - 5)
            programs.until(lambda: position(server)["tick"] < middle, "it begins anew")

            try:
                server.get("/replay?tick=never")
                raise AssertionError("that was no tick")
            except urllib.error.HTTPError as error:
                assert error.code == 400
            assert server.stats()["rate_hz"] == RATE_HZ
            server.process.terminate()
            _, log = server.process.communicate(timeout=programs.PATIENCE_S)
            assert server.process.returncode == 0
            assert "another match" not in log, log

        # Where nothing is shown there is nothing to set.
        with start() as server:
            try:
                server.get("/replay")
                raise AssertionError("nothing is shown here")
            except urllib.error.HTTPError as error:
                assert error.code == 404
            server.stop()


main()
