#!/usr/bin/env python3
"""Goal: while clients come and go, the server looks every other millisecond for who needs an
answer, and no oftener, however much those who play send meanwhile. Counted are system calls.
Method: a crowd plays; beside it, one after the other, clients come and leave in four ways, and
while each does, another one is in the middle of its request: so somebody always needs an answer.
"""
import itertools
import json
import pathlib
import socket
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs

CLIENTS = 200
INPUT_HZ = 100
RATE_HZ = 20
BYTES = 64
SECONDS = 4
LOOKS_A_TICK = 1_000 // RATE_HZ // 2
# To sleep, to run what the kernel deferred until none is left, and to hand over what follows.
ENTERS_A_LOOK = 4
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # A struct linger.
CLOSE_FRAME = b"\x88\x82\x00\x00\x00\x00\x03\xe8"


def ask(port):
    client = socket.create_connection(("127.0.0.1", port), timeout=programs.PATIENCE_S)
    client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n")
    return client


def vanish_in_a_request(port):
    ask(port).close()


def be_reset_in_a_request(port):
    with ask(port) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)


def be_reset_while_open(port):
    with programs.upgrade(port) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)


def say_goodbye(port):
    with programs.upgrade(port) as client:
        client.sendall(CLOSE_FRAME)
        while client.recv(4_096):  # Snapshots, its close frame, the end of the stream.
            pass


WAYS = (vanish_in_a_request, be_reset_in_a_request, be_reset_while_open, say_goodbye)


def main():
    server_program, crowd_program = sys.argv[1:3]
    with programs.bench_server(server_program, "broadcast", str(RATE_HZ), str(BYTES)) as server:
        crowd = programs.Crowd(crowd_program, server.port, CLIENTS, SECONDS, INPUT_HZ, BYTES)
        before = server.stats()
        visits = 0
        for way in itertools.cycle(WAYS):
            if crowd.process.poll() is not None:
                break
            with ask(server.port):
                way(server.port)
            visits += 1
        after = server.stats()
        crowd_totals = crowd.totals()
        code, totals = server.stop()

    ticks, messages, enters = (after[name] - before[name]
                               for name in ("ticks", "messages_received", "enters"))
    ticks += after["ticks_forgiven"] - before["ticks_forgiven"]
    looks = after["turns"] - before["turns"]
    print(json.dumps({"visits": visits, "ticks": ticks, "messages": messages, "turns": looks,
                      "enters": enters}))
    assert code == 0
    assert crowd_totals["errors"] == 0 and crowd_totals["ended"] == 0, crowd_totals
    assert totals["cq_overflow"] == 0
    assert visits > 4 * len(WAYS)
    # Else there was nothing to be woken by.
    assert messages > 2 * LOOKS_A_TICK * ticks, f"{messages} messages in {ticks} ticks"
    assert looks <= (LOOKS_A_TICK + 1) * ticks
    assert enters <= ENTERS_A_LOOK * (LOOKS_A_TICK + 1) * ticks


main()
