#!/usr/bin/env python3
"""Goal: README's figures are those of the committed results, and say what speaks against them.
Method: the section is made anew and compared; and sections are made of results that are known.
"""
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
import chart  # noqa: E402
import section  # noqa: E402

FIGURES = {"user": 100.0, "kernel": 9900.0, "cpu_us": 4.0, "instructions_to_ours": 1.0,
           "cpu_to_ours": 1.0, "p99_to_ours": 1.0, "p99_to_b1": None, "p99_to_800": None,
           "lagging_bytes": None,
           "resident_to_ours": 1.0, "resident_per_client": 300.0, "slab_per_client": 4800.0,
           "on_time": None, "late_p99_us": None, "work_p99_us": None}


def a_row(server, **others):
    return {"server": server} | FIGURES | others


def a_result(scenario, table, rows, **others):
    return {"scenario": scenario, "what": f"what {scenario} is", "table": table, "summary": rows,
            "remarks": ["control, CPU: 1.004 of ours"], "date": "2026-01-02",
            "commit": "0123456789abcdef", "changed_since": False,
            "machine": {"cpu": "a CPU", "cores": 2, "memory_mib": 8192, "kernel": "6.1"},
            "method": {"repeats": 5, "quick": False}} | others


def b1(*peers, **others):
    return a_result("B1", "messages", [a_row("ringtick"), a_row("ringtick again"),
                                       a_row("floor", instructions_to_ours=0.98), *peers], **others)


class Section(unittest.TestCase):
    def test_is_what_the_committed_results_say(self):
        results = chart.latest(ROOT / "bench/results")
        readme = (ROOT / "README.md").read_text()
        self.assertEqual(readme, section.replaced(readme, results), "run bench/chart.py")
        if chart.pictured(results):
            self.assertEqual((ROOT / section.CHART).read_text(),
                             chart.chart(chart.pictured(results)), "run bench/chart.py")

    def test_claims_nothing_without_results(self):
        self.assertEqual(section.markdown([]), section.NOTHING)
        self.assertNotIn(section.CHART, section.NOTHING)

    def test_stands_between_its_marks_however_often_it_is_made(self):
        readme = f"before\n{section.BEGIN}\nstale\n{section.END}\nafter\n"
        once = section.replaced(readme, [b1()])
        self.assertTrue(once.startswith("before\n") and once.endswith("\nafter\n"))
        self.assertNotIn("stale", once)
        self.assertEqual(section.replaced(once, [b1()]), once)

    def test_says_what_a_message_costs_and_what_others_pay_for_it(self):
        text = section.markdown([b1(a_row("beast", instructions_to_ours=1.337, cpu_to_ours=1.5))])
        self.assertIn("| B1: what B1 is | 100 + 9,900; 4.00 us | **0.98**; **1.00** | 1.34; 1.50 |",
                      text)
        self.assertIn("no other server is at or below ours", text)
        self.assertNotIn("ringtick again", text)

    def test_marks_where_others_tie_or_win(self):
        text = section.markdown([b1(a_row("beast", instructions_to_ours=1.004, cpu_to_ours=0.9),
                                    a_row("ws", instructions_to_ours=1.0051, cpu_to_ours=None))])
        self.assertIn("| **1.00**; **0.90** | 1.01; - |", text)
        self.assertIn("B1: beast (instructions 1.00), beast (CPU 0.90).", text)

    def test_leaves_a_dash_for_who_did_not_run(self):
        e1 = a_result("E1", "messages", [a_row("ringtick"), a_row("ws", cpu_to_ours=3.0)])
        lines = section.markdown([b1(), e1]).splitlines()
        self.assertIn("| E1: what E1 is | 100 + 9,900; 4.00 us | - | **1.00**; 3.00 |", lines)

    def test_tells_the_other_scenarios_in_a_sentence_each(self):
        late = a_row("B1", late_p99_us=80.0)
        game = a_row("2000 x 30 Hz", on_time=0.99951, late_p99_us=90.0, work_p99_us=5000.0)
        text = section.markdown([
            a_result("S1", "stalled", [a_row("ringtick", p99_to_b1=1.03, p99_to_800=1.11,
                                             lagging_bytes=31_000),
                                       a_row("beast", p99_to_ours=0.99)]),
            a_result("D", "compression", [a_row("ringtick"),
                                          a_row("ringtick deflate", cpu_to_ours=1.02)]),
            a_result("R1", "game", [game]), a_result("T", "lateness", [late]),
            a_result("M", "memory", [a_row("ringtick"), a_row("ws", resident_to_ours=40.0)])])
        for words in ("p99 is 1.03 of B1's, and 1.11 of what it is without", "holds 31,000 B",
                      "1.02 of the CPU",
                      "2000 x 30 Hz: 99.95 % of the ticks on time, p99 90 us late", "B1 80 us",
                      "ringtick 300 + 4,800", "S1: beast (p99 0.99)."):
            self.assertIn(words, text)

    def test_names_machine_kernel_commit_and_method(self):
        text = section.markdown([b1(), a_result("T", "lateness", [a_row("idle", late_p99_us=9.0)]),
                                 a_result("M", "memory", [a_row("ringtick")], changed_since=True)])
        self.assertIn("B1, T: a CPU, 2 cores, 8 GiB, Linux 6.1; 2026-01-02, commit 0123456789.",
                      text)
        self.assertIn("M: a CPU, 2 cores, 8 GiB, Linux 6.1; 2026-01-02, commit 0123456789 with",
                      text)
        self.assertIn("Medians of 5 repeats", text)

    def test_passes_on_what_speaks_against_the_figures(self):
        noisy = "control, CPU: 1.090 of ours: NOISY, do not quote these"
        text = section.markdown([b1(remarks=["control, instructions: 1.001 of ours", noisy])])
        self.assertIn(f"* B1: {noisy}", text)
        self.assertNotIn("control, instructions", text)

    def test_takes_the_latest_result_of_each_scenario_and_no_quick_one(self):
        with tempfile.TemporaryDirectory() as directory:
            folder = pathlib.Path(directory)
            for name, result in {"2026-01-01-B1": b1(date="2026-01-01"),
                                 "2026-02-01-B1": b1(date="2026-02-01"),
                                 "2026-03-01-B1-quick": b1(method={"repeats": 1, "quick": True}),
                                 "2026-01-01-M": a_result("M", "memory", [])}.items():
                (folder / f"{name}.json").write_text(chart.json.dumps(result))
            found = chart.latest(folder)
        self.assertEqual([(one["scenario"], one["date"]) for one in found],
                         [("B1", "2026-02-01"), ("M", "2026-01-02")])


if __name__ == "__main__":
    unittest.main()
