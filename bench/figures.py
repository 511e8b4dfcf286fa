"""The arithmetic of a comparison: what one run says per message, and what repeats say together.

A run is a dictionary as bench/run.py leaves it. Repeats are joined by medians, never by averages,
and a ratio is made of two runs of the same repeat before the median is taken: what slowed the
machine down for a while slowed both.
"""
import statistics

CONTROL_OFF_MAX = 0.03  # A control further from 1 marks the table as noisy.


def per_message(run):
    """CPU (us) and instructions a message, in the run's window; None for what was not counted."""
    messages = run["window"]["messages"]
    if messages == 0:
        return {"cpu_us": None, "user": None, "kernel": None, "instructions": None}
    user, kernel = run["window"]["instructions_user"], run["window"]["instructions_kernel"]
    counted = user is not None and kernel is not None
    return {"cpu_us": run["window"]["cpu_s"] * 1e6 / messages,
            "user": user / messages if counted else None,
            "kernel": kernel / messages if counted else None,
            "instructions": (user + kernel) / messages if counted else None}


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


def ratio(runs, server, other, figure):
    """The median over the repeats in which both ran of server's figure to the other's."""
    servers = by_server(runs)
    others = {run["repeat"]: per_message(run)[figure] for run in servers.get(other, [])}
    ratios = []
    for run in servers.get(server, []):
        mine, theirs = per_message(run)[figure], others.get(run["repeat"])
        if mine is not None and theirs:
            ratios.append(mine / theirs)
    return median(ratios)


def control_is_off(runs, figure, ours="ringtick", control="ringtick again"):
    """How far the control is from 1, and whether that is too far; None where there is none."""
    value = ratio(runs, control, ours, figure)
    return value, value is not None and abs(value - 1) > CONTROL_OFF_MAX


def summary(runs):
    """One row for each server: medians over the repeats, and ratios of pairs."""
    rows = []
    for server, repeats in by_server(runs).items():
        figures = [per_message(run) for run in repeats]
        loads = [run["load"] for run in repeats]
        latencies = [load["healthy"]["latency_us"] for load in loads]
        totals = [run["totals"] for run in repeats]
        rows.append({
            "server": server,
            **{name: median(one[name] for one in figures) for name in figures[0]},
            "messages_per_s": median(run["window"]["messages"] / run["window"]["seconds"]
                                     for run in repeats),
            "p50_us": median(latency.get("p50") for latency in latencies),
            "p99_us": median(latency.get("p99") for latency in latencies),
            "gaps": median(load["healthy"]["gaps"] for load in loads),
            "skipped": median(one.get("skipped") for one in totals),
            "bytes_per_client": median(run["window"]["resident_bytes"] / run["window"]["clients"]
                                       for run in repeats if run["window"]["clients"]),
            "slab_per_client": median(run["window"]["slab_bytes"] / run["window"]["clients"]
                                      for run in repeats if run["window"]["clients"]),
            "enters_per_tick": median(one["enters"] / one["ticks"] for one in totals
                                      if one.get("enters") and one.get("ticks")),
            "saturated": any(load["saturated"] for load in loads),
            "cpu_to_ours": ratio(runs, server, "ringtick", "cpu_us"),
            "instructions_to_ours": ratio(runs, server, "ringtick", "instructions"),
            "instructions_to_floor": ratio(runs, server, "floor", "instructions"),
        })
    return rows


COLUMNS = [  # Of the table: the head, the figure, its form.
    ("instr user", "user", "{:,.0f}"),
    ("instr kernel", "kernel", "{:,.0f}"),
    ("to floor", "instructions_to_floor", "{:.3f}"),
    ("to ours", "instructions_to_ours", "{:.3f}"),
    ("CPU us", "cpu_us", "{:.2f}"),
    ("to ours", "cpu_to_ours", "{:.2f}"),
    ("messages/s", "messages_per_s", "{:,.0f}"),
    ("p50 us", "p50_us", "{:,.0f}"),
    ("p99 us", "p99_us", "{:,.0f}"),
    ("gaps", "gaps", "{:,.0f}"),
    ("skipped", "skipped", "{:,.0f}"),
    ("enters/tick", "enters_per_tick", "{:.1f}"),
    ("B/client", "bytes_per_client", "{:,.0f}"),
    ("slab/client", "slab_per_client", "{:,.0f}"),
]


def table(rows):
    """The rows as aligned text; a figure that is not known is a dash."""
    lines = [["per message:"] + [head for head, _, _ in COLUMNS]]
    for row in rows:
        cells = ["-" if row[figure] is None else form.format(row[figure])
                 for _, figure, form in COLUMNS]
        lines.append([row["server"] + (" SATURATED" if row["saturated"] else "")] + cells)
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join([line[0].ljust(widths[0])] +
                               [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])])
                     for line in lines)


def remarks(runs):
    """What the reader has to know before believing the table."""
    for figure, name in (("cpu_us", "CPU"), ("instructions", "instructions")):
        value, off = control_is_off(runs, figure)
        if value is None:
            yield f"control, {name}: not counted"
        elif off:
            yield f"control, {name}: {value:.3f} of ours: NOISY, do not quote these"
        else:
            yield f"control, {name}: {value:.3f} of ours"
    if any(run["load"]["saturated"] for run in runs):
        yield "SATURATED: the load's core was over 90 % busy, so latency and echo rates are its own"
