"""A player of Railroids over a raw socket, who speaks just enough of its messages to take a seat,
to be shown the world and to come back."""
import socket
import struct
import zlib

import programs

HELLO, WELCOME, SNAPSHOT, EVENT, BYE = 1, 2, 4, 5, 9
FRESH, ANEW, KEYFRAME, DELTA = range(4)  # As src/replica/resume.hpp has them.
KEYFRAME_FLAG = 1
RELOAD, LEAVE = 1, 2  # As src/replica/protocol.hpp has them.
NOBODY = bytes(16)
TO_PLAY = 0xFFFF  # As src/replica/session.hpp has it.
NOTHING_IN_SIGHT = bytes(2)  # Two empty lists (src/replica/held.hpp): no list is decoded here.


def frame(payload):
    """One binary frame of a client, with a masking key of zeroes (RFC 6455, section 5.3)."""
    assert len(payload) < 126
    return bytes([0x82, 0x80 | len(payload)]) + bytes(4) + payload


class Player:
    """A connection to the game, and what it has been told."""
    tokens = set()  # Of everybody.

    def __init__(self, port, schema, ship=0, token=NOBODY, knows=None, room=1, name="Ann",
                 watch=TO_PLAY, **how):
        """`knows`: another player's connection, whose world this one goes on with. `watch`: whose
        ship a spectator looks at. The rest is for programs.upgrade()."""
        self.socket = programs.upgrade(port, f"/play/{room}", **how)
        self.shown_token = token
        tick, events = (knows.tick, knows.events) if knows else (0, 0)
        held = NOTHING_IN_SIGHT if knows else b""
        resume = struct.pack("<H16sBIIH", ship, token, knows is not None, tick, events, len(held))
        self.socket.sendall(frame(struct.pack("<BHQ", HELLO, 1, schema) + resume + held +
                                  struct.pack("<H", watch) + bytes([len(name)]) + name.encode()))
        self.tick = tick
        self.events = events
        self.first_snapshot = None
        self.bye = None
        self.closed_with = None
        self.welcome = None
        self.inflated = 0  # Messages that came compressed (RFC 7692, section 7.2.2).

    def read(self):
        """One message: its kind, or None at the end of the stream or at a close frame."""
        head = self.take(2)
        if head is None or head[0] == 0x88:
            self.closed_with = head and int.from_bytes(self.take(2), "big")
            return None
        size = head[1]
        if size == 126:
            size = int.from_bytes(self.take(2), "big")
        message = self.take(size)
        if message is not None and head[0] == 0xC2:
            message = zlib.decompressobj(-15).decompress(message + b"\0\0\xff\xff")
            self.inflated += 1
        elif message is None or head[0] != 0x82:
            return None if message is None else 0
        kind = message[0] & 15
        if kind == WELCOME:
            self.on_welcome(message)
        elif kind == SNAPSHOT:
            self.on_snapshot(message)
        elif kind == EVENT:
            self.events += 1
            self.on_event(message)
        elif kind == BYE:
            self.bye = message
        return kind

    def take(self, size):
        data = b""
        while len(data) < size:
            try:
                more = self.socket.recv(size - len(data))
            except ConnectionError:
                return None
            if not more:
                return None
            data += more
        return data

    def on_welcome(self, message):
        _, _, self.ship, _ = struct.unpack_from("<BHHI", message)
        self.resumed, self.told_token, self.events = struct.unpack_from("<B16sI", message, 9)
        self.token = self.told_token if self.resumed == FRESH else self.shown_token
        Player.tokens.add(self.token)
        self.welcome = message

    def on_event(self, message):
        """For those who listen."""

    # A keyframe says its tick; a delta, how many ticks less one it is after the one before.
    def on_snapshot(self, message):
        if message[0] >> 4 & KEYFRAME_FLAG:
            self.tick = int.from_bytes(message[1:5], "little")
        else:
            self.tick += message[1] + 1
        self.first_snapshot = self.first_snapshot or message

    def until(self, done):
        while not done():
            if self.read() is None:
                raise AssertionError(f"the connection ended: closed with {self.closed_with}, "
                                     f"bye {self.bye}")
        return self

    def play(self):
        """Until it is welcome and has been shown the world."""
        return self.until(lambda: self.welcome and self.first_snapshot)

    def is_keyframe(self):
        return bool(self.first_snapshot[0] >> 4 & KEYFRAME_FLAG)

    def leave(self):
        """For good: its seat is free when the server has closed the connection."""
        self.socket.sendall(frame(bytes([BYE, LEAVE, 0, 0])))
        while self.read() is not None:
            pass
        self.socket.close()

    def vanish(self):
        """As a machine that is carried out of reach: no close frame, nothing more is read."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def schema_of(path):
    """Of the messages: a recording's header begins with it (src/tick/record.hpp)."""
    data = path.read_bytes()
    begin = len("ringtick record 5\n") + 12
    return int.from_bytes(data[begin:begin + 8], "little")
