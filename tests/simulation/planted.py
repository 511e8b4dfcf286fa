#!/usr/bin/env python3
"""Plants one bug after the other in a copy of the tree, and has the simulation find each.

usage: planted.py [--seeds N]

Each bug is one that a server like this could have: a line, and what stands there instead. A copy of
the tree is built with it in a temporary folder, and the first seed that fails is told. Exits with 1
if a bug was not found within N seeds (300), or if its line is not there any more.
"""

import argparse
import os
from pathlib import Path
import subprocess
import sys
import tempfile

ROOT = Path(__file__).resolve().parents[2]

# What it is; where; what stands there; what stands there instead.
BUGS = [
    ("a payload that came in two reads is unmasked from its beginning", "src/ws/frame_decoder.cpp",
     "unmask(piece, masking_key_, payload_taken_);", "unmask(piece, masking_key_, 0);"),
    ("a byte is lost where a snapshot went out in part", "src/net/snapshots.cpp",
     "if (!c.output.prepend(c.broadcast.subspan(sent)))",
     "if (!c.output.prepend(c.broadcast.subspan(sent).subspan(1)))"),
    ("a snapshot that was refused counts as told", "src/net/snapshots.cpp",
     "if (c.state == Connection::State::open) events_.on_snapshot_refused(handle);", ""),
    ("a receive that found no buffer is not begun again", "src/net/connections.cpp",
     "return arm_later(starved_, handle, c);", "return;"),
    ("a receive that ended by itself is not begun again", "src/net/connections.cpp",
     "if (!c.recv_armed) want_recv(handle, c);\n}", "}"),
    ("a failed accept is the last", "src/net/connections.cpp",
     "if (!completion.more) accept_armed_ = false;", ""),
    ("what a send took is sent again", "src/net/connections.cpp",
     "c.output.sent(result > 0 ? static_cast<std::size_t>(result) : 0);", "c.output.sent(0);"),
    ("who waits for room waits for ever", "src/net/connections.cpp",
     "c->blocked = false;\n", ""),
    ("a leave is not written down", "src/server/room.cpp",
     "if (record_ != nullptr) record_->leave(number_, player);", ""),
    ("a slot is let again while the kernel still has a request of it", "src/net/sealing.cpp",
     "return recv_armed || sending || blocked;", "return sending || blocked;"),
    ("what was sealed and not yet taken is forgotten", "src/net/tls_link.hpp",
     "if (head == tail) head = tail = 0;", "head = tail = 0;"),
    ("what is forgiven for a pause passes away with it", "src/net/connections.cpp",
     "if (was_pause) keep_forgiven_credit();", "static_cast<void>(was_pause);"),
    ("text that is not UTF-8 is a message", "src/ws/message_decoder.cpp",
     "if (!compressed_ && !text_is_valid(piece.payload, message_end)) {",
     "if (!compressed_ && !text_is_valid(piece.payload, message_end) && !message_end) {"),
    ("anybody is believed to be a proxy", "src/net/admission.cpp",
     "c.proxy_header_due = options_.trust.includes(peer);",
     "c.proxy_header_due = !options_.trust.empty();"),
    ("who comes through a proxy passes for who sits at this machine", "src/server/operator.cpp",
     "if (listen.family == ListenAddress::Family::local || !net.trust.empty()) return {};",
     "if (listen.family == ListenAddress::Family::local || net.trust.local) return {};"),
    ("a path may be stalled for ever", "src/server/ops.cpp",
     "if (!ms || *ms > stall_ms_max) return std::nullopt;", "if (!ms) return std::nullopt;"),
]


def run(*command, **how):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **how).stdout


def copy_tree(to):
    names = run("git", "-C", ROOT, "ls-files", "-z")
    copied = subprocess.run(["tar", "-C", ROOT, "--null", "-T", "-", "-cf", "-"],
                            input=names.encode(), check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["tar", "-C", to, "-xf", "-"], input=copied, check=True)


def build(tree):
    run("ninja", "-C", tree / "build", "tests/simulation/simulation_test")


def set_up(tree):
    environment = {"CXX": "ccache g++", "CC": "ccache gcc", "CCACHE_NOHASHDIR": "1", **os.environ}
    os.symlink(ROOT / "game-demo/web/node_modules", tree / "game-demo/web/node_modules")
    run("meson", "setup", "-Dbenchmarks=false", tree / "build", tree, env=environment)
    build(tree)


def find(tree, bug, seeds):
    """Returns what the simulation said of it; nothing, if it found nothing."""
    _, name, line, instead = bug
    path = tree / name
    whole = path.read_text()
    if whole.count(line) != 1:
        sys.exit(f"{name}: this stands there {whole.count(line)} times: {line}")
    path.write_text(whole.replace(line, instead))
    try:
        build(tree)
    finally:
        path.write_text(whole)
    program = tree / "build/tests/simulation/simulation_test"
    ended = subprocess.run([program, "--seeds", str(seeds), "--until-failure"],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if ended.returncode == 0:
        return ""
    said = [text for text in (ended.stdout + ended.stderr).splitlines()
            if text.startswith("seed ") or "assertion failed" in text]
    return "; ".join(said) if said else f"it ended with {ended.returncode}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=300)
    seeds = parser.parse_args().seeds
    missed = 0
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        tree = Path(folder)
        copy_tree(tree)
        set_up(tree)
        for number, bug in enumerate(BUGS, 1):
            said = find(tree, bug, seeds)
            missed += not said
            print(f"{number:2} {bug[0]}: {said or f'NOT FOUND in {seeds} seeds'}", flush=True)
    print(f"{len(BUGS) - missed} found, {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
