#!/usr/bin/env python3
"""Goal: the games that README.md and docs/GAME_GUIDE.md show whole are programs, and these files.
Method: each serves and ends; two talk in the chat over sockets. games_test.cpp plays the others.
"""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
import programs

SHOWN = {"cairn": "README.md", "chat": "docs/GAME_GUIDE.md", "canvas": "docs/GAME_GUIDE.md",
         "pong": "docs/GAME_GUIDE.md"}
LINES_MAX = 80


def check_shown(game):
    source = (ROOT / "docs" / "games" / f"{game}.cpp").read_text()
    document = SHOWN[game]
    assert f"```cpp\n{source}```" in (ROOT / document).read_text(), \
        f"{document} shows another text than docs/games/{game}.cpp"
    assert source.count("\n") < LINES_MAX, f"{game}: {source.count(chr(10))} lines"


def say(client, text):
    client.sendall(bytes([0x82, 0x80 | len(text), 0, 0, 0, 0]) + text)


def hear(client):
    opcode, size = programs.read_exactly(client, 2)
    assert opcode == 0x82, opcode
    return programs.read_exactly(client, size)


def talk(port):
    one = programs.upgrade(port, "/play/1")
    two = programs.upgrade(port, "/play/1")
    # Who has joined hears itself.
    say(one, b"here")
    assert hear(one)[2:] == b"here"
    say(two, b"hello")
    heard = hear(two)
    while heard[2:] != b"hello":
        heard = hear(two)
    assert hear(one) == heard
    two.close()
    assert hear(one) == heard[:2], "no text: it has left"


def main():
    for path in sys.argv[1:]:
        game = pathlib.Path(path).name.removesuffix("_game")
        check_shown(game)
        port = programs.free_port()
        with programs.Server(path, ["--listen", f"127.0.0.1:{port}"], port) as server:
            programs.until(server.healthy, "the server answers")
            if game == "chat":
                talk(port)
            code, _ = server.stop()
            assert code == 0, (game, code)


main()
