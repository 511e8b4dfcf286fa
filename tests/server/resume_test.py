#!/usr/bin/env python3
"""Goal: a player whose connection is gone comes back to its own ship on another, and nobody else
does; what is recorded of it replays.
Method: raw sockets that speak just enough of Railroids' messages, then a crowd that is cut off all
at once; each match is recorded and replayed.
"""
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs
from pilot import ANEW, BYE, DELTA, FRESH, NOBODY, RELOAD, Player, frame, schema_of

RAILROIDS, SWARM = sys.argv[1:3]


def games(server):
    return server.stats()["rooms"][0]["game"]


def seen_to_be_gone(server, players):
    programs.until(lambda: games(server)["people"] == players, f"{players} connections")


def check_return(server, schema):
    """A ship is its own pilot's, whatever becomes of the connection."""
    ann = Player(server.port, schema).play()
    bob = Player(server.port, schema).play()
    assert ann.resumed == bob.resumed == FRESH and ann.ship != bob.ship
    assert NOBODY != ann.token != bob.token
    bob.until(lambda: bob.tick > ann.tick + 10)

    ann.vanish()
    seen_to_be_gone(server, 1)
    back = Player(server.port, schema, ann.ship, ann.token, knows=ann).play()
    assert back.ship == ann.ship and back.told_token == NOBODY
    # What had been sent when the connection broke was not all read, and she knows only of that.
    assert back.resumed == DELTA and not back.is_keyframe()

    # A page that was loaded again has nothing but the token.
    back.vanish()
    again = Player(server.port, schema, ann.ship, ann.token).play()
    assert again.ship == ann.ship and again.resumed == ANEW and again.is_keyframe()

    # The old connection is open still, as far as the server knows.
    third = Player(server.port, schema, ann.ship, ann.token, knows=again).play()
    assert third.ship == ann.ship
    while again.read() is not None:
        pass
    assert games(server)["resumed"] == 3
    return third, bob


def check_strangers(server, schema, ann, bob):
    """No other token opens a seat."""
    ann.vanish()
    seen_to_be_gone(server, 1)
    for ship, token in ((ann.ship, bob.token), (ann.ship, NOBODY), (ann.ship, b"x" * 16),
                        (60_000, ann.token), (bob.ship, ann.token)):
        stranger = Player(server.port, schema, ship, token, knows=bob).play()
        assert stranger.resumed == FRESH and stranger.ship not in (ann.ship, bob.ship)
        assert stranger.token not in (NOBODY, ann.token, bob.token)
        stranger.socket.sendall(frame(bytes([BYE, 2, 0, 0])))
        while stranger.read() is not None:
            pass
        seen_to_be_gone(server, 1)
    assert games(server)["resumed"] == 3
    back = Player(server.port, schema, ann.ship, ann.token, knows=ann).play()
    assert back.ship == ann.ship, "it was kept for her all the while"


def check_refused(server, schema):
    """Who is not of this build is told so, and is not kept waiting."""
    stranger = Player(server.port, schema + 1)
    while stranger.read() is not None:
        pass
    assert stranger.bye is not None and stranger.bye[1] == RELOAD, stranger.bye
    assert stranger.welcome is None
    assert stranger.closed_with == 1000, stranger.closed_with


def check_storm(server):
    """Everybody is cut off at once, and has its own ship back."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        swarm = subprocess.run(
            [SWARM, "--url", f"ws://127.0.0.1:{server.port}/play/1", "--clients", "100",
             "--seconds", "3", "--mode", "railroids", "--storm", "--resume", "100", "--json",
             file.name], capture_output=True, text=True, timeout=60)
        found = json.loads(pathlib.Path(file.name).read_text())
    print(swarm.stdout)
    assert swarm.returncode == 0, swarm.stdout + swarm.stderr
    resumed = found["resumed"]
    assert found["left"] == found["rejoined"] == 100
    assert resumed["delta"] + resumed["keyframe"] == 100, resumed
    # But for those who had not been shown anything when they were cut off, or were slow to return.
    assert resumed["delta"] >= 90 and resumed["anew"] == resumed["fresh"] == 0, resumed
    assert found["away_us"]["count"] == 100 and found["healthy"]["errors"] == 0
    assert games(server)["resumed"] == 3 + 1 + 100


def check_replay(path):
    done = subprocess.run([RAILROIDS, "--replay", str(path)], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0 and done.stderr == "", done
    assert "hashes verified" in done.stdout, done.stdout
    assert "nothing verified" not in done.stdout, done.stdout


def check_secrecy(path, players_tokens):
    """A recording can be given to anybody: it knows the tokens by their digests."""
    recorded = path.read_bytes()
    assert len(players_tokens) >= 5, players_tokens
    for token in players_tokens:
        assert token not in recorded and token[::-1] not in recorded
        digest = hashlib.sha256(token).digest()[:16]
        assert digest in recorded, "it was recorded otherwise: the test proves nothing"


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "match.rec"
        port = programs.free_port()
        arguments = ["--listen", f"127.0.0.1:{port}", "--bots", "20", "--players-max", "250",
                     "--record", str(path)]
        with programs.Server(RAILROIDS, arguments, port) as server:
            programs.until(server.healthy, "the server answers")
            schema = schema_of(path)
            ann, bob = check_return(server, schema)
            check_strangers(server, schema, ann, bob)
            check_refused(server, schema)
            check_storm(server)
            code, totals = server.stop()
        assert code == 0 and totals.get("allocations_after_warmup", 0) == 0, totals
        check_replay(path)
        check_secrecy(path, Player.tokens - {NOBODY})


main()
