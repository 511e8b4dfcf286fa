#!/usr/bin/env python3
"""Goal: whoever reads the log, whole and in all detail, learns nothing that opens a door: no
player's token or name, no operator's token, no moment's link, no address.
Method: a match in which each of these is used, shown wrongly and shown rightly; then the log, the
line of totals and the pages that anybody may ask for are searched, in the forms a log might have.
"""
import base64
import pathlib
import sys
import tempfile
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs
from pilot import Player

OPERATOR = "correct-horse-battery-staple"
GUESS = "incorrect-horse-battery-stapler"
NAME = "Rumpelstiltskin"


def ask(server, path, method="GET", token=None):
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", method=method)
    request.add_header("Origin", f"http://127.0.0.1:{server.port}")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=programs.PATIENCE_S) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def forms(secret):
    """As text, and, of bytes, as somebody may print them."""
    if isinstance(secret, str):
        return {secret}
    words = {secret.hex(), secret.hex().upper(), secret.hex(" "), base64.b64encode(secret).decode(),
             base64.urlsafe_b64encode(secret).decode().rstrip("=")}
    return words | {secret[:8].hex(), secret[::-1].hex()}


def play(server, schema):
    """Uses everything that is secret. Returns it."""
    ann = Player(server.port, schema, name=NAME).play()
    ann.vanish()
    again = Player(server.port, schema, ann.ship, ann.token, name=NAME).play()
    Player(server.port, schema, ann.ship, bytes(range(16)), name=NAME).play()
    assert ask(server, "/ops/now", token=GUESS)[0] == 401
    assert ask(server, "/ops/now", token=OPERATOR)[0] == 200
    status, answer = ask(server, "/ops/moment?room=1", "POST", OPERATOR)
    assert status in (200, 201, 202), (status, answer)
    programs.until(lambda: server.stats()["moments_kept"] == 1, "a moment is kept")
    assert ask(server, "/moments/moment-1-" + "0" * 24 + ".replay")[0] == 404
    assert ask(server, "/ops/drain", "POST", OPERATOR)[0] == 200
    assert ask(server, "/ops/undrain", "POST", OPERATOR)[0] == 200
    again.vanish()
    return [OPERATOR, GUESS, NAME, *Player.tokens - {bytes(16)}]


def main(program):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        token, moments = folder / "token", folder / "moments"
        token.write_text(OPERATOR + "\n")
        token.chmod(0o600)
        moments.mkdir()
        port = programs.free_port()
        server = programs.Server(program, [
            "--listen", f"0.0.0.0:{port}", "--log-level", "trace", "--moments", str(moments),
            "--ops-token-file", str(token)], port)
        with server:
            programs.until(server.healthy, "the server answers /healthz")
            secrets = play(server, int(server.stats()["schema"], 16))
            secrets += [file.name.rsplit("-", 1)[1].split(".")[0] for file in moments.iterdir()]
            public = "".join(server.get(page) for page in ("/metrics", "/stats.json", "/rooms"))
            server.process.terminate()
            out, log = server.process.communicate(timeout=programs.PATIENCE_S)
    assert len(secrets) == 6, len(secrets)  # Two tokens of players, and one moment's.
    assert "kept moment-" in log and "stopped" in log, log
    for secret in secrets:
        found = [form for form in forms(secret) if form in log + out + public]
        assert not found, f"{found[0]} is there for all to see"
    assert "127.0.0.1:" not in log, "an address of a player"
    print(f"{len(secrets)} secrets, none in {len(log)} bytes of log")


if __name__ == "__main__":
    main(*sys.argv[1:])
