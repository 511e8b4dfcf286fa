#!/usr/bin/env python3
"""Goal: docs/HOSTING.md tells of every figure, every option and every line of the log, and of none
that there is not; alerts and dashboard ask for figures that there are; the man page has every
option; SECURITY.md names tests that there are.
Method: a live server is asked for /metrics and --help, and the sources for what they log.
"""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
import programs

RAILROIDS, MAN_PAGE = sys.argv[1:3]
NAME = re.compile(r"\bringtick_[a-z0-9_]+")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")


def families(metrics):
    """Each figure's name, and the names its samples have."""
    names = set(re.findall(r"^# TYPE (\S+)", metrics, re.M))
    samples = set(re.findall(r"^(ringtick_\w+)[ {]", metrics, re.M))
    return names, samples


def check_figures(metrics):
    names, samples = families(metrics)
    guide = (ROOT / "docs/HOSTING.md").read_text()
    told = set(NAME.findall(guide))
    own = {name for name in names if name.startswith("ringtick_game_")}
    assert not names - own - told, f"not in HOSTING.md: {sorted(names - own - told)}"
    unknown = {name for name in told - names - samples if name != "ringtick_game_"}
    assert not unknown, f"there is no {sorted(unknown)}"
    for file in ("contrib/alerts.yml", "contrib/grafana.json"):
        asked = set(NAME.findall((ROOT / file).read_text()))
        assert len(asked) > 12, f"{file} asks for {len(asked)}"
        assert not asked - samples, f"{file} asks for {sorted(asked - samples)}"
    json.loads((ROOT / "contrib/grafana.json").read_text())
    alerts = re.findall(r"alert: (\w+)", (ROOT / "contrib/alerts.yml").read_text())
    missing = [alert for alert in alerts if f"`{alert}`" not in guide]
    assert not missing, f"HOSTING.md says nothing about {missing}"
    reasons = set(re.findall(r'closed_total{reason="(\w+)"}', metrics))
    missing = [reason for reason in reasons if f"`{reason}`" not in guide]
    assert not missing, f"HOSTING.md says nothing about {missing}"
    return len(names)


def check_options(text):
    options = set(OPTION.findall(text)) - {"--help"}
    options = {name for name in options if not name.startswith("--mask-")}
    told = set(OPTION.findall((ROOT / "docs/HOSTING.md").read_text()))
    assert not options - told, f"not in HOSTING.md: {sorted(options - told)}"
    others = {"--offline", "--prefix", "--security-opt", "--help", "--buildtype", "--now",
              "--system"}
    assert not told - options - others, f"there is no {sorted(told - options - others)}"
    page = pathlib.Path(MAN_PAGE).read_text().replace("\\-", "-")
    assert not options - set(OPTION.findall(page)), "the man page lacks options"
    return len(options)


def logged():
    """The first words of each line that the server logs, up to what differs."""
    for file in sorted((ROOT / "src").rglob("*.cpp")):
        text = re.sub(r'"\s*\n\s*"', "", file.read_text())
        pattern = r'(?:log_(?:info|warning|order)\(\s*(?:fmt::format\(\s*)?|text\.add\()"([^"]+)"'
        for line in re.findall(pattern, text) if "log_" in text else []:
            words = max(re.split(r"\{[^}]*\}", line), key=len).strip(" ,:;.")
            if "log_" in text and len(words) > 8 and "<" not in words and "\\" not in words:
                yield file.name, words


def check_log():
    guides = ("docs/HOSTING.md", "docs/kubernetes/README.md")
    guide = " ".join(" ".join((ROOT / name).read_text() for name in guides).split())
    lines = {(name, words) for name, words in logged()
             if name not in ("prometheus.cpp", "stats_json.cpp", "ops_json.cpp")}
    missing = [f"{name}: {words}" for name, words in sorted(lines) if words not in guide]
    assert not missing, "HOSTING.md does not tell of\n" + "\n".join(missing)
    return len(lines)


def check_security():
    text = (ROOT / "SECURITY.md").read_text()
    paths = set(re.findall(r"`((?:tests|src|contrib|docs)/[^`]+)`", text))
    assert len(paths) > 20, len(paths)
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert not missing, f"SECURITY.md names {missing}"
    for row in re.findall(r"^\| .*", text, re.M)[2:]:
        assert "`tests/" in row, f"a threat without a test: {row}"
    return len(paths)


def main():
    text = subprocess.run([RAILROIDS, "--help"], capture_output=True, text=True, check=True).stdout
    port = programs.free_port()
    with programs.Server(RAILROIDS, ["--listen", f"127.0.0.1:{port}", "--shards", "1",
                                     "--log-level", "off"], port) as server:
        programs.until(server.healthy, "the server answers /healthz")
        figures = check_figures(server.get("/metrics"))
    print(f"{figures} figures, {check_options(text)} options, {check_log()} lines of the log, "
          f"{check_security()} places in SECURITY.md")


main()
