#!/usr/bin/env python3
"""Goal: the examples for nginx and Caddy are ones to copy. Through each the game plays, newcomers
are counted by their own address whatever they claim, who goes away is told so, and nginx takes
its configuration anew without ending a match.
Method: the examples themselves, on other ports and without TLS, run by nobody in a network of
their own (network_namespaces(7)), where clients have addresses that are not loopback's.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
import programs
from pilot import Player

ADDRESS, ANN, BOB = "198.18.0.1", "198.18.0.2", "198.18.0.3"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def replaced(text, *pairs):
    for old, new in pairs:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text


def nginx_command(folder, port, server_port):
    scratch = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in
                      ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    text = replaced((ROOT / "contrib/nginx.conf").read_text(),
                    ("\nhttp {\n", "\nhttp {\n" + scratch),
                    ("listen 443 ssl", f"listen {port}"),
                    ("    server 127.0.0.1:9001;", f"    server 127.0.0.1:{server_port};"))
    (folder / "nginx.conf").write_text(re.sub(r"ssl_certificate.*\n", "\n", text))
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e",
            str(folder / "error.log"), "-g", f"daemon off; pid {folder}/nginx.pid;"]


def caddy_command(folder, port, server_port):
    text = replaced((ROOT / "contrib/Caddyfile").read_text(),
                    ("\ngame.example {", f"\nhttp://:{port} {{"),
                    ("reverse_proxy 127.0.0.1:9001", f"reverse_proxy 127.0.0.1:{server_port}"))
    (folder / "Caddyfile").write_text("{\n\tadmin off\n}\n" + text)
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


class Site:
    """A game, and a proxy before it."""

    def __init__(self, program, command):
        self.folder = tempfile.TemporaryDirectory(dir="/tmp")
        folder = pathlib.Path(self.folder.name)
        os.chmod(folder, 0o777)
        port = programs.free_port()
        self.game = programs.Server(program, [
            "--listen", f"127.0.0.1:{port}", "--trust-proxy", "127.0.0.1",
            "--connections-per-ip-max", "2"], port)
        programs.until(self.game.healthy, "the game answers /healthz")
        self.schema = int(self.game.stats()["schema"], 16)
        self.port = programs.free_port()
        environment = os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder)}
        with (folder / "out").open("w") as out:
            self.proxy = subprocess.Popen([*NOBODY, *command(folder, self.port, port)],
                                          env=environment, stderr=out)
        programs.until(self.answers, "the proxy answers /healthz")

    def answers(self):
        out = pathlib.Path(self.folder.name) / "out"
        assert self.proxy.poll() is None, f"the proxy ended: {out.read_text()}"
        try:
            return self.get("/healthz") == (200, b"ok\n")
        except OSError:
            return False

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://{ADDRESS}:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    def upgrade_from(self, address, claim=None):
        """The status, and the socket, which keeps the place for as long as it is kept."""
        client = programs.socket.create_connection((ADDRESS, self.port), timeout=30,
                                                   source_address=(address, 0))
        claims = f"X-Forwarded-For: {claim}\r\n" if claim else ""
        client.sendall(f"GET /play/1 HTTP/1.1\r\nHost: {ADDRESS}:{self.port}\r\n{claims}"
                       f"Connection: Upgrade\r\nUpgrade: websocket\r\n"
                       f"Origin: http://{ADDRESS}:{self.port}\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
        return int(client.recv(4096).split()[1]), client

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.proxy.terminate()
        self.proxy.wait()
        self.game.__exit__()
        self.folder.cleanup()


def workers_of(master):
    return set(pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split())


def check_counting(site):
    """Each is counted by its own address, and none by what it claims."""
    kept = [site.upgrade_from(ANN) for _ in range(2)]
    assert [status for status, _ in kept] == [101, 101], kept
    assert site.upgrade_from(ANN)[0] == 429
    assert site.upgrade_from(ANN, claim="203.0.113.9")[0] == 429
    status, bob = site.upgrade_from(BOB)
    assert status == 101
    for client in (bob, *(client for _, client in kept)):
        client.close()


def check_reload(site, player):
    before = workers_of(site.proxy.pid)
    site.proxy.send_signal(signal.SIGHUP)
    programs.until(lambda: workers_of(site.proxy.pid) - before, "another worker")
    tick = player.tick
    player.until(lambda: player.tick > tick + 30)
    Player(site.port, site.schema).play().vanish()


def check(program, name, command):
    with Site(program, command) as site:
        check_counting(site)
        assert site.get("/")[0] == 200 and site.get("/ops")[0] == 403
        assert site.get("/metrics")[0] == 403, "from another machine"
        player = Player(site.port, site.schema).play()
        if name == "nginx":
            check_reload(site, player)
        assert site.game.stop()[0] == 0
        while player.read() is not None:
            pass
        assert player.closed_with == 1001, player.closed_with
    print(f"{name}: plays, counts by address, says goodbye")


def enter_network(arguments):
    """Runs all of this again where there is nothing but loopback."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        programs.skip("a network of its own needs root and ip(8)")
    os.execvp("unshare", ["unshare", "--net", sys.executable, __file__, "--inside", *arguments])


def main(arguments):
    if not shutil.which("nginx"):
        programs.skip("there is no nginx")
    if arguments[0] != "--inside":
        enter_network(arguments)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (ADDRESS, ANN, BOB):
        subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
    check(arguments[1], "nginx", nginx_command)
    if shutil.which("caddy"):
        check(arguments[1], "caddy", caddy_command)


if __name__ == "__main__":
    main(sys.argv[1:])
