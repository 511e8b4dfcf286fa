#!/usr/bin/env python3
"""The arithmetic of bench/compare.py, on runs whose figures are known."""
import pathlib
import sys
import unittest
import xml.dom.minidom

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import chart  # noqa: E402
import figures  # noqa: E402


def a_run(server, repeat, cpu_s, **others):
    """A run of 1000 messages."""
    window = {"messages": 1000, "seconds": 2.0, "cpu_s": cpu_s, "instructions_user": 100_000,
              "instructions_kernel": 900_000, "clients": 10, "resident_bytes": 5000,
              "slab_bytes": 7000}
    load = {"healthy": {"gaps": 0, "latency_us": {"p50": 10.0, "p99": 20.0}}, "saturated": False}
    totals = {"ticks": 50, "skipped": 3, "enters": 100}
    return {"server": server, "repeat": repeat, "window": window | others, "load": load,
            "totals": totals}


class Figures(unittest.TestCase):
    def test_divides_by_the_messages_of_the_window(self):
        self.assertEqual(figures.per_message(a_run("ringtick", 1, 0.005)),
                         {"cpu_us": 5.0, "user": 100.0, "kernel": 900.0, "instructions": 1000.0})

    def test_knows_no_figure_of_a_run_without_messages(self):
        self.assertIsNone(figures.per_message(a_run("floor", 1, 0.1, messages=0))["cpu_us"])

    def test_knows_no_instructions_where_the_kernels_could_not_be_counted(self):
        found = figures.per_message(a_run("floor", 1, 0.005, instructions_kernel=None))
        self.assertEqual((found["cpu_us"], found["user"], found["instructions"]), (5.0, None, None))

    def test_takes_the_median_of_what_is_known(self):
        self.assertEqual(figures.median([9, None, 1, 2]), 2)
        self.assertEqual(figures.median([1, 2]), 1.5)
        self.assertIsNone(figures.median([None]))

    def test_makes_ratios_within_a_repeat_before_the_median(self):
        # The machine was ten times slower in the second repeat; the servers were as ever.
        runs = [a_run("ringtick", 1, 1), a_run("beast", 1, 2),
                a_run("ringtick", 2, 10), a_run("beast", 2, 20),
                a_run("ringtick", 3, 1), a_run("beast", 3, 30)]
        self.assertEqual(figures.ratio(runs, "beast", "ringtick", "cpu_us"), 2)

    def test_leaves_out_of_a_ratio_the_repeats_that_only_one_had(self):
        runs = [a_run("ringtick", 1, 1), a_run("ringtick", 2, 1), a_run("beast", 2, 3)]
        self.assertEqual(figures.ratio(runs, "beast", "ringtick", "cpu_us"), 3)
        self.assertIsNone(figures.ratio(runs, "ws", "ringtick", "cpu_us"))

    def test_calls_a_control_noisy_that_is_over_three_per_cent_off(self):
        for cpu_s, noisy in ((1.0, False), (1.029, False), (1.04, True), (0.96, True)):
            runs = [a_run("ringtick", 1, 1.0), a_run("ringtick again", 1, cpu_s)]
            self.assertEqual(figures.control_is_off(runs, "cpu_us")[1], noisy, cpu_s)
            self.assertEqual(any("CPU" in one and "NOISY" in one for one in figures.remarks(runs)),
                             noisy, cpu_s)

    def test_says_that_there_was_no_control(self):
        self.assertIn("control, CPU: not counted", figures.remarks([a_run("ringtick", 1, 1)]))

    def test_marks_a_saturated_load(self):
        run = a_run("ringtick", 1, 1)
        run["load"]["saturated"] = True
        self.assertTrue(any("SATURATED" in one for one in figures.remarks([run])))
        self.assertIn("ringtick SATURATED", figures.table(figures.summary([run])))

    def test_shows_a_row_for_each_server_and_a_dash_for_what_is_not_known(self):
        without = a_run("ws", 1, 0.010, instructions_user=None)
        del without["totals"]["enters"]
        rows = figures.summary([a_run("ringtick", 1, 0.005), without])
        self.assertEqual(rows[0]["messages_per_s"], 500)
        self.assertEqual(rows[0]["enters_per_tick"], 2)
        self.assertEqual(rows[0]["bytes_per_client"], 500)
        self.assertEqual(rows[1]["cpu_to_ours"], 2)
        lines = figures.table(rows).splitlines()
        self.assertEqual(len({len(line) for line in lines}), 1)
        self.assertEqual(lines[2].split()[:6], ["ws", "-", "-", "-", "-", "10.00"])

    def test_draws_a_bar_in_two_parts_for_each_server_but_the_control(self):
        runs = [a_run("ringtick", 1, 1), a_run("ringtick again", 1, 1),
                a_run("floor", 1, 1, instructions_user=300_000)]
        result = {"scenario": "B1", "what": "broadcast <all>", "summary": figures.summary(runs),
                  "machine": {"cpu": "a CPU", "kernel": "6"}, "method": {"repeats": 1},
                  "date": "2026-01-02"}
        drawn = xml.dom.minidom.parseString(chart.chart([result]))
        widths = [float(part.getAttribute("width")) for part in drawn.getElementsByTagName("rect")]
        self.assertEqual(len(widths), 4)
        self.assertAlmostEqual(widths[2] / widths[0], 3, places=1)  # The floor's user part to ours.


if __name__ == "__main__":
    unittest.main()
