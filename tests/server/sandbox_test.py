#!/usr/bin/env python3
"""Goal: a server that was taken over by a stranger can do no more than a server does; no thread of
it, and not as root either. It needs no privilege, and says whether the sandbox is on.
Method: a game that tries what is forbidden, on the loop's thread and on one from before; the
kernel's word on each thread; and a server started as nobody.
"""
import errno
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs

DENY = pathlib.Path(__file__).resolve().parent.parent / "support" / "without_seccomp.py"
NOBODY = 65534
# Those whose outcome without a sandbox does not depend on who asks.
ALLOWED_OUTSIDE = ("fork", "socket ip4", "socket local", "connect", "open to write",
                   "open to change", "memfd_create", "chdir", "mmap of code", "mprotect to code")


def start(program, *arguments, **options):
    port = programs.free_port()
    listen = ["--listen", f"127.0.0.1:{port}"]
    server = programs.Server(program, [*listen, *arguments], port, **options)
    programs.until(server.healthy, "the server answers /healthz")
    return server


def status_of_threads(pid):
    """What the kernel says of each: (NoNewPrivs, Seccomp)."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        fields = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines()
                      if ":\t" in line)
        found.append((int(fields["NoNewPrivs"]), int(fields["Seccomp"])))
    return found


def dared(program, *arguments, listen=None):
    """What the game was told: {(who, what): errno}, and what it may, {(who, what): 0 or 1}."""
    # Of a game whose last seconds are kept a match is played while the server opens.
    arguments = ("--keep-seconds", "0", *arguments)
    with (programs.Server(program, ["--listen", listen, *arguments], 0) if listen
          else start(program, *arguments)) as server:
        forbidden, may = {}, {}
        for line in server.process.stdout:
            if line == "dared\n":
                break
            who, *what, result = line.split()
            if what and what[0] == "may":
                may[who, " ".join(what[1:])] = int(result)
            elif who in ("loop", "other"):
                forbidden[who, " ".join(what)] = int(result)
        assert server.stop()[0] == 0
    assert len(forbidden) == 80 and len(may) == 6, (len(forbidden), len(may))
    return forbidden, may


def refuses_every_thread_what_a_server_does_not_do(_, daring):
    forbidden, may = dared(daring)
    leaks = {name: error for name, error in forbidden.items() if error != errno.EPERM}
    assert not leaks, leaks
    assert not any(may.values()), may


def local_sockets_that_there_are_let_none_be_made(_, daring):
    """Only a name may be taken away."""
    forbidden, may = dared(daring, listen=f"unix:/tmp/ringtick-sandbox-{os.getpid()}.sock")
    leaks = {what for (_, what), error in forbidden.items() if error != errno.EPERM}
    assert leaks == {"unlink"}, leaks
    assert not any(may.values()), may


def leaves_it_to_a_game_that_asks(_, daring):
    forbidden, may = dared(daring, "--no-sandbox")
    for who in ("loop", "other"):
        refused = [what for what in ALLOWED_OUTSIDE if forbidden[who, what] == errno.EPERM]
        assert not refused, refused
    assert not any(may.values()), may


def says_whether_it_is_on(railroids, _):
    for arguments, on in (((), True), (("--no-sandbox",), False)):
        with start(railroids, *arguments) as server:
            stats = server.stats()
            assert stats["sandboxed"] is on, stats["configuration"]
            word = "; sandboxed" if on else "; not sandboxed (--no-sandbox)"
            assert word in stats["configuration"], stats["configuration"]
            assert f"\nringtick_sandboxed {int(on)}\n" in server.get("/metrics")
            threads = status_of_threads(server.process.pid)
            assert len(threads) >= 2, threads  # The loop's and the log's.
            assert set(threads) == {(1, 2) if on else (0, 0)}, threads
            assert server.stop()[0] == 0


def takes_its_own_socket_away(railroids, _):
    path = f"/tmp/ringtick-sandbox-{os.getpid()}.sock"
    with programs.Server(railroids, ["--listen", "unix:" + path], 0) as server:
        programs.until(lambda: os.path.exists(path), "the socket is there")
        programs.until(lambda: status_of_threads(server.process.pid)[0] == (1, 2), "sandboxed")
        assert server.stop()[0] == 0
    assert not os.path.exists(path)


def serves_as_nobody(railroids, _):
    if os.geteuid() != 0:
        return  # Then every test here shows it.
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
              "--bounding-set=-all", "--inh-caps=-all"]
    port = programs.free_port()
    # By descriptor: the way there may be shut to nobody.
    with open(railroids, "rb") as program:
        os.set_inheritable(program.fileno(), True)
        server = programs.Server(become[0], [
            *become[1:], f"/proc/self/fd/{program.fileno()}", "--listen", f"127.0.0.1:{port}",
            "--bots", "8"], port, close_fds=False)
    with server:
        programs.until(server.healthy, "the server answers /healthz")
        assert server.stats()["sandboxed"] is True
        with programs.upgrade(port, "/play/1") as client:
            client.close()
        status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
        assert f"Uid:\t{NOBODY}\t{NOBODY}" in status and "CapEff:\t0000000000000000" in status
        assert server.stop()[0] == 0


def goes_on_where_the_machine_has_no_filters(railroids, _):
    """Under a filter that refuses another one: a clear line, and it serves."""
    port = programs.free_port()
    server = programs.Server(sys.executable, [str(DENY), railroids, "--listen",
                                              f"127.0.0.1:{port}"], port)
    with server:
        programs.until(server.healthy, "the server answers /healthz")
        assert server.stats()["sandboxed"] is False
        configuration = server.stats()["configuration"]
        assert "NOT SANDBOXED, the machine refuses" in configuration, configuration
        assert "--no-sandbox" in configuration
        assert server.stop()[0] == 0


def main(railroids, daring):
    for test in (refuses_every_thread_what_a_server_does_not_do,
                 local_sockets_that_there_are_let_none_be_made, leaves_it_to_a_game_that_asks,
                 says_whether_it_is_on, takes_its_own_socket_away, serves_as_nobody,
                 goes_on_where_the_machine_has_no_filters):
        test(railroids, daring)
        print(test.__name__)


if __name__ == "__main__":
    main(*sys.argv[1:])
