#!/usr/bin/env python3
"""Goal: a server is replaced by a new process, again and again, and no player's connection notices;
and whatever becomes of the new process before it has taken them, the old one serves on.
Method: players over raw sockets, in the middle of a frame and of a message while it happens, and a
crowd that flies; then successors that end, hang or lie at each step, played by this test.
"""
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs
from handing_over import (HELLO, RATE_HZ, READY, REFUSED, TAKEN, VERSION, WELCOME, Between, Site,
                          Successor, failed, play_on)
from pilot import ANEW, Player, schema_of

RAILROIDS, SWARM = sys.argv[1:3]
CROWD, ENDS = 200, 60
EARLIEST_MS, LATEST_MS = -1, 3


def ping_frame(payload):
    """With a masking key of zeroes (RFC 6455, section 5.3)."""
    return bytes([0x89, 0x80 | len(payload)]) + bytes(4) + payload


def until_pong(player):
    while True:
        head = player.take(2)
        size = int.from_bytes(player.take(2), "big") if head[1] == 126 else head[1]
        message = player.take(size)
        if head[0] == 0x8A:
            return message
        if message[0] & 15 == 4:
            player.on_snapshot(message)


def check_replaced(site, schema):
    """Twice in a row, with a ping cut in its head and one in its payload, and half a message."""
    players = [Player(site.port, schema, room=room, name=name).play()
               for room, name in ((1, "Ann"), (1, "Bob"), (2, "Eve"))]
    ships = [player.ship for player in players]
    ping = ping_frame(b"are you there?")
    # Of no kind that the game knows, in two fragments: passed over, where it is understood.
    message = bytes([0x02, 0x80 | 100]) + b"abcd" + bytes(100) + bytes([0x80, 0x80 | 3]) + bytes(7)
    for cut in (3, 11):
        players[0].socket.sendall(ping[:cut])
        players[1].socket.sendall(message[:cut * 6])
        play_on(players)
        _, log, stats = site.replace()
        assert stats["handover_connections"] == 3, stats
        assert "taken 3 connections" in log, log
        players[0].socket.sendall(ping[cut:])
        players[1].socket.sendall(message[cut * 6:] + ping)
        assert until_pong(players[0]) == until_pong(players[1]) == b"are you there?"
        play_on(players)
        print(f"handover: paused {stats['handover_pause_ms']} ms")
        assert site.server.stats()["closed"]["protocol"] == 0
    names = {client["name"] for client in json.loads(site.server.get("/ops/clients"))["clients"]}
    assert names == {"Ann", "Bob", "Eve"}, names
    # The token that the first server gave is good for the third.
    players[0].vanish()
    programs.until(lambda: site.server.stats()["rooms"][0]["game"]["people"] == 1, "she is gone")
    back = Player(site.port, schema, ships[0], players[0].token, knows=players[0]).play()
    assert back.resumed == ANEW and back.ship == ships[0]
    return [back, *players[1:]]


def check_crowd(site):
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        swarm = subprocess.Popen(
            [SWARM, "--url", f"ws://127.0.0.1:{site.port}/play/1", "--clients", "100", "--seconds",
             "4", "--mode", "railroids", "--json", file.name], stdout=subprocess.PIPE, text=True)
        programs.until(lambda: site.server.stats()["rooms"][0]["game"]["people"] >= 100, "they fly")
        _, _, stats = site.replace()
        out, _ = swarm.communicate(timeout=60)
        found = json.loads(pathlib.Path(file.name).read_text())
    assert swarm.returncode == 0, out
    assert stats["handover_connections"] >= 100
    assert found["healthy"]["errors"] == 0, found["healthy"]


def check_failures(site, players):
    identity = Successor(site).hello(b"somebody")
    assert identity[0] == REFUSED
    identity = identity[1:]
    assert b"--bots 20" in identity
    assert Successor(site).hello(identity, VERSION + 1)[0] == REFUSED
    for garbage in (b"", b"\x00", bytes([READY]), bytes([TAKEN]), bytes(30_000)):
        Successor(site).socket.send(garbage)
    play_on(players, 5)

    assert Successor(site).hello(identity)[0] == WELCOME  # And is gone.
    play_on(players, 5)
    before = failed(site)

    def goes_away_behind(step):
        successor = Successor(site)
        assert successor.hello(identity)[0] == WELCOME
        successor.ready()
        step(successor)
        successor.socket.close()
        play_on(players, 5)
    goes_away_behind(lambda successor: None)
    goes_away_behind(lambda successor: successor.socket.recv(1 << 16))
    goes_away_behind(Successor.take_all)
    goes_away_behind(lambda successor: (successor.take_all(), successor.socket.send(b"?")))
    # Whoever is silent has lost his chance, and is told so when he speaks.
    silent = Successor(site)
    assert silent.hello(identity)[0] == WELCOME
    silent.ready()
    silent.take_all()
    site.server.stats()  # Answered when it serves again.
    try:
        silent.socket.send(bytes([TAKEN]))
        raise AssertionError("both would serve")
    except (BrokenPipeError, ConnectionError):
        pass
    assert failed(site) == before + 5
    assert site.server.process.poll() is None and site.server.stats()["closed"]["protocol"] == 0


def is_turned_away(successor):
    try:
        return successor.hello(b"whoever") == b""
    except (BrokenPipeError, ConnectionError):
        return True


def check_newcomers(site, players):
    """Nobody takes the place of who is being given everything; of others who comes later does."""
    identity = Successor(site).hello(b"somebody")[1:]
    before = failed(site)
    early, ready = Successor(site), None
    assert early.hello(identity)[0] == WELCOME
    for _ in range(10):
        ready = Successor(site)
        assert ready.hello(identity)[0] == WELCOME
        ready.ready()
        late = Successor(site)
        ready.take_all()
        ready.socket.close()
        assert is_turned_away(late)
        play_on(players, 2)
    assert early.socket.recv(1) == b"", "two were welcome at the same time"
    assert failed(site) == before + 10


def check_end_at_any_moment(site, players, schema):
    """Around a tick, behind which the server calls its receives back: as many moments as tries. A
    crowd makes that long, so that some of them fall into it."""
    crowd = [Player(site.port, schema, name=f"C{number}") for number in range(CROWD)]
    identity = Successor(site).hello(b"somebody")[1:]
    before = failed(site)
    for number in range(ENDS):
        successor = Successor(site)
        assert successor.hello(identity)[0] == WELCOME
        play_on(players[:1], 1)
        next_tick = time.monotonic() + 1 / RATE_HZ
        successor.ready()
        moment = next_tick + (EARLIEST_MS + number * (LATEST_MS - EARLIEST_MS) / ENDS) / 1000
        while time.monotonic() < moment:
            pass
        successor.socket.close()
    play_on(players, 2)
    programs.until(lambda: failed(site) == before + ENDS, "each of them failed")
    for player in crowd:
        player.vanish()


def check_two(site, players):
    """Two that come at the same time: one serves in the end. The other says why it does not; or it
    did for a moment, when it was the faster by so much that the other took it over."""
    old, both = site.server, [site.start(), site.start()]
    assert old.process.wait(programs.PATIENCE_S) == 0
    programs.until(lambda: any(one.process.poll() is not None for one in both), "one gives in")
    both.sort(key=lambda one: one.process.poll() is None)
    _, log = both[0].process.communicate()
    site.server = both[1]
    said = ("turned to another process", "did not say all", "given up waiting", "cannot listen")
    assert both[0].process.returncode == 0 or any(words in log for words in said), log
    programs.until(site.server.healthy, "the other serves")
    play_on(players)
    old.process.communicate()


def check_stranger(site, players):
    """Of another user, whom the file's mode would let in."""
    if os.geteuid() != 0:
        return print("not root: nobody else can be played")
    site.folder.chmod(0o711)
    site.path.chmod(0o666)
    os.seteuid(65_534)
    try:
        stranger = Successor(site)
    finally:
        os.seteuid(0)
    assert is_turned_away(stranger)
    play_on(players, 2)
    assert Successor(site).hello(b"somebody")[0] == REFUSED  # Who is ours is answered.


def check_refused(site, players):
    other = site.start("--rewind-ms", "100")
    _, log = other.process.communicate(timeout=programs.PATIENCE_S)
    assert other.process.returncode == 1 and '"--rewind-ms 250", not "--rewind-ms 100"' in log, log
    play_on(players, 5)
    precious = site.folder / "precious"
    precious.write_text("mine")
    other = programs.Server(RAILROIDS, ["--listen", "127.0.0.1:0", "--handover", str(precious)], 0)
    _, log = other.process.communicate(timeout=programs.PATIENCE_S)
    assert other.process.returncode == 1 and "no handover socket" in log, log
    assert precious.read_text() == "mine"


def stand_still(site, player):
    """The server, for more ticks than it makes good (--catch-up-max)."""
    site.server.process.send_signal(signal.SIGSTOP)
    while select.select([player.socket], [], [], 0.5)[0]:
        player.read()
    site.server.process.send_signal(signal.SIGCONT)


def check_records(site, players):
    """Each process has its own file, and the second begins where the first ends: no tick is lost
    but those that the server itself left out after a stall, and counted."""
    first, second = site.folder / "a.rec", site.folder / "b.rec"
    site.replace("--record", str(first))
    play_on(players, RATE_HZ)
    stand_still(site, players[0])
    play_on(players, RATE_HZ)
    totals, _, _ = site.replace("--record", str(second))
    play_on(players, 2 * RATE_HZ)
    assert site.server.stop()[0] == 0
    spans = []
    for path in (first, second):
        done = subprocess.run([RAILROIDS, "--replay", str(path)], capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 0 and done.stderr == "" and "verified" in done.stdout, done
        words = done.stdout.split()
        spans.append((int(words[words.index("tick") + 1]), int(words[2])))
    (begin, ticks), (begin_of_next, _) = spans
    assert totals["ticks_forgiven"] > 0, totals
    assert begin + ticks + totals["ticks_forgiven"] == begin_of_next, (spans, totals)


def check_record_of_nothing(site):
    """A process that has taken nothing leaves no recording behind, so that the next can try under
    the same name; and an empty file is left as it was."""
    record = site.folder / "retry.rec"
    for there_before in (False, True):
        if there_before:
            record.touch()
        between = Between(site, site.folder / "between.socket", "--record", str(record))
        assert record.stat().st_size > 0  # It was there when it could have failed.
        assert "did not say all" in between.end()
        assert record.exists() == there_before and (not there_before or record.read_bytes() == b"")
    site.replace("--record", str(record))
    assert record.stat().st_size > 0


def check_stale(site):
    """What a killed server leaves behind keeps nobody out."""
    site.server.process.kill()
    site.server.process.communicate()
    assert site.path.exists()
    site.begin()
    assert site.server.stats()["handovers"] == 0
    assert site.path.stat().st_mode & 0o777 == 0o600


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        site = Site(RAILROIDS, folder, "--handover-timeout", "1000")
        try:
            site.begin("--record", str(folder / "schema.rec"))
            schema = schema_of(folder / "schema.rec")
            players = check_replaced(site, schema)
            check_crowd(site)
            check_failures(site, players)
            check_newcomers(site, players)
            check_end_at_any_moment(site, players, schema)
            check_two(site, players)
            check_stranger(site, players)
            check_refused(site, players)
            check_record_of_nothing(site)
            check_stale(site)
            players = [Player(site.port, schema).play()]
            check_records(site, players)
            assert not site.path.exists()
        finally:
            site.server.__exit__()


main()
