#!/usr/bin/env python3
"""Goal: rooms are made when somebody asks for them, on the thread with the fewest players, as long
as there is place; who plays is with its room's thread wherever it was accepted; a room that has
been empty for a while ends, and its place is free; quick match leads to the fullest room with
place; a file says what rooms of some names have otherwise.
Method: raw opening handshakes at a server of two threads, many at a time, so that the kernel gives
some to each thread. What the server says in /rooms, /stats.json and /metrics is compared with who
was let in.
"""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs

RAILROIDS = sys.argv[1]


def ask(port, path, more="", version=13):
    client = socket.create_connection(("127.0.0.1", port), timeout=programs.PATIENCE_S)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\n"
                   f"Upgrade: websocket\r\nSec-WebSocket-Version: {version}\r\n{more}"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
    return client


def status_of(client):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += programs.read_exactly(client, 1)
    return int(head.split()[1])


def knock(port, path):
    """The answer's status, and the socket: to be kept by who wants to stay."""
    client = ask(port, path)
    return status_of(client), client


def enter(port, path, count=1):
    inside = []
    for _ in range(count):
        status, client = knock(port, path)
        assert status == 101, (path, status)
        inside.append(client)
    return inside


def serve(*arguments):
    port = programs.free_port()
    server = programs.Server(RAILROIDS, ["--listen", f"127.0.0.1:{port}", *arguments], port)
    programs.until(server.healthy, "the server answers")
    return server


def rooms_of(server):
    return {room["id"]: room for room in json.loads(server.get("/rooms"))["rooms"]}


def metric(server, name):
    """By thread."""
    rows = re.findall(rf'^ringtick_{name}{{shard="\d+"}} (\d+)$', server.get("/metrics"), re.M)
    assert len(rows) == 2, (name, rows)
    return [int(value) for value in rows]


def refused(server, path):
    status, client = knock(server.port, path)
    client.close()
    return status


def on_demand():
    with serve("--shards", "2", "--rooms-max", "4", "--room-empty-seconds", "1",
               "--players-max", "20") as server:
        port = server.port
        inside = enter(port, "/play/duel", 12) + enter(port, "/play/1", 3)
        inside += enter(port, "/play/a_b-C", 2) + enter(port, "/play/last")
        programs.until(lambda: {name: room["players"] for name, room in rooms_of(server).items()}
                       == {"duel": 12, "1": 3, "a_b-C": 2, "last": 1}, "all are in their rooms")
        told = json.loads(server.get("/rooms"))
        assert (told["rooms_max"], told["shards"]) == (4, 2), told
        rooms = rooms_of(server)
        assert rooms["duel"]["path"] == "/play/duel" and rooms["duel"]["players_max"] == 20, rooms
        # The first thread has room 1, which was there; whoever came first found nobody anywhere.
        assert rooms["1"]["shard"] == 0 and rooms["duel"]["shard"] == 1, rooms
        assert rooms["a_b-C"]["shard"] == 0 and rooms["last"]["shard"] == 0, rooms
        programs.until(lambda: [shard["players"] for shard in server.stats()["shards"]] == [6, 12]
                       and server.stats()["players"] == 18, "each thread told of its own")
        # One thread knows what another has counted up to a second ago.
        programs.until(lambda: sum(metric(server, "passed_on_total"))
                       == sum(metric(server, "taken_in_total")) > 0, "who was moved arrived, once")

        # Nobody here has said a name. Whichever thread is asked, the room itself answers.
        for _ in range(8):
            assert json.loads(server.get("/rooms?room=duel")) == {
                "id": "duel", "path": "/play/duel", "players": 12, "players_max": 20,
                "names": []}
        assert status_of(ask(port, "/rooms?room=nowhere")) == 404

        assert refused(server, "/play/fifth") == 503
        for bad in ("/play/", "/play/x.y", "/play/" + 33 * "n", "/play/a/b", "/other"):
            assert refused(server, bad) == 404, bad
        programs.until(lambda: sum(metric(server, "rooms_refused_total")) == 1, "it was counted")

        for client in inside[:12]:
            client.close()
        programs.until(lambda: "duel" not in rooms_of(server), "the empty room ends")
        programs.until(lambda: sum(metric(server, "rooms_ended_total")) == 1, "it was counted")
        inside += enter(port, "/play/fifth")
        programs.until(lambda: rooms_of(server).get("fifth", {}).get("players") == 1,
                       "its place is free")
        for client in inside:
            client.close()
        programs.until(lambda: set(rooms_of(server)) == {"1"}, "all end but the one from the start")
        assert refused(server, "/play/1") == 101
        code, totals = server.stop()
        assert code == 0 and totals.get("allocations_after_warmup", 0) == 0, totals


def quick_match():
    with serve("--shards", "2", "--rooms-max", "3", "--players-max", "2") as server:
        inside = enter(server.port, "/play", 6)
        programs.until(lambda: sorted((name, room["players"])
                                      for name, room in rooms_of(server).items())
                       == [("1", 2), ("2", 2), ("3", 2)], "each room was filled before the next")
        assert refused(server, "/play") == 503
        inside.pop().close()
        programs.until(lambda: server.stats()["players"] == 5, "one has left")
        connection = socket.create_connection(("127.0.0.1", server.port))
        programs.until(lambda: ask_for_match(connection, server.port) == "/?room=3",
                       "who asks for the page is told of the one place that is left")
        inside += enter(server.port, "/play")
        programs.until(lambda: server.stats()["players"] == 6, "it is taken")
        assert ask_for_match(connection, server.port) is None


def ask_for_match(connection, port):
    """Where GET /play leads; None: it says that all is full."""
    connection.sendall(f"GET /play HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(4096)
    status = int(head.split()[1])
    assert status in (303, 503), head
    if status == 503:
        return None
    return re.search(rb"Location: (\S+)", head)[1].decode()


def burst():
    """Hundreds of rooms asked for at once, beside two that are played in: whatever one thread has
    to tell the other meanwhile, ticks go on."""
    with serve("--shards", "2", "--rooms-max", "600", "--room-empty-seconds", "1") as server:
        inside = enter(server.port, "/play/1", 60) + enter(server.port, "/play/2", 60)
        for attempt in range(3):
            clients = [ask(server.port, f"/play/burst-{attempt}-{i}") for i in range(400)]
            assert {status_of(client) for client in clients} == {101}
            for client in clients:
                client.close()
            programs.until(lambda: len(rooms_of(server)) == 2, "those rooms have ended")
        assert server.stats()["players"] == len(inside)


def strangers():
    """Who is refused makes no room."""
    with serve("--shards", "2", "--rooms-max", "4") as server:
        for i in range(12):
            evil = ask(server.port, f"/play/evil-{i}", "Origin: http://elsewhere.example\r\n")
            assert status_of(evil) == 403
            old = ask(server.port, f"/play/old-{i}", version=7)
            assert status_of(old) == 426
        assert set(rooms_of(server)) == {"1"}, rooms_of(server)
        assert post(server, "/ops/drain") == 200
        programs.until(lambda: refused(server, "/play/1") == 503, "nobody is let in")
        for i in range(12):
            assert refused(server, f"/play/late-{i}") == 503
        assert set(rooms_of(server)) == {"1"}, rooms_of(server)


def options_file():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "rooms"
        path.write_text("bots = 3\n[duel-*]\nplayers-max = 2\nbots = 0\n[1]\nplayers-max = 5\n")
        with serve("--shards", "2", "--players-max", "50", "--bots-max", "9",
                   "--room-options", str(path)) as server:
            inside = enter(server.port, "/play/duel-7", 2) + enter(server.port, "/play/other")
            assert refused(server, "/play/duel-7") == 503
            programs.until(lambda: len(rooms_of(server)) == 3, "three rooms")
            rooms = rooms_of(server)
            assert {name: room["players_max"] for name, room in rooms.items()} == {
                "1": 5, "duel-7": 2, "other": 50}, rooms
            programs.until(lambda: {room["id"]: room["game"]["bots"]
                                    for room in server.stats()["rooms"]}
                           == {"1": 3, "duel-7": 0, "other": 3}, "each has its own bots")
            for client in inside:
                client.close()
        for text, complaint in (("players-max = 51\n", "from 1 to 50"), ("bot = 1\n", "no option"),
                                ("bots = many\n", "from 0 to"), ("[a.b]\nseed = 1\n", "no name"),
                                ("[x]\nseed = -1\n", "[x]")):
            path.write_text(text)
            ended = refuse("--players-max", "50", "--room-options", str(path))
            assert complaint in ended, (text, ended)
        assert "nowhere" in refuse("--room-options", folder + "/nowhere")


def refuse(*arguments):
    """What a server says that does not start."""
    ended = subprocess.run([RAILROIDS, "--listen", "127.0.0.1:0", *arguments], text=True,
                           capture_output=True, timeout=programs.PATIENCE_S)
    assert ended.returncode == 2 and ended.stdout == "", ended
    return ended.stderr


def larger_than_the_first():
    """The last seconds of a room are kept however small the first one is."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "rooms"
        path.write_text("[1]\nplayers-max = 1\n[few]\nplayers-max = 50\n")
        with serve("--shards", "1", "--connections-max", "300", "--room-options",
                   str(path)) as server:
            inside = enter(server.port, "/play/big", 200)
            programs.until(lambda: replay_of(server, "big") != b"", "its last seconds")
            assert server.stats()["players"] == len(inside)
        with serve("--shards", "2", "--connections-max", "40", "--room-options",
                   str(path)) as server:
            inside = enter(server.port, "/play/few")
            programs.until(lambda: rooms_of(server).get("few", {}).get("players_max") == 40,
                           "no room has place for more than may connect")


def contradictions():
    for arguments, complaint in (
            (["--shards", "2", "--rooms-max", "1"], "--rooms-max"),
            (["--rooms", "3", "--rooms-max", "2"], "fewer"),
            (["--shards", "2", "--rooms", "2", "--record", "/nowhere/x"], "--record"),
            (["--rooms-max", "2", "--handover", "/nowhere/x"], "--handover"),
            (["--room-options", "/nowhere", "--record", "/nowhere/x"], "--room-options")):
        assert complaint in refuse(*arguments), arguments


def orders():
    """What an operator says of a room is heard by its thread, and of all by all."""
    with serve("--shards", "2", "--bots-max", "9") as server:
        inside = enter(server.port, "/play/there", 4)  # On the second thread.
        programs.until(lambda: rooms_of(server).get("there", {}).get("shard") == 1, "it is there")
        for _ in range(8):
            order = "/ops/bots?count=7&room=there"
            assert post(server, order) == 200, order
        programs.until(lambda: [room["game"]["bots"] for room in server.stats()["rooms"]]
                       == [0, 7], "the bots are in that room")
        assert post(server, "/ops/bots?count=1&room=nowhere") == 404
        out = enter(server.port, "/play/there")[0]
        clients = json.loads(server.get("/ops/clients?shard=1"))["clients"]
        assert [client["room"] for client in clients if "room" in client] == 5 * ["there"], clients
        last = max(clients, key=lambda client: (client.get("player", -1)))
        kick = f"/ops/kick?slot={last['slot']}&generation={last['generation']}&shard="
        assert post(server, kick.removesuffix("&shard=")) == 400  # Each thread counts for itself.
        assert [json.loads(server.get(f"/ops/clients?shard={shard}"))["shard"]
                for shard in (0, 1)] == [0, 1]
        programs.until(lambda: post(server, kick + "0") == 404, "the other thread has no such one")
        programs.until(lambda: post(server, kick + "1") == 200, "its own one ends it")
        while out.recv(65536):
            pass
        programs.until(lambda: replay_of(server, "there")[:4] != b"", "its last seconds")
        assert post(server, "/ops/drain") == 200
        for path in ("/play/1", "/play/there", "/play"):
            programs.until(lambda: refused(server, path) == 503, "all threads let nobody in")
        assert post(server, "/ops/undrain") == 200
        programs.until(lambda: refused(server, "/play/there") == 101, "and then they do again")
        os.kill(server.process.pid, signal.SIGTERM)
        for client in inside:
            last = b""
            while piece := client.recv(65536):
                last = (last + piece)[-64:]
            assert b"\x03\xe9" in last, "they were told 1001"
        out, _ = server.process.communicate(timeout=programs.PATIENCE_S)
        assert server.process.returncode == 0, server.process.returncode
        assert json.loads(out.strip().splitlines()[-1])["shards"] == 2, out


def post(server, path):
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
                       "Sec-Fetch-Site: same-origin\r\n"
                       f"Origin: http://127.0.0.1:{server.port}\r\n"
                       "Content-Length: 0\r\n\r\n".encode())
        return int(client.recv(4096).split()[1])


def replay_of(server, room):
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(f"GET /replay/last?room={room} HTTP/1.1\r\n"
                       f"Host: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := client.recv(65536):
            answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        return body if head.split()[1] == b"200" else b""


CASES = [on_demand, quick_match, burst, strangers, options_file, larger_than_the_first,
         contradictions, orders]

if __name__ == "__main__":
    for case in CASES:
        case()
        print(f"{case.__name__}: passed")
