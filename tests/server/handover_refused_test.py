#!/usr/bin/env python3
"""Goal: a handover that cannot be is refused before anybody is disturbed, and says why and what to
do; and what an operator has ordered outlives one that can.

usage: handover_refused_test.py RAILROIDS PUSH_GAME
"""
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import handing_over
import programs

RAILROIDS, PUSH_GAME = sys.argv[1:3]
NOBODY = 65534


def last_words(process):
    """Of one that has to end with a failure."""
    _, log = process.communicate(timeout=programs.PATIENCE_S)
    assert process.returncode == 1, (process.returncode, log)
    return log.strip().splitlines()[-1]


def strangers_are_not_taken_over(folder):
    """A socket lies there on which another user listens: it would be told everything."""
    if os.geteuid() != 0:
        return print("not root: nobody else can be played")
    folder.chmod(0o1777)
    site = handing_over.Site(RAILROIDS, folder)
    ready_read, ready_write = os.pipe()
    stranger = os.fork()
    if stranger == 0:
        os.setresuid(NOBODY, NOBODY, NOBODY)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(str(site.path))
            listener.listen()
            os.write(ready_write, b"x")
            with listener.accept()[0] as newcomer:
                os._exit(0 if newcomer.recv(1 << 16) == b"" else 1)
    os.read(ready_read, 1)
    with site.start() as newcomer:
        said = last_words(newcomer.process)
    assert "is another user's: choose another --handover" in said, said
    assert os.waitstatus_to_exitcode(os.waitpid(stranger, 0)[1]) == 0, "it was told something"
    site.path.unlink()


def what_has_no_state_is_not_handed_over(folder):
    port = programs.free_port()
    with programs.Server(PUSH_GAME, ["--listen", f"127.0.0.1:{port}", "--handover",
                                     str(folder / "push.socket")], port) as server:
        said = last_words(server.process)
    assert "a game whose state cannot be saved: start without it" in said, said


def moments_are_of_one_process(folder):
    moments = folder / "moments"
    moments.mkdir()
    tried = subprocess.run([RAILROIDS, "--handover", str(folder / "socket"), "--moments",
                            str(moments)], capture_output=True, text=True)
    assert tried.returncode == 2 and "cannot be given with --moments" in tried.stderr, tried


def who_waits_for_its_turn_can_be_stopped(site):
    """It has said that it is ready, and is told nothing. For ten seconds it would wait."""
    path = site.folder / "silent.socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(programs.PATIENCE_S)
        with site.start(path=path) as newcomer:
            with listener.accept()[0] as old:
                old.settimeout(programs.PATIENCE_S)
                assert old.recv(1 << 16)[0] == handing_over.HELLO
                old.send(bytes([handing_over.WELCOME]))
                assert old.recv(1 << 16) == bytes([handing_over.READY])
                newcomer.process.send_signal(signal.SIGTERM)
                newcomer.process.communicate(timeout=8)
                assert newcomer.process.returncode == -signal.SIGTERM


def too_few_descriptors_are_named(site):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    players = [programs.upgrade(site.port, "/play/1") for _ in range(100)]
    arguments = [*site.arguments, "--handover", str(site.path)]
    with programs.Server(RAILROIDS, arguments, site.port, preexec_fn=few) as newcomer:
        said = last_words(newcomer.process)
    assert "no room for the descriptors of 100 connections" in said, said
    assert "Raise `ulimit -n`" in said, said
    assert site.server.stats()["connections"] >= len(players)
    for player in players:
        player.close()


def a_drain_outlives_it(site):
    page = f"http://127.0.0.1:{site.port}"
    asked = urllib.request.Request(f"{page}/ops/drain?seconds=3600", method="POST",
                                   headers={"Origin": page})
    with urllib.request.urlopen(asked, timeout=programs.PATIENCE_S) as answer:
        assert answer.status == 200
    assert site.server.stats()["draining"]
    site.replace(drains=True)
    stats = site.server.stats()
    assert stats["draining"] and stats["handovers"] == 1, stats
    with urllib.request.urlopen(f"http://127.0.0.1:{site.port}/ops/now",
                                timeout=programs.PATIENCE_S) as answer:
        left = json.load(answer)["closing_in_s"]
    assert 0 < left <= 3600, left


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        strangers_are_not_taken_over(folder)
        what_has_no_state_is_not_handed_over(folder)
        moments_are_of_one_process(folder)
        site = handing_over.Site(RAILROIDS, folder)
        site.begin()
        try:
            who_waits_for_its_turn_can_be_stopped(site)
            too_few_descriptors_are_named(site)
            a_drain_outlives_it(site)
        finally:
            site.server.__exit__()


main()
