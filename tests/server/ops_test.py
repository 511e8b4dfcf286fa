#!/usr/bin/env python3
"""Goal: the operator's page is the operator's. On a public address nobody gets it without the
token; on loopback no page of another site gets it, by whatever name it calls this machine; nothing
is changed but by a POST. What it orders happens: a kick, a drain and its end.
Method: raw requests to a game's server, and a player's raw socket.
"""
import json
import pathlib
import struct
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs

TOKEN = "correct-horse-battery-staple"
WRONG_TOKENS = ("", "correct-horse-battery-stapl", TOKEN + "e", "Correct-horse-battery-staple")
QUESTIONS = ("now", "minutes", "clients", "log")
ORDERS = ("kick?slot=0&generation=1", "bots?count=3", "path?player=0&stall_ms=9", "drain",
          "drain?seconds=0", "undrain")
HOSTILE = "<img/src=x/onerror=alert(1)>\\\"'"
LOG_LINES_MAX = 200
TO_PLAY, OVERVIEW = 0xFFFF, 0xFFFE  # As src/replica/session.hpp has them.


class Answer:
    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        self.head = head.decode()
        self.status = int(self.head.split()[1])

    def json(self):
        assert self.status == 200, self.head
        assert "\r\nContent-Type: application/json\r\n" in self.head, self.head
        assert "\r\nCache-Control: no-store" in self.head, self.head
        return json.loads(self.body)


class Site:
    """A server as somebody sees it who has the token, or none."""

    def __init__(self, server, token=None):
        self.port = server.port
        self.origin = f"http://127.0.0.1:{server.port}"
        self.token = token

    def ask(self, path, method="GET", body=b"", **fields):
        """`fields` with underscores for hyphens; None leaves a usual one out."""
        usual = {"Host": f"127.0.0.1:{self.port}", "Connection": "close"}
        if self.token:
            usual["Authorization"] = f"Bearer {self.token}"
        if method == "POST":
            usual["Origin"] = self.origin
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        lines = [f"{name}: {value}" for name, value in (usual | named).items() if value is not None]
        with programs.socket.create_connection(("127.0.0.1", self.port), timeout=30) as client:
            head = "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""])
            client.sendall(head.encode() + body)
            data = b""
            while piece := client.recv(65536):
                data += piece
        return Answer(data)

    def order(self, path, **fields):
        return self.ask(f"/ops/{path}", "POST", **fields)

    def clients(self):
        return self.ask("/ops/clients").json()["clients"]

    def log(self):
        return self.ask("/ops/log").json()["lines"]


def start(*arguments, host="127.0.0.1"):
    port = programs.free_port()
    # Who has only just connected is found at the tick.
    server = programs.Server(sys.argv[1], ["--listen", f"{host}:{port}", "--rate-hz", "250",
                                           "--shards", "1",
                                           *arguments], port)
    programs.until(server.healthy, "the server answers")
    return server


def close_of(client):
    """The code and the reason of the close frame that comes, after whatever else does."""
    while True:
        opcode, size = programs.read_exactly(client, 2)
        if size == 126:
            size = struct.unpack(">H", programs.read_exactly(client, 2))[0]
        payload = programs.read_exactly(client, size)
        if opcode & 0xF == 8:
            return struct.unpack(">H", payload[:2])[0], payload[2:].decode()


def refused_player(port):
    """What a newcomer is told."""
    with programs.socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(f"GET /play/1 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\n"
                       "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
        return Answer(client.recv(4096))


def all_are(site, status, **fields):
    for question in QUESTIONS:
        for method in ("GET", "HEAD"):
            answer = site.ask(f"/ops/{question}", method, **fields)
            assert answer.status == status, (question, fields, answer.head)
    all_orders_are(site, status, **fields)


def all_orders_are(site, status, **fields):
    for order in ORDERS:
        answer = site.order(order, **fields)
        assert answer.status == status, (order, fields, answer.head)
    assert not json.loads(site.ask("/stats.json").body)["draining"], fields


def nobody_is_operator_on_a_public_address_without_a_token():
    with start(host="0.0.0.0") as server:
        site = Site(server)
        for path in ("/ops", "/ops/ops.js", "/ops/ops.css", "/ops/now", "/ops/"):
            assert site.ask(path).status == 404, path
        for order in ORDERS:
            assert site.order(order).status == 405, order
        assert server.healthy()


def a_proxy_that_is_believed_makes_the_address_public():
    with start("--trust-proxy", "127.0.0.1") as server:
        assert Site(server).ask("/ops").status == 404


def a_token_opens_it_from_anywhere(directory):
    path = directory / "token"
    path.write_text(TOKEN + "\n", encoding="ascii")
    with start("--ops-token-file", str(path), host="0.0.0.0") as server:
        nobody = Site(server)
        for page in ("/ops", "/ops/ops.js", "/ops/ops.css"):
            answer = nobody.ask(page)
            assert answer.status == 200, page
            assert TOKEN.encode() not in answer.body
            assert "\r\nContent-Security-Policy: default-src 'self';" in answer.head, answer.head
        all_are(nobody, 401)
        assert "\r\nWWW-Authenticate: Bearer" in nobody.ask("/ops/now").head
        for token in WRONG_TOKENS:
            all_are(nobody, 401, Authorization=f"Bearer {token}")
        all_are(nobody, 401, Authorization=f"Basic {TOKEN}")
        all_are(nobody, 401, Cookie=f"token={TOKEN}")
        assert nobody.ask(f"/ops/now?token={TOKEN}").status == 401

        operator = Site(server, TOKEN)
        for question in QUESTIONS:
            operator.ask(f"/ops/{question}", Host="game.example").json()
        # Who has the token and is no browser needs no Origin; another site's page it does not help.
        assert operator.order("undrain", Origin=None).status == 200
        assert operator.order("undrain", Host="game.example",
                              Origin="https://game.example").status == 200
        all_are(operator, 403, Origin="https://other.example")
        assert TOKEN not in "".join(operator.log())
        server.process.terminate()
        written = server.process.communicate(timeout=programs.PATIENCE_S)
        assert "stopped" in written[1] and TOKEN not in "".join(written), written


def a_file_without_a_token_is_bad_usage(directory):
    for name, text in (("short", "too short\n"), ("blank", f"{TOKEN} {TOKEN}\n"), ("empty", ""),
                       ("long", "x" * 300)):
        path = directory / name
        path.write_text(text, encoding="ascii")
        ended = programs.subprocess.run([sys.argv[1], "--ops-token-file", str(path)],
                                        capture_output=True, text=True, timeout=30)
        assert ended.returncode == 2, ended
        assert "holds no token" in ended.stderr + ended.stdout and TOKEN not in ended.stderr, ended


def only_this_machine_s_own_page_orders(server):
    site = Site(server)
    mine = f"127.0.0.1:{server.port}"
    assert site.ask("/ops").status == 200
    for host in (mine, f"localhost:{server.port}", f"LOCALHOST:{server.port}", "[::1]",
                 "127.9.9.9"):
        assert site.ask("/ops/now", Host=host).status == 200, host
        assert site.order("undrain", Host=host, Origin=f"http://{host}").status == 200, host
    # A name that somebody has pointed at this machine (DNS rebinding), the page itself included.
    for host in ("evil.example", f"evil.example:{server.port}", "127.0.0.1.evil.example",
                 "localhost.evil.example", "10.0.0.1", "[fe80::1]", "0.0.0.0"):
        assert site.ask("/ops", Host=host).status == 403, host
        all_are(site, 403, Host=host, Origin=f"http://{host}")
    # Another page in the operator's browser, another server of this machine included.
    for origin in ("http://evil.example", "null", f"http://127.0.0.1:{server.port + 1}",
                   f"http://localhost:{server.port}", f"{site.origin}, {site.origin}", ""):
        all_are(site, 403, Origin=origin)
    for relation in ("cross-site", "same-site", "nonsense"):
        all_are(site, 403, Sec_Fetch_Site=relation)
    assert site.order("undrain", Sec_Fetch_Site="same-origin").status == 200
    all_orders_are(site, 403, Origin=None)
    # A proxy on this machine that is not believed brings strangers all the same.
    for sign in ("X_Forwarded_For", "Forwarded", "Via", "X_Real_IP"):
        all_are(site, 403, **{sign: "10.1.2.3"})


def nothing_is_changed_but_by_a_post(server):
    site = Site(server)
    with programs.upgrade(server.port, "/play/1"):
        client = programs.until(site.clients, "the player is on the list")[0]
        kick = f"/ops/kick?slot={client['slot']}&generation={client['generation']}&shard=0"
        for method in ("GET", "HEAD"):
            for path in (kick, "/ops/bots?count=3", "/ops/path?player=0&stall_ms=9",
                         "/ops/drain", "/ops/drain?seconds=0", "/ops/undrain"):
                assert site.ask(path, method).status == 404, path
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
            assert site.ask(kick, method, Origin=site.origin).status == 405, method
        # No order has a body: where one would end is nothing that we want to know.
        body = b"POST /ops/drain HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        assert site.order("undrain", body=body, Content_Length=len(body)).status == 405
        for path in ("/ops", "/ops/now", "/ops/nothing", "/healthz"):
            assert site.ask(path, "POST").status == 405, path
        assert site.clients()[0]["slot"] == client["slot"]
        assert not server.stats()["draining"]


def a_kick_closes_that_connection(server):
    site = Site(server)
    before = server.stats()["closed"]["kicked"]
    with programs.upgrade(server.port, "/play/1") as first:
        kept = programs.until(site.clients, "the first is on the list")[0]
        with programs.upgrade(server.port, "/play/1") as second:
            client = programs.until(
                lambda: [each for each in site.clients() if each["slot"] != kept["slot"]],
                "the second is on the list")[0]
            assert client["room"] == "1" and client["address"] == "127.0.0.1", client
            kick = f"kick?slot={client['slot']}&generation={client['generation']}&shard=0"
            for query in ("", "?slot=0", "?slot=x&generation=1", "?slot=0&generation=99999999999"):
                assert site.order(f"kick{query}").status == 400, query
            assert site.order(kick.replace("generation=", "generation=9")).status == 404
            assert site.order(kick).status == 200
            assert close_of(second) == (1008, "kicked by the operator")
            assert site.order(kick).status == 404, "it is kicked already"
        assert [each["slot"] for each in site.clients()] == [kept["slot"]]
        first.sendall(b"\x89\x80\x00\x00\x00\x00")  # It plays on: its ping is answered.
        while first.recv(4096).find(b"\x8a\x00") < 0:
            pass
    assert programs.until(lambda: server.stats()["closed"]["kicked"] == before + 1, "it is counted")
    assert "the operator kicks connection" in "\n".join(site.log())


def bots_come_and_go_as_ordered(server):
    site = Site(server)

    def bots():
        return [room["game"]["bots"] for room in server.stats()["rooms"]]

    for query in ("", "?count=x", "?count=-1", "?count=99999999999",
                  "?count=501"):
        assert site.order(f"bots{query}").status == 400, query
    for room in ("9", "0", "x", "", "a.b"):
        assert site.order(f"bots?count=3&room={room}").status == 404, room
    before = bots()
    assert site.order("bots?count=37").status == 200
    programs.until(lambda: bots() == [37, *before[1:]], "they came")
    assert site.order("bots?count=0&room=1").status == 200
    programs.until(lambda: bots() == [0, *before[1:]], "they left")
    assert "the operator wants 37 bots in room 1" in "\n".join(site.log())


def hello(server, watch, name=b""):
    """One frame. game-demo/README.md draws what is in it."""
    schema = int(server.stats()["schema"], 16)
    no_seat = bytes(2 + 16 + 1 + 4 + 4 + 2)
    said = (struct.pack("<BHQ", 1, 1, schema) + no_seat + struct.pack("<HB", watch, len(name)) +
            name)
    return bytes([0x82, 0x80 | len(said)]) + bytes(4) + said


def players_have_their_names(server):
    site = Site(server)
    name = 'Zo\u00eb "<i>\\'
    with programs.upgrade(server.port, "/play/1") as player:
        client = programs.until(site.clients, "the player is on the list")[0]
        assert client["name"] == "", "nobody has said it"
        player.sendall(hello(server, TO_PLAY, name.encode()))
        programs.until(lambda: site.clients()[0]["name"] == name, "it has a name")
        with programs.upgrade(server.port, "/play/1") as other:
            other.sendall(hello(server, OVERVIEW))
            programs.until(lambda: server.stats()["rooms"][0]["game"]["spectators"] == 1,
                           "another looks on")
            assert sorted(each["name"] for each in site.clients()) == ["", name]


def a_path_is_made_worse_and_well_again(server):
    """What the game is told of it, and how many bytes come, is for the tests of net; here it is
    one player's of one room, who asked for nothing, and it ends."""
    site = Site(server)
    with programs.upgrade(server.port, "/play/1") as player:
        # Who looks on is shown snapshots, and need not answer them.
        player.sendall(hello(server, OVERVIEW))
        mine = programs.until(site.clients, "the player is on the list")[0]
        who = f"player={mine['player']}"

        def now():
            client, = site.clients()
            return client

        programs.until(lambda: now()["sent"] > 0, "snapshots are sent")
        for query in ("", who, f"{who}&stall_ms=", f"{who}&stall_ms=-1", f"{who}&stall_ms=10001",
                      f"{who}&bytes_per_s=99", f"{who}&bytes_per_s=100000001", "stall_ms=9",
                      f"{who}&stall_ms=9&bytes_per_s=x", "player=x&stall_ms=9"):
            answer = site.order(f"path?{query}")
            assert answer.status == 400 and b"/ops/path?room=1&player=3" in answer.body, query
        for query in (f"{who}&room=9&stall_ms=9", f"{who}&room=0&stall_ms=9",
                      "player=499&stall_ms=9",
                      "player=65536&stall_ms=9", "player=65535&stall_ms=9"):
            assert site.order(f"path?{query}").status == 404, query
        assert not now()["limited"], "a refused order changes nothing"

        assert site.order(f"path?{who}&stall_ms=10000").status == 200
        before = now()
        assert before["limited"] and not before["blocked"], before
        programs.until(lambda: now()["skipped"] >= before["skipped"] + 10, "they are skipped")
        assert now()["sent"] == before["sent"], "one was sent all the same"
        assert site.order(f"path?{who}&stall_ms=0").status == 200
        programs.until(lambda: now()["sent"] > before["sent"], "the next is sent")
        assert not now()["limited"], "it is over"

        assert site.order(f"path?room=1&{who}&bytes_per_s=100").status == 200
        narrow = now()
        programs.until(lambda: now()["rate"] != "1/1", "it is shown fewer")
        assert now()["skipped"] > narrow["skipped"] and now()["limited"]
    with programs.upgrade(server.port, "/play/1"):
        client = programs.until(site.clients, "another is on the list")[0]
        assert not client["limited"] and client["skipped"] == 0, "it ends with the connection"
    log = "\n".join(site.log())
    assert f"the operator stalls player {mine['player']} of room 1 for 10000 ms" in log
    assert f"limits player {mine['player']} of room 1 to 100 B/s" in log


def a_drain_lets_nobody_in_until_it_ends(server):
    site = Site(server)
    with programs.upgrade(server.port, "/play/1") as player:
        programs.until(site.clients, "the player is on the list")
        assert site.order("drain").body == b"draining\n"
        answer = refused_player(server.port)
        assert answer.status == 503 and "\r\nRetry-After: " in answer.head, answer.head
        health = site.ask("/healthz")
        assert (health.status, health.body) == (503, b"draining\n")
        assert server.stats()["draining"] and site.ask("/ops/now").json()["draining"]
        assert "\nringtick_draining 1\n" in server.get("/metrics")
        assert len(site.clients()) == 1, "who plays plays on"

        assert site.order("undrain").status == 200
        assert server.healthy()
        programs.upgrade(server.port, "/play/1").close()

        for query in ("seconds=", "seconds=-1", "seconds=86401", "minutes=1"):
            assert site.order(f"drain?{query}").status == 400, query
        assert site.order("drain?seconds=3600").status == 200
        assert 3500 < site.ask("/ops/now").json()["closing_in_s"] <= 3600
        assert site.order("undrain").status == 200
        assert "closing_in_s" not in site.ask("/ops/now").json(), "what was ordered is undone"
        assert len(programs.until(site.clients, "the player is there")) == 1

        assert site.order("drain?seconds=0").status == 200
        assert close_of(player) == (1001, "the server lets nobody stay")
    assert refused_player(server.port).status == 503, "it is not open by itself"
    assert site.order("undrain").status == 200
    programs.upgrade(server.port, "/play/1").close()


def the_minutes_before_are_there(server):
    site = Site(server)
    with programs.upgrade(server.port, "/play/1"):
        def seen():
            minutes = site.ask("/ops/minutes").json()
            rows = [dict(zip(minutes["columns"], row)) for row in minutes["rows"]]
            return rows if len(rows) > 1 and rows[-1]["players"] == 1 else None
        rows = programs.until(seen, "seconds with a player")
    for row in rows:
        assert row["work_p50_us"] <= row["work_p99_us"] <= row["work_max_us"], row
        assert row["late_p50_us"] <= row["late_p99_us"] <= row["late_max_us"], row
    seconds = [row["at_s"] for row in rows]
    assert seconds == sorted(seconds)
    newer = site.ask(f"/ops/minutes?since={seconds[-1]}").json()["rows"]
    assert newer and all(row[0] >= seconds[-1] for row in newer)
    now = site.ask("/ops/now").json()
    assert now["memory"]["resident_kib"] > 0 and now["rooms"][0]["players_max"] > 0, now


def the_log_is_bounded_and_knows_no_stranger(server):
    site = Site(server)
    for _ in range(LOG_LINES_MAX // 2 + 5):
        site.order("drain")
        site.order("undrain")
    for path in ("/healthz", "/nowhere", "/ops/now"):
        site.ask(path, User_Agent=HOSTILE, Origin=HOSTILE, Referer=HOSTILE)
    refused_player(server.port)
    programs.until(lambda: "lets newcomers in again" in site.log()[0], "the last order is written")
    lines = site.log()
    assert len(lines) == LOG_LINES_MAX
    assert "onerror" not in "".join(lines)


with tempfile.TemporaryDirectory() as folder:
    a_token_opens_it_from_anywhere(pathlib.Path(folder))
    a_file_without_a_token_is_bad_usage(pathlib.Path(folder))
nobody_is_operator_on_a_public_address_without_a_token()
a_proxy_that_is_believed_makes_the_address_public()
with start("--bots-max", "40") as shared:
    only_this_machine_s_own_page_orders(shared)
    nothing_is_changed_but_by_a_post(shared)
    a_kick_closes_that_connection(shared)
    bots_come_and_go_as_ordered(shared)
    players_have_their_names(shared)
    a_path_is_made_worse_and_well_again(shared)
    a_drain_lets_nobody_in_until_it_ends(shared)
    the_minutes_before_are_there(shared)
    the_log_is_bounded_and_knows_no_stranger(shared)
    exit_code, last_line = shared.stop()
assert exit_code == 0
# A sanitizer's build does not count: it has a heap of its own.
assert last_line.get("allocations_after_warmup", 0) == 0, "an operator's look took from the heap"
