"""What makes functions into cases: the list of them, the servers they talk to, and how they run."""
import concurrent.futures
import threading
import time
import traceback
import typing

import programs
import wire

PROBE_S = 2  # A good client is served within this, whatever a case has just done.
AT_ONCE = 16  # Cases that run at the same time: most of them wait.

ROOMY = ("--deflate", "--message-max", "16777216", "--fragments-max", "131072")
HASTY = ("--handshake-timeout", "0.5", "--message-timeout", "0.5", "--close-timeout", "0.3")
PINGING = ("--ping-after", "0.4", "--idle-timeout", "1")
FRIEND = "https://friend.example"


class Case(typing.NamedTuple):
    name: str
    section: str
    run: typing.Callable
    arguments: tuple


def chapter():
    """The decorator of a chapter's cases, and the list that it fills.

    @rule("5.1") makes a function a case; with `each` it is one for every entry of that table, and
    the entry's value is what the function is given behind the site.
    """
    cases = []

    def rule(section, each=None):
        def add(function):
            table = {"": ()} if each is None else {f"/{key}": (each[key],) for key in each}
            for label, arguments in table.items():
                name = function.__name__ + label.replace(" ", "_").replace(",", ";")
                assert all(case.name != name for case in cases), f"{name} comes twice"
                cases.append(Case(name, section, function, arguments))
            return function
        return add
    return rule, cases


class Site:
    """The servers of one run. Each is started when the first case asks for it."""

    def __init__(self, bench_server, railroids, arguments=(), server=programs.Server):
        self.programs = {"bench": bench_server, "game": railroids}
        self.arguments = arguments  # Of every server.
        self.server = server
        self.servers = {}
        self.lock = threading.Lock()

    def start(self, name, *arguments):
        """A server program of a case's own, serving."""
        port = programs.free_port()
        own = {"bench": [str(port), "echo"],
               "game": ["--listen", f"127.0.0.1:{port}", "--log-level", "warning"]}[name]
        server = self.server(self.programs[name], [*own, *arguments, *self.arguments], port)
        programs.until(server.healthy, "the server answers /healthz")
        return server

    def shared(self, *key):
        with self.lock:
            if key not in self.servers:
                self.servers[key] = self.start(*key)
            return self.servers[key]

    # Every message comes back. Each gives the port to connect to.
    @property
    def echo(self):
        return self.shared("bench").port

    # As suites want it, with room for what they send.
    @property
    def roomy(self):
        return self.shared("bench", *ROOMY).port

    @property
    def deflate(self):
        return self.shared("bench", "--deflate").port

    # The game: rooms, a subprotocol, the page; one friendly origin.
    @property
    def game(self):
        return self.shared("game", "--origin", FRIEND).port

    @property
    def hasty(self):
        return self.shared("game", *HASTY).port

    @property
    def pinging(self):
        return self.shared("game", *PINGING).port

    def probe(self):
        """A good client is served at once by every server."""
        for key, server in list(self.servers.items()):
            began = time.monotonic()
            (probe_echo if key[0] == "bench" else probe_game)(server.port)
            took = time.monotonic() - began
            assert took <= PROBE_S, f"{key} served a good client only after {took:.1f} s"

    def stop(self):
        for key, server in self.servers.items():
            if server.process.poll() is not None:
                raise AssertionError(f"{key} ended: {server.process.communicate()}")
            code, totals = server.stop()
            assert code == 0, f"{key} ended with {code}"
            assert totals["cq_overflow"] == 0, totals


def resident_kib(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def probe_echo(port):
    with wire.connect(port, wire.text(b"still there?"), patience=PROBE_S) as good:
        good.expect(wire.TEXT, b"still there?")
        good.send(wire.close(1000)).expect_close(1000).expect_end()


def probe_game(port):
    with wire.connect(port, head_bytes=wire.upgrade("GET /play/1 HTTP/1.1"),
                      patience=PROBE_S) as good:
        good.send(wire.frame(wire.BINARY, b"\x01"))  # The HELLO of no page: the next tick says BYE.
        answer = good.read_frame()
        assert answer.opcode == wire.BINARY and answer.payload[0] & 0xF == 9, answer


def problem_of(site, case):
    """What went wrong, or nothing."""
    try:
        case.run(site, *case.arguments)
    except BaseException:  # Also what only looks like an end of this program.
        return traceback.format_exc()
    try:
        site.probe()
    except Exception:
        return "the case is fine, but a good client is not served after it:\n" + \
            traceback.format_exc()
    return ""


def run(site, case):
    """Its problem, and the milliseconds it took."""
    began = time.monotonic()
    return problem_of(site, case), round(1000 * (time.monotonic() - began))


def run_all(name, cases, site):
    """Runs a chapter and says so in GoogleTest's words, which the project counts."""
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as threads:
        results = [(case, threads.submit(run, site, case)) for case in cases]
        for case, result in results:
            print(f"[ RUN      ] {name}.{case.name}")
            problem, took_ms = result.result()
            failures += bool(problem)
            if problem:
                print(f"{case.section}: {problem}")
            word = " FAILED " if problem else "      OK"
            print(f"[{word:>9} ] {name}.{case.name} ({took_ms} ms)", flush=True)
    return failures
