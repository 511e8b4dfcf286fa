#!/usr/bin/env python3
"""Counts single test cases over build directories; the last line says `N passed, N failed`.

Reads what `meson test` logs (one JSON object a line). A GoogleTest program prints each case as it
starts and ends; a case that started and never ended, in a program that crashed, has failed.
"""
import collections
import json
import pathlib
import re
import sys

CASE = re.compile(r"\[ +(RUN|OK|FAILED|SKIPPED) +\] (\S+?)(?:,.*)?(?: \(\d+ ms\))?$", re.MULTILINE)
OUTCOMES = {"OK": "passed", "FAILED": "failed", "SKIPPED": "skipped"}
RESULTS = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}


def cases(log):
    """The outcome of each case of one entry of the log, by name."""
    outcomes = {}
    for word, name in CASE.findall(log.get("stdout", "")):
        if word == "RUN":
            outcomes[name] = "failed"
        elif name in outcomes:
            outcomes[name] = OUTCOMES[word]
    result = RESULTS.get(log["result"], "failed")
    if not outcomes or (result == "failed" and "failed" not in outcomes.values()):
        outcomes[log["name"]] = result
    return outcomes


def summary(count):
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    return f"{count['passed']} passed, {count['failed']} failed{skipped}"


def main(directories):
    total = collections.Counter()
    for directory in directories:
        logs = sorted((pathlib.Path(directory) / "meson-logs").glob("testlog*.json"))
        if not logs:
            print(f"{directory}: ran no test")
            total["failed"] += 1
            continue
        here = collections.Counter()
        for line in logs[0].read_text(errors="replace").splitlines():
            log = json.loads(line)
            for name, outcome in cases(log).items():
                here[outcome] += 1
                if outcome == "failed":
                    print(f"FAILED {directory}: {log['name']}: {name}")
        print(f"{directory}: {summary(here)}")
        total += here
    if not total:
        print("no test ran: is there such a suite?")
        total["failed"] = 1
    print(summary(total))
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
