"""One run of one server under load: starts both on cores of their own, and reads what the server
used between two lines of progress of the load, which say how many messages went by meanwhile."""
import ctypes
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import tempfile
import time

PATIENCE_S = 60  # Before a server that should listen, or end, counts as broken.
SERVER_CORE, LOAD_CORE = 0, 1
# `   3 s: 1000 open, 30000 messages, 0 gaps, 0 errors`: those of the second that went by.
PROGRESS = re.compile(r"\s*\d+ s: (\d+) open, (\d+) messages")


class Failed(Exception):
    """A run that says nothing."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pinned(command, core, **options):
    """Starts a program that stays on one core."""
    return subprocess.Popen(list(map(str, command)),
                            preexec_fn=lambda: os.sched_setaffinity(0, {core}), **options)


def tasks(pid):
    return [int(task.name) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]


def cpu_s(pid):
    """Seconds on a core, of all its threads, to the nanosecond (proc_pid_schedstat)."""
    total = 0
    for task in tasks(pid):
        total += int(pathlib.Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
    return total / 1e9


class Instructions:
    """Instructions of a process, its own and the kernel's for it, by perf_event_open(2): what
    `perf stat -e instructions:u,instructions:k -p` counts. Where it is refused, or not wanted,
    `read` gives None.

    Counting is not free: on a virtual machine each switch of tasks programs the counter through the
    hypervisor, and some of these take 10 ms. A figure about ticks wants none of it.
    """

    SYSCALL = {"x86_64": 298, "aarch64": 241}.get(os.uname().machine)
    INSTRUCTIONS = 1  # PERF_COUNT_HW_INSTRUCTIONS
    TIMES = 3  # PERF_FORMAT_TOTAL_TIME_ENABLED and _RUNNING
    EXCLUDE_USER, EXCLUDE_KERNEL, EXCLUDE_HYPERVISOR = 1 << 4, 1 << 5, 1 << 6
    SIZE = 120

    def __init__(self, pid, wanted):
        self.wanted = wanted
        self.files = {}
        for kind, other in (("user", self.EXCLUDE_KERNEL), ("kernel", self.EXCLUDE_USER)):
            self.files[kind] = [self.open(task, other) for task in tasks(pid)]

    def open(self, task, excluded):
        if self.SYSCALL is None or not self.wanted:
            return -1
        attributes = struct.pack("IIQQQQQ", 0, self.SIZE, self.INSTRUCTIONS, 0, 0,
                                 self.TIMES, excluded | self.EXCLUDE_HYPERVISOR)
        buffer = ctypes.create_string_buffer(attributes, self.SIZE)
        return ctypes.CDLL(None, use_errno=True).syscall(
            ctypes.c_long(self.SYSCALL), buffer, ctypes.c_long(task), ctypes.c_long(-1),
            ctypes.c_long(-1), ctypes.c_ulong(0))

    def read(self, kind):
        if -1 in self.files[kind]:
            return None
        total = 0
        for file in self.files[kind]:
            count, enabled, running = struct.unpack("QQQ", os.read(file, 24))
            # Where others count, too, the counter is lent in turns.
            total += count * enabled // running if running else 0
        return total

    def close(self):
        for file in self.files["user"] + self.files["kernel"]:
            if file >= 0:
                os.close(file)


def resident_bytes(pid):
    pages = pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def slab_bytes():
    """The kernel's small objects, sockets among them: the whole machine's."""
    meminfo = pathlib.Path("/proc/meminfo").read_text()
    return int(re.search(r"^Slab:\s+(\d+)", meminfo, re.MULTILINE)[1]) * 1024


def tcp_bytes():
    """What sits in buffers of TCP sockets, to send and to read: the whole machine's (proc(5)). The
    least of some looks, for what a tick has just sent is gone at the next."""
    least = None
    for _ in range(8):
        sockstat = pathlib.Path("/proc/net/sockstat").read_text()
        pages = int(re.search(r"^TCP:.* mem (\d+)", sockstat, re.MULTILINE)[1])
        least = pages if least is None else min(least, pages)
        time.sleep(0.005)
    return least * os.sysconf("SC_PAGE_SIZE")


def memory(pid):
    return {"resident_bytes": resident_bytes(pid), "slab_bytes": slab_bytes(),
            "tcp_bytes": tcp_bytes()}


class Window:
    """What the server used from the load's first line of progress to its last; and what memory it
    and the kernel have taken since the window was made, which is before the first client."""

    def __init__(self, pid, instructions):
        self.pid = pid
        self.instructions = Instructions(pid, instructions)
        self.first = self.last = None
        self.longest_gap_s = 0  # Between two marks.
        self.messages = 0
        self.clients = 0
        self.memory = memory(pid)
        self.grown = {}

    def now(self):
        return {"seconds": time.monotonic(), "cpu_s": cpu_s(self.pid),
                "instructions_user": self.instructions.read("user"),
                "instructions_kernel": self.instructions.read("kernel")}

    def on_line(self, line):
        progress = PROGRESS.match(line)
        if not progress:
            return
        self.mark(int(progress[1]), int(progress[2]))

    def mark(self, clients, messages):
        """One of the window's ends, or a moment between them: how many are there, and how many
        messages there were since the last one."""
        now = self.now()
        if self.first is None:
            self.first = now
        else:
            before = self.last or self.first
            self.longest_gap_s = max(self.longest_gap_s, now["seconds"] - before["seconds"])
            self.last = now
            self.messages += messages
        self.clients = clients
        self.grown = {kind: size - self.memory[kind] for kind, size in memory(self.pid).items()}

    def used(self):
        self.instructions.close()
        if self.last is None:
            raise Failed("the load ended before its second line of progress")
        counted = {"messages": self.messages, "clients": self.clients,
                   "longest_gap_s": self.longest_gap_s}
        return counted | self.grown | {
            name: None if self.first[name] is None else self.last[name] - self.first[name]
            for name in self.first}


def wait_until_listening(server, port):
    patience = time.monotonic() + PATIENCE_S
    while time.monotonic() < patience:
        if server.poll() is not None:
            raise Failed(f"the server ended with {server.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise Failed("the server does not listen")


def stop(server):
    """Asks a server to end, and returns its line of totals."""
    server.send_signal(signal.SIGTERM)
    out, _ = server.communicate(timeout=PATIENCE_S)
    if server.returncode != 0:
        raise Failed(f"the server ended with {server.returncode}")
    return json.loads(out.strip().splitlines()[-1])


def under_load(window, load):
    """Follows the load to its end; returns what it said last."""
    last = ""
    for line in load.stderr:
        window.on_line(line)
        last = line.strip() or last
    load.wait(timeout=PATIENCE_S)
    return last


def loaded(window, command):
    """Runs the load to its end; returns what it found and its exit code."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as figures:
        load = pinned([*command, "--json", figures.name], LOAD_CORE, text=True,
                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            last = under_load(window, load)
        finally:
            load.kill()
            load.wait()
        text = figures.read()
    if not text:
        raise Failed(f"the load ended with {load.returncode}: {last}")
    found = json.loads(text)
    del found["url"]
    return found, load.returncode


def left_alone(window, seconds):
    """Nobody comes."""
    window.mark(0, 0)
    time.sleep(seconds)
    window.mark(0, 0)
    return None, 0


def filled(command, places):
    """The words of a command, with what stands for {name}."""
    words = [str(word) for word in command]
    for name, value in places.items():
        words = [word.replace(f"{{{name}}}", str(value)) for word in words]
    return words


def run(contestant, seconds, places, instructions):
    """One run. Its figures, with or without a count of instructions, or Failed."""
    port = free_port()
    server = pinned(filled(contestant.server, places | {"port": port}), SERVER_CORE, text=True,
                    stdout=subprocess.PIPE)
    try:
        wait_until_listening(server, port)
        window = Window(server.pid, instructions)
        if contestant.load:
            load, code = loaded(window, filled(
                [*contestant.program, *contestant.load, "--seconds", seconds,
                 "--url", f"ws://127.0.0.1:{port}{contestant.path}"], places))
        else:
            load, code = left_alone(window, seconds)
        return {"window": window.used(), "load": load, "load_exit_code": code,
                "totals": stop(server)}
    finally:
        server.kill()
        server.wait()
