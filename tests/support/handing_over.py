"""A server that is replaced while it serves, and successors of it that this test plays."""
import json
import os
import socket
import struct
import zlib

import programs

RATE_HZ = 30
HELLO, WELCOME, REFUSED, READY, BEGIN, PIECE, SOCKETS, TAKEN = range(1, 9)
VERSION = 3  # As src/server/handover.hpp has them.


class Site:
    """A port, a handover socket, and the servers that follow each other there."""

    kind = programs.Server

    def __init__(self, program, folder, *arguments, bots=20, players_max=300):
        self.program = program
        self.port = programs.free_port()
        self.folder = folder
        self.path = folder / "handover.socket"
        self.arguments = ["--listen", f"127.0.0.1:{self.port}", "--bots", str(bots),
                          "--rooms", "2", "--players-max", str(players_max), *arguments]
        self.server = None

    def start(self, *arguments, path=None):
        arguments = [*self.arguments, "--handover", str(path or self.path), *arguments]
        return self.kind(self.program, arguments, self.port)

    def begin(self, *arguments):
        self.server = self.start(*arguments)
        programs.until(self.server.healthy, "the server answers")
        return self.server

    def replace(self, *arguments, drains=False):
        """The next one serves; returns what the last one said at its end."""
        before = self.server.stats()["handovers"]
        old, self.server = self.server, self.start(*arguments)
        try:
            out, log = old.process.communicate(timeout=programs.PATIENCE_S)
        except BaseException:
            old.process.kill()
            raise
        assert old.process.returncode == 0, log
        programs.until(self.server.answers if drains else self.server.healthy,
                       "the new server answers")
        stats = self.server.stats()
        assert stats["handovers"] == before + 1, stats
        return json.loads(out.strip().splitlines()[-1]), log, stats


def play_on(players, ticks=RATE_HZ):
    for player in players:
        seen = player.tick
        player.until(lambda: player.tick >= seen + ticks)


class Successor:
    """A new process that goes as far as it is told, and no farther."""

    def __init__(self, site):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(programs.PATIENCE_S)
        self.socket.connect(str(site.path))

    def hello(self, identity, version=VERSION):
        self.socket.send(struct.pack("<BI", HELLO, version) + identity)
        return self.socket.recv(1 << 16)

    def ready(self):
        self.socket.send(bytes([READY]))

    def take_all(self, keeps=False):
        """Everything but the word that it is taken: the image, and the sockets, which are closed
        again if not kept."""
        size, _, sockets = struct.unpack("<xQII", self.socket.recv(1 << 16))
        image, taken = b"", []
        while len(image) < size or len(taken) < sockets:
            message, descriptors, _, _ = socket.recv_fds(self.socket, 1 << 16, 253)
            assert message, "it gave up"
            image += message[1:] if message[0] == PIECE else b""
            taken += descriptors
        for descriptor in [] if keeps else taken:
            os.close(descriptor)
        return image, taken


def failed(site):
    return site.server.stats()["handovers_failed"]


class Between:
    """Stands between a server and the real process that comes to take it over, and hands on what it
    likes of what the one says to the other."""

    def __init__(self, site, path, *arguments):
        """The newcomer has said that it is ready."""
        self.descriptors = []
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            path.unlink(missing_ok=True)
            listener.bind(str(path))
            listener.listen()
            listener.settimeout(programs.PATIENCE_S)
            self.newcomer = site.start(*arguments, path=path)
            self.socket, _ = listener.accept()
        self.socket.settimeout(programs.PATIENCE_S)
        self.successor = Successor(site)
        self.successor.socket.send(self.socket.recv(1 << 16))
        self.socket.send(self.successor.socket.recv(1 << 16))
        assert self.socket.recv(1 << 16) == bytes([READY])

    def take(self):
        """The image of the server, which serves on from here. Returns it."""
        self.successor.ready()
        image, self.descriptors = self.successor.take_all(keeps=True)
        self.successor.socket.close()
        return image

    def give(self, image, checksum=None, announced=None):
        """To the newcomer, who finds nobody to tell that it has taken it. Returns what it says."""
        checksum = zlib.crc32(image) if checksum is None else checksum
        size = len(image) if announced is None else announced
        self.socket.send(struct.pack("<BQII", BEGIN, size, checksum, len(self.descriptors)))
        for begin in range(0, len(image), 30_000):
            self.socket.send(bytes([PIECE]) + image[begin:begin + 30_000])
        self.socket.shutdown(socket.SHUT_RD)
        socket.send_fds(self.socket, [bytes([SOCKETS])], self.descriptors)
        return self.end()

    def end(self):
        """Nothing more is said. Returns the last words of the newcomer."""
        self.socket.close()
        self.successor.socket.close()
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors = []
        _, log = self.newcomer.process.communicate(timeout=programs.PATIENCE_S)
        assert self.newcomer.process.returncode == 1, (self.newcomer.process.returncode, log)
        return log.strip().splitlines()[-1]
