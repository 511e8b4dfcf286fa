"""RFC 6455, section 10.4, and RFC 9110, section 15.5: every size, number and time has its bound."""
import contextlib
import select
import time

import dialogues
import programs
import suite
import wire
from wire import BINARY, PING, PONG, TEXT

rule, cases = suite.chapter()

GOOD = wire.text(b"good")
GOOD_BACK = [(TEXT, b"good")]
MESSAGE_MAX = 16_384  # Without options.

# -------------------------------------------------------------------------------- sizes of messages


@rule("RFC 6455, 7.4.1", each={
    "one byte": MESSAGE_MAX + 1, "twice its size": 2 * MESSAGE_MAX, "64 KiB": 65_536,
    "16 MB": 16_000_000, "2^40": 1 << 40})
def a_message_over_the_limit_is_1009_before_any_of_it_came_by(site, size):
    for opcode in (TEXT, BINARY):
        dialogues.condemned_at(site.echo, wire.head(opcode, size), 1009)


@rule("RFC 6455, 7.4.1")
def messages_before_one_over_the_limit_are_echoed(site):
    data = GOOD + wire.frame(BINARY, bytes(MESSAGE_MAX + 1)) + GOOD
    dialogues.fails(site.echo, data, 1009, GOOD_BACK)


@rule("RFC 6455, 7.4.1", each={
    "by one byte": [b"x" * MESSAGE_MAX, b"x"], "in halves": [b"x" * 10_000, b"x" * 10_000],
    "in many": [b"x" * 1000] * 17})
def fragments_that_add_up_to_more_than_the_limit_are_1009(site, pieces):
    dialogues.fails(site.echo, wire.fragments(BINARY, pieces), 1009)


@rule("RFC 6455, 7.4.1")
def fragments_that_add_up_to_more_are_refused_by_the_header(site):
    data = wire.frame(BINARY, b"x" * 10_000, fin=False) + wire.head(0, 10_000)
    dialogues.condemned_at(site.echo, data, 1009)


@rule("RFC 6455, 7.4.1")
def a_length_that_would_overflow_the_sum_is_1009(site):
    data = wire.frame(BINARY, b"x", fin=False) + wire.head(0, (1 << 63) - 1)
    dialogues.condemned_at(site.echo, data, 1009)


@rule("ours")
def a_message_of_the_limit_comes_back_in_fragments_and_again(site):
    with wire.connect(site.echo) as client:
        for _ in range(3):
            client.send(wire.fragments(BINARY, [b"x" * 8192, b"y" * 8192, b""]))
            client.expect(BINARY, b"x" * 8192 + b"y" * 8192)
        dialogues.says_goodbye(client)


@rule("RFC 6455, 7.4.1")
def a_server_that_allows_16_mib_refuses_one_byte_more_with_1009(site):
    dialogues.condemned_at(site.roomy, wire.head(BINARY, (1 << 24) + 1), 1009)


@rule("ours")
def memory_follows_what_came_and_not_what_was_declared(site):
    with site.start("bench", *suite.ROOMY) as server, contextlib.ExitStack() as stack:
        before = suite.resident_kib(server)
        for _ in range(400):
            client = stack.enter_context(wire.connect(server.port))
            client.send(wire.head(BINARY, 16_000_000), b"x")
        for client in (wire.connect(server.port), wire.connect(server.port)):
            client.send(GOOD).expect(TEXT, b"good")
        grown = suite.resident_kib(server) - before
        assert grown < 400 * 64, f"400 declared 16 MB each, and it took {grown} KiB"


# -------------------------------------------------------------------------------- sizes of requests


def padded_head(size):
    """A whole request head of exactly so many bytes, in lines that are not long."""
    head = wire.request("GET /healthz HTTP/1.1")[:-2]
    while size - len(head) - 2 > 1000:
        head += b"X-Padding: " + b"x" * 487 + b"\r\n"
    return head + b"X-Padding: " + b"x" * (size - len(head) - 15) + b"\r\n\r\n"


def served(site, head):
    with wire.Client(site.echo) as client:
        client.send(head)
        answer = client.read_response()
        assert answer.status == 200, answer


@rule("RFC 9110, 15.5.15", each={"as large as allowed": 4096, "a little smaller": 4000})
def a_request_line_is_served(site, size):
    line = "GET /healthz? HTTP/1.1"
    served(site, wire.request(line.replace("?", "?" + "q" * (size - len(line) - 2))))


@rule("RFC 9110, 15.5.15", each={"by a little": 4100, "by half": 6000, "by far": 100_000})
def a_request_line_over_4_kib_is_414(site, size):
    line = "GET /healthz? HTTP/1.1"
    dialogues.refused(site.echo,
                      wire.request(line.replace("?", "?" + "q" * (size - len(line) - 2))), 414)


@rule("RFC 9110, 15.5.15")
def a_request_line_that_does_not_end_is_414(site):
    dialogues.refused(site.echo, b"GET /" + b"a" * 5000, 414)


@rule("RFC 6585, 5", each={"in one segment": None, "in pieces": 100})
def a_head_of_8_kib_is_served(site, step):
    head = padded_head(8192)
    assert len(head) == 8192
    with wire.Client(site.echo) as client:
        client.trickle(head, step or len(head))
        assert client.read_response().status == 200


@rule("RFC 6585, 5", each={"by one byte": 8193, "by half": 12_000, "by far": 200_000})
def a_head_over_8_kib_is_431(site, size):
    dialogues.refused(site.echo, padded_head(size), 431)


@rule("RFC 6585, 5")
def a_header_line_of_9_kib_is_431(site):
    dialogues.refused(site.echo, wire.request("GET / HTTP/1.1", "X: " + "x" * 9216), 431)


@rule("RFC 6585, 5", each={"name": b"X" * 10_000, "value": b"X: " + b"x" * 10_000,
                           "list of headers": b"X: y\r\n" * 2_000})
def a_head_with_no_end_is_431_in_a(site, endless):
    dialogues.refused(site.echo, b"GET / HTTP/1.1\r\nHost: localhost\r\n" + endless, 431)


@rule("RFC 6585, 5")
def sixty_four_headers_are_served(site):
    served(site, wire.request("GET /healthz HTTP/1.1", *(f"X-{i}: y" for i in range(63))))


@rule("RFC 6585, 5", each={"65": 65, "100": 100, "1000 short ones": 1000})
def more_headers_than_64_are_431(site, count):
    dialogues.refused(site.echo, wire.request("GET / HTTP/1.1", *["a: b"] * (count - 1)), 431)


@rule("RFC 6585, 5")
def sixty_five_headers_on_a_handshake_are_431(site):
    dialogues.refused(site.echo, wire.upgrade("GET / HTTP/1.1", *["a: b"] * 60), 431)


# ------------------------------------------------------------------------------------------ numbers


@rule("RFC 9110, 15.6.4")
def whoever_finds_no_place_is_told_503_and_when_to_come_again(site):
    with site.start("bench", "--connections-max", "2") as server:
        with wire.connect(server.port), wire.connect(server.port):
            with wire.Client(server.port) as third:
                dialogues.judge_refusal(third.read_response(), 503)
                third.expect_end()
        while True:  # The places are free as soon as their owners have been buried.
            with wire.Client(server.port) as newcomer:
                newcomer.send(wire.upgrade())
                if newcomer.read_response().status == 101:
                    break


@rule("RFC 9110, 15.6.4")
def a_full_room_is_503(site):
    with site.start("game", "--players-max", "1") as server:
        with wire.connect(server.port, head_bytes=wire.upgrade("GET /play/1 HTTP/1.1")):
            dialogues.refused(server.port, wire.upgrade("GET /play/1 HTTP/1.1"), 503)


@rule("RFC 6455, 7.4.1")
def a_flood_of_messages_to_a_game_is_1008(site):
    with wire.connect(site.game, head_bytes=wire.upgrade("GET /play/1 HTTP/1.1")) as client:
        with contextlib.suppress(OSError):
            for _ in range(40):
                client.send(wire.frame(BINARY, b"\x03") * 1000)
        came = client.read_frame()
        while came.opcode != wire.CLOSE:
            came = client.read_frame()
        assert came.payload[:2] == b"\x03\xf0", came


# ---------------------------------------------------------------- times: none is reset by a trickle


def trickle_until_end(client, data):
    """Sends a byte whenever the server has stayed silent for a while, until it speaks or ends."""
    client.socket.settimeout(0.1)
    for i in range(len(data)):
        client.socket.sendall(data[i:i + 1])
        with contextlib.suppress(TimeoutError):
            client.buffer += client.socket.recv(1 << 16)
            client.socket.settimeout(wire.PATIENCE_S)
            return
    raise AssertionError("it let itself be fed byte by byte, without end")


@rule("RFC 9110, 15.5.9")
def a_request_that_does_not_end_is_408(site):
    with wire.Client(site.echo) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: loc")
        dialogues.judge_refusal(client.read_response(), 408)
        client.expect_end()


@rule("RFC 9110, 15.5.9", each={"a request line": b"GET /" + b"a" * 100,
                                "a head": wire.request()[:-2] + b"X: " + b"y" * 100,
                                "a handshake": wire.upgrade()[:-2] + b"X: " + b"y" * 100})
def a_request_fed_byte_by_byte_is_408_in_spite_of_every_byte(site, data):
    with wire.Client(site.hasty) as client:
        trickle_until_end(client, data)
        dialogues.judge_refusal(client.read_response(), 408)
        client.expect_end()


@rule("ours")
def a_connection_that_says_nothing_is_ended_without_a_word(site):
    with wire.Client(site.echo) as client:
        client.expect_end()


@rule("RFC 9112, 9.5")
def a_connection_that_asks_nothing_more_is_ended_without_a_word(site):
    with wire.Client(site.hasty) as client:
        client.send(wire.request("GET /healthz HTTP/1.1"))
        assert client.read_response().status == 200
        client.expect_end()


@rule("RFC 9110, 15.5.9")
def a_second_request_that_does_not_end_is_408(site):
    with wire.Client(site.hasty) as client:
        client.send(wire.request("GET /healthz HTTP/1.1"), b"GET / HT")
        assert client.read_response().status == 200
        dialogues.judge_refusal(client.read_response(), 408)
        client.expect_end()


def hasty_player(site):
    return wire.connect(site.hasty, head_bytes=wire.upgrade("GET /play/1 HTTP/1.1"))


@rule("ours", each={
    "a header": b"\x82\xfe", "a payload": wire.head(BINARY, 100) + b"x",
    "fragments": wire.frame(BINARY, b"x", fin=False),
    "a text": wire.head(TEXT, 9000) + wire.masked(b"x" * 500)})
def a_message_that_does_not_end_is_1008_in_its(site, data):
    with hasty_player(site) as client:
        client.send(data).expect_close(1008).expect_end()


@rule("ours", each={
    "bytes of a payload": (wire.head(BINARY, 10_000), wire.masked(bytes(100))),
    "bytes of a long header": (b"", wire.head(BINARY, 10_000) + wire.masked(bytes(100))),
    "empty fragments": (wire.frame(BINARY, b"", fin=False), wire.more(b"") * 30)})
def a_message_that_does_not_end_is_1008_in_spite_of(site, stream):
    start, trickled = stream
    with hasty_player(site) as client:
        client.send(start)
        trickle_until_end(client, trickled)
        client.expect_close(1008).expect_end()


@rule("ours")
def a_message_that_does_not_end_is_1008_in_spite_of_pings(site):
    with hasty_player(site) as client:
        client.send(wire.frame(BINARY, b"begun", fin=False))
        for _ in range(30_000):  # Each takes a turn at least, and the time is up long before.
            client.send(wire.frame(PING, b"alive"))
            came = client.read_frame()
            if came.opcode != PONG:
                break
        assert came.opcode == wire.CLOSE and came.payload[:2] == b"\x03\xf0", came
        client.expect_end()


@rule("ours")
def messages_that_end_in_time_may_go_on_for_longer_than_one_may_last(site):
    with hasty_player(site) as client:
        began = time.monotonic()
        while time.monotonic() < began + 1.5:  # Three times --message-timeout; a turn is a tick.
            client.send(wire.frame(BINARY, b"be", fin=False), wire.frame(PING, b"go on"))
            client.expect(PONG, b"go on").send(wire.more(b"gun", fin=True))
        dialogues.says_goodbye(client)


@rule("RFC 6455, 7.1.1", each={"a close": wire.close(1000), "a fault": wire.frame(0x3)})
def peers_that_trickle_on_are_cut_off_after(site, data):
    with wire.connect(site.echo) as client:
        client.send(data).read_frame()
        client.expect_end()
        with contextlib.suppress(ConnectionError):
            for _ in range(400):
                client.socket.sendall(b"x")
                select.select([], [], [client.socket], 0.05)
            raise AssertionError("it let itself be fed byte by byte, without end")


@rule("RFC 6455, 7.1.1")
def peers_that_never_end_their_side_are_forgotten(site):
    with site.start("bench") as server, contextlib.ExitStack() as stack:
        for data in (wire.close(1000), wire.frame(0x3), wire.text(b"\xff")):
            for _ in range(10):
                client = stack.enter_context(wire.connect(server.port))
                client.send(data).read_frame()
                client.expect_end()
        programs.until(lambda: server.stats()["connections"] == 1, "only the asker is left")
