"""Hostile clients, many and cheap: one thread, plain sockets, no event loop of their own."""
import select
import socket
import struct
import time

UPGRADE = (b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
UPGRADE_DEFLATE = UPGRADE.replace(
    b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
BINARY, PING = 2, 9
COMPRESSED = 0x40  # Beside the opcode: RSV1 (RFC 7692, section 6).
CONTINUATION = 0
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time at all.
AT_ONCE = 256  # Newcomers in one go: fewer than the server's backlog takes.


def frame_header(opcode, size, fin=True):
    """A client's frame up to its payload; the masking key is 0, so the payload stays as it is."""
    first = bytes([(0x80 if fin else 0) | opcode])
    if size <= 125:
        length = bytes([0x80 | size])
    elif size <= 0xFFFF:
        length = struct.pack(">BH", 0x80 | 126, size)
    else:
        length = struct.pack(">BQ", 0x80 | 127, size)
    return first + length + bytes(4)


def frame(opcode, payload=b"", fin=True):
    return frame_header(opcode, len(payload), fin) + payload


class Stream:
    """The same piece again and again until `size` bytes are gone, or the server has enough."""

    def __init__(self, client, piece, size):
        self.client = client
        self.piece = memoryview(piece)
        self.left = size
        self.offset = 0

    def go_on(self):
        """False: over."""
        try:
            size = self.client.send(self.piece[self.offset:self.offset + self.left])
        except BlockingIOError:
            return True
        except OSError:
            return False  # It closed the door.
        self.left -= size
        self.offset = (self.offset + size) % len(self.piece)
        return self.left > 0


class Horde:
    def __init__(self, port, watch=lambda: None):
        """Calls `watch` now and then while something goes on."""
        self.address = ("127.0.0.1", port)
        self.watch = watch
        self.clients = []
        self.bin = bytearray(1 << 18)

    def connect(self, count, first_words=b"", receive_buffer=0):
        """So many newcomers, who have said their first words. Waits for no answer."""
        newcomers = []
        for _ in range(count):
            client = socket.socket()
            if receive_buffer:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            client.connect(self.address)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.setblocking(False)
            if first_words:
                client.send(first_words)
            newcomers.append(client)
        self.clients += newcomers
        return newcomers

    def upgrade(self, count, receive_buffer=0, words=UPGRADE):
        """So many more, each with its opening handshake done."""
        for begin in range(0, count, AT_ONCE):
            newcomers = self.connect(min(AT_ONCE, count - begin), words, receive_buffer)
            for client in newcomers:
                client.settimeout(30)
                head = client.recv(64)
                assert head.startswith(b"HTTP/1.1 101 "), head
                client.setblocking(False)
            self.watch()

    def say(self, words):
        for client in self.clients:
            try:
                client.send(words)
            except OSError:
                pass  # Gone already, or its buffer is full: no harm to be done there.

    def hear(self, size=0):
        """Takes in what has come, or `size` bytes of it, and forgets it."""
        for client in self.clients:
            self.drain(client, size or len(self.bin))

    def drain(self, client, size):
        # MSG_TRUNC: the kernel discards it without a copy (tcp(7)).
        try:
            client.recv_into(self.bin, size, socket.MSG_TRUNC)
        except OSError:
            pass

    def trickle(self, words, over, read_size=0):
        """Each says one byte a second, and hears so many (0: all), until `over`."""
        due = time.monotonic()
        position = 0
        while not over():
            due += 1
            self.say(words[position:position + 1])
            self.hear(read_size)
            position += 1
            while time.monotonic() < due and not over():
                self.watch()
                select.select([], [], [], 0.1)

    def pour(self, piece, size):
        """Each sends so many bytes of it as fast as they are taken. Returns how many went out."""
        streams = {client.fileno(): Stream(client, piece, size) for client in self.clients}
        poll = select.epoll()
        for descriptor in streams:
            poll.register(descriptor, select.EPOLLIN | select.EPOLLOUT)
        going = len(streams)
        while going:
            for descriptor, event in poll.poll(30):
                stream = streams[descriptor]
                if event & select.EPOLLIN:
                    self.drain(stream.client, len(self.bin))
                if event & ~select.EPOLLIN and not stream.go_on():
                    poll.unregister(descriptor)
                    going -= 1
            self.watch()
        poll.close()
        return sum(size - stream.left for stream in streams.values())

    def leave(self, abort=lambda i: False):
        """All at once; those for whose number `abort` is true with a reset."""
        for i, client in enumerate(self.clients):
            if abort(i):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        for client in self.clients:
            client.close()
        self.clients = []
