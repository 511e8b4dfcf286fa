"""What bench/compare.py makes of its runs: figures a message, medians, ratios of pairs, the tables.

A run is a dictionary as bench/run.py leaves it. Repeats are joined by medians, never by averages,
and a ratio is made of two runs of the same repeat before the median is taken: what slowed the
machine down for a while slowed both.
"""
import operator
import statistics

CONTROL_OFF_MAX = 0.03  # A control further from 1 marks the table as noisy.
GAP_MAX_S = 1.5  # Between two lines of progress, which come once a second.
NOBODY = {"healthy": {"latency_us": {}}, "saturated": False}  # The load of a run without one.
PLAYER = ("player_bytes", "player_framed_bytes", "player_cpu_us", "player_instructions")
CONTROLS = {"ringtick again": "ringtick", "ringtick again 500": "ringtick 500"}  # Of what.


def part(amount, count):
    """Of each of them; None where either is not known."""
    return None if amount is None or not count else amount / count


def per_message(run):
    """CPU (us) and instructions a message, in the run's window; None for what was not counted."""
    window = run["window"]
    messages = window["messages"]
    user, kernel = window["instructions_user"], window["instructions_kernel"]
    counted = user is not None and kernel is not None
    return {"cpu_us": part(window["cpu_s"] * 1e6, messages),
            "user": part(user if counted else None, messages),
            "kernel": part(kernel if counted else None, messages),
            "instructions": part(user + kernel if counted else None, messages),
            "messages_per_s": part(messages, window["seconds"])}


def of_load(run):
    """What the healthy clients saw."""
    load = run["load"] or NOBODY
    healthy = load["healthy"]
    return {"p50_us": healthy["latency_us"].get("p50"), "p99_us": healthy["latency_us"].get("p99"),
            "gaps": healthy.get("gaps"),
            "bytes_per_message": part(healthy.get("bytes"), healthy.get("messages")),
            "wire_per_message": part(healthy.get("wire_bytes"), healthy.get("messages"))}


def of_player(run):
    """What each client costs and gets in a second: the server's share from the window, the client's
    from what it counted itself."""
    window, load = run["window"], run["load"] or NOBODY
    healthy = load["healthy"]
    served = window["clients"] * window["seconds"]
    heard = healthy.get("connected", 0) * load.get("measured_s", 0)
    instructions = per_message(run)["instructions"]
    return {"player_cpu_us": part(window["cpu_s"] * 1e6, served),
            "player_instructions": (None if instructions is None else
                                    part(instructions * window["messages"], served)),
            "player_messages": part(healthy.get("messages"), heard),
            "player_bytes": part(healthy.get("bytes"), heard),
            "player_framed_bytes": part(healthy.get("framed_bytes"), heard)}


def of_memory(run):
    """What each client costs: the process, the buffers of TCP, and the kernel's small objects."""
    window = run["window"]
    return {f"{kind}_per_client": part(window[f"{kind}_bytes"], window["clients"])
            for kind in ("resident", "tcp", "slab")}


def on_time(totals):
    """The share of ticks that began within one period of their deadline, of all that were due: a
    tick that was forgiven never began. After a stall those that are due run at once and count as
    one in the histogram: all but the last of them began more than a period late."""
    began = [totals.get(name, {}).get("count") for name in ("tick_late_us", "tick_late_idle_us")]
    if None in began:
        return None
    return part(sum(began), totals["ticks"] + totals["ticks_forgiven"])


def of_ticks(run):
    """What the server's last line says. Where nobody came, its ticks are the idle ones."""
    totals = run["totals"]
    kind = "" if run["load"] else "idle_"
    late, work = (totals.get(f"tick_{what}_{kind}us", {}) for what in ("late", "work"))
    shares = {"on_time": on_time(totals),
              "enters_per_tick": part(totals.get("enters"), totals["ticks"]),
              "forgiven": totals.get("ticks_forgiven"), "skipped": totals.get("skipped")}
    return (shares | {f"late_{name}_us": late.get(name)
                      for name in ("p50", "p90", "p99", "p999", "max")}
            | {f"work_{name}_us": work.get(name) for name in ("p50", "p99", "max")})


def of_run(run):
    """Every figure that one run yields."""
    return per_message(run) | of_load(run) | of_player(run) | of_memory(run) | of_ticks(run)


def median(values):
    """Of those that are known, or None."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def by_server(runs):
    """The runs of each server, in the order of repeats."""
    servers = {}
    for run in sorted(runs, key=lambda run: run["repeat"]):
        servers.setdefault(run["server"], []).append(run)
    return servers


def paired(runs, server, other, combine):
    """The median over the repeats in which both ran of what `combine` makes of the two."""
    servers = by_server(runs)
    others = {run["repeat"]: run for run in servers.get(other, [])}
    return median(combine(run, others[run["repeat"]])
                  for run in servers.get(server, []) if run["repeat"] in others)


def pair_of(figure, operation):
    """For `paired`: the operation on a figure of both, if both have it."""
    def combine(run, other):
        mine, theirs = of_run(run)[figure], of_run(other)[figure]
        if mine is None or theirs is None or (operation is operator.truediv and theirs == 0):
            return None
        return operation(mine, theirs)
    return combine


def ratio(runs, server, other, figure):
    """Of server's figure to the other's."""
    return paired(runs, server, other, pair_of(figure, operator.truediv))


def difference(runs, server, other, figure):
    """How far server's figure is above the other's."""
    return paired(runs, server, other, pair_of(figure, operator.sub))


def lagging_memory(run, without):
    """What a client that lags, frozen or slow, costs beyond one that does not: in the process and
    in the buffers of TCP, at both ends. `without` has as many clients, of whom none lags."""
    load = run["load"]
    lagging = load["slow"]["connected"] + load["frozen"]["connected"]
    held = [one["window"]["resident_bytes"] + one["window"]["tcp_bytes"] for one in (run, without)]
    return part(held[0] - held[1], lagging)


def control_is_off(runs, figure, ours="ringtick", control="ringtick again"):
    """How far the control is from 1, and whether that is too far; None where there is none."""
    value = ratio(runs, control, ours, figure)
    return value, value is not None and abs(value - 1) > CONTROL_OFF_MAX


def idle_of(server):
    """The run with nobody there that a server's lateness stands beside."""
    return "idle --realtime" if server.endswith("--realtime") else "idle"


def ours_beside(server):
    """Our run with as many players."""
    return f"ringtick {server.rpartition(' ')[2]}"


def summary(runs):
    """One row for each server: medians over the repeats, and ratios of pairs."""
    rows = []
    for server, repeats in by_server(runs).items():
        figures = [of_run(run) for run in repeats]
        rows.append({
            "server": server,
            **{name: median(one[name] for one in figures) for name in figures[0]},
            "saturated": any((run["load"] or NOBODY)["saturated"] for run in repeats),
            "cpu_to_ours": ratio(runs, server, "ringtick", "cpu_us"),
            "instructions_to_ours": ratio(runs, server, "ringtick", "instructions"),
            "instructions_to_floor": ratio(runs, server, "floor", "instructions"),
            "p99_to_ours": ratio(runs, server, "ringtick", "p99_us"),
            **{f"{figure}_to_ours": ratio(runs, server, ours_beside(server), figure)
               for figure in PLAYER},
            "resident_to_ours": ratio(runs, server, "ringtick", "resident_per_client"),
            "p99_to_b1": ratio(runs, server, "ringtick B1", "p99_us"),
            "p99_to_800": ratio(runs, server, "ringtick 800", "p99_us"),
            "lagging_bytes": (paired(runs, server, "ringtick B1", lagging_memory)
                              if server == "ringtick" else None),
            "late_p99_over_idle_us": difference(runs, server, idle_of(server), "late_p99_us"),
        })
    return rows


COST = [  # Of a table's columns: the head, the figure, its form.
    ("instr user", "user", "{:,.0f}"),
    ("instr kernel", "kernel", "{:,.0f}"),
    ("to floor", "instructions_to_floor", "{:.3f}"),
    ("to ours", "instructions_to_ours", "{:.3f}"),
    ("CPU us", "cpu_us", "{:.2f}"),
    ("to ours", "cpu_to_ours", "{:.2f}"),
    ("messages/s", "messages_per_s", "{:,.0f}"),
]
LATENCY = [("p50 us", "p50_us", "{:,.0f}"), ("p99 us", "p99_us", "{:,.0f}"),
           ("gaps", "gaps", "{:,.0f}")]
SKIPPED = [("skipped", "skipped", "{:,.0f}")]
MEMORY = [("B/client", "resident_per_client", "{:,.0f}"),
          ("TCP/client", "tcp_per_client", "{:,.0f}"),
          ("slab/client", "slab_per_client", "{:,.0f}")]
LATE = [(f"late {name}", f"late_{figure}_us", "{:,.0f}")
        for name, figure in (("p50", "p50"), ("p90", "p90"), ("p99", "p99"), ("p99.9", "p999"),
                             ("max", "max"))]
ON_TIME = [("on time", "on_time", "{:.2%}"), ("forgiven", "forgiven", "{:,.0f}")]
TABLES = {  # What the first column says, and the others.
    "messages": ("per message:", COST + LATENCY + SKIPPED +
                 [("enters/tick", "enters_per_tick", "{:.1f}")] + MEMORY),
    "stalled": ("per message:", LATENCY + [("p99 to ours", "p99_to_ours", "{:.3f}"),
                                           ("to B1", "p99_to_b1", "{:.3f}"),
                                           ("to 800", "p99_to_800", "{:.3f}")] + SKIPPED +
                MEMORY + [("B/lagging", "lagging_bytes", "{:,.0f}")] + COST),
    "compression": ("per message:", COST + [("wire B", "wire_per_message", "{:,.0f}")] + LATENCY),
    "memory": ("per connection:", MEMORY + [("B to ours", "resident_to_ours", "{:.2f}"),
                                            ("gaps", "gaps", "{:,.0f}")]),
    "game": ("ticks, us:", ON_TIME + LATE +
             [("work p50", "work_p50_us", "{:,.0f}"), ("work p99", "work_p99_us", "{:,.0f}"),
              ("B/message", "bytes_per_message", "{:,.1f}"), ("gaps", "gaps", "{:,.0f}")] +
             [("CPU us", "cpu_us", "{:.2f}"), ("messages/s", "messages_per_s", "{:,.0f}")]),
    "players": ("a player and second:",
                [("messages", "player_messages", "{:.1f}"), ("bytes", "player_bytes", "{:,.0f}"),
                 ("to ours", "player_bytes_to_ours", "{:.2f}"),
                 ("with frames", "player_framed_bytes", "{:,.0f}"),
                 ("to ours", "player_framed_bytes_to_ours", "{:.2f}"),
                 ("CPU us", "player_cpu_us", "{:,.0f}"),
                 ("to ours", "player_cpu_us_to_ours", "{:.2f}"),
                 ("instr", "player_instructions", "{:,.0f}"),
                 ("to ours", "player_instructions_to_ours", "{:.2f}")] + ON_TIME +
                [("work p50", "work_p50_us", "{:,.0f}"), ("work p99", "work_p99_us", "{:,.0f}"),
                 ("gaps", "gaps", "{:,.0f}")]),
    "lateness": ("ticks, us:", LATE + [("p99 over idle", "late_p99_over_idle_us", "{:+,.0f}")] +
                 ON_TIME),
}


def table(rows, kind="messages"):
    """The rows as aligned text; a figure that is not known is a dash."""
    corner, columns = TABLES[kind]
    lines = [[corner] + [head for head, _, _ in columns]]
    for row in rows:
        cells = ["-" if row[figure] is None else form.format(row[figure])
                 for _, figure, form in columns]
        lines.append([row["server"] + (" SATURATED" if row["saturated"] else "")] + cells)
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join([line[0].ljust(widths[0])] +
                               [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])])
                     for line in lines)


def remarks(runs):
    """What the reader has to know before believing the table."""
    for control, ours in CONTROLS.items():
        if ours in by_server(runs):
            yield from control_remarks(runs, ours, control)
    for run in runs:
        if run["load_exit_code"] != 0:
            yield (f"{run['server']}, repeat {run['repeat']}: WRONG, the load was refused, lost "
                   "connections, or did not get what it should: see the JSON")
        if run["load"] and run["window"]["longest_gap_s"] > GAP_MAX_S:
            yield (f"{run['server']}, repeat {run['repeat']}: STALLED, the load stood still for "
                   f"{run['window']['longest_gap_s'] - 1:.1f} s: somebody else had its core")
    saturated = {run["server"]: True for run in runs if (run["load"] or NOBODY)["saturated"]}
    if saturated:
        yield (f"SATURATED: with {', '.join(saturated)} the load's core was over 90 % busy, so "
               "latency and echo rates are its own")


def control_remarks(runs, ours, control):
    for figure, name in (("cpu_us", "CPU"), ("instructions", "instructions")):
        value, off = control_is_off(runs, figure, ours, control)
        if value is None:
            yield f"control, {name}: not counted"
        elif off:
            yield f"control, {name}: {value:.3f} of ours: NOISY, do not quote these"
        else:
            yield f"control, {name}: {value:.3f} of ours"
