"""RFC 6455, sections 5.1 to 5.3 and 5.6: the frames of data, their headers and their masks."""
import dialogues
import suite
import wire
from wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT

rule, cases = suite.chapter()

OPCODES = {"a text": TEXT, "a binary": BINARY, "a continuation": CONTINUATION, "a close": CLOSE,
           "a ping": PING, "a pong": PONG}
GOOD = wire.text(b"good")
GOOD_BACK = [(TEXT, b"good")]


# ------------------------------------------------------------------------------------- 5.1: masking


@rule("RFC 6455, 5.1", each=OPCODES)
def a_frame_that_is_not_masked_is_1002(site, opcode):
    dialogues.fails(site.echo, wire.frame(opcode, b"", key=None), 1002)


@rule("RFC 6455, 5.1")
def a_frame_that_is_not_masked_is_1002_by_its_first_two_bytes(site):
    dialogues.condemned_at(site.echo, b"\x81\x7e", 1002)


@rule("RFC 6455, 5.1")
def messages_before_a_frame_that_is_not_masked_are_echoed(site):
    dialogues.fails(site.echo, GOOD + wire.text(b"bad", key=None), 1002, GOOD_BACK)


@rule("RFC 6455, 5.3", each={
    "of zeros": b"\0\0\0\0", "of ones": b"\xff\xff\xff\xff", "that makes the text zeros": b"aaaa",
    "of one bit": b"\0\0\0\x01"})
def a_masking_key_may_be(site, key):
    payload = b"a" * 67
    dialogues.comes_back(site.echo, TEXT, payload, wire.text(payload, key=key))


@rule("RFC 6455, 5.3")
def every_frame_has_a_masking_key_of_its_own(site):
    pieces = [b"first", b" second", b" third"]
    data = b"".join(wire.frame(BINARY if i == 0 else CONTINUATION, piece, fin=i == 2,
                               key=bytes([i, 9, i + 3, 77]))
                    for i, piece in enumerate(pieces))
    dialogues.comes_back(site.echo, BINARY, b"".join(pieces), data)


@rule("RFC 6455, 5.3", each={str(step): step for step in range(1, 18)})
def the_mask_goes_on_where_the_network_cuts_a_payload_by(site, step):
    dialogues.comes_back(site.echo, BINARY, bytes(range(256)), step=step)


# ------------------------------------------------------------------------------------- 5.2: lengths

EDGES = (0, 1, 2, 7, 8, 15, 16, 31, 32, 33, 63, 64, 124, 125, 126, 127, 128, 255, 256, 1000, 4095,
         4096, 4097, 16_383, 16_384)


@rule("RFC 6455, 5.2", each={str(size): size for size in EDGES})
def a_text_comes_back_of_size(site, size):
    dialogues.comes_back(site.echo, TEXT, b"*" * size)


@rule("RFC 6455, 5.2", each={str(size): size for size in EDGES})
def a_binary_comes_back_of_size(site, size):
    dialogues.comes_back(site.echo, BINARY, bytes(i * 7 & 0xFF for i in range(size)))


@rule("RFC 6455, 5.2", each={
    str(size): size for size in (16_385, 65_535, 65_536, 65_537, 262_144, 1 << 20, 1 << 24)})
def a_server_that_allows_it_echoes_a_binary_of_size(site, size):
    dialogues.comes_back(site.roomy, BINARY,
                         bytes(range(256)) * (size // 256) + b"x" * (size % 256))


@rule("RFC 6455, 5.2", each={str(size): size for size in (65_536, 1 << 20, 1 << 24)})
def a_server_that_allows_it_echoes_a_text_of_size(site, size):
    dialogues.comes_back(site.roomy, TEXT, b"\xc3\xa4" * (size // 2))


@rule("RFC 6455, 5.2", each={str(step): step for step in (64, 128, 997, 1460, 4096, 65_536)})
def a_message_of_256_kib_comes_back_sent_in_pieces_of(site, step):
    dialogues.comes_back(site.roomy, BINARY, bytes(range(256)) * 1024, step=step)


@rule("RFC 6455, 5.2", each={
    "7 bits": (b"short", None), "16 bits": (b"x" * 300, None), "64 bits": (b"x" * 70_000, 4096)})
def a_frame_comes_back_cut_at_every_byte_of_a_header_with(site, options):
    payload, step = options
    data = wire.frame(BINARY, payload)
    with wire.connect(site.roomy) as client:
        client.trickle(data[:20]).trickle(data[20:], step or 1)
        client.expect(BINARY, payload)
        dialogues.says_goodbye(client)


NOT_MINIMAL = {f"{size} in {bits} bits": (size, field)
               for bits, field, sizes in ((16, 126, (0, 1, 124, 125)),
                                          (64, 127, (0, 1, 125, 126, 65_535)))
               for size in sizes}


@rule("RFC 6455, 5.2", each=NOT_MINIMAL)
def a_length_that_is_not_minimal_is_1002(site, options):
    size, field = options
    dialogues.fails(site.roomy, wire.frame(BINARY, b"x" * size, field=field), 1002)


@rule("RFC 6455, 5.5", each=NOT_MINIMAL)
def a_length_of_a_ping_that_is_not_minimal_is_1002(site, options):
    size, field = options
    dialogues.fails(site.echo, wire.frame(PING, b"x" * size, field=field), 1002)


@rule("RFC 6455, 5.2", each={
    "its top bit": (1 << 63, 1002), "every bit": ((1 << 64) - 1, 1002),
    "the top bit and zeros": (1 << 63 | 5, 1002), "2^63-1": ((1 << 63) - 1, 1009),
    "2^62": (1 << 62, 1009), "2^32": (1 << 32, 1009), "2^32+5": ((1 << 32) + 5, 1009),
    "2^31": (1 << 31, 1009)})
def a_64_bit_length_is_refused_with(site, options):
    size, code = options
    for opcode in (TEXT, BINARY):
        dialogues.condemned_at(site.echo, wire.head(opcode, size), code)
        dialogues.fails(site.echo, GOOD + wire.head(opcode, size), code, GOOD_BACK)


# ------------------------------------------------------------------- 5.2: reserved bits and opcodes


@rule("RFC 6455, 5.2", each={
    f"{name} with {bits:03b}": (opcode, bits)
    for name, opcode in OPCODES.items() for bits in range(1, 8)})
def reserved_bits_are_1002_on(site, options):
    opcode, bits = options
    opening = wire.text(b"begun", fin=False) if opcode == CONTINUATION else b""
    dialogues.fails(site.echo, opening + wire.frame(opcode, b"", rsv=bits), 1002)


@rule("RFC 6455, 5.2", each={"RSV1": 4, "RSV2": 2, "RSV3": 1})
def messages_before_a_reserved_bit_are_echoed_and_none_after_it(site, bits):
    data = GOOD + wire.text(b"bad", rsv=bits) + GOOD
    dialogues.fails(site.echo, data, 1002, GOOD_BACK)


RESERVED = {str(opcode): opcode for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)}


@rule("RFC 6455, 5.2", each=RESERVED)
def a_reserved_opcode_is_1002(site, opcode):
    dialogues.fails(site.echo, wire.frame(opcode), 1002)
    dialogues.fails(site.echo, GOOD + wire.frame(opcode, b"payload") + GOOD, 1002, GOOD_BACK)


@rule("RFC 6455, 5.2", each=RESERVED)
def a_reserved_opcode_is_1002_inside_a_message(site, opcode):
    data = wire.text(b"begun", fin=False) + wire.frame(opcode, b"", fin=opcode < 8)
    dialogues.fails(site.echo, data, 1002)


@rule("RFC 6455, 5.2", each=RESERVED)
def a_reserved_opcode_is_1002_sent_byte_by_byte_behind_a_message(site, opcode):
    with wire.connect(site.echo) as client:
        client.trickle(GOOD + wire.frame(opcode)[:2])
        client.expect(TEXT, b"good").expect_close(1002).expect_end()


@rule("RFC 6455, 5.2", each={
    "a reserved bit": b"\xc1\x85", "a reserved opcode": b"\x83\x85", "no mask": b"\x81\x05",
    "a ping of 126 bytes": b"\x89\xfe", "a ping of 64 bits": b"\x89\xff",
    "half a ping": b"\x09\x85", "half a close": b"\x08\x80"})
def two_bytes_of_a_header_are_enough_to_refuse(site, start):
    dialogues.condemned_at(site.echo, start, 1002)


# ------------------------------------------------------------------------- 5.6: streams of messages


@rule("RFC 6455, 5.6")
def many_messages_in_one_segment_come_back_in_order(site):
    payloads = [f"message {i}".encode() for i in range(300)]
    with wire.connect(site.echo) as client:
        client.send(*(wire.text(payload) for payload in payloads))
        for payload in payloads:
            client.expect(TEXT, payload)
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.6")
def text_and_binary_come_back_as_what_they_were(site):
    with wire.connect(site.echo) as client:
        client.send(wire.frame(TEXT, b"1"), wire.frame(BINARY, b"1"), wire.frame(TEXT, b""),
                    wire.frame(BINARY, b""))
        for opcode, payload in ((TEXT, b"1"), (BINARY, b"1"), (TEXT, b""), (BINARY, b"")):
            client.expect(opcode, payload)
        dialogues.says_goodbye(client)


@rule("RFC 6455, 5.6")
def a_stream_cut_at_every_byte_is_the_same_stream(site):
    data = (GOOD + wire.frame(PING, b"p") + wire.fragments(TEXT, [b"\xce", b"\xba", b""]) +
            wire.frame(BINARY, bytes(200)) + wire.frame(PONG) + wire.close(3000, b"bye"))
    with wire.connect(site.echo) as client:
        client.trickle(data)
        client.expect(TEXT, b"good").expect(PONG, b"p").expect(TEXT, "κ".encode())
        client.expect(BINARY, bytes(200)).expect_close(3000).expect_end()


@rule("RFC 6455, 5.6", each={str(step): step for step in (2, 3, 5, 7, 11, 13)})
def a_stream_is_the_same_cut_into_pieces_of(site, step):
    payloads = [b"x" * size for size in (0, 1, 125, 126, 130, 300)]
    with wire.connect(site.echo) as client:
        client.trickle(b"".join(wire.text(payload) for payload in payloads), step)
        for payload in payloads:
            client.expect(TEXT, payload)
        dialogues.says_goodbye(client)
