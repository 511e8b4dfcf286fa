#!/usr/bin/env python3
"""Goal: what is installed works as it stands: the unit is as closed as it was, the man page is one,
and a server runs under the seccomp profile for containers, and not under it less io_uring.
Method: systemd-analyze and mandoc where there are any; libseccomp loads the profile's own names.
"""
import ctypes
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
import programs

EXPOSURE_MAX = 1.5
ALLOW, ERRNO_EPERM = 0x7FFF0000, 0x00050001


def check_unit(unit):
    if not shutil.which("systemd-analyze"):
        return print("no systemd-analyze here: the unit is not looked at")
    report = subprocess.run(["systemd-analyze", "security", "--offline=true", unit],
                            capture_output=True, text=True)
    found = re.search(r"exposure level for \S+: ([0-9.]+)", report.stdout)
    if not found:  # Before version 250 it looks at running units only.
        return print("this systemd-analyze does not read files")
    assert float(found[1]) <= EXPOSURE_MAX, report.stdout
    print(f"exposure of the unit: {found[1]}")


def check_man_page(page):
    assert "@" not in pathlib.Path(page).read_text()
    if not shutil.which("mandoc"):
        return
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True,
                          text=True)
    worse = [line for line in lint.stdout.splitlines() if "missing date" not in line]
    assert not worse, worse


def load_profile(leave_out):
    """As a container's runtime does, in the child that will be the server."""
    profile = json.loads((ROOT / "contrib/seccomp-io_uring.json").read_text())
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO" and profile["defaultErrnoRet"] == 1
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ERRNO_EPERM))
    for rule in profile["syscalls"]:
        assert rule["action"] == "SCMP_ACT_ALLOW"
        for name in rule["names"]:
            number = library.seccomp_syscall_resolve_name(name.encode())
            assert number != -1, f"{name} is no system call"
            if not name.startswith(leave_out):
                assert library.seccomp_rule_add(context, ALLOW, number, 0) == 0, name
    assert library.seccomp_load(context) == 0


def check_profile(railroids):
    port = programs.free_port()
    arguments = ["--listen", f"127.0.0.1:{port}"]
    with programs.Server(railroids, arguments, port,
                         preexec_fn=lambda: load_profile("none")) as server:
        programs.until(server.healthy, "the server answers /healthz")
        assert server.stats()["sandboxed"] is True
        with programs.upgrade(port, "/play/1"):
            pass
        assert server.stop()[0] == 0
    refused = subprocess.run([railroids, *arguments], capture_output=True, text=True,
                             preexec_fn=lambda: load_profile("io_uring_"))
    assert refused.returncode == 1, refused
    assert "seccomp=contrib/seccomp-io_uring.json" in refused.stderr, refused.stderr
    assert (ROOT / "contrib/seccomp-io_uring.json").exists()
    print("runs under the profile")


def main(railroids, unit, page):
    check_unit(unit)
    check_man_page(page)
    check_profile(os.path.abspath(railroids))


if __name__ == "__main__":
    main(*sys.argv[1:])
