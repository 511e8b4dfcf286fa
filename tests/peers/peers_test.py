#!/usr/bin/env python3
"""Goal: a server that ours is compared with does the whole of the bench protocol, or its figures
would be those of a lesser work.
Method: echoes of every form of length, with several messages under way, one fragmented; a broadcast
to a crowd that checks each message; a client that does not read, which must cost the others
nothing; and the counts that the server leaves.

Arguments: the crowd's program, then the server's command.
"""
import os
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs

KEY = b"\x12\x34\x56\x78"
BINARY, TEXT, CONTINUATION, CLOSE = 2, 1, 0, 8


def masked(opcode, payload, final=True):
    size = len(payload)
    if size <= 125:
        length = bytes([0x80 | size])
    elif size <= 0xFFFF:
        length = struct.pack(">BH", 0x80 | 126, size)
    else:
        length = struct.pack(">BQ", 0x80 | 127, size)
    body = bytes(byte ^ KEY[i % 4] for i, byte in enumerate(payload))
    return bytes([opcode | (0x80 if final else 0)]) + length + KEY + body


def exactly(client, size):
    got = b""
    while len(got) < size:
        more = client.recv(size - len(got))
        assert more, f"the server closed, {size - len(got)} bytes early"
        got += more
    return got


def next_message(client):
    """The opcode and payload of one message, in one frame or in several."""
    opcode, message = None, b""
    while True:
        first, second = exactly(client, 2)
        assert second < 0x80, "a server never masks (RFC 6455, section 5.1)"
        size = second
        if size == 126:
            size, = struct.unpack(">H", exactly(client, 2))
        elif size == 127:
            size, = struct.unpack(">Q", exactly(client, 8))
        message += exactly(client, size)
        opcode = first & 0x0F if opcode is None else opcode
        if first & 0x80:
            return opcode, message


def start(command, *arguments):
    port = programs.free_port()
    server = programs.Server(command[0], [*command[1:], str(port), *map(str, arguments)], port)
    programs.until(server.answers, "the server listens")
    return server


def echoes(command):
    messages = [(BINARY, os.urandom(size)) for size in (0, 1, 16, 125, 126, 65_535, 65_536)]
    messages += [(TEXT, "Grüße".encode())]
    messages += [(BINARY, bytes([i]) * 64) for i in range(8)]
    with start(command, "echo") as server:
        client = programs.upgrade(server.port)
        client.sendall(b"".join(masked(opcode, payload) for opcode, payload in messages))
        for sent in messages:
            assert next_message(client) == sent, f"{len(sent[1])} bytes came back otherwise"
        client.sendall(masked(BINARY, b"two ", final=False) + masked(CONTINUATION, b"parts"))
        assert next_message(client) == (BINARY, b"two parts")
        client.sendall(masked(CLOSE, struct.pack(">H", 1000)))
        assert next_message(client) == (CLOSE, struct.pack(">H", 1000))
        code, totals = server.stop()
    print("echo:", totals)
    assert code == 0
    assert totals["received"] == totals["sent"] == len(messages) + 1


def broadcasts(crowd_program, command):
    with start(command, "broadcast", 50, 512) as server:
        crowd = programs.Crowd(crowd_program, server.port, 50, 3, 10, 512)
        seen = crowd.totals()
        code, totals = server.stop()
    print("broadcast:", seen, totals)
    assert code == 0
    assert seen["ended"] == 0 and seen["messages"] > 50 * 20
    assert totals["sent"] >= seen["messages"]
    assert 0 < totals["received"] <= seen["inputs"]
    assert totals["ticks"] > 0 and totals["skipped"] == 0
    assert totals["cpu_user_s"] + totals["cpu_sys_s"] > 0 and totals["rss_kib"] > 0


def leaves_out_who_does_not_read(crowd_program, command):
    with start(command, "broadcast", 100, 65_536) as server:
        seen = programs.Crowd(crowd_program, server.port, 6, 3, 10, 65_536, 2).totals()
        code, totals = server.stop()
    print("frozen:", seen, totals)
    assert code == 0
    assert totals["skipped"] > 0, "the frozen ones were never behind: the test proves nothing"
    assert seen["ended"] == 0 and seen["messages"] > 4 * 20
    # What a frozen client holds is bounded: what its sockets take, and one message.
    assert totals["rss_kib"] < 512 * 1024


def main():
    crowd_program, *command = sys.argv[1:]
    echoes(command)
    broadcasts(crowd_program, command)
    leaves_out_who_does_not_read(crowd_program, command)


main()
