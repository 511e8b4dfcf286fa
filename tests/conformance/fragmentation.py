"""RFC 6455, section 5.4: messages in fragments."""
import dialogues
import suite
import wire
from wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT

rule, cases = suite.chapter()

BEGUN = wire.text(b"frag", fin=False)
GOOD = wire.text(b"good")

# ------------------------------------------------------------------------------ what is one message


@rule("RFC 6455, 5.4", each={
    "two fragments": [b"one", b"two"],
    "three fragments": [b"one", b"two", b"three"],
    "an empty fragment first": [b"", b"rest"],
    "an empty fragment in the middle": [b"one", b"", b"two"],
    "an empty fragment last": [b"all", b""],
    "empty fragments": [b"", b"", b""],
    "two empty fragments": [b"", b""],
    "64 fragments": [b"%d," % i for i in range(64)],
    "fragments of every size": [b"x" * size for size in (1, 125, 126, 127, 1000, 0, 5000)],
})
def a_message_comes_back_whole_from(site, pieces):
    for opcode in (TEXT, BINARY):
        whole = b"".join(pieces)
        dialogues.comes_back(site.echo, opcode, whole, wire.fragments(opcode, pieces))


@rule("RFC 6455, 5.4", each={
    "two fragments": [b"one", b"two"], "empty fragments": [b"", b"", b""],
    "ten fragments": [b"%d" % i for i in range(10)]})
def a_message_comes_back_cut_at_every_byte_of(site, pieces):
    whole = b"".join(pieces)
    dialogues.comes_back(site.echo, TEXT, whole, wire.fragments(TEXT, pieces), step=1)


@rule("RFC 6455, 5.4", each={
    str(size): size for size in (64, 256, 1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20)})
def four_mib_come_back_in_fragments_of(site, size):
    for opcode in (TEXT, BINARY):
        whole = b"*" * (1 << 22)
        pieces = [whole[i:i + size] for i in range(0, len(whole), size)]
        dialogues.comes_back(site.roomy, opcode, whole, wire.fragments(opcode, pieces))


@rule("RFC 6455, 5.4")
def messages_in_fragments_follow_each_other(site):
    with wire.connect(site.echo) as client:
        client.send(wire.fragments(TEXT, [b"a", b"b"]), wire.fragments(BINARY, [b"c", b"d"]), GOOD)
        client.expect(TEXT, b"ab").expect(BINARY, b"cd").expect(TEXT, b"good")
        dialogues.says_goodbye(client)


@rule("ours")
def a_message_in_fragments_is_not_answered_before_its_end(site):
    with wire.connect(site.echo) as client:
        client.send(BEGUN, wire.more(b"ment"), wire.frame(PING, b"?"))
        client.expect(PONG, b"?").send(wire.more(b"ed", fin=True)).expect(TEXT, b"fragmented")
        dialogues.says_goodbye(client)


# ----------------------------------------------------------------- what may stand between fragments


@rule("RFC 6455, 5.4", each={"with a payload": b"ping", "without one": b""})
def a_ping_between_fragments_is_answered_before_the_message(site, payload):
    with wire.connect(site.echo) as client:
        client.send(BEGUN, wire.frame(PING, payload), wire.more(b"ment", fin=True))
        client.expect(PONG, payload).expect(TEXT, b"fragment")
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.4")
def a_ping_between_fragments_is_answered_while_the_message_is_unfinished(site):
    with wire.connect(site.echo) as client:
        client.send(BEGUN, wire.frame(PING, b"now")).expect(PONG, b"now")
        client.send(wire.more(b"", fin=True)).expect(TEXT, b"frag")
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.4")
def a_ping_before_every_fragment_is_answered(site):
    pieces = [b"one ", b"two ", b"three"]
    with wire.connect(site.echo) as client:
        for i, piece in enumerate(pieces):
            client.send(wire.frame(PING, b"%d" % i))
            client.send(wire.frame(TEXT if i == 0 else CONTINUATION, piece, fin=i == 2))
        for i in range(3):
            client.expect(PONG, b"%d" % i)
        client.expect(TEXT, b"one two three")
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.4")
def a_ping_between_fragments_is_answered_cut_at_every_byte(site):
    with wire.connect(site.echo) as client:
        client.trickle(BEGUN + wire.frame(PING, b"cut") + wire.more(b"ment", fin=True))
        client.expect(PONG, b"cut").expect(TEXT, b"fragment")
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.4")
def a_pong_between_fragments_is_ignored(site):
    data = BEGUN + wire.frame(PONG, b"unasked") + wire.more(b"ment", fin=True)
    dialogues.comes_back(site.echo, TEXT, b"fragment", data)


@rule("RFC 6455, 5.4")
def control_frames_do_not_count_as_fragments(site):
    controls = wire.frame(PONG, b"x") * 200
    dialogues.comes_back(site.echo, TEXT, b"fragment",
                         BEGUN + controls + wire.more(b"ment", fin=True))


@rule("RFC 6455, 5.5.1")
def a_close_between_fragments_is_answered_and_the_message_forgotten(site):
    with wire.connect(site.echo) as client:
        client.send(BEGUN, wire.close(1000), wire.more(b"ment", fin=True))
        client.expect_close(1000).expect_end()


@rule("RFC 6455, 5.4", each={
    "a fragment of another text": wire.text(b"new", fin=False),
    "a whole text": wire.text(b"new"),
    "a whole binary": wire.frame(BINARY, b"new"),
    "an empty text": wire.text(b""),
})
def what_begins_inside_a_message_is_1002(site, intruder):
    dialogues.fails(site.echo, BEGUN + intruder + wire.more(b"ment", fin=True), 1002)


# --------------------------------------------------------------------------- what nothing has begun


@rule("RFC 6455, 5.4", each={
    "that ends": wire.more(b"what", fin=True), "that goes on": wire.more(b"what"),
    "that is empty and ends": wire.more(b"", fin=True), "that is empty": wire.more(b"")})
def a_continuation_of_nothing_is_1002(site, data):
    dialogues.fails(site.echo, data, 1002)
    dialogues.fails(site.echo, GOOD + data + GOOD, 1002, [(TEXT, b"good")])


@rule("RFC 6455, 5.4")
def a_continuation_of_a_message_that_has_ended_is_1002(site):
    data = BEGUN + wire.more(b"ment", fin=True) + wire.more(b"more", fin=True)
    dialogues.fails(site.echo, data, 1002, [(TEXT, b"fragment")])


@rule("RFC 6455, 5.4")
def a_continuation_of_nothing_is_1002_cut_at_every_byte(site):
    with wire.connect(site.echo) as client:
        client.trickle(GOOD + wire.more(b"what"))
        client.expect(TEXT, b"good").expect_close(1002).expect_end()


@rule("RFC 6455, 5.4")
def a_control_frame_begins_no_message_that_could_be_continued(site):
    with wire.connect(site.echo) as client:
        client.send(wire.frame(PING, b"p"), wire.more(b"what", fin=True))
        client.expect(PONG, b"p").expect_close(1002).expect_end()


@rule("RFC 6455, 5.4", each={"ping": PING, "pong": PONG, "close": CLOSE})
def a_control_frame_in_fragments_is_1002(site, opcode):
    data = wire.frame(opcode, b"", fin=False) + wire.more(b"", fin=True)
    dialogues.fails(site.echo, data, 1002)


# ---------------------------------------------------------------------------- how many there may be


@rule("ours", each={"full": b"x", "empty": b""})
def the_65th_fragment_is_1008_if_they_are(site, piece):
    data = wire.text(piece, fin=False) + wire.more(piece) * 64
    dialogues.fails(site.echo, data, 1008)


@rule("ours")
def the_65th_fragment_is_refused_by_its_header(site):
    data = wire.text(b"", fin=False) + wire.more(b"") * 63 + wire.head(CONTINUATION, 1000)
    dialogues.condemned_at(site.echo, data, 1008)


@rule("ours")
def fragments_are_counted_anew_for_every_message(site):
    pieces = [b"x"] * 60
    with wire.connect(site.echo) as client:
        for _ in range(5):
            client.send(wire.fragments(BINARY, pieces)).expect(BINARY, b"x" * 60)
        dialogues.says_goodbye(client)


@rule("ours", each={"of a byte": 1, "that are empty": 0})
def a_server_that_allows_them_echoes_65537_fragments(site, size):
    data = wire.text(b"x" * size, fin=False) + wire.more(b"x" * size) * 65_535
    dialogues.comes_back(site.roomy, TEXT, b"x" * size * 65_537,
                         data + wire.more(b"x" * size, fin=True))


@rule("ours")
def a_server_that_allows_131072_fragments_refuses_one_more_with_1008(site):
    data = wire.text(b"", fin=False) + wire.more(b"") * 131_072
    dialogues.fails(site.roomy, data, 1008)
