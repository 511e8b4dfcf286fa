"""One server, a hundred good clients who play on, and what must hold of both whoever else comes."""
import http.client
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs
from horde import Horde

GOOD = 100
ASKING = 1  # The connection that is asked on.
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024
WATCH_PERIOD_S = 0.05

# What a hostile client may make resident at most: a page of what it sends and one of what it is to
# be sent, and a third for a message or two on their way.
RSS_EACH_KIB = 12
RSS_OF_ALL_KIB = 4_096
RSS_RETURN = 1.10  # Of what was resident before the crowd, once it has left.

# Where thousands are in the room the broadcast alone would fill the ticks of a shared core.
RATE_HZ = 30
RATE_HZ_THOUSANDS = 10


class Scene:
    """`hostile`: how many there will be at once."""

    def __init__(self, tools, hostile, *arguments, message_size=512):
        self.tools = tools
        self.rate_hz = RATE_HZ if hostile <= 1_000 else RATE_HZ_THOUSANDS
        self.arguments = [str(self.rate_hz), str(message_size), *arguments]
        self.message_size = message_size
        self.rss_max_kib = RSS_OF_ALL_KIB + RSS_EACH_KIB * hostile
        self.watched_at = 0
        self.figures = {}

    def __enter__(self):
        self.server = programs.bench_server(self.tools.server, "broadcast", *self.arguments)
        self.line = http.client.HTTPConnection("127.0.0.1", self.server.port,
                                               timeout=programs.PATIENCE_S)
        self.good = programs.Crowd(self.tools.crowd, self.server.port, GOOD, 0, 2,
                                   self.message_size)
        # Whoever floods does so from elsewhere: here it must not take the server's core. For good,
        # so each scene wants a process of its own.
        os.nice(19)
        self.horde = Horde(self.server.port, self.watch)
        self.used = self.times()
        self.idle = self.lap(self.rate_hz)
        self.stats_before = self.stats()
        self.rss_before = self.rss_peak = self.rss()
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.finish()
        finally:
            self.horde.leave()
            self.line.close()
            self.good.process.kill()
            self.good.process.communicate()
            self.server.__exit__()

    def stats(self):
        """Asked on a line that is kept, so that who asks counts as one connection."""
        for last in (False, True):
            try:
                self.line.request("GET", "/stats.json")
                return json.loads(self.line.getresponse().read())
            except (http.client.HTTPException, OSError):
                self.line.close()  # Nothing was asked for a while, so the server hung up.
                if last:
                    raise
        return None

    def since(self, name):
        """How far a counter has come since the crowd began."""
        now, then = self.stats(), self.stats_before
        for part in name.split("."):
            now, then = now[part], then[part]
        return now - then

    def hostile_inside(self):
        self.watch()
        return self.stats()["connections"] - GOOD - ASKING

    def crowd_is_gone(self):
        return self.hostile_inside() == 0

    def rss(self):
        pages = pathlib.Path(f"/proc/{self.server.process.pid}/statm").read_text().split()[1]
        return int(pages) * PAGE_KIB

    def watch(self):
        if time.monotonic() - self.watched_at < WATCH_PERIOD_S:
            return
        self.watched_at = time.monotonic()
        self.rss_peak = max(self.rss_peak, self.rss())

    def times(self):
        """Nanoseconds that the server ran, and those that it was ready to and others did (proc(5),
        /proc/PID/schedstat)."""
        text = pathlib.Path(f"/proc/{self.server.process.pid}/schedstat").read_text()
        return [int(word) for word in text.split()[:2]]

    def lap(self, ticks_min=0):
        lap = self.good.lap(ticks_min)
        before, self.used = self.used, self.times()
        ran, waited = (now - then for now, then in zip(self.used, before))
        lap["ran_ms"], lap["waited_ms"] = ran // 1_000_000, waited // 1_000_000
        return lap

    def finish(self):
        self.rss_peak = max(self.rss_peak, self.rss())
        self.horde.leave()
        programs.until(self.crowd_is_gone, "the crowd's slots are free")
        rss_after = self.rss()
        crowd = self.lap()
        stats = self.stats()
        afterwards = self.lap(self.rate_hz // 2)
        self.report(crowd, rss_after)

        assert self.stats_before["snapshots_skipped"] == 0, self.stats_before
        for lap in (self.idle, crowd, afterwards):
            self.check_lap(lap)
        assert self.server.healthy()
        assert stats["players"] == GOOD, stats
        assert stats["receive_buffers_lent"] == 1, stats  # The question's own.
        if not self.tools.sanitized:  # A sanitizer has its own memory.
            assert self.rss_peak <= self.rss_before + self.rss_max_kib
            assert rss_after <= RSS_RETURN * self.rss_before
        # All leave, so that nobody has to be waited for.
        self.line.close()
        self.good.totals()
        code, totals = self.server.stop()
        assert code == 0 and totals["cq_overflow"] == 0, totals

    def check_lap(self, lap):
        """What was shown was shown to every good client. What was shown to nobody is the machine's
        doing, which ran something else while the server was ready to run, or else the crowd's."""
        assert lap["lap_missed_max"] == 0, lap
        assert lap["ended"] == 0 and lap["errors"] == 0, lap
        machines = lap["waited_ms"] * self.rate_hz / 1_000
        if not self.tools.sanitized:
            assert lap["lap_unshown"] <= machines + 2, lap

    def report(self, crowd, rss_after):
        print(f"    {self.figures}, at {self.rate_hz} Hz")
        print(f"    rss KiB: {self.rss_before} before, {self.rss_peak} during, {rss_after} after")
        for name, lap in (("idle", self.idle), ("crowd", crowd)):
            print(f"    {name}: {lap['lap_ticks']} ticks; a good client missed "
                  f"{lap['lap_missed_min']} to {lap['lap_missed_max']} of those shown, and all "
                  f"{lap['lap_unshown']} unshown; gaps {lap['lap_gaps_min']} to "
                  f"{lap['lap_gaps_max']}, the longest {lap['lap_gap_longest']}; the server ran "
                  f"{lap['ran_ms']} ms, and waited {lap['waited_ms']} ms for a core")
        skipped = self.since("snapshots_skipped")
        print(f"    snapshots skipped, of the crowd's: {skipped}", flush=True)
