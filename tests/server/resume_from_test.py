#!/usr/bin/env python3
"""Goal: after kill -9, and after SIGTERM, a server that takes the recorded match up goes on with
it: everybody who was connected comes back to the own ship with the token of before, at most a
second of play is lost by the crash and nothing by the stop, and what is recorded from there on
replays.
Method: raw sockets that speak just enough of Railroids' messages, and three servers one after the
other; then options and files that contradict each other or are damaged.
"""
import fcntl
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs
from pilot import ANEW, FRESH, NOBODY, Player, schema_of

RAILROIDS, OTHER_GAME = sys.argv[1:3]
RATE_HZ = 30
GAME = ["--bots", "20", "--rooms", "2", "--players-max", "50", "--seed", "7"]


def start(port, *arguments):
    server = programs.Server(RAILROIDS, ["--listen", f"127.0.0.1:{port}", *arguments], port)
    programs.until(server.healthy, "the server answers")
    return server


def resume(port, path, *arguments):
    return start(port, "--resume-from", str(path), *arguments)


def ended(server):
    """What it said to the end, on stderr."""
    return server.process.communicate(timeout=programs.PATIENCE_S)[1]


def taken_up(log):
    """From which tick on, how many were played again, how many are waited for."""
    told = re.search(r"taken up at the end of tick (\d+), (\d+) ticks of it played again in "
                     r"[\d.]+ s; (\d+) who were connected have 30 s to come back", log)
    assert told, log
    return tuple(map(int, told.groups()))


def names(server):
    clients = json.loads(server.get("/ops/clients"))["clients"]
    return {(client["room"], client["name"]) for client in clients}


def replay(path):
    done = subprocess.run([RAILROIDS, "--replay", str(path)], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0 and "nothing verified" not in done.stdout, done
    return done.stdout


def durable(server):
    before = server.stats()["record_bytes"]
    programs.until(lambda: server.stats()["record_bytes"] > before, "it is on the disk")


def come_back(server, schema, players):
    """Each with the token of before, in the own room, to the own ship; nobody else does."""
    back = [Player(server.port, schema, player.ship, player.token, knows=player, room=player.room,
                   name="somebody").play() for player in players]
    for player, again in zip(players, back):
        assert again.resumed == ANEW and again.told_token == NOBODY and again.is_keyframe()
        assert again.ship == player.ship, (again.ship, player.ship)
        again.room = player.room
    # The name was said to the first server only: it is the ship's.
    assert names(server) == {("1", "Ann"), ("1", "Bob"), ("2", "Eve")}, names(server)
    stranger = Player(server.port, schema, players[0].ship, b"x" * 16, name="stranger").play()
    assert stranger.resumed == FRESH and stranger.ship not in [p.ship for p in players[:2]]
    stranger.vanish()
    programs.until(lambda: server.stats()["rooms"][0]["game"]["people"] == 2, "the stranger left")
    return back


def crash(folder, port):
    """Returns the players as they were, and how far what they had seen was ahead of the file."""
    path = folder / "first.rec"
    with start(port, *GAME, "--record", str(path), "--record-states", "1") as server:
        schema = schema_of(path)
        players = []
        for room, name in ((1, "Ann"), (1, "Bob"), (2, "Eve")):
            players.append(Player(port, schema, room=room, name=name).play())
            players[-1].room = room
        assert names(server) == {("1", "Ann"), ("1", "Bob"), ("2", "Eve")}
        for player in players:
            player.until(lambda: player.tick > 4 * RATE_HZ)
        durable(server)
        server.process.kill()
        ended(server)
    for player in players:
        while player.read() is not None:
            pass
    return path, schema, players


def check_crash(folder, port):
    path, schema, players = crash(folder, port)
    seen = max(player.tick for player in players)
    second = folder / "second.rec"
    with resume(port, path, "--record", str(second)) as server:
        back = come_back(server, schema, players)
        for player in back:
            player.until(lambda: player.tick > seen + 2 * RATE_HZ)
        server.process.terminate()
        for player in back:
            while player.read() is not None:
                pass
            assert player.closed_with == 1001, "the server goes, and the token is good for the next"
        log = ended(server)
    assert server.process.returncode == 0
    begin, again, away = taken_up(log)
    print(f"crash: seen was tick {seen}, taken up was tick {begin}, {again} ticks played again")
    assert seen - RATE_HZ <= begin, "more than a second was lost"
    assert away == 3
    # Of each room what is behind its last state: a second, and what one write brings.
    assert again <= 2 * 2 * RATE_HZ < 2 * begin, (again, begin)
    assert f" from tick {begin} " in replay(second)
    replay(path)
    return second, schema, back


def check_stop(folder, port, path, schema, players):
    with resume(port, path) as server:
        back = come_back(server, schema, players)
        for player in back:
            player.vanish()
        server.process.terminate()
        begin, _, away = taken_up(ended(server))
    assert away == 3
    seen = max(player.tick for player in players)
    assert begin >= seen, f"a stop loses nothing: {seen} was seen, {begin} was taken up"


def refused(code, *words, arguments, program=None):
    done = subprocess.run([program or RAILROIDS, "--listen", "127.0.0.1:0", *map(str, arguments)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done
    for word in words:
        assert word in done.stderr, (word, done.stderr)
    assert "Assertion" not in done.stderr


def check_refusals(folder, path):
    before = path.read_bytes()
    take_up = ["--resume-from", path]
    refused(2, "--record must be another file", arguments=[*take_up, "--record", path])
    link = folder / "link.rec"
    link.symlink_to(path)
    refused(1, "not written over", arguments=[*take_up, "--record", link])
    for flag, other in (("--bots", 21), ("--seed", 8), ("--rooms", 1), ("--players-max", 60),
                        ("--rate-hz", 60), ("--rewind-ms", 100)):
        refused(2, f"was recorded with {flag} ", f"not {other}", arguments=[*take_up, flag, other])
    refused(2, "raise --connections-max", arguments=[*take_up, "--connections-max", 20])
    refused(2, "--resume-from excludes --replay", arguments=[*take_up, "--replay", path])
    refused(1, "a recording of railroids", arguments=take_up, program=OTHER_GAME)
    refused(1, "No such file", arguments=["--resume-from", folder / "nowhere.rec"])
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        refused(1, "still runs records to it", arguments=take_up)
    # Whoever says the same again says nothing wrong.
    refused(0, arguments=[*take_up, "--bots", 20, "--seed", 7, "--players-max", 50, "--check"])
    assert path.read_bytes() == before


def check_damage(folder, path):
    data = path.read_bytes()
    copy = folder / "copy.rec"

    def made_of(changed):
        copy.write_bytes(changed)
        return ["--resume-from", copy]
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 0x10
    refused(1, "is damaged at byte", "truncate -s", arguments=made_of(flipped))
    refused(1, "no recording", arguments=made_of(b"something else"))
    refused(1, "other rules", arguments=made_of(with_rules(data)))
    refused(1, "nothing was recorded", arguments=made_of(data[:data.index(b"railroids") + 9]))
    # What is torn is cut back to the last sync.
    refused(0, "torn at byte", arguments=[*made_of(data[:-3]), "--check"])


def with_rules(data):
    """The header says that other rules recorded it, and its checksums are right."""
    begin = len("ringtick record 5\n")
    size = int.from_bytes(data[begin:begin + 4], "little")
    payload = bytearray(data[begin + 12:begin + 12 + size])
    payload[8] ^= 1
    head = size.to_bytes(4, "little") + zlib.crc32(payload).to_bytes(4, "little")
    head += zlib.crc32(head).to_bytes(4, "little")
    return data[:begin] + head + payload + data[begin + 12 + size:]


def main():
    # Where a sync takes no time, what is lost is what the server keeps back.
    memory = pathlib.Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        folder = pathlib.Path(name)
        port = programs.free_port()
        second, schema, players = check_crash(folder, port)
        check_stop(folder, port, second, schema, players)
        check_refusals(folder, second)
        check_damage(folder, second)


main()
