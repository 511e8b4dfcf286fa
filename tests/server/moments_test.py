#!/usr/bin/env python3
"""Goal: a moment that the server keeps stays what it was, at its address, whatever happens to the
server; nobody but the operator keeps one; and the disk is left with whole ones or none.
Method: a game with bots; what is served is held against the folder and against --replay, before and
after a kill; a disk that takes no more; a folder full of what is none.
"""
import json
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs

RAILROIDS, PUSH_GAME = sys.argv[1:]
RATE_HZ = 60
KEPT_S = 2
TOKEN = "correct-horse-battery-staple"


class Site:
    """A server that keeps moments in this folder."""

    def __init__(self, folder, *flags, host="127.0.0.1", token=None, count_max=16, bots=30,
                 **options):
        port = programs.free_port()
        self.token = token
        self.server = programs.Server(
            RAILROIDS,
            ["--listen", f"{host}:{port}", "--rate-hz", str(RATE_HZ), "--bots", str(bots),
             "--rooms", "2", "--keep-seconds", str(KEPT_S), "--moments", str(folder),
             "--moments-max", str(count_max), *map(str, flags)], port, **options)
        programs.until(self.server.healthy, "the server answers")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.server.__exit__(*exception)

    def ask(self, path, method="GET", **fields):
        """Returns status, headers and body."""
        address = f"http://127.0.0.1:{self.server.port}"
        request = urllib.request.Request(address + path, method=method)
        if method == "POST":
            request.add_header("Origin", address)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        for name, value in fields.items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=programs.PATIENCE_S) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.headers, refusal.read()

    def status(self, path, method="GET", **fields):
        return self.ask(path, method, **fields)[0]

    def order(self, query="?room=1"):
        """As soon as there is something to keep."""
        def told():
            status, _, body = self.ask(f"/ops/moment{query}", "POST")
            if status == 503:
                return None
            return status, body
        return programs.until(told, "it can be kept")

    def list(self):
        status, _, body = self.ask("/moments")
        assert status == 200, body
        return json.loads(body)

    def is_over(self):
        return all(each["state"] == "kept" for each in self.list()["moments"])

    def keep(self, query="?room=1"):
        """Returns its name, as soon as it is there."""
        status, body = self.order(query)
        assert status == 202, (status, body)
        told = json.loads(body)
        assert told["link"] == f"/moments/{told['name']}", told
        programs.until(self.is_over, "the disk has it")
        return told["name"]

    def bytes_of(self, name):
        status, headers, body = self.ask(f"/moments/{name}")
        assert status == 200, (name, status, body)
        assert headers["Content-Type"] == "application/octet-stream"
        assert f'filename="{name}"' in headers["Content-Disposition"], headers
        return body

    def ticks_until(self, seconds):
        begin = self.server.stats()["ticks"]
        programs.until(lambda: self.server.stats()["ticks"] > begin + seconds * RATE_HZ, "ticks")


def replay(path):
    done = subprocess.run([RAILROIDS, "--replay", str(path)], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0 and done.stderr == "", done
    return " hashes verified" in done.stdout


def stays_what_it_was(folder):
    with Site(folder) as site:
        site.ticks_until(KEPT_S)
        first = site.keep()
        second = site.keep("?room=2")
        kept = {name: site.bytes_of(name) for name in (first, second)}
        assert kept[first] != kept[second], "they are two rooms"
        for name, data in kept.items():
            assert (folder / name).read_bytes() == data
            assert (folder / name).stat().st_mode & 0o777 == 0o600
            assert replay(folder / name), "there is nothing to compare with"
        listed = site.list()
        assert listed["max"] == 16 and "failed" not in listed, listed
        assert [each["name"] for each in listed["moments"]] == [first, second], listed
        assert [each["bytes"] for each in listed["moments"]] == [*map(len, kept.values())], listed
        assert site.server.stats()["moments_kept"] == 2
        assert "ringtick_moments_kept 2\n" in site.server.get("/metrics")
        status, headers, body = site.ask(f"/moments/{first}", "HEAD")
        assert status == 200 and body == b"", (status, body)
        assert int(headers["Content-Length"]) == len(kept[first])
        code, totals = site.server.stop()
    assert code == 0 and totals.get("allocations_after_warmup", 0) == 0, totals
    with Site(folder) as site:
        for name, data in kept.items():
            assert site.bytes_of(name) == data
        third = site.keep()
        kept[third] = site.bytes_of(third)
        site.server.process.kill()
    with Site(folder) as site:
        for name, data in kept.items():
            assert site.bytes_of(name) == data
    assert sorted(path.name for path in folder.iterdir()) == sorted(kept)


def is_whole_or_not_there(folder):
    """Killed in the midst of it, whenever that is."""
    seed = 20_261_123
    print("seed", seed)
    chance = random.Random(seed)
    for _ in range(5):
        with Site(folder, bots=300, count_max=64) as site:
            site.ticks_until(1)
            assert site.order()[0] == 202
            for _ in range(chance.randrange(6)):
                site.list()
            site.server.process.kill()
    paths = list(folder.iterdir())
    with Site(folder, count_max=64) as site:
        assert {each["name"] for each in site.list()["moments"]} == {path.name for path in paths}
    print(len(paths), "of 5 are there")
    for path in paths:
        replay(path)


def is_of_the_tick_that_was_asked_for(folder):
    """Of a download that somebody looks at, while it is there; else of now, if that has it."""
    with Site(folder) as site:
        site.ticks_until(KEPT_S)
        status, headers, downloaded = site.ask("/replay/last?room=1")
        assert status == 200 and headers["Ringtick-Keep"] == "/ops/moment?room=1", headers
        tick = int(headers["Content-Disposition"].split("-")[-1].split(".")[0])
        site.ticks_until(2 * KEPT_S)
        name = site.keep(f"?room=1&tick={tick}")
        assert site.bytes_of(name) == downloaded
        assert name.startswith(f"moment-{tick}-"), name
        assert site.order(f"?room=2&tick={tick}")[0] == 404, "nobody downloaded of that room"
        assert site.order("?room=1&tick=0")[0] == 404
        assert site.order("?room=1&tick=99999999")[0] == 404
        now = site.server.stats()["ticks"] - RATE_HZ // 2
        assert site.bytes_of(site.keep(f"?room=1&tick={now}")) != downloaded
        for query in ("?room=0", "?room=3", "?room=x", "?room=1&tick=x", "?room=1&tick=-1"):
            assert site.order(query)[0] == 400, query
        assert len(site.list()["moments"]) == 2


def is_refused_when_there_are_as_many_as_may_be(folder):
    with Site(folder, count_max=2) as site:
        names = [site.keep(), site.keep()]
        status, body = site.order()
        assert status == 507 and b"--moments-max" in body, (status, body)
        assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    with Site(folder, count_max=1, stderr=subprocess.PIPE) as site:
        oldest = min(folder.iterdir(), key=lambda path: (path.stat().st_mtime_ns // 10**9,
                                                         path.name)).name
        assert [each["name"] for each in site.list()["moments"]] == [oldest]
        site.server.process.kill()
        assert "more than --moments-max" in site.server.process.communicate()[1]


def is_the_operators(folder):
    with Site(folder) as site:
        name = site.keep()
        assert site.status("/ops/moment?room=1") == 404, "an order is a POST"
        assert site.status("/moments", "POST") == 405
        assert site.status(f"/moments/{name}", "POST") == 405
        for fields in ({"Origin": "http://example.com"}, {"Sec-Fetch-Site": "cross-site"}):
            assert site.status("/ops/moment?room=1", "POST", **fields) == 403, fields
        assert site.status("/moments", **{"Sec-Fetch-Site": "cross-site"}) == 403
    for flags in ((), ("--share-replays",)):
        with Site(folder, *flags, host="0.0.0.0") as site:
            assert site.status("/ops/moment?room=1", "POST") == 405, "there is no operator"
            assert site.status("/moments") == 404
            assert site.status(f"/moments/{name}") == 200, "who has the link"
            if flags:
                headers = programs.until(
                    lambda: (told := site.ask("/replay/last"))[0] == 200 and told[1], "shared")
                assert "Ringtick-Keep" not in headers, headers
    secret = folder.with_suffix(".token")
    secret.write_text(TOKEN + "\n")
    with Site(folder, "--ops-token-file", secret, host="0.0.0.0") as site:
        assert site.status("/ops/moment?room=1", "POST") == 401
        assert site.status("/moments") == 401
        assert site.status(f"/moments/{name}") == 200
        site.token = TOKEN
        site.keep()
        assert len(site.list()["moments"]) == 2


def fails_in_words_when_the_disk_takes_no_more(folder):
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
    with Site(folder, preexec_fn=limit, stderr=subprocess.PIPE) as site:
        site.ticks_until(KEPT_S)
        status, body = site.order()
        assert status == 202, (status, body)
        name = json.loads(body)["name"]
        failed = programs.until(lambda: site.list().get("failed"), "it is said")
        assert failed["name"] == name and failed["remedy"] == "raise `ulimit -f`", failed
        assert site.list()["moments"] == [] and not list(folder.iterdir())
        assert site.status(f"/moments/{name}") == 507
        stats = site.server.stats()
        assert stats["moments_failed"] == 1 and stats["moments_kept"] == 0, stats
        assert stats.get("allocations_after_warmup", 0) == 0, stats  # Sanitizers count themselves.
        site.ticks_until(1)  # The game goes on.
        resource.prlimit(site.server.process.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        replay(folder / site.keep())
        assert "failed" not in site.list()
        site.server.process.kill()
        log = site.server.process.communicate()[1]
    public = name.rsplit("-", 1)[0]  # The rest of a name is the secret of its link.
    assert name not in log, log
    assert f"{public} could not be kept, and is gone: File too large" in log, log


def leaves_alone_what_is_none(folder):
    with Site(folder) as site:
        name = site.keep()
    data = (folder / name).read_bytes()
    names = [f"moment-7-{digit * 24}.replay" for digit in "123456789abcde"]
    paths = iter([folder / each for each in names])
    for place in (3, len(data) // 2, len(data) - 1):
        spoiled = bytearray(data)
        spoiled[place] ^= 1
        next(paths).write_bytes(spoiled)
    next(paths).write_bytes(data[:-1])
    next(paths).write_bytes(data + b"x")
    next(paths).write_bytes(b"")
    next(paths).write_bytes(data.replace(b"railroids", b"asteroids", 1))
    next(paths).write_bytes(random.Random(1).randbytes(10_000))
    next(paths).symlink_to(folder / name)
    next(paths).symlink_to("/nowhere")
    next(paths).mkdir()
    os.mkfifo(next(paths))
    with next(paths).open("wb") as huge:
        huge.truncate(3 << 30)
    for odd in ("notes.txt", ".hidden", "moment-7.replay", f"{name}.replay", name.upper(),
                "moment-7-" + "g" * 24 + ".replay", "moment--7-" + "1" * 24 + ".replay",
                "moment-07-" + "1" * 24 + ".replay", "a\x1b[2J\n\"b", "\udcff"):
        (folder / odd).write_bytes(data)
    with Site(folder, stderr=subprocess.PIPE) as site:
        assert [each["name"] for each in site.list()["moments"]] == [name], site.list()
        assert site.bytes_of(name) == data
        for path in [f"/moments/{each}" for each in names] + [
                "/moments/", "/moments/notes.txt", f"/moments/{name}/", f"/moments//{name}",
                f"/moments/{name}x", "/momentsx", "/moments/etc/passwd", "/moments/%00"]:
            assert site.status(path) in (400, 404), path
        for path in (f"/moments/../moments/{name}", f"/moments/%2e%2e/{name}"):
            assert site.status(path) == 400, path
        site.server.process.kill()
        log = site.server.process.communicate()[1]
    lines = [line for line in log.splitlines() if "left alone" in line]
    assert len(lines) == 1 and "23 entries of" in lines[0] and "\x1b" not in log, log


def says_what_is_wrong_with_the_folder(folder):
    for wrong, reason in ((folder / "none", "No such file"), ("/dev/null", "Not a directory"),
                          ("/proc", "not supported")):
        done = subprocess.run([RAILROIDS, "--listen", "127.0.0.1:0", "--moments", str(wrong)],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and f"cannot keep moments in {wrong}: " in done.stderr, done
        assert reason in done.stderr and "Choose another --moments" in done.stderr, done
    with Site(folder):  # As it is another server's, too.
        done = subprocess.run([RAILROIDS, "--listen", "127.0.0.1:0", "--moments", str(folder)],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "no other server's" in done.stderr, done
    done = subprocess.run([PUSH_GAME, "--listen", "127.0.0.1:0", "--moments", str(folder)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "cannot be saved" in done.stderr, done
    done = subprocess.run([RAILROIDS, "--replay", "/dev/null", "--moments", str(folder)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "match under way" in done.stderr, done


def main():
    with tempfile.TemporaryDirectory() as name:
        for number, check in enumerate((
                stays_what_it_was, is_whole_or_not_there, is_of_the_tick_that_was_asked_for,
                is_refused_when_there_are_as_many_as_may_be, is_the_operators,
                fails_in_words_when_the_disk_takes_no_more, leaves_alone_what_is_none,
                says_what_is_wrong_with_the_folder)):
            folder = pathlib.Path(name) / str(number)
            folder.mkdir()
            print(check.__name__)
            check(folder)


main()
