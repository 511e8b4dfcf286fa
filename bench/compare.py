#!/usr/bin/env python3
"""Measures our server beside those of others: the same load, the same minute, one core each.

usage: compare.py BUILD_DIRECTORY [SCENARIO...] [--quick] [--repeats N] [--seconds S]
                  [--results DIR]

In each repeat every server runs once, in an order that is shuffled anew (the seed is printed), and
ours a second time as a control: how far that is from the first says how far to trust the rest.
The figures are medians over the repeats; ratios are of runs of the same repeat. The server has core
0 and the load core 1. A table for each scenario goes to stdout, all repeats to
DIR/DATE-SCENARIO.json.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import random
import re
import subprocess
import sys

from figures import remarks, summary, table
from run import Failed, run

ROOT = pathlib.Path(__file__).resolve().parent.parent


def broadcast(what, clients, rate_hz, size, *load):
    return {"what": what, "server": ["broadcast", rate_hz, size],
            "load": ["--mode", "broadcast", "--clients", clients, "--payload", size, *load]}


def echo(what, clients, size, in_flight):
    return {"what": what, "server": ["echo"],
            "load": ["--mode", "echo", "--clients", clients, "--payload", size,
                     "--in-flight", in_flight]}


SCENARIOS = {
    "B1": broadcast("broadcast, 1000 clients, 30 Hz, 512 B", 1000, 30, 512),
    "B2": broadcast("broadcast, 1000 clients, 60 Hz, 128 B, each sends 20 inputs/s", 1000, 60, 128,
                    "--input-hz", 20),
    "B3": broadcast("broadcast, 5000 clients, 20 Hz, 256 B", 5000, 20, 256),
    "I1": broadcast("broadcast, 1000 clients, 10 Hz, 64 B, each sends 60 inputs/s", 1000, 10, 64,
                    "--input-hz", 60),
    "E1": echo("echo, 100 clients, 64 B, 1 in flight", 100, 64, 1),
    "E2": echo("echo, 1000 clients, 64 B, 8 in flight", 1000, 64, 8),
    "S1": broadcast("B1 with 10 % of the clients frozen and 10 % reading 1 KB/s", 1000, 30, 512,
                    "--frozen", 10, "--slow", 10),
    "M": broadcast("memory: 10,000 connections, 1 Hz, 16 B", 10_000, 1, 16),
}
QUICK = ["B1", "B2", "E2"]


def servers(build):
    """Each with its command; the floor is the same bytes by a bare send(2) loop."""
    ours = [build / "src/ringtick-bench-server"]
    peers = build / "bench/peers"
    node = ["node", "--max-semi-space-size=64", ROOT / "bench/peers/ws.mjs"]
    return {"ringtick": ours, "ringtick again": ours, "floor": [peers / "peer-floor"],
            "floor_uring": [peers / "peer-floor-uring"], "beast": [peers / "peer-beast"],
            "libwebsockets": [peers / "peer-libwebsockets"], "ws": node}


def say(text):
    print(text, file=sys.stderr, flush=True)


def output_of(*command):
    return subprocess.run(command, cwd=ROOT, text=True, check=True,
                          stdout=subprocess.PIPE).stdout.strip()


def machine():
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
    cpu = re.search(r"^model name\s*: (.+)", cpuinfo, re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cpu": cpu[1] if cpu else platform.machine(), "cores": os.cpu_count(),
            "memory_mib": memory >> 20, "kernel": platform.release()}


def method(options, seed):
    return {"repeats": options.repeats, "seconds": options.seconds, "quick": options.quick,
            "seed": seed, "server_core": 0, "load_core": 1,
            "order": "shuffled in each repeat; 'ringtick again' is the control",
            "window": "from the load's first line of progress to its last, a second before the end "
                      "or less",
            "load_average_before": os.getloadavg()}


def one_run(scenario, command, load_program, seconds):
    """Tries twice: on a machine shared with others, something may go wrong once."""
    load = [load_program, *scenario["load"], "--seconds", seconds]
    try:
        return run(command, scenario["server"], load)
    except Failed as problem:
        say(f"   {problem}; once more")
        return run(command, scenario["server"], load)


def measure(name, options, seed):
    """All runs of a scenario."""
    scenario = SCENARIOS[name]
    order = random.Random(f"{seed} {name}")
    runs = []
    contestants = servers(options.build)
    load_program = options.build / "bench/load/ringtick-swarm"
    for repeat in range(1, options.repeats + 1):
        turns = list(contestants)
        order.shuffle(turns)
        for position, server in enumerate(turns, 1):
            say(f"   {name}, repeat {repeat} of {options.repeats}: {server}")
            try:
                figures = one_run(scenario, contestants[server], load_program, options.seconds)
            except Failed as problem:
                say(f"   left out: {problem}")
                continue
            runs.append({"server": server, "repeat": repeat, "position": position} | figures)
    # The table's order, whatever the runs' was.
    return sorted(runs, key=lambda one: (list(contestants).index(one["server"]), one["repeat"]))


def report(name, options, seed):
    """Measures a scenario, prints its table and writes its file. False if nothing was measured."""
    about = {"scenario": name, "what": SCENARIOS[name]["what"],
             "date": datetime.date.today().isoformat(),
             "commit": output_of("git", "rev-parse", "HEAD"),
             "changed_since": output_of("git", "status", "--porcelain", "--", "src", "bench") != "",
             "machine": machine(), "method": method(options, seed)}
    runs = measure(name, options, seed)
    if not runs:
        say(f"{name}: no run succeeded")
        return False
    rows = summary(runs)
    print(f"\n{name}: {SCENARIOS[name]['what']} (medians of {options.repeats})\n{table(rows)}")
    for remark in remarks(runs):
        print(remark)
    sys.stdout.flush()
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / f"{about['date']}-{name}{'-quick' if options.quick else ''}.json"
    path.write_text(json.dumps(about | {"remarks": list(remarks(runs)), "summary": rows,
                                        "runs": runs}, indent=1) + "\n")
    return True


def parse():
    parser = argparse.ArgumentParser(description="Measures our server beside those of others.")
    parser.add_argument("build", type=pathlib.Path, metavar="BUILD_DIRECTORY")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO",
                        help="; ".join(f"{name}: {scenario['what']}"
                                       for name, scenario in SCENARIOS.items()).replace("%", "%%"))
    parser.add_argument("--quick", action="store_true",
                        help="fewer and shorter runs, under two minutes: to look, not to quote")
    parser.add_argument("--repeats", type=int, help="of each server in each scenario (5; quick: 1)")
    parser.add_argument("--seconds", type=float, help="of load in each run (6; quick: 2.5)")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "bench/results")
    options = parser.parse_args()
    unknown = [name for name in options.scenarios if name not in SCENARIOS]
    if unknown:
        parser.error(f"no scenario is called {unknown[0]}: there are {', '.join(SCENARIOS)}")
    options.build = options.build.resolve()
    options.scenarios = options.scenarios or (QUICK if options.quick else list(SCENARIOS))
    options.repeats = options.repeats or (1 if options.quick else 5)
    options.seconds = options.seconds or (2.5 if options.quick else 6)
    return options


def main():
    options = parse()
    if not {0, 1} <= os.sched_getaffinity(0):
        say("the server and its load need cores 0 and 1")
        return 1
    seed = random.randrange(1 << 32)
    say(f"== seed {seed}, load average {os.getloadavg()[0]:.1f} before")
    done = [report(name, options, seed) for name in options.scenarios]
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
