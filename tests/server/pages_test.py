#!/usr/bin/env python3
"""Goal: the pages about a server are whole and well formed with many rooms, too.
Method: a game of many rooms, with figures of its own; every line for Prometheus is read as it would
read it: the samples of a name stand together, behind its HELP and its TYPE.
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
    return samples


def main():
    port = programs.free_port()
    with programs.Server(sys.argv[1], ["--listen", f"127.0.0.1:{port}", "--rooms", str(ROOMS),
                                       "--rate-hz", "1"], port) as server:
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
            assert len(samples[f"ringtick_{name}_total"]) == 1 and name in stats, name
        assert samples["ringtick_completions_per_turn"] and stats["completions_per_turn"]["max"] > 0
        # Who asks waits for no tick, also where they are a second apart.
        for _ in range(20):
            server.get("/healthz")
        assert server.stats()["ticks"] - stats["ticks"] < 15, "twenty requests took as many ticks"
        code, _ = server.stop()
        assert code == 0


main()
