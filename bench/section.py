"""The figures of README: tables in Markdown, made of the committed results and of nothing else."""
import re

BEGIN, END = "<!-- figures: made by bench/chart.py -->", "<!-- end of figures -->"
NOTHING = ("No figures are committed yet: `./dev bench` makes them, on a machine that does nothing "
           "else.")
CHART = "docs/figures.svg"
CONTROL = "ringtick again"
FLOORS = ("floor", "floor_uring")


def number(value, form="{:,.0f}"):
    return "-" if value is None else form.format(value)


def times(value):
    return number(value, "{:.2f}")


def percent(value):
    return "-" if value is None else f"{value * 100:.2f} %"


def cost_of_ours(row):
    return (f"{number(row['user'])} + {number(row['kernel'])}; "
            f"{number(row['cpu_us'], '{:.2f}')} us")


def at_or_below_ours(value):
    """As it is printed: what looks like a tie is called one."""
    return value is not None and float(times(value)) <= 1


def cell(row):
    """A server's cost to ours, bold where it does not cost more."""
    if row is None:
        return "-"
    ratios = [row["instructions_to_ours"], row["cpu_to_ours"]]
    return "; ".join(f"**{times(value)}**" if at_or_below_ours(value) else times(value)
                     for value in ratios)


def rows_of(result):
    return {row["server"]: row for row in result["summary"]}


def cost_table(results):
    """What a message costs: ours as it is, the others to ours."""
    servers = []
    for result in results:
        servers += [row["server"] for row in result["summary"]
                    if row["server"] not in servers + ["ringtick", CONTROL]]
    yield "| instructions; CPU of a message | ringtick | " + " | ".join(servers) + " |"
    yield "|---" * (len(servers) + 2) + "|"
    for result in results:
        rows = rows_of(result)
        cells = [cell(rows.get(server)) for server in servers]
        yield (f"| {result['scenario']}: {result['what']} | {cost_of_ours(rows['ringtick'])} | "
               + " | ".join(cells) + " |")
    yield ""
    yield ("ringtick: the server's user + kernel instructions and CPU time for each message that "
           "it sends, with what came in for it; the others: both to ours, of the same repeat; in "
           "bold, at or below ours. The floors are bare loops that send the same bytes, with no "
           "server around them.")


# In which figures others compete with ours, in a scenario of each kind. Floors do not compete.
COMPARED = {"messages": {"instructions_to_ours": "instructions", "cpu_to_ours": "CPU"},
            "stalled": {"p99_to_ours": "p99"}, "memory": {"resident_to_ours": "memory"}}
NO_COMPETITOR = {"ringtick", CONTROL, "ringtick B1", "ringtick 800", *FLOORS}


def ties_and_wins(results):
    """Who is at or below ours, and in what."""
    for result in results:
        better = [f"{row['server']} ({name} {times(row[figure])})"
                  for row in result["summary"] if row["server"] not in NO_COMPETITOR
                  for figure, name in COMPARED.get(result["table"], {}).items()
                  if at_or_below_ours(row[figure])]
        if better:
            yield f"{result['scenario']}: {', '.join(better)}"


def verdict(results):
    better = list(ties_and_wins(results))
    if not better:
        return "In these figures no other server is at or below ours."
    return f"At or below ours (floors apart): {'; '.join(better)}."


def stalled(rows):
    ours = rows["ringtick"]
    others = ", ".join(f"{server} {times(row['p99_to_ours'])}" for server, row in rows.items()
                       if server not in NO_COMPETITOR)
    return (f"the healthy clients' p99 is {times(ours['p99_to_b1'])} of B1's, and "
            f"{times(ours['p99_to_800'])} of what it is without the others; a client that lags "
            f"holds {number(ours['lagging_bytes'])} B, the kernel's buffers at both ends included. "
            f"p99 to ours: {others}")


def compression(rows):
    deflated = rows["ringtick deflate"]
    return (f"deflated to plain: {times(deflated['cpu_to_ours'])} of the CPU, "
            f"{times(deflated['instructions_to_ours'])} of the instructions")


def game(rows):
    return "; ".join(
        f"{server}: {percent(row['on_time'])} of the ticks on time, p99 "
        f"{number(row['late_p99_us'])} us late, work p99 {number(row['work_p99_us'])} us"
        for server, row in rows.items())


def players(rows):
    return "; ".join(
        f"{server}: {times(row['player_bytes_to_ours'])} of our bytes a second "
        f"({number(row['player_bytes'])}), {times(row['player_cpu_us_to_ours'])} of our CPU, "
        f"{times(row['player_instructions_to_ours'])} of our instructions, "
        f"{percent(row['on_time'])} of the ticks on time"
        for server, row in rows.items() if not server.startswith("ringtick"))


def lateness(rows):
    return "p99, from the deadline to the tick's start: " + ", ".join(
        f"{server} {number(row['late_p99_us'])} us" for server, row in rows.items())


def memory(rows):
    return "bytes of the process and of the kernel's slab for each: " + ", ".join(
        f"{server} {number(row['resident_per_client'])} + {number(row['slab_per_client'])}"
        for server, row in rows.items() if server != CONTROL)


SENTENCES = {"stalled": stalled, "compression": compression, "game": game, "players": players,
             "lateness": lateness, "memory": memory}


def other_table(results):
    yield "| and | |"
    yield "|---|---|"
    for result in results:
        sentence = SENTENCES[result["table"]](rows_of(result))
        yield f"| {result['scenario']}: {result['what']} | {sentence} |"


def doubts(results):
    """What the runs themselves say against their figures."""
    for result in results:
        for remark in result["remarks"]:
            if re.search("NOISY|SATURATED|STALLED|WRONG|not counted", remark):
                yield f"* {result['scenario']}: {remark}"


def machine_of(result):
    machine = result["machine"]
    return (f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_mib'] / 1024:.0f} GiB, "
            f"Linux {machine['kernel']}")


def provenance(results):
    """Where and when, once for all that have it in common."""
    places = {}
    for result in results:
        changed = " with changes" if result["changed_since"] else ""
        place = f"{machine_of(result)}; {result['date']}, commit {result['commit'][:10]}{changed}"
        places.setdefault(place, []).append(result["scenario"])
    for place, scenarios in places.items():
        yield f"{', '.join(scenarios)}: {place}."
    repeats = sorted({result["method"]["repeats"] for result in results})
    yield (f"Medians of {' or '.join(map(str, repeats))} repeats, the servers interleaved in an "
           "order shuffled for each; server and load on a core of their own, over loopback. All "
           "repeats are in [bench/results](bench/results), the method in "
           "[bench/README.md](bench/README.md).")


def markdown(results):
    """All that stands between the two marks."""
    if not results:
        return NOTHING
    costs = [result for result in results if result["table"] == "messages"]
    others = [result for result in results if result["table"] in SENTENCES]
    parts = []
    if costs:
        parts += [[f"![Instructions a message]({CHART})"], cost_table(costs)]
    if others:
        parts.append(other_table(others))
    if any(result["table"] in COMPARED for result in results):
        parts.append([verdict(results)])
    against = list(doubts(results))
    if against:
        parts.append(["What speaks against some of these figures:", "", *against])
    parts.append(provenance(results))
    return "\n\n".join("\n".join(part) for part in parts)


def replaced(readme, results):
    """README with the section made anew."""
    before, rest = readme.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{markdown(results)}\n{END}{after}"
