#!/usr/bin/env python3
"""Goal: docs/kubernetes holds together: its files are YAML, each option in them is one that the
program takes, the programs take them as they stand, and they name the same Fleet, port, profile
and Counter; its README has each option of the adapter, and none that there is not.
Method: PyYAML, the programs' --help, and the programs with these arguments. There is no cluster
here, so nothing says that Kubernetes takes them.

usage: manifests_test.py ADAPTER SERVER
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
import programs

try:
    import yaml
except ImportError:
    programs.skip("no python3-yaml here")

FOLDER = ROOT / "docs/kubernetes"
PROGRAMS = {"ringtick-agones": sys.argv[1], "railroids": sys.argv[2]}
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")


def options_of(program):
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    return set(OPTION.findall(text))


def documents():
    """Each object of each manifest, by its kind."""
    found = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            assert {"apiVersion", "kind", "metadata"} <= set(document), f"{path.name}: {document}"
            found[document["kind"]] = document
    return found


def check_containers(server):
    spec = server["template"]["spec"]
    containers = {container["name"]: container for container in spec["containers"]}
    assert set(containers) == set(PROGRAMS) and server["container"] in containers
    for name, container in containers.items():
        given = {word for word in container["args"] if word.startswith("--")}
        assert given <= options_of(PROGRAMS[name]), f"{name} has no {given}"
        taken = subprocess.run([PROGRAMS[name], *container["args"], "--help"], check=False,
                               capture_output=True, text=True)
        assert taken.returncode == 0, taken.stderr
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        mounts = {mount["name"] for mount in container.get("volumeMounts", [])}
        assert mounts <= {volume["name"] for volume in spec["volumes"]}
    return containers


def value_of(container, option):
    return container["args"][container["args"].index(option) + 1]


def check_fleet(fleet):
    server = fleet["spec"]["template"]["spec"]
    containers = check_containers(server)
    (port,) = server["ports"]
    game = containers[port["container"]]
    assert value_of(game, "--listen") == f"0.0.0.0:{port['containerPort']}"
    assert value_of(containers["ringtick-agones"], "--server").endswith(f":{port['containerPort']}")
    assert port["protocol"] == "TCP", "WebSockets"
    profile = game["securityContext"]["seccompProfile"]["localhostProfile"]
    assert (ROOT / "contrib" / pathlib.Path(profile).name).exists(), profile
    said = int(re.search(r"--health-ms MS \((\d+)\)", subprocess.run(
        [PROGRAMS["ringtick-agones"], "--help"], capture_output=True, text=True,
        check=True).stdout)[1])
    assert 2 * said < 1000 * server["health"]["periodSeconds"], "health would be said too seldom"
    places = int(value_of(game, "--rooms-max")) * int(value_of(game, "--players-max"))
    assert server["counters"]["players"]["capacity"] == places, "what the adapter will say"
    assert game["resources"]["requests"]["cpu"] == value_of(game, "--shards"), "a core a thread"
    return server["counters"]


def check_names(found, counters):
    fleet = found["Fleet"]["metadata"]["name"]
    scaler = found["FleetAutoscaler"]["spec"]
    assert scaler["fleetName"] == fleet
    assert set(counters) == {scaler["policy"]["counter"]["key"]} == {"players"}
    allocation = found["GameServerAllocation"]["spec"]
    for selector in allocation["selectors"]:
        assert selector["matchLabels"] == {"agones.dev/fleet": fleet}
        assert set(selector.get("counters", {})) <= set(counters)
    assert allocation["priorities"][0]["key"] in counters
    binding = found["RoleBinding"]
    assert binding["roleRef"]["name"] == found["Role"]["metadata"]["name"]
    assert binding["subjects"][0]["name"] == found["ServiceAccount"]["metadata"]["name"]
    rule = found["Role"]["rules"][0]
    assert [allocation_group(found)] == rule["apiGroups"] and rule["verbs"] == ["create"]


def allocation_group(found):
    return found["GameServerAllocation"]["apiVersion"].split("/")[0]


def check_readme():
    text = (FOLDER / "README.md").read_text()
    told = set(OPTION.findall(text)) - {"--tls-cert", "--shards"}
    beside = {"--help", "--allocate-on-players", "--listen"}
    there = options_of(PROGRAMS["ringtick-agones"]) - beside
    assert told == there, f"not told: {there - told}; there is no {told - there}"
    for path in FOLDER.iterdir():
        assert path.name == "README.md" or f"`{path.name}`" in text, f"README lacks {path.name}"
        assert path.name == "README.md" or "Not tried" in path.read_text(), path.name
    sources = "".join(path.read_text() for path in (ROOT / "src/agones").glob("*.cpp"))
    sources = " ".join(re.sub(r'"\s*\n\s*"', "", sources).split())
    for line in re.findall(r"^\| (`.*?) \|", text, re.M):
        for words in re.findall(r"`([^`]+)`", line):
            words = re.split(r"\.\.\.|URL|'STATE'|'", words)[0].strip()
            known = words in sources or words.startswith("no help from") or "well again" in words \
                or (FOLDER / words).exists() or words == "Agones"
            assert known, f"nobody says {words!r}"


CASES = {
    "the manifests hold together": lambda found: check_names(found, check_fleet(found["Fleet"])),
    "the README tells of what there is": lambda _: check_readme(),
}


def main():
    found = documents()
    failed = 0
    for name, check in CASES.items():
        case = "manifests." + name.replace(" ", "_")
        print(f"[ RUN      ] {case}", flush=True)
        try:
            check(found)
        except AssertionError as problem:
            failed += 1
            print(f"{problem!r}\n[  FAILED  ] {case}", flush=True)
        else:
            print(f"[       OK ] {case}", flush=True)
    return 1 if failed else 0


sys.exit(main())
