#!/usr/bin/env python3
"""Measures our server beside those of others: the same load, the same minute, one core each.

usage: compare.py BUILD_DIRECTORY [SCENARIO...] [--quick] [--repeats N] [--seconds S]
                  [--results DIR] [--dry-run]

In each repeat every contestant of a scenario runs once, in an order that is shuffled anew (the seed
is printed). Where others compete, ours runs a second time as a control: how far that is from the
first says how far to trust the rest.
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
from scenarios import QUICK, SCENARIOS

ROOT = pathlib.Path(__file__).resolve().parent.parent
QUICK_SECONDS = 2.5


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


def method(name, options, seed):
    built_with = options.build / ".options"  # As ./dev leaves it.
    return {"repeats": options.repeats, "seconds": seconds_of(name, options),
            "build": built_with.read_text().strip() if built_with.exists() else "unknown",
            "quick": options.quick, "seed": seed, "server_core": 0, "load_core": 1,
            "order": "shuffled in each repeat; 'ringtick again' is the control",
            "window": "from the load's first line of progress to its last, a second before the end "
                      "or less",
            "load_average_before": os.getloadavg()}


def seconds_of(name, options):
    return options.seconds or (QUICK_SECONDS if options.quick else SCENARIOS[name].seconds)


def one_run(contestant, seconds, places, instructions=True):
    """Tries twice: on a machine shared with others, something may go wrong once."""
    try:
        return run(contestant, seconds, places, instructions)
    except Failed as problem:
        say(f"   {problem}; once more")
        return run(contestant, seconds, places, instructions)


def measure(name, options, seed):
    """All runs of a scenario."""
    order = random.Random(f"{seed} {name}")
    runs = []
    places = {"build": options.build, "root": ROOT}
    scenario = SCENARIOS[name]
    contestants = scenario.contestants
    for repeat in range(1, options.repeats + 1):
        turns = list(contestants)
        order.shuffle(turns)
        for position, server in enumerate(turns, 1):
            say(f"   {name}, repeat {repeat} of {options.repeats}: {server}")
            try:
                figures = one_run(contestants[server], seconds_of(name, options), places,
                                  scenario.instructions)
            except Failed as problem:
                say(f"   left out: {problem}")
                continue
            runs.append({"server": server, "repeat": repeat, "position": position} | figures)
    # The table's order, whatever the runs' was.
    return sorted(runs, key=lambda one: (list(contestants).index(one["server"]), one["repeat"]))


def report(name, options, seed):
    """Measures a scenario, prints its table and writes its file. False if nothing was measured."""
    scenario = SCENARIOS[name]
    about = {"scenario": name, "what": scenario.what, "table": scenario.table,
             "date": datetime.date.today().isoformat(),
             "commit": output_of("git", "rev-parse", "HEAD"),
             "changed_since": output_of("git", "status", "--porcelain", "--", "src", "game-demo",
                                        "bench", ":!bench/results") != "",
             "machine": machine(), "method": method(name, options, seed)}
    runs = measure(name, options, seed)
    if not runs:
        say(f"{name}: no run succeeded")
        return False
    rows = summary(runs)
    print(f"\n{name}: {scenario.what} (medians of {options.repeats})\n"
          f"{table(rows, scenario.table)}")
    for remark in remarks(runs):
        print(remark)
    sys.stdout.flush()
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / f"{about['date']}-{name}{'-quick' if options.quick else ''}.json"
    path.write_text(json.dumps(about | {"remarks": list(remarks(runs)), "summary": rows,
                                        "runs": runs}, indent=1) + "\n")
    return True


def repeat_count(text):
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("one at least")
    return count


def load_seconds(text):
    """Enough for two lines of progress, and no more than the load takes."""
    count = float(text)
    if not 2 <= count <= 86_400:
        raise argparse.ArgumentTypeError("from 2 to 86400")
    return count


def parse():
    parser = argparse.ArgumentParser(
        description="Measures our server beside those of others.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="scenarios:\n" + "\n".join(f"  {name:<4}{scenario.what}"
                                           for name, scenario in SCENARIOS.items()))
    parser.add_argument("build", type=pathlib.Path, metavar="BUILD_DIRECTORY")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO",
                        help=f"those below; all of them, or quick: {', '.join(QUICK)}")
    parser.add_argument("--quick", action="store_true",
                        help="fewer and shorter runs, under two minutes: to look, not to quote")
    parser.add_argument("--repeats", type=repeat_count,
                        help="of each server in each scenario (5; quick: 1)")
    parser.add_argument("--seconds", type=load_seconds,
                        help=f"of load in each run (6 to 20, as the scenario needs; "
                             f"quick: {QUICK_SECONDS})")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "bench/results")
    parser.add_argument("--dry-run", action="store_true", help="only look at the arguments")
    options = parser.parse_intermixed_args()
    unknown = [name for name in options.scenarios if name not in SCENARIOS]
    if unknown:
        parser.error(f"no scenario is called {unknown[0]}: there are {', '.join(SCENARIOS)}")
    options.build = options.build.resolve()
    options.scenarios = options.scenarios or (QUICK if options.quick else list(SCENARIOS))
    options.repeats = options.repeats or (1 if options.quick else 5)
    return options


def main():
    options = parse()
    if options.dry_run:
        return 0
    if not {0, 1} <= os.sched_getaffinity(0):
        say("the server and its load need cores 0 and 1")
        return 1
    seed = random.randrange(1 << 32)
    say(f"== seed {seed}, load average {os.getloadavg()[0]:.1f} before")
    done = [report(name, options, seed) for name in options.scenarios]
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
