#!/usr/bin/env python3
"""Runs clang-tidy 19 over every source of a build directory, on all cores.

usage: clang_tidy.py BUILD_DIRECTORY [WORD...]     only files whose name holds one of the words

A file that passed is not looked at again, in whatever clone, until it, a header it includes, the
checks or its compile command change. Exit code 77 (skipped) where there is no clang-tidy-19.
"""
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TIDY = "clang-tidy-19"
# Of files that passed, beside the compiler's cache: another clone of the same sources asks no more.
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
VERDICTS = CACHE / "ringtick" / "clang-tidy"
# The analyzer walks a test's every path, through all of GoogleTest, for up to a minute a file. It
# stops there after this many steps a function, instead of 225,000; in the program it goes to the
# end.
TEST_STEPS_MAX = 10_000


def dependencies(build):
    """For each object file, what it was made from, as ninja remembers it."""
    output = subprocess.run(["ninja", "-C", build, "-t", "deps"], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    made_from = {}
    for line in output.splitlines():
        if line.startswith("    "):
            made_from[target].append(build / line.strip())
        elif ":" in line:
            target = line.split(":")[0]
            made_from[target] = []
    return made_from


@functools.cache
def stamp(path):
    """What a file is: ours by its content, wherever the tree lies, the system's by its date."""
    if path.is_relative_to(ROOT):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        return f"{path.relative_to(ROOT)} {content}"
    return f"{path} {path.stat().st_mtime_ns}"


def key(entry, made_from):
    """A digest of everything that the verdict on a file depends on."""
    generated = ROOT / "build"
    inputs = {path.resolve() for path in made_from.get(entry["output"], []) if path.exists()}
    inputs |= {ROOT / ".clang-tidy", pathlib.Path(__file__).resolve(),
               pathlib.Path(shutil.which(TIDY)).resolve()}
    stamps = sorted(stamp(path) for path in inputs if not path.is_relative_to(generated))
    return hashlib.sha256("\n".join([entry["command"], *stamps]).encode()).hexdigest()


def check(build, path, digest):
    """Prints what clang-tidy says of the file if anything, and returns whether it is clean."""
    verdict = VERDICTS / digest
    if verdict.exists():
        return True
    limit = []
    if path.is_relative_to(ROOT / "tests"):
        words = ("-Xclang", "-analyzer-config", "-Xclang", f"max-nodes={TEST_STEPS_MAX}")
        limit = [f"--extra-arg={word}" for word in words]
    ran = subprocess.run([TIDY, "-p", build, "--quiet", *limit, path], text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if ran.returncode == 0:
        verdict.touch()
        return True
    print(f"{path.relative_to(ROOT)}:\n{ran.stdout or ran.stderr}", flush=True)
    return False


def main(arguments):
    if shutil.which(TIDY) is None:
        print(f"{TIDY} is not here")
        return 77
    build = pathlib.Path(arguments[0]).resolve()
    VERDICTS.mkdir(parents=True, exist_ok=True)
    made_from = dependencies(build)
    todo = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = (build / entry["file"]).resolve()
        wanted = not arguments[1:] or any(word in str(path) for word in arguments[1:])
        if wanted and path.is_relative_to(ROOT) and not path.is_relative_to(ROOT / "build"):
            todo[path] = key(entry, made_from)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        clean = list(pool.map(lambda item: check(build, *item), todo.items()))
    print(f"{clean.count(True)} of {len(clean)} files are clean")
    return 0 if all(clean) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
