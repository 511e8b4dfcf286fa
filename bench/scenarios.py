"""What is measured: the scenarios, the contestants of each, and the load each of them gets.

In a command {build} stands for the directory of the programs, {root} for that of the sources, and
{port} for where the server listens.
"""
import dataclasses
import os

OURS = ["{build}/src/ringtick-bench-server", "{port}"]
RAILROIDS = ["{build}/railroids", "--listen", "127.0.0.1:{port}", "--connections-per-ip-max", 0,
             "--log-level", "warning"]
PEERS = {  # The floors are the same bytes by bare loops.
    "floor": ["{build}/bench/peers/peer-floor", "{port}"],
    "floor_uring": ["{build}/bench/peers/peer-floor-uring", "{port}"],
    "beast": ["{build}/bench/peers/peer-beast", "{port}"],
    "libwebsockets": ["{build}/bench/peers/peer-libwebsockets", "{port}"],
    "ws": ["node", "--max-semi-space-size=64", "{root}/bench/peers/ws.mjs", "{port}"],
}
SWARM = ["{build}/bench/load/ringtick-swarm"]
COLYSEUS = "{root}/bench/peers/colyseus"
NODE = [f"{COLYSEUS}/node_modules/node-linux-"  # The one that its packages bring.
        f"{'arm64' if os.uname().machine == 'aarch64' else 'x64'}/bin/node",
        "--max-semi-space-size=64"]
JOINS_PER_S = 500  # Of players.


@dataclasses.dataclass(frozen=True)
class Contestant:
    server: list
    load: list  # What its load gets beside the address; empty: nobody comes.
    path: str = "/"
    program: list = dataclasses.field(default_factory=lambda: SWARM)  # The load.


@dataclasses.dataclass(frozen=True)
class Scenario:
    what: str
    contestants: dict  # By name.
    table: str = "messages"  # Which of the tables of figures.py.
    seconds: float = 6  # Of load in each run.
    instructions: bool = True  # Counted; not where it matters when a tick begins, see run.py.


def swarm(mode, clients, *more):
    return ["--mode", mode, "--clients", clients, *more]


def twice_ours(arguments, load):
    """Once to compare with, and once more as the control."""
    ours = Contestant([*OURS, *arguments], load)
    return {"ringtick": ours, "ringtick again": ours}


def everyone(arguments, load):
    """All servers under the same load."""
    return twice_ours(arguments, load) | {
        name: Contestant([*command, *arguments], load) for name, command in PEERS.items()}


def broadcast(rate_hz, size):
    """The bench protocol's arguments for a server, and the load's that go with them."""
    return ["broadcast", rate_hz, size], ["--payload", size]


def crowd(clients, rate_hz, size, *load):
    """Everyone broadcasts to so many clients."""
    arguments, payload = broadcast(rate_hz, size)
    return everyone(arguments, swarm("broadcast", clients, *payload, *load))


def echo(clients, size, in_flight):
    return everyone(["echo"], swarm("echo", clients, "--payload", size, "--in-flight", in_flight))


def players(count, rate_hz, joins_per_s=JOINS_PER_S):
    """Railroids with so many players, in a world that is made for them: about 40 in a view."""
    limits = ["--players-max", count, "--players-expected", count, "--connections-max", count + 100]
    return Contestant([*RAILROIDS, "--rate-hz", rate_hz, *limits],
                      swarm("railroids", count, "--ramp", joins_per_s), "/play/1")


def colyseus(count, rate_hz, joins_per_s):
    """The same ships, as many, on Colyseus."""
    return Contestant([*NODE, f"{COLYSEUS}/server.mjs", "{port}", count, "--hz", rate_hz],
                      ["--clients", count, "--ramp", joins_per_s],
                      program=[*NODE, f"{COLYSEUS}/bots.mjs"])


def side_by_side():
    """As slowly as Colyseus lets them in."""
    ours, theirs = ({count: who(count, 30, 100) for count in (200, 500, 1000)}
                    for who in (players, colyseus))
    return {f"{name} {count}": who[count] for count in ours
            for name, who in (("ringtick", ours), ("colyseus", theirs))} | {
                "ringtick again 500": ours[500]}


B1 = crowd(1000, 30, 512)
B2 = crowd(1000, 60, 128, "--input-hz", 20)


def stalled():
    """B1's servers with clients that lag. Beside ours: B1 itself, and the 800 who do not lag alone,
    for they have less to wait for than a thousand."""
    return crowd(1000, 30, 512, "--frozen", 10, "--slow", 10) | {
        "ringtick B1": B1["ringtick"], "ringtick 800": crowd(800, 30, 512)["ringtick"]}


def deflated():
    arguments, payload = broadcast(30, 512)
    plain = swarm("broadcast", 1000, *payload)
    return twice_ours(arguments, plain) | {
        "ringtick deflate": Contestant([*OURS, *arguments, "--deflate"], [*plain, "--deflate"])}


def tick_lateness():
    """The idle control and what keeps a tick from being on time, without and with --realtime."""
    plain = {"idle": Contestant([*OURS, "broadcast", 30, 512], []),
             "B1": B1["ringtick"], "B2": B2["ringtick"], "R1": players(2000, 30)}
    realtime = {f"{name} --realtime": dataclasses.replace(one, server=[*one.server, "--realtime"])
                for name, one in plain.items()}
    return plain | realtime


SCENARIOS = {
    "B1": Scenario("broadcast, 1000 clients, 30 Hz, 512 B", B1),
    "B2": Scenario("broadcast, 1000 clients, 60 Hz, 128 B, each sends 20 inputs/s", B2),
    "B3": Scenario("broadcast, 5000 clients, 20 Hz, 256 B", crowd(5000, 20, 256)),
    "I1": Scenario("broadcast, 1000 clients, 10 Hz, 64 B, each sends 60 inputs/s",
                   crowd(1000, 10, 64, "--input-hz", 60)),
    "E1": Scenario("echo, 100 clients, 64 B, 1 in flight", echo(100, 64, 1)),
    "E2": Scenario("echo, 1000 clients, 64 B, 8 in flight", echo(1000, 64, 8)),
    # Not as long as it takes until a client that stands still is cut off.
    "S1": Scenario("B1 with 10 % of the clients frozen and 10 % reading 1 KB/s", stalled(),
                   "stalled", 8),
    "D": Scenario("B1, plain and with every client deflating", deflated(), "compression"),
    "R1": Scenario("Railroids, socket bots that join 500 a second",
                   {"1000 x 30 Hz": players(1000, 30), "2000 x 30 Hz": players(2000, 30),
                    "5000 x 20 Hz": players(5000, 20)}, "game", 15, instructions=False),
    "C1": Scenario("Railroids' ships, 30 Hz, players by socket, on ringtick and on Colyseus",
                   side_by_side(), "players", 20),
    "T": Scenario("how late ticks begin: nobody there, B1, B2, Railroids with 2000 players",
                  tick_lateness(), "lateness", 20, instructions=False),
    "M": Scenario("memory: 10,000 connections, 1 Hz, 16 B", crowd(10_000, 1, 16), "memory"),
}
QUICK = ["B1", "B2", "E2"]
