"""This is a stub of Agones' SDK, and one of a game server: no Agones and no Kubernetes was here.
The first speaks the REST interface that Agones publishes (the guide "Client SDKs", and its OpenAPI
files) as far as ringtick-agones uses it, and is stricter: what is no right request is refused."""
import http.server
import json
import socket
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        self.server.open.add(self.connection)

    def finish(self):
        self.server.open.discard(self.connection)
        try:
            super().finish()
        except OSError:
            pass

    def any_method(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = self.server.stub.answer(self.command, self.path, body, self.headers)
        try:
            if isinstance(answer, bytes):  # Raw, and that was it.
                self.wfile.write(answer)
                self.close_connection = True
                return
            status, text = answer
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            self.close_connection = True

    do_GET = do_POST = do_PATCH = do_PUT = any_method


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_):
        """Whoever is killed leaves connections behind."""


class Stub:
    """Answers on 127.0.0.1 from start() to stop(). `instead` maps a path to what to answer: raw
    bytes that end the connection, a status and a text, or an Event to wait for before the usual
    answer."""

    def __init__(self, port):
        self.port = port
        self.requests = []  # (method, path, what the body held)
        self.instead = {}
        self.listener = None

    def start(self):
        self.listener = Listener(("127.0.0.1", self.port), Handler)
        self.listener.stub, self.listener.open = self, set()
        threading.Thread(target=self.listener.serve_forever, args=[0.01], daemon=True).start()
        return self

    def stop(self):
        """As when the process ends: its port is closed, and so are its connections."""
        for event in self.instead.values():
            if isinstance(event, threading.Event):
                event.set()
        if self.listener is None:
            return
        self.listener.shutdown()
        self.listener.server_close()
        for connection in list(self.listener.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.listener = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def count(self, path):
        return sum(1 for _, asked, _ in list(self.requests) if asked == path)

    def answer(self, method, path, body, headers):
        self.requests.append((method, path, body.decode()))
        other = self.instead.get(path)
        if isinstance(other, threading.Event):
            other.wait()
        elif other is not None:
            return other
        return self.usual(method, path, body, headers)


def wrong(code, message, status):
    return status, json.dumps({"code": code, "message": message, "details": []})


class Sdk(Stub):
    """The SDK of one GameServer."""
    AFTER = {"/ready": "Ready", "/allocate": "Allocated", "/shutdown": "Shutdown", "/health": None}

    def __init__(self, port, counters=("players",)):
        super().__init__(port)
        self.state = "Scheduled"
        self.counters = {name: {"count": 0, "capacity": 0} for name in counters}

    def usual(self, method, path, body, headers):
        if path == "/gameserver" and method == "GET":
            return 200, json.dumps({
                "object_meta": {"name": "local", "namespace": "default", "generation": "1"},
                "status": {"state": self.state, "address": "127.0.0.1", "ports": []}})
        if path.startswith("/v1beta1/counters/"):
            return self.counter(method, path.removeprefix("/v1beta1/counters/"), body, headers)
        if path not in self.AFTER:
            return wrong(5, "Not Found", 404)
        if method != "POST":
            return wrong(12, "Method Not Allowed", 501)
        if json.loads(body) != {} or headers["Content-Type"] != "application/json":
            return wrong(3, "an empty object, as application/json", 400)
        self.state = self.AFTER[path] or self.state
        return 200, "{}"

    def counter(self, method, name, body, headers):
        if name not in self.counters:
            return wrong(2, f"counter not found: {name}", 500)
        if method == "PATCH":
            update = json.loads(body)
            if not set(update) <= {"count", "capacity", "countDiff"} or \
                    not all(isinstance(value, str) for value in update.values()) or \
                    headers["Content-Type"] != "application/json":
                return wrong(3, "int64 is text", 400)
            wanted = self.counters[name] | {key: int(value) for key, value in update.items()}
            if not 0 <= wanted["count"] <= wanted["capacity"]:
                return wrong(2, "out of range. Count must be within range [0,Capacity]", 500)
            self.counters[name] = wanted
            return 200, "{}"
        counter = self.counters[name]
        return 200, json.dumps({"name": name} | {key: str(counter[key]) for key in counter})


class GameServer(Stub):
    """Of a ringtick server, /healthz and /rooms."""

    def __init__(self, port):
        super().__init__(port)
        self.draining = False
        self.rooms = [(0, 10)]
        self.rooms_max = 0  # As many as there are.

    def usual(self, method, path, body, headers):
        if method != "GET":
            return 405, "Not allowed.\n"
        if path == "/healthz":
            return (503, "draining\n") if self.draining else (200, "ok\n")
        if path != "/rooms":
            return 404, "Nothing here.\n"
        rooms = [{"id": str(number), "path": f"/play/{number}", "number": number,
                  "players": players, "players_max": most, "shard": 0, "tick_p99_us": 9}
                 for number, (players, most) in enumerate(self.rooms, 1)]
        return 200, json.dumps({"tick_work_p99_us": 9, "rooms_max": self.rooms_max or len(rooms),
                                "shards": 1, "rooms": rooms})
