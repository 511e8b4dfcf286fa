#!/usr/bin/env python3
"""Goal: the pages about a server are whole and well formed with many rooms, too; and ticks without
a player, which are the control of the others, are told from them; and a send is in flight for as
long as its reader does not read.
Method: a game of many rooms, with figures of its own; every line for Prometheus is read as it would
read it: the samples of a name stand together, behind its HELP and its TYPE, and a histogram's
buckets hold those below them. Then a player comes to a small game, and goes.
"""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs

ROOMS = 600
# What a histogram's samples are called beside its own name.
SERIES = re.compile(r"_(bucket|sum|count)$")


def read_metrics(text):
    """The samples by name: {name: [line, ...]}."""
    samples = {}
    types = {}
    name = ""
    for line in text.splitlines():
        words = line.split()
        if line.startswith("# HELP "):
            name = words[2]
            assert name not in samples, f"{name} comes twice"
            samples[name] = []
        elif line.startswith("# TYPE "):
            assert words[2] == name, line
            types[name] = words[3]
        else:
            own = re.split(r"[{ ]", line)[0]
            if types.get(name) == "histogram":
                own = SERIES.sub("", own)
            assert own == name and name in types, f"{line} stands among {name}"
            samples[name].append(line)
    for name, kind in types.items():
        if kind == "histogram":
            for lines in by_thread(samples[name]):
                check_histogram(name, lines)
    return samples


def by_thread(lines):
    """Those of each thread, without its label."""
    threads = {}
    for line in lines:
        label = re.search(r'shard="(\d+)"', line)
        plain = re.sub(r'shard="\d+",?', "", line).replace("{}", "")
        threads.setdefault(label and label[1], []).append(plain)
    return threads.values()


def check_histogram(name, lines):
    buckets = [re.fullmatch(name + r'_bucket\{le="(\S+)"\} (\d+)', line) for line in lines[:-2]]
    bounds = [float(bucket[1]) for bucket in buckets]
    counts = [int(bucket[2]) for bucket in buckets]
    assert bounds == sorted(set(bounds)) and bounds[-1] == float("inf"), lines
    assert counts == sorted(counts), lines
    assert lines[-2].startswith(f"{name}_sum "), lines
    assert lines[-1] == f"{name}_count {counts[-1]}", lines


def many_rooms(shards):
    port = programs.free_port()
    with programs.Server(sys.argv[1], ["--listen", f"127.0.0.1:{port}", "--rooms", str(ROOMS),
                                       "--rate-hz", "1", "--shards", str(shards)],
                         port) as server:
        programs.until(server.healthy, "the server answers")
        stats = server.stats()
        assert len(stats["rooms"]) == ROOMS
        assert len(json.loads(server.get("/rooms"))["rooms"]) == ROOMS
        samples = read_metrics(server.get("/metrics"))
        counters = stats["rooms"][0]["game"]
        assert counters, "the game has no figures: the test proves nothing"
        for name in counters:
            assert len(samples[f"ringtick_game_{name}"]) == ROOMS, name
        # Nothing is counted in secret.
        for name in ("busy", "submission_queue_full", "pings_received"):
            assert len(samples[f"ringtick_{name}_total"]) == shards and name in stats, name
        for name in ("sqes_per_enter", "cqes_per_reap"):
            assert samples[f"ringtick_{name}"] and stats[name]["max"] > 0, name
        # Who asks waits for no tick, also where they are a second apart.
        for _ in range(20):
            server.get("/healthz")
        assert server.stats()["ticks"] - stats["ticks"] < 15, "twenty requests took as many ticks"
        code, _ = server.stop()
        assert code == 0


class TickCounts:
    """How many ticks had players and how many had none, as one page or line has it."""

    def __init__(self, stats):
        self.played = stats["tick_late_us"]["count"]
        self.idle = stats["tick_late_idle_us"]["count"]
        assert stats["tick_work_us"]["count"] == self.played
        for name in ("tick_late_us", "tick_late_idle_us", "tick_work_us", "tick_work_idle_us"):
            buckets = stats[name].get("buckets", [stats[name]["count"]])  # Not in the last line.
            assert sum(buckets) == stats[name]["count"], name
        assert stats["tick_work_idle_us"]["count"] == self.idle
        assert stats["idle_control_age_s"] >= 0


def ticks_until(server, enough, what):
    def ask():
        counts = TickCounts(server.stats())
        return counts if enough(counts) else None
    return programs.until(ask, what)


def a_player_comes_and_goes():
    port = programs.free_port()
    with programs.Server(sys.argv[1], ["--listen", f"127.0.0.1:{port}", "--rate-hz", "100",
                                       "--shards", "1"], port) as server:
        programs.until(server.healthy, "the server answers")
        assert len(server.stats()["tick_work_us"]["buckets"]) == 19
        alone = ticks_until(server, lambda now: now.idle >= 5, "ticks without a player")
        assert alone.played == 0
        samples = read_metrics(server.get("/metrics"))
        assert samples["ringtick_tick_late_seconds"][-1].endswith(" 0")
        assert not samples["ringtick_tick_late_idle_seconds"][-1].endswith(" 0")

        with programs.upgrade(port, "/play/1"):
            begun = ticks_until(server, lambda now: now.played > 0, "ticks with a player")
            later = ticks_until(server, lambda now: now.played >= begun.played + 5, "more of them")
            assert later.idle == begun.idle, "a tick with a player was taken for an idle one"
        gone = ticks_until(server, lambda now: now.idle > later.idle, "ticks without a player")
        end = ticks_until(server, lambda now: now.idle >= gone.idle + 5, "more of them")
        assert end.played == gone.played, "a tick without a player was taken for another"

        stats = server.stats()
        code, totals = server.stop()
    assert code == 0
    assert TickCounts(totals).idle >= end.idle and TickCounts(totals).played == end.played
    # What the pages tell of the ring and of time, the last line tells, too.
    for name in ("enters", "sqes_per_enter", "cqes_per_reap", "completions_stale",
                 "ticks_overrun", "ticks_forgiven", "tick_late_us", "tick_late_idle_us",
                 "tick_work_us", "tick_work_idle_us", "idle_control_age_s"):
        assert name in totals and name in stats, name
    assert totals["sqes_per_enter"]["count"] == totals["enters"]
    assert ("run_delay_s" in totals) == ("run_delay_s" in stats)


def a_send_waits_for_its_reader():
    """Of somebody who asks for something large and does not read it, one is in flight."""
    port = programs.free_port()
    with programs.Server(sys.argv[1], ["--listen", f"127.0.0.1:{port}", "--send-buffer", "4096",
                                       "--rate-hz", "100", "--shards", "1"], port) as server:
        programs.until(server.healthy, "the server answers")
        in_flight = lambda: server.stats()["sends_in_flight"]
        assert in_flight() == 0
        with programs.socket.socket() as reader:
            reader.setsockopt(programs.socket.SOL_SOCKET, programs.socket.SO_RCVBUF, 4096)
            reader.connect(("127.0.0.1", port))
            reader.sendall(f"GET /railroids.wasm HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                           "Connection: close\r\n\r\n".encode())
            programs.until(lambda: in_flight() == 1, "it waits for its reader")
            assert "\nringtick_sends_in_flight 1\n" in server.get("/metrics")
            while reader.recv(65536):
                pass
        programs.until(lambda: in_flight() == 0, "all was read")


many_rooms(shards=1)
many_rooms(shards=2)
a_send_waits_for_its_reader()
a_player_comes_and_goes()
