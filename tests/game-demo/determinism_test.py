#!/usr/bin/env python3
"""Proves that a match is the same whoever compiled it: GCC as this build has it, and clang at -O0.

usage: determinism_test.py PROGRAM OTHER
"""
import subprocess
import sys


def states(program):
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()


def main():
    ours, others = (states(program) for program in sys.argv[1:3])
    assert len(set(ours)) == 10, ours
    assert ours == others, f"\n{ours}\n{others}"
    print("\n".join(ours))


if __name__ == "__main__":
    main()
