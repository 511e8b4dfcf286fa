#!/usr/bin/env python3
"""Proves that a match is the same whoever compiled it: GCC as this build has it, and clang at -O0
and -O3. And that what one of them recorded, the others replay state for state.

usage: determinism_test.py PROGRAM OTHER...

RINGTICK_MATCH=full in the environment makes it an hour of a thousand bots, which takes minutes.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

FULL = os.environ.get("RINGTICK_MATCH") == "full"
BOTS = 1000 if FULL else 200
SECONDS = 3600 if FULL else 30
RATE_HZ = 30


def output(*arguments):
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def main():
    program, *others = sys.argv[1:]
    states = output(program).splitlines()
    assert len(set(states)) == 10, states
    for other in others:
        assert output(other).splitlines() == states, f"{other}: {states}"
    print("\n".join(states))

    with tempfile.TemporaryDirectory() as folder:
        recording = str(pathlib.Path(folder) / "match.rec")
        output(program, "record", recording, str(BOTS), str(SECONDS * RATE_HZ))
        ends = {output(one, "replay", recording) for one in (program, *others)}
        lasts = {output(one, "replay", f"{recording}.last") for one in (program, *others)}
    assert len(ends) == len(lasts) == 1, (ends, lasts)
    # The last seconds begin with a state, and end in the same as the whole.
    last = lasts.pop()
    print(last)
    assert f"at tick {SECONDS * RATE_HZ}, " in last and "the same" in last, last
    assert last.split("state ")[1].split(",")[0] in next(iter(ends)), (last, ends)
    end = ends.pop()
    print(end)
    assert end.startswith(f"the same at tick {SECONDS * RATE_HZ}, {SECONDS} hashes verified"), end
    assert not end.endswith(" 0 kills\n"), "nothing happened: the test proves nothing"


if __name__ == "__main__":
    main()
