#!/usr/bin/env python3
"""Measures variations of the bare io_uring loop beside each other: counts, not times.

usage: experiments.py BUILD_DIRECTORY [EXPERIMENT...] [--repeats N] [--seconds S] [--dry-run]

In each repeat every variation of an experiment runs once, in an order that is shuffled anew, and
the plain one twice: how far 'the same again' is from 1 says how far to trust the rest. Ratios are
of runs of the same repeat, figures are medians over the repeats. Instructions, waits, receives and
switches repeat on a machine that others use, too; CPU is shown as a ratio only.
"""
import argparse
import dataclasses
import pathlib
import random
import statistics
import sys

import compare
from figures import per_message
from run import Failed
from scenarios import SCENARIOS

PLAIN, CONTROL = "plain", "the same again"


def options(flag, *values):
    return {f"{flag} {value}": [flag, value] for value in values}


# What is asked, under which load, and each variation's options.
EXPERIMENTS = {
    "wait_count": ("I1", options("--wait-count", 1, 64, 512, 1000, 1024, 1500, 2048, 4096, 8192) | {
        f"--drain-first --wait-count {count}": ["--drain-first", "--wait-count", count]
        for count in (1000, 1024, 8192)}),
    "sleep_aside": ("I1", {"--sleep-aside": ["--sleep-aside"]}),
    "sleep_aside_inputs": ("B2", {"--sleep-aside": ["--sleep-aside"]}),
    "submission_thread": ("B1", {"--submission-thread": ["--submission-thread"]}),
    "submission_thread_inputs": ("B2", {"--submission-thread": ["--submission-thread"]}),
    "min_wait": ("B1", options("--min-wait-us", 1_000, 5_000)),
    "min_wait_inputs": ("B2", options("--min-wait-us", 1_000, 5_000)),
    "fixed_files": ("B1", {"--fixed-files": ["--fixed-files"]}),
    "fixed_files_inputs": ("B2", {"--fixed-files": ["--fixed-files"]}),
    "huge_pages": ("B1", {"--huge-pages": ["--huge-pages"]}),
    "huge_pages_inputs": ("B2", {"--huge-pages": ["--huge-pages"]}),
    "chunk": ("B1", options("--chunk", 32, 64, 256, 512, 1000)),
}


def figures(run):
    """What one run says for a message sent, or for a tick."""
    play = run["totals"]["play"]
    ticks, sent = max(play["ticks"], 1), max(play["sent"], 1)
    return per_message(run) | {"waits": play["waits"] / ticks, "switches": play["switches"] / ticks,
                               "receives": play["receives"] / sent,
                               "reaped": play["completions"] / ticks,
                               "drained": play["drained"] / ticks}


def varied(floor, flags):
    """The floor's contestant, with another program and its options instead."""
    command = ["{build}/bench/peers/uring-variant", *flags, *floor.server[1:]]
    return dataclasses.replace(floor, server=command)


def measure(name, chosen, seed):
    """The figures of each variation, by repeat."""
    scenario_name, variations = EXPERIMENTS[name]
    variations = {PLAIN: [], CONTROL: []} | variations
    floor = SCENARIOS[scenario_name].contestants["floor_uring"]
    places = {"build": chosen.build, "root": compare.ROOT}
    order = random.Random(f"{seed} {name}")
    runs = {variation: {} for variation in variations}
    for repeat in range(1, chosen.repeats + 1):
        for variation in order.sample(list(variations), len(variations)):
            compare.say(f"   {name}, repeat {repeat} of {chosen.repeats}: {variation}")
            try:
                run = compare.one_run(varied(floor, variations[variation]), chosen.seconds, places)
                if run["load_exit_code"] != 0:
                    raise Failed("the load found something wrong")
                runs[variation][repeat] = figures(run)
            except Failed as problem:
                compare.say(f"   left out: {problem}")
    return runs


def ratio(runs, variation, figure):
    """The median over the repeats in which it and the plain one ran, or None."""
    pairs = [(figures_of[figure], runs[PLAIN][repeat][figure])
             for repeat, figures_of in runs[variation].items() if repeat in runs[PLAIN]]
    known = [mine / plain for mine, plain in pairs if mine is not None and plain]
    return statistics.median(known) if known else None


def median(runs, variation, figure):
    known = [one[figure] for one in runs[variation].values() if one[figure] is not None]
    return statistics.median(known) if known else None


def shown(value, digits):
    return "-" if value is None else f"{value:,.{digits}f}"


def table(runs):
    """In Markdown, as docs/decisions has it."""
    yield ("| variation | instructions: user | kernel | together / plain | CPU / plain "
           "| a tick: waits | sleeps | completions | drained before | receives a message |")
    yield "|---|" + "---:|" * 9
    for variation in runs:
        cells = [shown(median(runs, variation, "user"), 0),
                 shown(median(runs, variation, "kernel"), 0),
                 shown(ratio(runs, variation, "instructions"), 3),
                 shown(ratio(runs, variation, "cpu_us"), 2),
                 shown(median(runs, variation, "waits"), 1),
                 shown(median(runs, variation, "switches"), 1),
                 shown(median(runs, variation, "reaped"), 0),
                 shown(median(runs, variation, "drained"), 0),
                 shown(median(runs, variation, "receives"), 2)]
        yield f"| {variation} | " + " | ".join(cells) + " |"


def parse():
    parser = argparse.ArgumentParser(description="Variations of the bare io_uring loop.")
    parser.add_argument("build", type=pathlib.Path, metavar="BUILD_DIRECTORY")
    parser.add_argument("names", nargs="*", metavar="EXPERIMENT", help=", ".join(EXPERIMENTS))
    parser.add_argument("--repeats", type=compare.repeat_count, default=3,
                        help="of each variation (3)")
    parser.add_argument("--seconds", type=compare.load_seconds, default=5,
                        help="of load in each run (5)")
    parser.add_argument("--dry-run", action="store_true", help="only look at the arguments")
    chosen = parser.parse_intermixed_args()
    unknown = [name for name in chosen.names if name not in EXPERIMENTS]
    if unknown:
        parser.error(f"no experiment is called {unknown[0]}: there are {', '.join(EXPERIMENTS)}")
    chosen.build = chosen.build.resolve()
    return chosen


def main():
    chosen = parse()
    if chosen.dry_run:
        return
    seed = random.randrange(1 << 32)
    compare.say(f"== seed {seed}")
    for name in chosen.names or EXPERIMENTS:
        print(f"\n{name}: {SCENARIOS[EXPERIMENTS[name][0]].what}\n")
        print("\n".join(table(measure(name, chosen, seed))), flush=True)


if __name__ == "__main__":
    main()
