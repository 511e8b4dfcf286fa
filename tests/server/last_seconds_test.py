#!/usr/bin/env python3
"""Goal: the last seconds of a room are a recording that replays to the last bit, whenever they are
asked for, and an operator's only.
Method: a game with bots and with players who speak its protocol; downloads held against --replay,
one of them while two others are not read; a server with too little memory, one that others share,
and one on a public address.
"""
import json
import pathlib
import random
import re
import socket
import struct
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs

RAILROIDS, SWARM, UNSAVABLE = sys.argv[1:4]
RATE_HZ = 60
KEPT_S = 2
GAME = {"--rate-hz": RATE_HZ, "--bots": 30, "--seed": 7, "--rooms": 2, "--keep-seconds": KEPT_S}
TOKEN = "correct-horse-battery-staple"


def start(*flags, host="127.0.0.1", **options):
    """`options` with underscores for hyphens, in place of those of the usual game."""
    port = programs.free_port()
    given = {f"--{name.replace('_', '-')}": value for name, value in options.items()}
    words = [str(word) for option in (GAME | given).items() for word in option]
    server = programs.Server(RAILROIDS, ["--listen", f"{host}:{port}", "--shards", "1",
                                         *words, *flags], port)
    programs.until(server.healthy, "the server answers")
    return server


def play(port, seconds=1):
    """Players of the real protocol, in the first room."""
    swarm = subprocess.run(
        [SWARM, "--url", f"ws://127.0.0.1:{port}/play/1", "--clients", "20", "--seconds",
         str(seconds), "--mode", "railroids", "--storm", "--resume", "50"],
        capture_output=True, text=True, timeout=60)
    assert swarm.returncode == 0, swarm.stdout + swarm.stderr


def status_of(server, path="/replay/last", method="GET", **fields):
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", method=method)
    for name, value in fields.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=programs.PATIENCE_S) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


class Download:
    """Of a room's last seconds, into a file."""

    def __init__(self, server, folder, room=1, **fields):
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}/replay/last?room={room}")
        for name, value in fields.items():
            request.add_header(name.replace("_", "-"), value)
        with urllib.request.urlopen(request, timeout=programs.PATIENCE_S) as answer:
            self.headers = answer.headers
            self.data = answer.read()
        self.path = folder / "last.replay"
        self.path.write_bytes(self.data)

    def replay(self):
        """Returns how many ticks, from which on, and how many hashes."""
        done = subprocess.run([RAILROIDS, "--replay", str(self.path)], capture_output=True,
                              text=True, timeout=60)
        assert done.returncode == 0, done
        # On a busy machine it says how far it is.
        assert all("% of the file" in line for line in done.stderr.splitlines()), done
        told = re.fullmatch(r"railroids: replayed (\d+) ticks from tick (\d+) \([\d.]+ s of play\) "
                            r"in [\d.]+ s, \d+x real time; (\d+) hashes verified\n", done.stdout)
        assert told, done.stdout
        return tuple(map(int, told.groups()))

    def tick(self):
        name = re.fullmatch(r'attachment; filename="railroids-(\d+)\.replay"',
                            self.headers["Content-Disposition"])
        assert name, self.headers
        return int(name[1])


def kept_long(server, seconds=KEPT_S):
    return server.stats()["kept_seconds"] >= seconds


def check_downloads(folder):
    with start() as server:
        programs.until(lambda: kept_long(server), "there is something to download")
        before = server.stats()
        play(server.port, seconds=2)
        last = Download(server, folder)
        assert last.headers["Content-Type"] == "application/octet-stream"
        assert "no-store" in last.headers["Cache-Control"]
        ticks, begin, hashes = last.replay()
        # Ticks that are forgiven after a stall are left out.
        forgiven = server.stats()["ticks_forgiven"]
        span = last.tick() - begin
        assert span - forgiven <= ticks <= span and last.tick() > before["ticks"], (begin, ticks)
        # Whole parts: a seventh more at the most, and what a tick takes.
        assert KEPT_S * RATE_HZ <= span <= KEPT_S * RATE_HZ * 9 // 7 + 2 + forgiven, span
        assert hashes >= KEPT_S and begin > 0
        assert b"Swarm" in last.data, "nobody played: the test proves nothing"

        other = Download(server, folder, room=2)
        other.replay()
        assert b"Swarm" not in other.data, "it is another room"
        programs.until(lambda: server.stats()["replays_downloaded"] == 2, "both were counted")
        assert server.stats()["kept_bytes"] > 0
        seconds = [float(line.split()[1]) for line in server.get("/metrics").splitlines()
                   if line.startswith("ringtick_kept_seconds")]
        assert seconds and min(seconds) >= KEPT_S, seconds
        for path in ("?room=0", "?room=3", "?room=x", "?room="):
            assert status_of(server, f"/replay/last{path}") == 400, path
        assert status_of(server, "/replay/last", "POST", Origin="http://127.0.0.1") == 405
        assert status_of(server, "/replay/last", Sec_Fetch_Site="cross-site") == 403
        code, totals = server.stop()
    assert code == 0 and totals.get("allocations_after_warmup", 0) == 0, totals


def ask(port, room):
    """Asks for a room, takes the first bytes and no more."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(programs.PATIENCE_S)
    client.connect(("127.0.0.1", port))
    client.sendall(f"GET /replay/last?room={room} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
                   .encode())
    return client, client.recv(12)


def check_busy(folder):
    """Two who do not read hold both copies; when one is gone, there is one again."""
    with start(rooms=3, send_buffer=4096, bots=2000) as server:
        programs.until(lambda: kept_long(server, 1), "there is something to download")
        first, told = ask(server.port, 1)
        assert told == b"HTTP/1.1 200", told
        second, told = ask(server.port, 2)
        assert told == b"HTTP/1.1 200", told
        assert status_of(server, "/replay/last?room=3") == 503
        # They stay busy when they are young no more.
        ticks = server.stats()["ticks"]
        programs.until(lambda: server.stats()["ticks"] > ticks + 2 * RATE_HZ, "two seconds")
        for room in (1, 2, 3):
            assert status_of(server, f"/replay/last?room={room}") == 503, room
        assert server.stats()["replays_busy"] >= 4
        first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        first.close()
        programs.until(lambda: status_of(server, "/replay/last?room=3", "HEAD") == 200,
                       "one is free")
        Download(server, folder, room=3).replay()
        second.close()


def check_little_memory(folder):
    with start(keep_memory=110_000, players_max=40, bots=0, bots_max=0, rate_hz=250, rewind_ms=0,
               keep_seconds=3600) as server:
        play(server.port, seconds=6)
        last = Download(server, folder)
        ticks, begin, _ = last.replay()
        assert ticks > 0 and begin > 250, (ticks, begin)
        assert len(last.data) <= 110_000 + 1_000
    with start(keep_memory=65_536, bots=2000) as server:
        programs.until(lambda: server.stats()["ticks"] > RATE_HZ, "a second")
        assert status_of(server) == 503 and server.stats()["kept_bytes"] == 0
    with start(keep_seconds=0) as server:
        assert status_of(server) == 404


def check_unsavable(_):
    """Of a game that cannot be saved there is nothing, and it is said why."""
    port = programs.free_port()
    with programs.Server(UNSAVABLE, ["--listen", f"127.0.0.1:{port}"], port) as server:
        programs.until(server.healthy, "the server answers")
        try:
            server.get("/replay/last")
        except urllib.error.HTTPError as refusal:
            assert refusal.code == 404 and b"cannot be saved" in refusal.read()
        else:
            raise AssertionError("there was something")


def check_rights(folder):
    with start(host="0.0.0.0") as server:
        assert status_of(server) == 404, "there is no operator"
    with start("--share-replays", host="0.0.0.0") as server:
        programs.until(lambda: kept_long(server, 1), "there is something to download")
        Download(server, folder).replay()
    secret = folder / "token"
    secret.write_text(TOKEN + "\n")
    with start(ops_token_file=secret, host="0.0.0.0") as server:
        programs.until(lambda: kept_long(server, 1), "there is something to download")
        assert status_of(server) == 401
        Download(server, folder, Authorization=f"Bearer {TOKEN}").replay()


def check_damage(folder):
    """Whatever is not the state that was saved is refused in words."""
    with start() as server:
        programs.until(lambda: kept_long(server, 1), "there is something to download")
        whole = Download(server, folder)
    for place in (len(whole.data) // 100, len(whole.data) // 2, len(whole.data) - 3):
        changed = bytearray(whole.data)
        changed[place] ^= 0x10
        whole.path.write_bytes(changed)
        done = subprocess.run([RAILROIDS, "--replay", str(whole.path)], capture_output=True,
                              text=True, timeout=60)
        assert done.returncode == 1 and "damaged" in done.stderr, (place, done)
        assert "Assertion" not in done.stderr, done


def with_state(data, change):
    """The file with its state changed, and all checksums right (src/tick/record.hpp)."""
    begin = len("ringtick record 5\n")
    begin += 12 + int.from_bytes(data[begin:begin + 4], "little")
    size = int.from_bytes(data[begin:begin + 4], "little")
    payload = bytearray(data[begin + 12:begin + 12 + size])
    change(payload)
    head = struct.pack("<II", size, zlib.crc32(payload))
    head += struct.pack("<I", zlib.crc32(head))
    return data[:begin] + head + payload + data[begin + 12 + size:]


def check_hostile_states(folder):
    """Whatever a state says: it is refused, or another match comes of it, and nothing breaks."""
    with start(rooms=1, keep_seconds=1, players_max=20) as server:
        play(server.port)
        whole = Download(server, folder)
    assert with_state(whole.data, lambda state: None) == whole.data
    seed = 20_261_122
    print("seed", seed)
    chance = random.Random(seed)
    refused = 0
    for _ in range(25):
        def change(state):
            for _ in range(chance.choice((1, 3, 30))):
                # Behind the record's kind, tick and size.
                state[chance.randrange(8, len(state))] = chance.randrange(256)
        whole.path.write_bytes(with_state(whole.data, change))
        done = subprocess.run([RAILROIDS, "--replay", str(whole.path)], capture_output=True,
                              text=True, timeout=60)
        assert done.returncode in (0, 1) and "Assertion" not in done.stderr, done
        refused += "none that this game can go on from" in done.stderr
    assert 0 < refused < 25, refused


def check_show(folder):
    """It is shown like any other, and to go back before its beginning is to go there."""
    with start() as server:
        programs.until(lambda: kept_long(server, 1), "there is something to download")
        last = Download(server, folder)
    _, begin, _ = last.replay()
    port = programs.free_port()
    arguments = ["--listen", f"127.0.0.1:{port}", "--replay", str(last.path), "--serve"]
    with programs.Server(RAILROIDS, arguments, port) as shown:
        programs.until(shown.healthy, "the server answers")
        position = programs.until(lambda: json.loads(shown.get("/replay")), "it is shown")
        assert position["rooms"][0]["tick"] >= begin, position
        shown.get("/replay?tick=1")
        position = programs.until(lambda: json.loads(shown.get("/replay")), "it is shown")
        assert position["rooms"][0]["tick"] >= begin, position
        assert status_of(shown) == 404, "it is a file already"


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_downloads(folder)
        check_busy(folder)
        check_little_memory(folder)
        check_unsavable(folder)
        check_rights(folder)
        check_damage(folder)
        check_hostile_states(folder)
        check_show(folder)


main()
