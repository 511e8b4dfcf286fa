#!/usr/bin/env python3
"""The arithmetic of bench/compare.py, on runs whose figures are known."""
import pathlib
import sys
import unittest
import xml.dom.minidom

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import chart  # noqa: E402
import figures  # noqa: E402
import scenarios  # noqa: E402


LATE = {"count": 48, "p50": 60, "p90": 70, "p99": 90, "p999": 95, "max": 99}


def a_run(server, repeat, cpu_s, **others):
    """A run of 1000 messages."""
    window = {"messages": 1000, "seconds": 2.0, "cpu_s": cpu_s, "instructions_user": 100_000,
              "instructions_kernel": 900_000, "clients": 10, "resident_bytes": 5000,
              "slab_bytes": 7000, "tcp_bytes": 0, "longest_gap_s": 1.01}
    load = {"healthy": {"gaps": 0, "latency_us": {"p50": 10.0, "p99": 20.0}, "messages": 10,
                        "bytes": 5120, "wire_bytes": 300}, "saturated": False,
            "slow": {"connected": 2}, "frozen": {"connected": 3}}
    totals = {"ticks": 50, "skipped": 3, "enters": 100, "ticks_forgiven": 0, "tick_late_us": LATE,
              "tick_late_idle_us": {"count": 2, "p99": 50}}
    return {"server": server, "repeat": repeat, "window": window | others, "load": load,
            "load_exit_code": 0, "totals": totals}


def late_run(server, repeat, p99_us):
    run = a_run(server, repeat, 1)
    run["totals"]["tick_late_us"] = LATE | {"p99": p99_us}
    return run


def idle_run(server, repeat, p99_us):
    """Nobody came."""
    run = a_run(server, repeat, 1, messages=0, clients=0) | {"load": None}
    run["totals"]["tick_late_idle_us"] = {"count": 50, "p99": p99_us}
    return run


class Figures(unittest.TestCase):
    def test_divides_by_the_messages_of_the_window(self):
        self.assertEqual(figures.per_message(a_run("ringtick", 1, 0.005)),
                         {"cpu_us": 5.0, "user": 100.0, "kernel": 900.0, "instructions": 1000.0,
                          "messages_per_s": 500.0})

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
        self.assertTrue(any("SATURATED: with ringtick" in one for one in figures.remarks([run])))
        self.assertIn("ringtick SATURATED", figures.table(figures.summary([run])))

    def test_shows_a_row_for_each_server_and_a_dash_for_what_is_not_known(self):
        without = a_run("ws", 1, 0.010, instructions_user=None)
        del without["totals"]["enters"]
        rows = figures.summary([a_run("ringtick", 1, 0.005), without])
        self.assertEqual(rows[0]["messages_per_s"], 500)
        self.assertEqual(rows[0]["enters_per_tick"], 2)
        self.assertEqual(rows[0]["resident_per_client"], 500)
        self.assertEqual(rows[1]["cpu_to_ours"], 2)
        lines = figures.table(rows).splitlines()
        self.assertEqual(len({len(line) for line in lines}), 1)
        self.assertEqual(lines[2].split()[:6], ["ws", "-", "-", "-", "-", "10.00"])

    def test_tells_of_a_load_that_found_something_wrong(self):
        self.assertFalse(any("WRONG" in one for one in figures.remarks([a_run("ws", 1, 1)])))
        run = a_run("ws", 2, 1) | {"load_exit_code": 1}
        self.assertTrue(any("ws, repeat 2: WRONG" in one for one in figures.remarks([run])))

    def test_tells_of_a_load_that_stood_still(self):
        self.assertFalse(any("STALLED" in one for one in figures.remarks([a_run("ws", 1, 1)])))
        runs = [a_run("ws", 3, 1, longest_gap_s=5.0)]
        self.assertIn("ws, repeat 3: STALLED, the load stood still for 4.0 s: somebody else had "
                      "its core", figures.remarks(runs))

    def test_calls_on_time_what_began_within_a_period_and_was_not_forgiven(self):
        run = a_run("1000 x 30 Hz", 1, 1)
        self.assertEqual(figures.of_run(run)["on_time"], 1.0)
        # One turn ran two ticks at once: the first of them was late.
        run["totals"]["ticks"] = 51
        self.assertAlmostEqual(figures.of_run(run)["on_time"], 50 / 51)
        run["totals"]["ticks_forgiven"] = 9
        self.assertAlmostEqual(figures.of_run(run)["on_time"], 50 / 60)

    def test_does_not_know_how_punctual_a_server_is_that_does_not_say(self):
        run = a_run("beast", 1, 1)
        for name in ("tick_late_us", "tick_late_idle_us", "ticks_forgiven"):
            del run["totals"][name]
        self.assertIsNone(figures.of_run(run)["on_time"])
        self.assertIsNone(figures.of_run(run)["late_p99_us"])

    def test_sets_lateness_beside_the_idle_run_of_the_same_repeat_and_kind(self):
        runs = [idle_run("idle", 1, 50), late_run("B1", 1, 80),
                idle_run("idle", 2, 500), late_run("B1", 2, 540),
                idle_run("idle", 3, 50), late_run("B1", 3, 85),
                idle_run("idle --realtime", 1, 5), late_run("B1 --realtime", 1, 7)]
        rows = {row["server"]: row for row in figures.summary(runs)}
        self.assertEqual(rows["idle"]["late_p99_us"], 50)
        self.assertEqual(rows["B1"]["late_p99_over_idle_us"], 35)
        self.assertEqual(rows["B1 --realtime"]["late_p99_over_idle_us"], 2)
        self.assertIsNone(rows["idle"]["cpu_us"])
        self.assertEqual(list(figures.remarks(runs)), [])
        self.assertIn("+35", figures.table(list(rows.values()), "lateness"))

    def test_counts_for_a_lagging_client_what_it_holds_beyond_one_that_reads(self):
        runs = [a_run("ringtick", 1, 1, resident_bytes=9000, tcp_bytes=250_000),
                a_run("ringtick B1", 1, 1, resident_bytes=4000, tcp_bytes=5000)]
        runs[1]["load"]["healthy"]["latency_us"]["p99"] = 16.0
        row = figures.summary(runs)[0]
        self.assertEqual(row["lagging_bytes"], 50_000)  # Two are slow and three are frozen.
        self.assertEqual(row["p99_to_b1"], 1.25)
        self.assertIn("50,000", figures.table([row], "stalled"))

    def test_tells_a_message_from_what_it_was_on_the_wire(self):
        row = figures.summary([a_run("ringtick", 1, 1)])[0]
        self.assertEqual((row["bytes_per_message"], row["wire_per_message"]), (512, 30))

    def test_divides_by_players_and_seconds_and_sets_them_beside_ours_with_as_many(self):
        runs = [a_run("ringtick 200", 1, 0.5), a_run("colyseus 200", 1, 4.0),
                a_run("ringtick 500", 1, 1.0), a_run("colyseus 500", 1, 10.0)]
        for run in runs:
            run["load"]["measured_s"] = 4.0
            run["load"]["healthy"] |= {"connected": 2, "framed_bytes": 5160}
        rows = {row["server"]: row for row in figures.summary(runs)}
        self.assertEqual(rows["colyseus 200"]["player_cpu_us"], 200_000)  # Ten of them, for 2 s.
        self.assertEqual(rows["colyseus 200"]["player_bytes"], 640)
        self.assertEqual(rows["colyseus 200"]["player_framed_bytes"], 645)
        self.assertEqual(rows["colyseus 200"]["player_instructions"], 50_000)
        self.assertEqual(rows["colyseus 200"]["player_cpu_us_to_ours"], 8)
        self.assertEqual(rows["colyseus 500"]["player_cpu_us_to_ours"], 10)
        self.assertIn("10.00", figures.table(list(rows.values()), "players"))

    def test_knows_the_control_of_a_game(self):
        runs = [a_run("ringtick 500", 1, 1.0), a_run("ringtick again 500", 1, 1.1)]
        self.assertIn("control, CPU: 1.100 of ours: NOISY, do not quote these",
                      figures.remarks(runs))

    def test_has_every_table_that_a_scenario_asks_for(self):
        row = figures.summary([a_run("ringtick", 1, 1)])[0]
        for name, scenario in scenarios.SCENARIOS.items():
            self.assertIn("ringtick", figures.table([row], scenario.table), name)

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
