#!/usr/bin/env python3
"""Goal: what cannot be measured is refused before anything is built or run.
Method: ./dev bench looks at the arguments first, with --dry-run; so does this.
"""
import pathlib
import subprocess
import sys
import unittest

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"


def looked_at(program, *arguments):
    """The exit code and what it said."""
    said = subprocess.run([sys.executable, BENCH / program, "build", "--dry-run", *arguments],
                          capture_output=True, text=True, timeout=60, check=False)
    return said.returncode, said.stderr


class Arguments(unittest.TestCase):
    def check(self, expected, *arguments):
        for program in ("compare.py", "experiments.py"):
            with self.subTest(program=program, arguments=arguments):
                code, said = looked_at(program, *arguments)
                self.assertEqual(code, expected, said)
                if expected != 0 and len(arguments) == 2:
                    self.assertIn(arguments[0], said)

    def test_takes_what_can_be_measured(self):
        self.check(0)
        self.check(0, "--repeats", "1", "--seconds", "2.5")

    def test_refuses_repeats_that_are_none(self):
        for count in ("0", "-2", "1.5", "many"):
            self.check(2, "--repeats", count)

    def test_refuses_a_load_too_short_to_tell_or_without_an_end(self):
        for count in ("0", "1.9", "-6", "nan", "inf", "soon"):
            self.check(2, "--seconds", count)

    def test_refuses_a_name_that_nothing_has(self):
        self.check(2, "B9")


if __name__ == "__main__":
    unittest.main()
