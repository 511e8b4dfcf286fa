#!/usr/bin/env python3
"""Makes README's figures, the table and the chart, from the committed JSON of bench/results/.

usage: chart.py

Of each scenario the latest result counts; what `./dev bench --quick` left does not. The table is
bench/section.py's. In the chart each scenario that tells what a message costs has a bar for each
server: instructions, user and kernel, the figure that repeats. The foot says on what machine and
when.
"""
import json
import pathlib
import sys
from xml.sax.saxutils import escape

import section
from scenarios import SCENARIOS

ROOT = pathlib.Path(__file__).resolve().parent.parent
WIDTH, LEFT, RIGHT = 760, 130, 150
BAR, GAP, TITLE, FOOT = 16, 6, 34, 30
STYLE = """text { font: 13px sans-serif; fill: #888 } .title { font-weight: bold }
.user { fill: #d2691e } .kernel { fill: #5b8db8 } .ours { font-weight: bold }"""


def text(x, y, words, kind="", anchor="start"):
    place = f'x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"'
    return f'<text {place} class="{kind}">{escape(words)}</text>'


def bar(y, row, scale):
    """One server: its name, its user and kernel instructions, and their sum."""
    user, kernel = row["user"] * scale, row["kernel"] * scale
    kind = "ours" if row["server"] == "ringtick" else ""
    yield text(LEFT - 8, y + BAR - 3, row["server"], kind, "end")
    for part, x, width in (("user", LEFT, user), ("kernel", LEFT + user, kernel)):
        yield f'<rect class="{part}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}"/>'
    yield text(LEFT + user + kernel + 6, y + BAR - 3,
               f"{row['user']:,.0f} + {row['kernel']:,.0f}", kind)


def panel(y, result):
    """A scenario from y on: its elements, and where the next begins."""
    rows = [row for row in result["summary"]
            if row["server"] != section.CONTROL and row["user"] is not None]
    elements = [text(LEFT, y + 20, f"{result['scenario']}: {result['what']}", "title")]
    y += TITLE
    most = max((row["user"] + row["kernel"] for row in rows), default=1)
    for row in sorted(rows, key=lambda row: row["user"] + row["kernel"]):
        elements += bar(y, row, (WIDTH - LEFT - RIGHT) / most)
        y += BAR + GAP
    return elements, y


def chart(results):
    elements, y = [], 0
    for result in results:
        more, y = panel(y, result)
        elements += more
    places = dict.fromkeys(
        f"{result['machine']['cpu']}, Linux {result['machine']['kernel']}, {result['date']}, "
        f"medians of {result['method']['repeats']}" for result in results)
    elements.append(text(8, y + 20, "Instructions a message: user (left) + kernel. "
                         + "; ".join(places) + "."))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + FOOT}">\n'
            f"<style>{STYLE}</style>\n" + "\n".join(elements) + "\n</svg>\n")


def latest(directory):
    """The newest result of each scenario, in the scenarios' order."""
    newest = {}
    for path in sorted(directory.glob("*.json")):  # Their names begin with the date.
        result = json.loads(path.read_text())
        if not result["method"]["quick"]:
            newest[result["scenario"]] = result
    return [newest[name] for name in SCENARIOS if name in newest]


def pictured(results):
    return [result for result in results if result["table"] == "messages"]


def main():
    if len(sys.argv) > 1:
        print(__doc__, file=sys.stderr)
        return 2
    results = latest(ROOT / "bench/results")
    readme = ROOT / "README.md"
    readme.write_text(section.replaced(readme.read_text(), results))
    if pictured(results):
        (ROOT / section.CHART).write_text(chart(pictured(results)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
