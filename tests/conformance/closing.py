"""RFC 6455, sections 5.5.1 and 7: how a connection ends, and who says what."""
import dialogues
import suite
import wire
from wire import BINARY, CLOSE, PING, PONG, TEXT

rule, cases = suite.chapter()

GOOD = wire.text(b"good")
BEGUN = wire.text(b"frag", fin=False)

# -------------------------------------------------------------------- 7.4: the codes that are codes

VALID = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3001, 3999,
         4000, 4001, 4999)
INVALID = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1017, 1099, 1100, 1999, 2000, 2998, 2999, 5000,
           5001, 10_000, 32_768, 65_535)


@rule("RFC 6455, 7.4", each={str(code): code for code in VALID})
def a_close_is_answered_with_its_code(site, code):
    with wire.connect(site.echo) as client:
        client.send(wire.close(code)).expect_close(code).expect_end()


@rule("RFC 6455, 7.4", each={str(code): code for code in VALID})
def a_close_with_a_reason_is_answered_with_its_code(site, code):
    with wire.connect(site.echo) as client:
        client.send(wire.close(code, "genug für heute".encode())).expect_close(code).expect_end()


@rule("RFC 6455, 7.4", each={str(code): code for code in INVALID})
def a_close_is_answered_with_1002_if_its_code_is(site, code):
    dialogues.fails(site.echo, wire.close(code), 1002)


@rule("RFC 6455, 7.4", each={str(code): code for code in INVALID})
def a_close_with_a_reason_is_answered_with_1002_if_its_code_is(site, code):
    dialogues.fails(site.echo, wire.close(code, b"reason"), 1002)


# --------------------------------------------------------------------------- 5.5.1: the close frame


@rule("RFC 6455, 5.5.1")
def a_close_without_a_code_is_answered_without_one(site):
    with wire.connect(site.echo) as client:
        client.send(wire.close()).expect_close(None).expect_end()


@rule("RFC 6455, 5.5.1", each={"zero": b"\0", "three": b"\x03", "a letter": b"x"})
def a_close_of_one_byte_is_1002(site, payload):
    dialogues.fails(site.echo, wire.frame(CLOSE, payload), 1002)


@rule("RFC 6455, 5.5.1")
def a_close_of_one_byte_is_refused_by_its_header(site):
    dialogues.condemned_at(site.echo, wire.head(CLOSE, 1), 1002)


@rule("RFC 6455, 5.5.1", each={str(size): size for size in (1, 2, 122, 123)})
def a_close_may_have_a_reason_of_size(site, size):
    with wire.connect(site.echo) as client:
        client.send(wire.close(1000, b"*" * size)).expect_close(1000).expect_end()


@rule("RFC 6455, 5.5")
def a_close_with_a_reason_of_124_bytes_is_1002(site):
    dialogues.fails(site.echo, wire.close(1000, b"*" * 124), 1002)


@rule("RFC 6455, 5.5.1", each={
    "a stray byte": b"\x80", "an overlong slash": b"\xc0\xaf", "a surrogate": b"\xed\xa0\x80",
    "too big a number": b"\xf4\x90\x80\x80", "no byte of UTF-8": b"\xff",
    "a broken word": b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    "an unfinished character": b"fine \xe2\x82"})
def a_reason_that_is_no_utf_8_is_1007(site, reason):
    dialogues.fails(site.echo, wire.close(1000, reason), 1007)


@rule("RFC 6455, 5.5.1", each={
    "two bytes": "é", "three bytes": "€", "four bytes": "🚂", "no character": "\ufffe\uffff",
    "as much as fits": "€" * 41})
def a_reason_may_have_characters_of(site, reason):
    with wire.connect(site.echo) as client:
        client.trickle(wire.close(1000, reason.encode())).expect_close(1000).expect_end()


@rule("RFC 6455, 5.5.1")
def a_close_cut_at_every_byte_is_answered(site):
    with wire.connect(site.echo) as client:
        client.trickle(wire.close(4321, b"slowly")).expect_close(4321).expect_end()


# ------------------------------------------------------------------ 5.5.1, 7.1: before and after it


@rule("RFC 6455, 7.1.2")
def a_message_before_a_close_is_echoed_first(site):
    with wire.connect(site.echo) as client:
        client.send(GOOD, wire.close(1000)).expect(TEXT, b"good").expect_close(1000).expect_end()


@rule("RFC 6455, 7.1.2")
def a_long_message_before_a_close_is_echoed_whole(site):
    with wire.connect(site.roomy) as client:
        client.send(wire.frame(BINARY, bytes(1 << 18)), wire.close(1000))
        client.expect(BINARY, bytes(1 << 18)).expect_close(1000).expect_end()


@rule("RFC 6455, 5.5.1", each={
    "a text": GOOD, "a ping": wire.frame(PING, b"?"), "a pong": wire.frame(PONG),
    "a second close": wire.close(1000), "a close of another code": wire.close(3000),
    "a fault": wire.frame(0x3), "a frame without mask": wire.text(b"x", key=None),
    "an unfinished frame": wire.head(TEXT, 1000) + b"x", "nonsense": b"\xff" * 1000})
def nothing_is_answered_after_a_close_to(site, data):
    with wire.connect(site.echo) as client:
        client.send(wire.close(1000), data).expect_close(1000).expect_end()


@rule("RFC 6455, 5.5.1")
def nothing_is_answered_after_a_close_in_later_segments(site):
    with wire.connect(site.echo) as client:
        client.send(wire.close(1000)).expect_close(1000)
        client.send(wire.frame(PING, b"?")).expect_end()


@rule("RFC 6455, 5.5.1")
def a_close_inside_a_message_is_answered(site):
    with wire.connect(site.echo) as client:
        client.send(BEGUN, wire.close(1001)).expect_close(1001).expect_end()


@rule("RFC 6455, 7.1.1")
def the_server_ends_the_tcp_connection_first(site):
    with wire.connect(site.echo) as client:
        client.send(wire.close(1000)).expect_close(1000).expect_end()
        client.end()


@rule("RFC 6455, 7.1.1")
def a_close_and_the_end_of_the_stream_together_are_answered(site):
    with wire.connect(site.echo) as client:
        client.send(wire.close(1000)).end().expect_close(1000).expect_end()


@rule("RFC 6455, 7.1.7")
def after_a_fault_the_server_ends_the_connection_although_no_close_comes(site):
    with wire.connect(site.echo) as client:
        client.send(wire.frame(0x3)).expect_close(1002).expect_end()


@rule("RFC 6455, 7.1.7")
def after_a_fault_the_close_can_be_read_although_the_peer_goes_on_sending(site):
    with wire.connect(site.echo) as client:
        client.send(wire.frame(0x3))
        for _ in range(64):
            client.send(b"x" * 16_384)
        client.expect_close(1002).expect_end()


@rule("RFC 6455, 7.1.7")
def after_a_fault_a_second_fault_is_not_answered(site):
    with wire.connect(site.echo) as client:
        client.send(wire.frame(0x3), wire.frame(0x4), wire.text(b"\xff"), wire.close(999))
        client.expect_close(1002).expect_end()


# ---------------------------------------------------------------------- 7.1.5: ends without a close


@rule("RFC 6455, 7.1.5", each={
    "between messages": b"", "inside a header": b"\x81", "inside a long header": b"\x81\xfe\x01",
    "inside a mask": b"\x81\x85\x01\x02", "inside a frame": wire.text()[:-1],
    "between fragments": BEGUN, "inside a ping": wire.frame(PING, b"half")[:-1]})
def a_stream_that_ends_is_ended_without_a_word(site, data):
    with wire.connect(site.echo) as client:
        client.send(data).end().expect_end()


@rule("RFC 6455, 7.1.5")
def what_was_asked_before_the_end_of_the_stream_is_answered(site):
    with wire.connect(site.echo) as client:
        client.send(GOOD, wire.frame(PING, b"p")).end()
        client.expect(TEXT, b"good").expect(PONG, b"p").expect_end()


@rule("RFC 6455, 7.1.5")
def a_long_message_before_the_end_of_the_stream_is_echoed_whole(site):
    with wire.connect(site.roomy, receive_buffer=4096) as client:
        client.send(wire.frame(BINARY, bytes(1 << 18))).end()
        client.expect(BINARY, bytes(1 << 18)).expect_end()


@rule("RFC 6455, 7.1.7")
def a_fault_and_the_end_of_the_stream_together_are_answered(site):
    with wire.connect(site.echo) as client:
        client.send(wire.frame(0x3)).end().expect_close(1002).expect_end()


@rule("RFC 6455, 7.1.5", each={
    "between messages": b"", "inside a frame": wire.text()[:-1], "between fragments": BEGUN,
    "behind a close": wire.close(1000), "behind a fault": wire.frame(0x3),
    "behind many messages": GOOD * 500})
def a_reset_harms_nobody(site, data):
    for _ in range(5):
        wire.connect(site.echo).send(data).reset()


@rule("RFC 6455, 7.1.5")
def an_end_and_then_a_reset_harm_nobody(site):
    for data in (b"", GOOD, BEGUN, wire.close(1000)):
        wire.connect(site.echo).send(data).end().reset()


# --------------------------------------------------------------------------- 7.3: the server closes


@rule("RFC 6455, 7.3")
def a_server_that_stops_says_1001_and_waits_for_the_answer(site):
    with site.start("bench") as server, wire.connect(server.port) as client:
        server.process.terminate()
        client.expect_close(1001)
        client.send(wire.text(b"too late"), wire.frame(PING, b"?"), wire.close(1001)).expect_end()
        server.process.communicate(timeout=wire.PATIENCE_S)
        assert server.process.returncode == 0


@rule("RFC 6455, 7.3")
def a_server_that_stops_does_not_wait_for_ever(site):
    with site.start("bench") as server, wire.connect(server.port) as client:
        server.process.terminate()
        client.expect_close(1001).expect_end()
        server.process.communicate(timeout=wire.PATIENCE_S)
        assert server.process.returncode == 0


@rule("RFC 6455, 7.1.1")
def a_fault_behind_the_servers_own_close_ends_the_connection(site):
    with site.start("bench") as server, wire.connect(server.port) as client:
        server.process.terminate()
        client.expect_close(1001).send(wire.frame(0x3)).expect_end()
