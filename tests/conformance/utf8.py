"""RFC 6455, section 8.1, and RFC 3629: text is UTF-8, and the first byte that is not ends it."""
import dialogues
import suite
import wire
from wire import BINARY, PING, PONG, TEXT

rule, cases = suite.chapter()

WORD = "κόσμε".encode()
GOOD = wire.text(WORD)

VALID = {
    "a greek word": WORD,
    "every script": "Hello-µ@ßöäüàá-UTF-8!! γλῶσσα мир 世界 🚂 שלום".encode(),
    "U+0000": b"\0", "U+0001": b"\x01", "U+007F": b"\x7f",
    "U+0080": b"\xc2\x80", "U+07FF": b"\xdf\xbf",
    "U+0800": b"\xe0\xa0\x80", "U+D7FF": b"\xed\x9f\xbf", "U+E000": b"\xee\x80\x80",
    "U+FFFD": b"\xef\xbf\xbd", "U+FEFF": b"\xef\xbb\xbf", "U+10000": b"\xf0\x90\x80\x80",
    "U+40000": b"\xf1\x80\x80\x80", "U+FFFFF": b"\xf3\xbf\xbf\xbf",
    "U+100000": b"\xf4\x80\x80\x80", "U+10FFFF": b"\xf4\x8f\xbf\xbf",
    # What Unicode calls noncharacters are characters on the wire.
    "U+FFFE": b"\xef\xbf\xbe", "U+FFFF": b"\xef\xbf\xbf", "U+FDD0": b"\xef\xb7\x90",
} | {f"U+{plane:X}FFF{low:X}": chr(plane << 16 | 0xFFF0 | low).encode()
     for plane in range(1, 17) for low in (0xE, 0xF) if (plane, low) != (16, 0xF)}

# A whole byte sequence that cannot begin or be any text, and where its first wrong byte is.
INVALID = {
    "a continuation": (b"\x80", 0), "the last continuation": (b"\xbf", 0),
    "continuations": (b"\x80\xbf\x80\xbf", 0),
    "overlong slash in 2": (b"\xc0\xaf", 0), "overlong slash in 3": (b"\xe0\x80\xaf", 1),
    "overlong slash in 4": (b"\xf0\x80\x80\xaf", 1), "slash in 5": (b"\xf8\x80\x80\x80\xaf", 0),
    "slash in 6": (b"\xfc\x80\x80\x80\x80\xaf", 0), "overlong NUL in 2": (b"\xc0\x80", 0),
    "overlong NUL in 3": (b"\xe0\x80\x80", 1), "overlong NUL in 4": (b"\xf0\x80\x80\x80", 1),
    "overlong U+007F": (b"\xc1\xbf", 0), "overlong U+07FF": (b"\xe0\x9f\xbf", 1),
    "overlong U+FFFF": (b"\xf0\x8f\xbf\xbf", 1), "U+D800": (b"\xed\xa0\x80", 1),
    "U+DB7F": (b"\xed\xad\xbf", 1), "U+DBFF": (b"\xed\xaf\xbf", 1),
    "U+DC00": (b"\xed\xb0\x80", 1), "U+DFFF": (b"\xed\xbf\xbf", 1),
    "a pair of surrogates": (b"\xed\xa0\x80\xed\xb0\x80", 1),
    "U+110000": (b"\xf4\x90\x80\x80", 1), "U+13FFFF": (b"\xf4\xbf\xbf\xbf", 1),
    "U+140000": (b"\xf5\x80\x80\x80", 0), "U+1FFFFF": (b"\xf7\xbf\xbf\xbf", 0),
    "U+200000 in 5": (b"\xf8\x88\x80\x80\x80", 0),
    "U+7FFFFFFF in 6": (b"\xfd\xbf\xbf\xbf\xbf\xbf", 0),
    "FE": (b"\xfe", 0), "FF": (b"\xff", 0), "FE FE FF FF": (b"\xfe\xfe\xff\xff", 0),
    "a start of 2 and a space": (b"\xc3 ", 1), "a start of 3 and a space": (b"\xe2 ", 1),
    "two of 3 and a space": (b"\xe2\x82 ", 2), "three of 4 and a space": (b"\xf0\x9f\x9a ", 3),
    "a start behind a start": (b"\xc3\xc3\xa9", 1), "a start inside 4": (b"\xf0\x9f\xc3\xa9", 2),
    "a continuation too many": (b"\xc3\xa9\xa9", 2),
    "a good word and a surrogate": (WORD + b"\xed\xa0\x80edited", len(WORD) + 1),
    "a good word and too big a number": (WORD + b"\xf4\x90\x80\x80edited", len(WORD) + 1),
}

UNFINISHED = {"of 2": b"\xc3", "of 3": b"\xe2\x82", "of 4": b"\xf0\x9f\x9a",
              "behind a word": WORD[:-1]}


# ------------------------------------------------------------------------------------- what is text


@rule("RFC 3629, 3", each=VALID)
def a_text_comes_back_with(site, payload):
    dialogues.comes_back(site.echo, TEXT, payload)
    dialogues.comes_back(site.echo, TEXT, b"before " + payload + b" behind", step=1)


@rule("RFC 6455, 5.6", each={name: VALID[name] for name in ("a greek word", "every script",
                                                            "U+10FFFF", "U+FFFE")})
def a_text_comes_back_with_every_byte_in_a_fragment_of_its_own(site, payload):
    with wire.connect(site.roomy) as client:
        client.send(wire.fragments(TEXT, [bytes([byte]) for byte in payload]))
        client.expect(TEXT, payload)
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.6")
def a_text_comes_back_cut_into_two_fragments_at_any_byte(site):
    with wire.connect(site.echo) as client:
        for cut in range(len(WORD) + 1):
            client.send(wire.fragments(TEXT, [WORD[:cut], WORD[cut:]])).expect(TEXT, WORD)
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.4")
def a_ping_inside_a_character_does_not_break_it(site):
    with wire.connect(site.echo) as client:
        client.send(wire.text(b"\xe2", fin=False), wire.frame(PING, b"\xff"), wire.more(b"\x82"))
        client.expect(PONG, b"\xff").send(wire.more(b"\xac", fin=True)).expect(TEXT, "€".encode())
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.6", each={name: invalid for name, (invalid, _) in INVALID.items()})
def a_binary_message_may_hold(site, payload):
    dialogues.comes_back(site.echo, BINARY, payload)


# --------------------------------------------------------------------------------- what is not text


@rule("RFC 6455, 8.1", each=INVALID)
def a_text_is_1007_with(site, invalid):
    payload, _ = invalid
    dialogues.fails(site.echo, wire.text(payload), 1007)
    dialogues.fails(site.echo, GOOD + wire.text(b"x" * 50 + payload) + GOOD, 1007,
                    [(TEXT, WORD)])


@rule("RFC 6455, 8.1", each=INVALID)
def a_text_is_1007_with_every_byte_in_a_fragment_of_its_own(site, invalid):
    payload, _ = invalid
    dialogues.fails(site.echo, wire.fragments(TEXT, [bytes([byte]) for byte in payload]), 1007)


@rule("RFC 6455, 8.1", each=UNFINISHED)
def a_text_is_1007_if_it_ends_inside_a_character(site, payload):
    dialogues.fails(site.echo, wire.text(payload), 1007)
    dialogues.fails(site.echo, wire.fragments(TEXT, [payload, b""]), 1007)


@rule("RFC 6455, 8.1", each=UNFINISHED)
def a_character_does_not_go_on_in_the_next_message(site, payload):
    dialogues.fails(site.echo, wire.text(payload) + wire.text(b"\x80"), 1007)


# ------------------------------------------------------------------------------------- failing fast


@rule("RFC 6455, 8.1", each=INVALID)
def a_text_is_1007_at_its_first_wrong_byte_in_an_unfinished_frame(site, invalid):
    payload, wrong = invalid
    start = wire.head(TEXT, 1000) + wire.masked(b"." * 20 + payload[:wrong + 1])
    dialogues.condemned_at(site.echo, start, 1007)


@rule("RFC 6455, 8.1", each=INVALID)
def a_text_is_1007_at_its_first_wrong_byte_in_an_unfinished_message(site, invalid):
    payload, wrong = invalid
    start = wire.text(b".", fin=False) + wire.more(payload[:wrong + 1])
    dialogues.condemned_at(site.echo, start, 1007)


@rule("RFC 6455, 8.1", each=UNFINISHED)
def a_text_is_not_refused_while_it_can_still_become_text(site, payload):
    with wire.connect(site.echo) as client:
        client.send(wire.text(payload, fin=False), wire.frame(PING, b"still?"))
        client.expect(PONG, b"still?")
        client.send(wire.more(b" ")).expect_close(1007).expect_end()


# Where a machine looks at many bytes at a time, each of them must be looked at.
@rule("RFC 6455, 8.1",
      each={"a stray byte": b"\x80", "an unfinished start": b"\xc3", "FF": b"\xff"})
def a_wrong_byte_is_found_at_every_place_of_a_text(site, wrong):
    for size in (1, 15, 16, 17, 31, 32, 33, 48, 64, 65):
        for place in range(size):
            payload = b"." * place + wrong + b"." * (size - place - 1)
            with wire.connect(site.echo) as client:
                client.send(wire.text(payload)).expect_close(1007)
