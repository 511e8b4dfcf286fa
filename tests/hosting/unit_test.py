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
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
import programs

EXPOSURE_MAX = 1.5
ALLOW, ERRNO_EPERM = 0x7FFF0000, 0x00050001
NEW_USER = 0x10000000 | 17  # CLONE_NEWUSER, and SIGCHLD at its end.
ERRNO, MASKED_EQUAL = 0x00050000, 7  # libseccomp's SCMP_ACT_ERRNO(0) and SCMP_CMP_MASKED_EQ.


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


def check_handover_unit(unit):
    """Made as docs/HOSTING.md says, it is as closed, and all that it says is known to systemd."""
    addition = pathlib.Path(unit).with_name("railroids-handover.conf")
    guide = (ROOT / "docs/HOSTING.md").read_text()
    assert addition.name in guide and "systemctl start railroids@b" in guide
    listed = addition.read_text()
    programs_run = [re.search(r"^ExecStart=(/\S+)", text, re.MULTILINE)[1]
                    for text in (pathlib.Path(unit).read_text(), listed)]
    assert programs_run[0] == programs_run[1], programs_run
    for needed in ("User=", "RuntimeDirectory=", "RuntimeDirectoryPreserve=yes", "--handover %t/"):
        assert needed in listed, f"{needed} is what a handover relies on"
    if not shutil.which("systemd-analyze"):
        return
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        made = folder / "railroids@.service"
        program = folder / "railroids"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        # In one file, since not every version takes a drop-in without a running systemd.
        whole = pathlib.Path(unit).read_text() + listed
        made.write_text(re.sub(r"^(ExecStart=)\S+", rf"\1{program}", whole, flags=re.MULTILINE))
        check_unit(str(made))
        instance = folder / "railroids@b.service"
        instance.symlink_to(made)
        verified = subprocess.run(["systemd-analyze", "verify", "--man=false", str(instance)],
                                  capture_output=True, text=True)
        complaints = [line for line in verified.stderr.splitlines() if "railroids@" in line]
        assert not complaints, complaints


def check_man_page(page):
    assert "@" not in pathlib.Path(page).read_text()
    if not shutil.which("mandoc"):
        return
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True,
                          text=True)
    worse = [line for line in lint.stdout.splitlines() if "missing date" not in line]
    assert not worse, worse


class Comparison(ctypes.Structure):
    """Of an argument: struct scmp_arg_cmp."""

    _fields_ = [("index", ctypes.c_uint), ("op", ctypes.c_int), ("value", ctypes.c_uint64),
                ("value_two", ctypes.c_uint64)]


def comparisons_of(rule):
    found = [Comparison(one["index"], MASKED_EQUAL, one["value"], one["valueTwo"])
             for one in rule.get("args", []) if one["op"] == "SCMP_CMP_MASKED_EQ"]
    assert len(found) == len(rule.get("args", [])), rule
    return (Comparison * len(found))(*found)


def load_profile(leave_out):
    """As a container's runtime does, in the child that will be the server."""
    profile = json.loads((ROOT / "contrib/seccomp-io_uring.json").read_text())
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO" and profile["defaultErrnoRet"] == 1
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ERRNO_EPERM))
    for rule in profile["syscalls"]:
        answer = {"SCMP_ACT_ALLOW": ALLOW, "SCMP_ACT_ERRNO": ERRNO | rule.get("errnoRet", 1)}
        comparisons = comparisons_of(rule)
        for name in rule["names"]:
            number = library.seccomp_syscall_resolve_name(name.encode())
            assert number != -1, f"{name} is no system call"
            if not name.startswith(leave_out):
                added = library.seccomp_rule_add_array(
                    context, answer[rule["action"]], number, len(comparisons), comparisons)
                assert added == 0, name
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
    clone = ctypes.CDLL("libseccomp.so.2").seccomp_syscall_resolve_name(b"clone")
    attempt = ("import ctypes, os; "
               f"os._exit(ctypes.CDLL(None).syscall({clone}, {NEW_USER}, 0, 0, 0, 0) >= 0)")
    tried = subprocess.run([sys.executable, "-c", attempt], check=False,
                           preexec_fn=lambda: load_profile("none"))
    assert tried.returncode == 0, "the profile lets a container make namespaces"
    print("runs under the profile")


def main(railroids, unit, page):
    check_unit(unit)
    check_handover_unit(unit)
    check_man_page(page)
    check_profile(os.path.abspath(railroids))


if __name__ == "__main__":
    main(*sys.argv[1:])
