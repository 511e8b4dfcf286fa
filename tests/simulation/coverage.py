#!/usr/bin/env python3
"""Which lines of the server a simulation reaches: builds it with gcov's counters, runs some seeds
and counts.

usage: tests/simulation/coverage.py [--seeds N] [--first SEED] [--build DIRECTORY] [--missing]
                                    [--suite]

One line a folder and a file of src/. A line of a header counts once, however many translation units
have it, and is reached if it is in any. With --missing the lines that were not reached follow each
file. Assertions that hold and branches that no kernel takes are counted like all others.

With --suite there is a second column: when other tests of these folders have run, too, those of
functions and those that run the server as a process; then --missing is of both, and the programs
that the simulation does not have count as lines that it did not reach. Of processes that are killed
nothing is counted.
"""
import argparse
import collections
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDERS = ("net", "ws", "http", "tls", "replica", "server")
SUITES = (*FOLDERS, "conformance", "game-demo")


def say(text):
    print(text, file=sys.stderr, flush=True)


def build(directory):
    if not (directory / "build.ninja").exists():
        say(f"configuring {directory}")
        subprocess.run(["meson", "setup", directory, ROOT, "--buildtype=debugoptimized",
                        "-Dbenchmarks=false", "-Db_coverage=true"],
                       check=True, stdout=subprocess.DEVNULL)
    say("building")
    subprocess.run(["ninja", "-C", directory, "tests/simulation/simulation_test"],
                   check=True, stdout=subprocess.DEVNULL)


def run(directory, first, seeds):
    """What earlier runs have counted does not count."""
    for counted in directory.rglob("*.gcda"):
        counted.unlink()
    say(f"simulating {seeds} seeds from {first} on")
    program = directory / "tests/simulation/simulation_test"
    code = subprocess.run([program, "--first", str(first), "--seeds", str(seeds)],
                          check=False).returncode
    if code != 0:
        say("a seed failed: what it reached counts all the same")


def run_tests(directory, suites, *how):
    words = [word for suite in suites for word in ("--suite", suite)]
    code = subprocess.run(["meson", "test", "-C", directory, "--timeout-multiplier", "3", *how,
                           *words], check=False, stdout=subprocess.DEVNULL).returncode
    if code != 0:
        say("a test failed: what it reached counts all the same")


def run_suites(directory):
    say(f"building and running the suites {', '.join(SUITES)}")
    run_tests(directory, SUITES)
    say("and the server's without a sandbox, which lets no process write down what it counted: "
        "the tests of the sandbox and of the doctor fail there")
    run_tests(directory, ["server"], "--wrapper", ROOT / "tests/support/without_seccomp.py")


def counts_of(directory):
    """By file of src/, by line: how often it was reached."""
    counts = collections.defaultdict(collections.Counter)
    counted = [str(path) for path in directory.rglob("*.gcda")]
    with tempfile.TemporaryDirectory() as folder:
        # Names of objects repeat themselves in other folders, so each has its own call.
        for number, path in enumerate(sorted(counted)):
            subprocess.run(["gcov", "--json-format", path], cwd=folder, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for report in pathlib.Path(folder).glob("*.gcov.json.gz"):
                add(counts, json.loads(gzip.decompress(report.read_bytes())), directory)
                report.unlink()
            if number % 20 == 19:
                say(f"{number + 1} of {len(counted)} objects read")
    return counts


def add(counts, report, directory):
    for file in report["files"]:
        path = os.path.relpath(os.path.realpath(directory / file["file"]), ROOT / "src")
        if path.split(os.sep)[0] in FOLDERS:
            for line in file["lines"]:
                counts[path][line["line_number"]] += line["count"]


def ranges(lines):
    """`3-5, 9`."""
    found = []
    for line in sorted(lines):
        if found and found[-1][1] == line - 1:
            found[-1][1] = line
        else:
            found.append([line, line])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def share(counts):
    reached = sum(1 for count in counts if count > 0)
    return f"{reached:>6} {100 * reached / max(1, len(counts)):6.1f} %"


def tell(columns, with_missing):
    """Each line of the last column's, for a build that has more reaches no fewer."""
    all_counts = columns[-1]

    def row(name, paths):
        lines = [(path, line) for path in paths for line in all_counts[path]]
        shares = "".join(share([counts[path][line] for path, line in lines]) for counts in columns)
        print(f"{name:<44} of {len(lines):>6} lines{shares}")

    for folder in FOLDERS:
        paths = sorted(path for path in all_counts if path.startswith(folder + os.sep))
        row(folder, paths)
        for path in paths:
            row("    " + path, [path])
            missing = [line for line, count in all_counts[path].items() if count == 0]
            if with_missing and missing:
                print(f"        {ranges(missing)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/coverage")
    parser.add_argument("--missing", action="store_true", help="the lines that were not reached")
    parser.add_argument("--suite", action="store_true", help="and what other tests reach besides")
    options = parser.parse_args()
    options.build = options.build.resolve()
    build(options.build)
    run(options.build, options.first, options.seeds)
    columns = [counts_of(options.build)]
    if options.suite:
        run_suites(options.build)
        columns.append(counts_of(options.build))
    tell(columns, options.missing)


if __name__ == "__main__":
    main()
