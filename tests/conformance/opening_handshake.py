"""RFC 6455, section 4: the opening handshake."""
import dialogues
import suite
import wire

rule, cases = suite.chapter()

# -------------------------------------------------------------------------- 4.2.2: what is accepted


@rule("RFC 6455, 1.3")
def the_sample_key_gets_the_sample_answer(site):
    answer = dialogues.accepted(site.echo, wire.upgrade())
    assert answer.one("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@rule("RFC 6455, 4.2.2")
def the_answer_names_the_upgrade_and_nothing_that_was_not_asked(site):
    answer = dialogues.accepted(site.echo, wire.upgrade())
    assert answer.one("Upgrade").lower() == "websocket"
    assert answer.tokens("Connection") == ["upgrade"]
    for name in ("Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Sec-WebSocket-Version"):
        assert not answer.all(name), answer.fields


@rule("RFC 6455, 4.2.1", each={
    "names in capitals": wire.upgrade().upper().replace(wire.SAMPLE_NONCE.upper().encode(),
                                                        wire.SAMPLE_NONCE.encode()),
    "names in small letters": wire.upgrade().replace(b"Sec-WebSocket-", b"sec-websocket-"),
    "any case of websocket": wire.upgrade(Upgrade="WebSocket"),
    "any case of upgrade": wire.upgrade(Connection="uPgRaDe"),
    "upgrade in a list": wire.upgrade(Connection="keep-alive, Upgrade"),
    "upgrade first in a list": wire.upgrade(Connection="Upgrade,keep-alive"),
    "upgrade in a second header": wire.upgrade("GET / HTTP/1.1", "Connection: Upgrade",
                                               Connection="keep-alive"),
    "empty elements in a list": wire.upgrade(Connection=", ,Upgrade, ,"),
    "websocket in a list": wire.upgrade(Upgrade="h2c, websocket"),
    "no white space behind the colon": wire.upgrade().replace(b": ", b":"),
    "tabs around a value": wire.upgrade(Sec_WebSocket_Version="\t13\t "),
    "a key with the bits of plus and slash": wire.upgrade(
        Sec_WebSocket_Key="+/+/+/+/+/+/+/+/+/+/+w=="),
    "unknown headers": wire.upgrade("GET / HTTP/1.1", "X-Forwarded: yes", "Cookie: a=b; c=d"),
    "a value of 8-bit bytes": wire.upgrade("GET / HTTP/1.1", "X-Name: \xe9\xff"),
    "an empty value": wire.upgrade("GET / HTTP/1.1", "X-Nothing:"),
    "a length of zero": wire.upgrade("GET / HTTP/1.1", "Content-Length: 0"),
    "a query": wire.upgrade("GET /?room=1&name=%41 HTTP/1.1"),
    "an absolute target": wire.upgrade("GET http://localhost/ HTTP/1.1"),
    "a host with a port": wire.upgrade(host="localhost:9001"),
    "a host that is an IPv6 address": wire.upgrade(host="[::1]:9001"),
})
def an_opening_handshake_is_accepted_with(site, head):
    dialogues.accepted(site.echo, head)


@rule("RFC 6455, 4.2.1")
def the_order_of_the_headers_does_not_matter(site):
    fields = [f"{name}: {value}" for name, value in reversed(wire.UPGRADE.items())]
    dialogues.accepted(site.echo, wire.request("GET / HTTP/1.1", *fields, "Host: localhost",
                                               host=None))


@rule("RFC 6455, 4.2.2")
def nothing_is_sent_before_the_head_is_whole(site):
    with wire.Client(site.echo) as client:
        client.send(wire.upgrade()[:-1])
        suite.probe_echo(site.echo)  # Whoever is served after us: we have been read.
        assert client.quiet()
        client.send(b"\n")
        assert client.read_response().status == 101


@rule("RFC 6455, 4.1")
def frames_right_behind_the_head_belong_to_the_stream(site):
    with wire.connect(site.echo, wire.text(b"one") + wire.text(b"two")) as client:
        client.expect(wire.TEXT, b"one").expect(wire.TEXT, b"two")
        dialogues.says_goodbye(client)


@rule("RFC 6455, 4.1")
def half_a_frame_behind_the_head_waits_for_its_other_half(site):
    data = wire.text(b"in two halves")
    with wire.connect(site.echo, data[:5]) as client:
        client.send(data[5:]).expect(wire.TEXT, b"in two halves")
        dialogues.says_goodbye(client)


@rule("RFC 6455, 4.1")
def a_close_right_behind_the_head_is_answered(site):
    with wire.connect(site.echo, wire.close(1001)) as client:
        client.expect_close(1001).expect_end()


@rule("RFC 6455, 4.1")
def a_fault_right_behind_the_head_is_answered_behind_the_101(site):
    with wire.connect(site.echo, wire.frame(0x3)) as client:
        client.expect_close(1002).expect_end()


@rule("RFC 9112, 2.1")
def a_handshake_cut_at_every_byte_is_the_same_handshake(site):
    with wire.Client(site.echo) as client:
        client.trickle(wire.upgrade() + wire.text(b"whole"))
        assert client.read_response().status == 101
        client.expect(wire.TEXT, b"whole")
        dialogues.says_goodbye(client)


@rule("RFC 9112, 9.3")
def a_connection_that_has_served_a_page_can_be_upgraded(site):
    with wire.Client(site.echo) as client:
        client.send(wire.request("GET /healthz HTTP/1.1"), wire.upgrade(), wire.text(b"late"))
        assert client.read_response().body == b"ok\n"
        assert client.read_response().status == 101
        client.expect(wire.TEXT, b"late")


# ------------------------------------------------------------------ 4.2.1: what is refused, by rule


@rule("RFC 6455, 4.2.1 item 1", each={
    name: name for name in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "HEAD")})
def a_handshake_by_another_method_is_405(site, method):
    dialogues.refused(site.echo, wire.upgrade(f"{method} / HTTP/1.1"), 405, method)


@rule("RFC 6455, 4.2.1 item 1")
def a_handshake_in_http_1_0_is_400(site):
    dialogues.refused(site.echo, wire.upgrade("GET / HTTP/1.0"), 400)


@rule("RFC 6455, 4.2.1 item 2", each={
    "no host": wire.upgrade(host=None),
    "two hosts": wire.upgrade("GET / HTTP/1.1", "Host: other"),
    "the same host twice": wire.upgrade("GET / HTTP/1.1", "Host: localhost"),
    "an empty host": wire.upgrade(host=""),
    "a host of two": wire.upgrade(host="one, two"),
    "a host with a path": wire.upgrade(host="localhost/x"),
    "a host with a user": wire.upgrade(host="me@localhost"),
    "a host with a space": wire.upgrade(host="local host"),
    "a port that is none": wire.upgrade(host="localhost:http"),
    "only a port": wire.upgrade(host=":80"),
    "an open bracket": wire.upgrade(host="[::1"),
})
def a_handshake_is_400_with(site, head):
    dialogues.refused(site.echo, head, 400)


@rule("RFC 6455, 4.2.1 item 3", each={
    "is missing": {"without": ("Upgrade",)},
    "is empty": {"Upgrade": ""},
    "names another protocol": {"Upgrade": "h2c"},
    "names a longer word": {"Upgrade": "websockets"},
    "names two words": {"Upgrade": "web socket"},
    "names a version": {"Upgrade": "websocket/13"},
})
def a_handshake_is_400_if_upgrade(site, options):
    dialogues.refused(site.echo, wire.upgrade(**options), 400)


@rule("RFC 6455, 4.2.1 item 4", each={
    "is missing": {"without": ("Connection",)},
    "is empty": {"Connection": ""},
    "says keep-alive": {"Connection": "keep-alive"},
    "says close": {"Connection": "close"},
    "names a longer word": {"Connection": "Upgrades"},
    "names two words": {"Connection": "keep-alive Upgrade"},
})
def a_handshake_is_400_if_connection(site, options):
    dialogues.refused(site.echo, wire.upgrade(**options), 400)


@rule("RFC 6455, 4.2.1 item 5", each={
    "is missing": {"without": ("Sec-WebSocket-Key",)},
    "is empty": {"Sec_WebSocket_Key": ""},
    "is of 15 bytes": {"Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAA"},
    "is of 17 bytes": {"Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAAA="},
    "is of 18 bytes": {"Sec_WebSocket_Key": "A" * 24},
    "is very long": {"Sec_WebSocket_Key": "A" * 4000 + "=="},
    "has no padding": {"Sec_WebSocket_Key": wire.SAMPLE_NONCE[:-2]},
    "has its padding in the middle": {"Sec_WebSocket_Key": "dGhlIHNh==bXBsZSBub25jZQ"},
    "is of the other alphabet": {"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25j-_=="},
    "has a space inside": {"Sec_WebSocket_Key": "dGhlIHNhbXBs SBub25jZQ=="},
    "has an 8-bit byte": {"Sec_WebSocket_Key": "dGhlIHNhbXBs\xe9SBub25jZQ=="},
    "is no base64": {"Sec_WebSocket_Key": "************************"},
})
def a_handshake_is_400_if_the_key(site, options):
    dialogues.refused(site.echo, wire.upgrade(**options), 400)


@rule("RFC 6455, 11.3.1", each={"the same": wire.SAMPLE_NONCE, "different": "A" * 22 + "=="})
def a_handshake_with_two_keys_is_400(site, second):
    head = wire.upgrade("GET / HTTP/1.1", f"Sec-WebSocket-Key: {second}")
    dialogues.refused(site.echo, head, 400)


@rule("RFC 6455, 4.4", each={
    name: name for name in ("0", "7", "8", "12", "14", "25", "130", "013", "13.0", "+13", "-1",
                            "13, 8", "8, 13", "1 3", "thirteen", "255", "99999999999999999999",
                            "")})
def a_handshake_of_another_version_is_426_with_ours(site, version):
    dialogues.refused(site.echo, wire.upgrade(Sec_WebSocket_Version=version), 426)


@rule("RFC 6455, 4.4")
def a_handshake_without_a_version_is_426(site):
    dialogues.refused(site.echo, wire.upgrade(without=("Sec-WebSocket-Version",)), 426)


@rule("RFC 6455, 11.3.5")
def a_handshake_with_two_versions_is_426(site):
    head = wire.upgrade("GET / HTTP/1.1", "Sec-WebSocket-Version: 8")
    dialogues.refused(site.echo, head, 426)


@rule("RFC 6455, 4.2.1", each={
    "a length": ("Content-Length: 5", b"hello"),
    "a chunked body": ("Transfer-Encoding: chunked", b"5\r\nhello\r\n0\r\n\r\n"),
    "an identity coding": ("Transfer-Encoding: identity", b""),
    "an empty coding": ("Transfer-Encoding:", b""),
})
def a_handshake_with_a_body_is_400(site, body):
    dialogues.refused(site.echo, wire.upgrade("GET / HTTP/1.1", body[0]) + body[1], 400)


@rule("RFC 6455, 4.2.2 item 4", each={
    path: path for path in ("/nowhere", "/play/", "/play/1/", "/PLAY/1", "/PLAY", "/play/+1",
                            "/play/a.b", "/play/%31", "/play/" + 33 * "9")})
def a_handshake_for_an_unknown_path_is_404(site, path):
    dialogues.refused(site.game, wire.upgrade(f"GET {path} HTTP/1.1"), 404)


@rule("RFC 6455, 10.3")
def what_follows_a_refused_handshake_is_not_read_as_frames(site):
    with wire.Client(site.echo) as client:
        client.send(wire.upgrade(Sec_WebSocket_Key="short"), wire.text(b"ignored"), wire.upgrade())
        dialogues.judge_refusal(client.read_response(), 400)
        client.expect_end()


# -------------------------------------------------------------------------- 4.2.2, 10.2: the origin

PLAY = "GET /play/1 HTTP/1.1"


def play_from(origin, host="game.example"):
    return wire.upgrade(PLAY, f"Origin: {origin}", host=host)


@rule("RFC 6455, 10.2", each={
    "none": wire.upgrade(PLAY),
    "our own": play_from("http://game.example"),
    "our own in capitals": play_from("HTTP://GAME.EXAMPLE"),
    "our own and its port": play_from("http://game.example:80"),
    "our own by TLS": play_from("https://game.example"),
    "our own by TLS and its port": play_from("https://game.example:443"),
    "our own on another port": play_from("http://game.example:9001", "game.example:9001"),
    "our own by number": play_from("http://[::1]:9001", "[::1]:9001"),
    "a friend": play_from(suite.FRIEND),
    "a friend in capitals": play_from(suite.FRIEND.upper()),
    "a friend and its port": play_from(suite.FRIEND + ":443"),
})
def an_origin_is_let_in(site, head):
    dialogues.accepted(site.game, head)


@rule("RFC 6455, 10.2", each={
    "a stranger": play_from("https://evil.example"),
    "our own on another port": play_from("http://game.example:8080"),
    "our own of another scheme": play_from("ftp://game.example"),
    "our own and more": play_from("http://game.example.evil.example"),
    "our own as an end": play_from("http://evilgame.example"),
    "our own as a user": play_from("http://game.example@evil.example"),
    "our own and a path": play_from("http://game.example/"),
    "our own without a scheme": play_from("game.example"),
    "two in one": play_from("http://game.example http://evil.example"),
    "two in a list": play_from("http://game.example, http://evil.example"),
    "null": play_from("null"),
    "nothing": play_from(""),
    "a file": play_from("file://"),
    "a star": play_from("*"),
    "a friend without TLS": play_from("http://friend.example"),
    "a friend on another port": play_from(suite.FRIEND + ":8443"),
    "a child of a friend": play_from("https://child.friend.example"),
})
def an_origin_is_refused_with_403(site, head):
    dialogues.refused(site.game, head, 403)


@rule("RFC 6454, 7.2")
def two_origins_are_refused_with_403(site):
    head = wire.upgrade(PLAY, "Origin: http://game.example", "Origin: http://game.example",
                        host="game.example")
    dialogues.refused(site.game, head, 403)


# ------------------------------------------------------------------------- 4.2.2, 1.9: subprotocols


@rule("RFC 6455, 4.2.2 item 5", each={
    "alone": ("arena.v1",),
    "last in a list": ("chat, superchat, arena.v1",),
    "without white space": ("chat,arena.v1,superchat",),
    "in a second header": ("chat", "superchat, arena.v1"),
    "twice": ("arena.v1, arena.v1",),
})
def our_subprotocol_is_chosen(site, offers):
    fields = [f"Sec-WebSocket-Protocol: {offer}" for offer in offers]
    answer = dialogues.accepted(site.game, wire.upgrade(PLAY, *fields))
    assert answer.one("Sec-WebSocket-Protocol") == "arena.v1"


@rule("RFC 6455, 4.2.2 item 5", each={
    "strangers": "chat, superchat",
    "another case": "ARENA.V1",
    "a longer name": "arena.v11",
    "a part of the name": "arena",
    "nothing": "",
    "only commas": ", ,,",
    "two names in one": "chat arena.v1",
    "as many as fit": ",".join(f"p{i}" for i in range(1200)),
})
def no_subprotocol_is_answered_to(site, offer):
    answer = dialogues.accepted(
        site.game, wire.upgrade(PLAY, f"Sec-WebSocket-Protocol: {offer}"))
    assert not answer.all("Sec-WebSocket-Protocol"), answer.fields


@rule("RFC 6455, 4.2.2 item 5")
def a_server_without_subprotocols_never_echoes_one(site):
    answer = dialogues.accepted(
        site.echo, wire.upgrade("GET / HTTP/1.1", "Sec-WebSocket-Protocol: arena.v1, chat"))
    assert not answer.all("Sec-WebSocket-Protocol"), answer.fields


@rule("ours")
def ten_thousand_subprotocols_are_431(site):
    offer = ",".join(f"protocol{i}" for i in range(10_000))
    dialogues.refused(site.echo, wire.upgrade("GET / HTTP/1.1", f"Sec-WebSocket-Protocol: {offer}"),
                      431)


# ---------------------------------------------------------------------------------- 9.1: extensions


@rule("RFC 6455, 9.1", each={
    "an unknown one": "bbf-usp-protocol",
    "deflate, where it is off": "permessage-deflate",
    "deflate of browsers, where it is off": "permessage-deflate; client_max_window_bits",
    "a list": "x-one, x-two; a=b, permessage-deflate; server_max_window_bits=10",
    "an old one": "x-webkit-deflate-frame", "a quoted parameter": 'x-ext; a="1, 2; 3"',
    "an open quote": 'x-ext; a="', "an escape at the end": 'x-ext; a="\\',
    "nothing": "",
    "only separators": ",;,;;=,",
    "a parameter without a name": "x-ext; =1",
    "an equals sign without a value": "permessage-deflate; server_max_window_bits=",
    "a thousand parameters": "permessage-deflate" + "; a" * 1000,
    "a thousand offers": ", ".join(["a"] * 1000),
})
def no_extension_is_answered_to(site, offer):
    answer = dialogues.accepted(
        site.echo, wire.upgrade("GET / HTTP/1.1", f"Sec-WebSocket-Extensions: {offer}"))
    assert not answer.all("Sec-WebSocket-Extensions"), answer.fields
