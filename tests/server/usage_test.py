#!/usr/bin/env python3
"""Goal: the contract of the command line: help, exit codes, and errors that name the remedy."""
import subprocess
import sys


def run(*arguments):
    return subprocess.run(arguments, capture_output=True, text=True, timeout=30)


def main():
    program = sys.argv[1]
    asked = run(program, "--help")
    assert asked.returncode == 0
    for word in ("PORT", "echo", "broadcast", "--message-max", "--fragments-max", "--trust-proxy",
                 "--connections-per-ip-max", "--realtime", "Exit codes"):
        assert word in asked.stdout, f"--help does not mention {word}"
    for wrong in (["9100"], ["9100", "shout"], ["99999999", "echo"], ["9100", "echo", "--nonsense"],
                  ["9100", "broadcast", "0", "64"], ["9100", "broadcast", "60", "8"],
                  ["9100", "echo", "--trust-proxy", "10.1.2.3/8"],
                  ["9100", "echo", "--connections-per-ip-max", "-1"]):
        refused = run(program, *wrong)
        assert refused.returncode == 2, f"{wrong} ended with {refused.returncode}"
        assert refused.stdout + refused.stderr, f"{wrong} was refused without a word"


main()
