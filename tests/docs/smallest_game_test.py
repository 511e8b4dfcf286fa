#!/usr/bin/env python3
"""Goal: the game that the README shows whole is a game: it is built, two clients play it, and the
README shows exactly this file.
"""
import pathlib
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
import programs

FRAME = struct.Struct("<BBIQ")  # Header of a 12-byte message, players, pushes.


def latest(client):
    """The newest snapshot that has come: players and pushes."""
    data = client.recv(FRAME.size * 100)
    while len(data) % FRAME.size:
        data += client.recv(FRAME.size - len(data) % FRAME.size)
    opcode, size, players, pushes = FRAME.unpack(data[-FRAME.size:])
    assert (opcode, size) == (0x82, 12), data
    return players, pushes


def main():
    shown = (ROOT / "README.md").read_text()
    source = pathlib.Path(__file__).with_name("smallest_game.cpp").read_text()
    assert f"```cpp\n{source}```" in shown, "README.md shows another text than smallest_game.cpp"

    port = programs.free_port()
    with programs.Server(sys.argv[1], ["--listen", f"127.0.0.1:{port}"], port) as server:
        programs.until(server.healthy, "the server answers")
        one = programs.upgrade(port, "/play/1")
        two = programs.upgrade(port, "/play/1")
        push = bytes([0x82, 0x81, 0, 0, 0, 0]) + b"!"
        one.sendall(push * 3)
        two.sendall(push * 2)
        programs.until(lambda: latest(one) == (2, 5) and latest(two) == (2, 5),
                       "both see two players and five pushes")
        two.close()
        programs.until(lambda: latest(one) == (1, 5), "the one who stays sees the other leave")
        code, _ = server.stop()
        assert code == 0


main()
