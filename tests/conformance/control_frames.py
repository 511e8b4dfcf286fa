"""RFC 6455, sections 5.5.2 and 5.5.3: pings and pongs. Closes have a chapter of their own."""
import dialogues
import suite
import wire
from wire import BINARY, CLOSE, PING, PONG, TEXT

rule, cases = suite.chapter()

# ---------------------------------------------------------------------------------------- 5.5: form


@rule("RFC 6455, 5.5", each={"ping": PING, "pong": PONG, "close": CLOSE})
def a_control_frame_of_126_bytes_is_1002(site, opcode):
    dialogues.fails(site.echo, wire.frame(opcode, b"\x03\xe8" + b"x" * 124), 1002)


@rule("RFC 6455, 5.5", each={"ping": PING, "pong": PONG, "close": CLOSE})
def a_control_frame_of_64_kib_is_1002(site, opcode):
    dialogues.fails(site.echo, wire.frame(opcode, b"\x03\xe8" + b"x" * 65_534), 1002)


@rule("RFC 6455, 5.5", each={"ping": PING, "pong": PONG, "close": CLOSE})
def a_control_frame_that_is_not_final_is_1002(site, opcode):
    dialogues.fails(site.echo, wire.frame(opcode, b"\x03\xe8", fin=False), 1002)


# ------------------------------------------------------------------------- 5.5.2, 5.5.3: the answer

PAYLOADS = {"nothing": b"", "text": b"Hello, world!", "bytes": b"\0\xff\xfe\xfd\xfc\xfb\0\xff",
            "no UTF-8": b"\xc3\x28\x80", "125 bytes": bytes(range(125)),
            "a close code": b"\x03\xe8"}


@rule("RFC 6455, 5.5.3", each=PAYLOADS)
def a_ping_is_answered_with_its_payload(site, payload):
    with wire.connect(site.echo) as client:
        client.send(wire.frame(PING, payload)).expect(PONG, payload)
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.5.3", each=PAYLOADS)
def a_ping_is_answered_cut_at_every_byte(site, payload):
    with wire.connect(site.echo) as client:
        client.trickle(wire.frame(PING, payload)).expect(PONG, payload)
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.5.3", each=PAYLOADS)
def a_pong_that_nobody_asked_for_is_ignored(site, payload):
    dialogues.comes_back(site.echo, TEXT, b"go on", wire.frame(PONG, payload) + wire.text(b"go on"))


@rule("RFC 6455, 5.5.3")
def pongs_that_nobody_asked_for_do_not_answer_our_ping(site):
    with wire.connect(site.echo) as client:
        client.send(wire.frame(PONG, b"before"), wire.frame(PING, b"mine"), wire.frame(PONG))
        client.expect(PONG, b"mine")
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.5.3", each={"in one segment": None, "byte by byte": 1})
def ten_pings_are_answered_in_order(site, step):
    data = b"".join(wire.frame(PING, b"payload-%d" % i) for i in range(10))
    with wire.connect(site.echo) as client:
        client.trickle(data, step or len(data))
        for i in range(10):
            client.expect(PONG, b"payload-%d" % i)
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.5.2")
def a_ping_is_answered_before_the_data_behind_it(site):
    with wire.connect(site.echo) as client:
        client.send(wire.frame(PING, b"1"), wire.text(b"2"), wire.frame(PING, b"3"),
                    wire.text(b"4"))
        client.expect(PONG, b"1").expect(TEXT, b"2").expect(PONG, b"3").expect(TEXT, b"4")
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.5.2")
def a_ping_behind_a_long_message_is_answered(site):
    with wire.connect(site.roomy) as client:
        client.send(wire.frame(BINARY, bytes(1 << 20)), wire.frame(PING, b"and me"))
        client.expect(BINARY, bytes(1 << 20)).expect(PONG, b"and me")
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.5.2")
def pings_among_a_stream_of_messages_are_answered_in_their_place(site):
    with wire.connect(site.echo) as client:
        for i in range(40):
            payload = b"%d" % i
            client.send(wire.text(payload * 50), wire.frame(PING, payload), wire.text(payload))
            client.expect(TEXT, payload * 50).expect(PONG, payload).expect(TEXT, payload)
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.5.3")
def of_many_pings_at_least_the_latest_is_answered(site):
    last = b"the last of all"
    with wire.connect(site.echo) as client:
        client.send(wire.frame(PING, b"many") * 5_000, wire.frame(PING, last))
        answers = 0
        while True:
            came = client.read_frame()
            assert came.opcode == PONG and came.payload in (b"many", last), came
            answers += 1
            if came.payload == last:
                break
        assert answers <= 5_001, "a pong that nobody asked for"
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.5.2")
def a_ping_before_a_fault_is_answered_and_one_behind_it_is_not(site):
    dialogues.fails(site.echo, wire.frame(PING, b"before") + wire.frame(0x3), 1002,
                    [(PONG, b"before")])


@rule("RFC 6455, 5.5.2")
def a_ping_before_a_close_is_answered_and_one_behind_it_is_not(site):
    dialogues.fails(site.echo, wire.frame(PING, b"before") + wire.close(1000), 1000,
                    [(PONG, b"before")])


# ----------------------------------------------------------------------------- 5.5.2: our own pings


def silent_player(site):
    return wire.connect(site.pinging, head_bytes=wire.upgrade("GET /play/1 HTTP/1.1"))


@rule("RFC 6455, 5.5.2")
def whoever_is_silent_is_pinged_and_kept_as_long_as_he_answers(site):
    with silent_player(site) as client:
        for _ in range(5):
            ping = client.read_frame()
            assert ping.opcode == PING, ping
            client.send(wire.frame(PONG, ping.payload))
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.5.2")
def whoever_answers_no_ping_is_closed_with_1001(site):
    with silent_player(site) as client:
        client.expect(PING).expect_close(1001).expect_end()
