#!/usr/bin/env python3
"""A client that others wrote, against our server: whatever it sends comes back to the byte.

Arguments: plain, deflate or pages; the server's program; the client's command, in which PORT,
SIZE_MAX and MODE are filled in (and given as environment variables)."""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from programs import Server, bench_server, free_port, until  # noqa: E402

SIZE_MAX = 1 << 20


def start(mode, program):
    if mode == "pages":
        port = free_port()
        server = Server(program, ["--listen", f"127.0.0.1:{port}"], port)
        until(server.healthy, "the server answers /healthz")
        return server
    # Some clients cut every message into fragments of their buffer's size.
    return bench_server(program, "echo", "--message-max", str(SIZE_MAX), "--fragments-max", "4096",
                        *(["--deflate"] if mode == "deflate" else []))


def main(mode, program, *command):
    with start(mode, program) as server:
        values = {"PORT": str(server.port), "SIZE_MAX": str(SIZE_MAX), "MODE": mode,
                  "DEFLATE": "yes" if mode == "deflate" else "no"}
        client = subprocess.run([values.get(word, word) for word in command], timeout=150,
                                env=os.environ | values, check=False)
        code, _ = server.stop()
        assert code == 0, f"the server ended with {code}"
        return client.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
