#!/usr/bin/env python3
"""Goal: ringtick-agones tells Agones' SDK what is so, and nothing else, whatever becomes of the SDK
and of the server beside it; it says once what is wrong, and ends when it is told to.
Method: the program itself between a stub of the SDK and a stub of a server (tests/agones/stubs.py
says what they are), and once the real server with a player.

usage: agones_test.py ADAPTER SERVER
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import pilot
import programs
import stubs
from programs import until

ADAPTER, SERVER = sys.argv[1:3]
COUNTER = "/v1beta1/counters/players"
FAST = {"--poll-ms": "10", "--health-ms": "10", "--retry-max-ms": "10", "--timeout-ms": "20000",
        "--gone-after-s": "0"}
# A proxy that there is not: what is on this machine is asked without one.
ENVIRONMENT = os.environ | {"http_proxy": "http://127.0.0.1:9", "AGONES_SDK_HTTP_PORT": ""}
ROOMS = '{"rooms_max":8,"rooms":%s}'


class Adapter:
    """The program, with what it says on stderr in a file."""

    def __init__(self, sdk_port, server_port, *arguments, environment=ENVIRONMENT):
        self.log_file = tempfile.TemporaryFile("w+")
        port = ["--sdk-port", str(sdk_port)] if sdk_port else []
        usual = [word for option in FAST.items() if option[0] not in arguments for word in option]
        self.process = subprocess.Popen(
            [ADAPTER, "--server", f"http://127.0.0.1:{server_port}", *port, *usual, *arguments],
            stdout=subprocess.PIPE, stderr=self.log_file, text=True, env=environment)

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        if failure:
            print(self.log(), flush=True)
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self.log_file.close()

    def log(self):
        return os.pread(self.log_file.fileno(), 1 << 20, 0).decode()

    def says(self, text, times=1):
        until(lambda: self.log().count(text) >= times or self.process.poll() is not None, text)
        assert self.log().count(text) == times, f"not {times} times: {text}"

    def ends(self, code=0):
        assert self.process.wait(programs.PATIENCE_S) == code, self.process.returncode

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.ends()


def more(stub, path, times=3):
    """Waits until it has been asked for some more times: long enough for all else to come."""
    before = stub.count(path)
    until(lambda: stub.count(path) >= before + times, f"{times} more of {path}")


def pair(counters=("players",)):
    return stubs.Sdk(programs.free_port(), counters), stubs.GameServer(programs.free_port())


def what_is_so_is_told():
    sdk, server = pair()
    server.rooms = [(2, 10), (0, 30)]
    with sdk, server, Adapter(sdk.port, server.port, "--no-allocate-on-players") as adapter:
        until(lambda: sdk.state == "Ready", "ready")
        until(lambda: sdk.counters["players"] == {"count": 2, "capacity": 40}, "two of forty")
        more(sdk, "/health")
        server.rooms = [(2, 10), (5, 30)]
        until(lambda: sdk.counters["players"]["count"] == 7, "seven")
        more(sdk, "/health")
        assert sdk.count("/ready") == 1 and sdk.count(COUNTER) == 2, sdk.requests
        assert sdk.count("/allocate") == 0 and sdk.count("/shutdown") == 0
        adapter.stop()
        assert "no help" not in adapter.log(), adapter.log()


def rooms_that_can_be_made_have_places():
    sdk, server = pair()
    server.rooms, server.rooms_max = [(0, 8), (1, 4)], 50
    with sdk, server, Adapter(sdk.port, server.port):
        until(lambda: sdk.counters["players"]["capacity"] == 12 + 48 * 4, "the smallest counts")
        server.rooms = []
        more(sdk, "/health")  # Nobody knows what a room takes, so nothing is told.
        assert sdk.counters["players"] == {"count": 1, "capacity": 204}
    with sdk, server, Adapter(sdk.port, server.port, "--capacity", "99"):
        until(lambda: sdk.counters["players"] == {"count": 0, "capacity": 99}, "as the option says")
        server.rooms = [(100, 128)]
        until(lambda: sdk.counters["players"] == {"count": 100, "capacity": 100}, "more than that")


def the_port_comes_from_the_environment():
    sdk, server = pair()
    environment = ENVIRONMENT | {"AGONES_SDK_HTTP_PORT": str(sdk.port)}
    with sdk, server, Adapter(None, server.port, environment=environment):
        until(lambda: sdk.state == "Ready", "ready")
    environment["AGONES_SDK_HTTP_PORT"] = "many"
    with Adapter(None, server.port, environment=environment) as adapter:
        adapter.ends(2)
        assert "'many' is not a number" in adapter.log()


def the_first_player_makes_it_allocated():
    sdk, server = pair()
    with sdk, server, Adapter(sdk.port, server.port) as adapter:
        until(lambda: sdk.state == "Ready", "ready")
        more(sdk, "/health")
        assert sdk.count("/allocate") == 0
        server.rooms = [(1, 10)]
        until(lambda: sdk.state == "Allocated", "allocated")
        more(sdk, "/health")
        assert sdk.count("/allocate") <= 2 and sdk.count("/ready") == 1
        adapter.says("somebody plays")
    sdk.state = "Ready"
    asked = sdk.count("/allocate")
    with sdk, server, Adapter(sdk.port, server.port, "--no-allocate-on-players"):
        more(sdk, "/health")
        assert sdk.count("/allocate") == asked


def a_new_adapter_undoes_nothing():
    sdk, server = pair()
    for state in ("Allocated", "Reserved", "Shutdown", "Unhealthy", "RequestReady"):
        sdk.state = state
        with sdk, server, Adapter(sdk.port, server.port):
            more(sdk, "/health")
    assert sdk.count("/ready") == 0


def the_sdk_may_come_later():
    sdk, server = pair()
    with server, Adapter(sdk.port, server.port) as adapter:
        adapter.says("no help from Agones' SDK: /gameserver: nobody listens there")
        more(server, "/healthz", 20)
        with sdk:
            until(lambda: sdk.state == "Ready", "ready")
            adapter.says("Agones' SDK is well again")
        adapter.says("no help from Agones' SDK", 2)


def answered(body, head="HTTP/1.1 200 OK\r\n", length=None):
    size = len(body) if length is None else length
    return f"{head}Content-Length: {size}\r\n\r\n{body}".encode("latin-1")


WRONG = {
    "an error of its own": (500, '{"code":2,"message":"no","details":[]}'),
    "not found": (404, "{}"),
    "no content": (204, ""),
    "somewhere else": b"HTTP/1.1 302 Found\r\nLocation: /health\r\nContent-Length: 0\r\n\r\n",
    "no JSON": (200, "<html>"),
    "JSON of another kind": (200, "[]"),
    "cut JSON": (200, '{"object_meta":{"na'),
    "no text": answered('{"status":{"state":"\xed\xa0\x80"}}'),
    "a state that is none": (200, '{"status":{"state":["Ready"]}}'),
    "no state": (200, '{"object_meta":{},"status":{}}'),
    "an empty state": (200, '{"status":{"state":""}}'),
    "deep": (200, "[" * 200_000),
    "fewer bytes than announced": answered("{}", length=99),
    "no HTTP": b"\x00\xff" * 40,
    "nothing": b"",
    "no end": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
    "too much": (200, '{"status":{"state":"Ready"},"x":"%s"}' % (" " * 5_000_000)),
    "a head without end": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200_000,
}


WRONG_FOR_ALL = ("an error of its own", "no JSON", "fewer bytes than announced", "too much")


def an_sdk_that_fails_is_told_of_once_and_asked_again():
    sdk, server = pair()
    with sdk, server, Adapter(sdk.port, server.port) as adapter:
        failures = 0
        for path in ("/gameserver", "/health"):
            for name, answer in WRONG.items():
                if path == "/health" and name not in WRONG_FOR_ALL:
                    continue
                failures += 1
                sdk.instead = {path: answer}
                adapter.says("no help from Agones' SDK", failures)
                more(sdk, path, 2)
                sdk.instead = {}
                adapter.says("Agones' SDK is well again", failures)
        assert sdk.count("/shutdown") == 0 and sdk.count("/allocate") == 0
        assert sdk.count("/ready") == 1 and sdk.state == "Ready"
        adapter.stop()


def ready_is_said_until_it_is_taken():
    sdk, server = pair()
    sdk.instead = {"/ready": (503, "{}")}
    with sdk, server, Adapter(sdk.port, server.port) as adapter:
        adapter.says("no help from Agones' SDK: /ready: it answers 503")
        more(sdk, "/ready")
        more(sdk, "/health")  # Goes on.
        sdk.instead = {}
        until(lambda: sdk.state == "Ready", "ready")


def a_slow_sdk_holds_nothing_up():
    sdk, server = pair()
    stuck = threading.Event()
    sdk.instead = {"/gameserver": stuck}
    with sdk, server, Adapter(sdk.port, server.port, "--timeout-ms", "50") as adapter:
        adapter.says("no help from Agones' SDK: /gameserver: no answer within 50 ms")
        more(server, "/healthz")
        assert sdk.count("/health") == 0, "one time-out a turn is enough"
        sdk.instead = {}
        stuck.set()
        until(lambda: sdk.state == "Ready", "ready")


def a_wait_for_an_answer_ends_at_once():
    for number in (signal.SIGTERM, signal.SIGINT):
        sdk, server = pair()
        sdk.instead = {"/gameserver": threading.Event()}
        with sdk, server, Adapter(sdk.port, server.port, "--timeout-ms", "60000") as adapter:
            until(lambda: sdk.count("/gameserver"), "it waits")
            adapter.stop(number)
        sdk, server = pair()
        with sdk, server, Adapter(sdk.port, server.port, "--poll-ms", "60000") as adapter:
            until(lambda: sdk.state == "Ready", "ready")
            adapter.stop(number)


def an_sdk_that_was_away_is_told_again():
    sdk, server = pair()
    with server, Adapter(sdk.port, server.port) as adapter:
        for state, readies in (("Scheduled", 1), ("Ready", 1), ("Scheduled", 2)):
            sdk.state = state
            sdk.counters["players"] = {"count": 0, "capacity": 0}
            with sdk:
                until(lambda: sdk.counters["players"]["capacity"] == 10, "the places")
                more(sdk, "/health")
                assert sdk.count("/ready") == readies, sdk.requests
            more(server, "/healthz")
            until(lambda: adapter.log().count("no help") == adapter.log().count("well again") + 1,
                  "it noticed")


def without_its_counter_the_rest_goes_on():
    sdk, server = pair(counters=())
    with sdk, server, Adapter(sdk.port, server.port) as adapter:
        until(lambda: sdk.state == "Ready", "ready")
        adapter.says("no help from the Counter: players: it answers 500")
        more(sdk, COUNTER)
        more(sdk, "/health")
        adapter.says("no help")
        sdk.counters["players"] = {"count": 0, "capacity": 0}
        adapter.says("the Counter is well again")
    sdk.requests.clear()
    with sdk, server, Adapter(sdk.port, server.port, "--counter", ""):
        more(sdk, "/health")
        assert {path for _, path, _ in sdk.requests} == {"/gameserver", "/health"}, sdk.requests


def without_a_server_nobody_is_ready():
    sdk, server = pair()
    with sdk, Adapter(sdk.port, server.port) as adapter:
        adapter.says("no help from the server")
        more(sdk, "/gameserver", 20)
        assert {path for _, path, _ in sdk.requests} == {"/gameserver"}, sdk.requests
        with server:
            until(lambda: sdk.state == "Ready", "ready")
            adapter.says("the server is well again")


def a_server_that_hangs_is_not_healthy():
    sdk, server = pair()
    with sdk, server, Adapter(sdk.port, server.port, "--timeout-ms", "50") as adapter:
        until(lambda: sdk.state == "Ready", "ready")
        server.instead = {"/healthz": threading.Event()}
        adapter.says("no help from the server")
        healths = sdk.count("/health")
        more(sdk, "/gameserver")
        assert sdk.count("/health") <= healths + 1 and sdk.count("/shutdown") == 0
        server.instead.pop("/healthz").set()
        more(sdk, "/health")


def a_server_that_answers_nonsense_is_no_server():
    sdk, server = pair()
    server.instead = {"/healthz": (404, "")}
    with sdk, server, Adapter(sdk.port, server.port) as adapter:
        adapter.says("is it a ringtick server?")
        more(sdk, "/gameserver")
        assert sdk.count("/health") == 0 and sdk.count("/ready") == 0


def rooms_that_make_no_sense_cost_the_places_only():
    one = '{"id":"1","players":%s,"players_max":%s}'
    wrong = [ROOMS % "[%s]" % (one % numbers) for numbers in
             (("-1", "9"), ("1.5", "9"), ('"1"', "9"), ("9" * 20, "9"), ("9" * 15, "9"),
              ("1", "null"))]
    wrong += ["{}", "[]", ROOMS % "7", ROOMS % "[3]", "[" * 100_000, "nonsense", ""]
    right = ROOMS % "[%s]" % (one % (3, 9))
    wrong += [right.replace('"rooms_max":8,', most) for most in
              ("", '"rooms_max":-1,', '"rooms_max":"8",', '"rooms_max":%s,' % ("9" * 15))]
    sdk, server = pair()
    with sdk, server, Adapter(sdk.port, server.port) as adapter:
        for number, text in enumerate(wrong, 1):
            server.instead = {"/rooms": (200, text)}
            adapter.says("/rooms: what it says makes no sense", number)
            more(sdk, "/health", 2)
            server.instead = {}
            adapter.says("the server is well again", number)
        assert sdk.counters["players"] == {"count": 0, "capacity": 10}
        assert sdk.count(COUNTER) == 1 and sdk.count("/allocate") == 0


def a_server_that_drains_is_healthy_and_full():
    sdk, server = pair()
    server.rooms = [(3, 10)]
    with sdk, server, Adapter(sdk.port, server.port):
        until(lambda: sdk.state == "Allocated", "allocated")
        server.draining = True
        until(lambda: sdk.counters["players"] == {"count": 3, "capacity": 3}, "full")
        more(sdk, "/health")
    sdk.state = "Scheduled"
    asked = sdk.count("/ready")
    with sdk, server, Adapter(sdk.port, server.port):
        more(sdk, "/health")
        assert sdk.count("/ready") == asked, "who drains is not ready"


def a_server_that_ends_is_shut_down():
    sdk, server = pair()
    with sdk, server, Adapter(sdk.port, server.port) as adapter:
        until(lambda: sdk.state == "Ready", "ready")
        sdk.instead = {"/shutdown": (500, "{}")}
        server.stop()
        more(sdk, "/shutdown")
        sdk.instead = {}
        adapter.ends()
        assert sdk.state == "Shutdown"
        adapter.says("the server has ended")


def a_server_that_comes_back_in_time_goes_on():
    sdk, server = pair()
    with sdk, server, Adapter(sdk.port, server.port, "--gone-after-s", "3600") as adapter:
        until(lambda: sdk.state == "Ready", "ready")
        server.stop()
        adapter.says("no help from the server")
        more(sdk, "/gameserver")
        server.start()
        adapter.says("the server is well again")
        more(sdk, "/health")
        assert sdk.count("/shutdown") == 0


def an_allocated_server_that_is_empty_is_shut_down_on_request():
    sdk, server = pair()
    empty = ["--shutdown-when-empty-s", "0.02"]
    with sdk, server, Adapter(sdk.port, server.port, *empty) as adapter:
        more(sdk, "/health", 8)  # Nobody plays, but it is free for whoever comes.
        server.rooms = [(1, 10)]
        until(lambda: sdk.state == "Allocated", "allocated")
        more(sdk, "/health", 8)
        assert sdk.count("/shutdown") == 0
        server.rooms = [(0, 10)]
        adapter.ends()
        adapter.says("nobody plays any more")
        assert sdk.state == "Shutdown"
    sdk, server = pair()
    sdk.state = "Allocated"
    with sdk, server, Adapter(sdk.port, server.port):
        more(sdk, "/health", 8)
        assert sdk.count("/shutdown") == 0, "by default an empty server stays"


def a_check_asks_and_tells_nothing():
    sdk, server = pair()
    server.rooms = [(1, 10)]
    with Adapter(sdk.port, server.port, "--check") as adapter:
        adapter.ends(1)
        adapter.says("nobody listens there. Start the server, or give --server")
    with server, Adapter(sdk.port, server.port, "--check") as adapter:
        adapter.ends(1)
        adapter.says("or give --sdk-port")
    with server, sdk:
        with Adapter(sdk.port, server.port, "--check") as adapter:
            adapter.ends()
            out = adapter.process.stdout.read()
            assert "with 1 of 10 players; the GameServer's state is 'Scheduled'\n" in out, out
            assert adapter.log() == ""
        with Adapter(sdk.port, server.port, "--check", "--counter", "pilots") as adapter:
            adapter.ends(1)
            adapter.says("Add it to the Fleet")
        assert all(method == "GET" for method, _, _ in sdk.requests), sdk.requests


def bad_usage_is_refused():
    for arguments in (["--server", "https://127.0.0.1:1"], ["--server", "http://here:1"],
                      ["--server", "http://127.0.0.1"], ["--server", "http://127.0.0.1:0"],
                      ["--server", "http://127.0.0.1:1/x"], ["--server", "http://a@127.0.0.1:1"],
                      ["--sdk-port", "0"], ["--poll-ms", "nan"], ["--counter", "a/b"],
                      ["--counter", "x" * 64], ["--gone-after-s", "-1"], ["--what"]):
        ran = subprocess.run([ADAPTER, *arguments], capture_output=True, text=True, check=False,
                             timeout=programs.PATIENCE_S)
        assert ran.returncode == 2 and ran.stderr, (arguments, ran)
    helped = subprocess.run([ADAPTER, "--help"], capture_output=True, text=True, check=False)
    assert helped.returncode == 0 and "--check" in helped.stdout


def shape(answer):
    """Of /rooms: its keys, and those of a room, each with the kind of its value."""
    def kinds(found):
        return {key: type(value) for key, value in found.items()}
    return kinds(answer), [kinds(room) for room in answer["rooms"][:1]]


def the_real_server_and_a_player():
    sdk = stubs.Sdk(programs.free_port())
    port = programs.free_port()
    server = programs.Server(SERVER, [
        "--listen", f"127.0.0.1:{port}", "--log-level", "off", "--shards", "2", "--rooms-max", "4",
        "--room-empty-seconds", "1", "--players-max", "7"], port)
    with sdk, server, Adapter(sdk.port, port) as adapter:
        until(lambda: sdk.state == "Ready", "ready")
        until(lambda: sdk.counters["players"] == {"count": 0, "capacity": 4 * 7}, "places")
        told = shape(json.loads(server.get("/rooms")))
        stub = json.loads(stubs.GameServer(port).usual("GET", "/rooms", b"", {})[1])
        assert told == shape(stub), (told, stub)
        schema = int(server.stats()["schema"], 16)
        players = [pilot.Player(port, schema, room="duel"), pilot.Player(port, schema)]
        until(lambda: sdk.state == "Allocated", "allocated")
        until(lambda: sdk.counters["players"] == {"count": 2, "capacity": 4 * 7},
              "one in a room on demand, and one in the room that is always there")
        for player in players:
            player.socket.close()
        until(lambda: sdk.counters["players"] == {"count": 0, "capacity": 4 * 7}, "none")
        server.process.send_signal(signal.SIGKILL)
        adapter.ends()
        assert sdk.state == "Shutdown" and sdk.count("/ready") == 1


CASES = [
    what_is_so_is_told, rooms_that_can_be_made_have_places, the_port_comes_from_the_environment,
    the_first_player_makes_it_allocated, a_new_adapter_undoes_nothing, the_sdk_may_come_later,
    an_sdk_that_fails_is_told_of_once_and_asked_again, ready_is_said_until_it_is_taken,
    a_slow_sdk_holds_nothing_up, a_wait_for_an_answer_ends_at_once,
    an_sdk_that_was_away_is_told_again, without_its_counter_the_rest_goes_on,
    without_a_server_nobody_is_ready, a_server_that_hangs_is_not_healthy,
    a_server_that_answers_nonsense_is_no_server, rooms_that_make_no_sense_cost_the_places_only,
    a_server_that_drains_is_healthy_and_full, a_server_that_ends_is_shut_down,
    a_server_that_comes_back_in_time_goes_on,
    an_allocated_server_that_is_empty_is_shut_down_on_request, a_check_asks_and_tells_nothing,
    bad_usage_is_refused, the_real_server_and_a_player,
]


def run(case):
    print(f"[ RUN      ] agones.{case.__name__}", flush=True)
    try:
        case()
    except (AssertionError, OSError, subprocess.TimeoutExpired) as problem:
        print(f"{problem!r}\n[  FAILED  ] agones.{case.__name__}", flush=True)
        return False
    print(f"[       OK ] agones.{case.__name__}", flush=True)
    return True


if __name__ == "__main__":
    chosen = [case for case in CASES if not sys.argv[3:] or case.__name__ in sys.argv[3:]]
    sys.exit(0 if all([run(case) for case in chosen]) else 1)
