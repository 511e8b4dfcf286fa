"""RFC 7692: permessage-deflate, on a server that was asked for it (--deflate)."""
import random
import zlib

import dialogues
import suite
import wire
from wire import BINARY, CONTINUATION, PING, PONG, TEXT

rule, cases = suite.chapter()

RSV1 = 4
TAIL = b"\0\0\xff\xff"
WORTH_IT = 256  # From this size on, the server compresses what shrinks.
MESSAGE_MAX = 16_384
PROSE = b"We the people of the rails, in order to form a more perfect union of tracks. "


def packed(payload, window=15, level=6, strategy=zlib.Z_DEFAULT_STRATEGY):
    """A message's payload as section 7.2.1 makes it."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -window, 8, strategy)
    whole = packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)
    assert whole.endswith(TAIL)
    return whole[:-len(TAIL)]


def unpacked(payload, window):
    unpacker = zlib.decompressobj(-window)
    rest = payload + TAIL
    if window == 15:
        return unpacker.decompress(rest)
    # Little by little, because zlib sees no further back than its window only between two calls.
    whole = b""
    while piece := unpacker.decompress(rest, 32):
        whole += piece
        rest = unpacker.unconsumed_tail
    return whole


def message(opcode, payload, **options):
    return wire.frame(opcode, packed(payload, **options), rsv=RSV1)


def in_fragments(opcode, payload, step):
    """A compressed message, `step` bytes a frame: only the first says that it is compressed."""
    pieces = [payload[i:i + step] for i in range(0, len(payload), step)]
    return b"".join(wire.frame(CONTINUATION if i else opcode, piece, rsv=0 if i else RSV1,
                               fin=i == len(pieces) - 1)
                    for i, piece in enumerate(pieces))


def upgrade(*offers):
    return wire.upgrade("GET / HTTP/1.1",
                        *(f"Sec-WebSocket-Extensions: {offer}" for offer in offers))


def connect(port, offer="permessage-deflate"):
    client = wire.connect(port, head_bytes=upgrade(offer))
    client.rsv_allowed = RSV1
    return client


def read_message(client, window=15):
    """A message and whether it was compressed. It is unpacked without help from those before it,
    and from no further back than the window.
    """
    came = client.read_frame()
    if not came.rsv:
        return came, False
    assert came.opcode in (TEXT, BINARY) and came.fin, came
    return came._replace(payload=unpacked(came.payload, window), rsv=0), True


def comes_back(port, opcode, payload, data, step=None):
    """Sent as `data`, the message is echoed, compressed if that is worth it."""
    with connect(port) as client:
        client.trickle(data, step or max(1, len(data)))
        came, compressed = read_message(client)
        assert came == wire.Frame(opcode, payload), wire.brief(came)
        worth_it = len(payload) >= WORTH_IT and len(packed(payload)) < len(payload) * 0.9
        assert compressed or not worth_it, f"{len(payload)} bytes came as they are"
        assert not compressed or len(payload) >= WORTH_IT, f"{len(payload)} bytes were compressed"
        dialogues.says_goodbye(client)


def fails(port, data, code):
    with connect(port) as client:
        client.send(data, dialogues.AFTERTHOUGHT).expect_close(code)
        client.send(wire.close(code)).expect_end()


def message_fails(port, payload, code=1007, opcode=BINARY):
    fails(port, wire.frame(opcode, payload, rsv=RSV1), code)


# ------------------------------------------------------------------------------- 7.1: the agreement


def agreed(site, *offers):
    """The parameters that are answered, as {name: value}; None: the offer is declined."""
    answer = dialogues.accepted(site.deflate, upgrade(*offers))
    if not answer.all("Sec-WebSocket-Extensions"):
        return None
    name, *parameters = [part.strip() for part in answer.one("Sec-WebSocket-Extensions").split(";")]
    assert name == "permessage-deflate", answer
    names = [parameter.partition("=")[0] for parameter in parameters]
    assert len(set(names)) == len(names), f"{names}: each once (7.1)"
    return {key: value for key, _, value in (parameter.partition("=") for parameter in parameters)}


WITHOUT_CONTEXT = {"server_no_context_takeover": "", "client_no_context_takeover": ""}


@rule("RFC 7692, 7.1", each={
    "nothing": ["permessage-deflate"],
    "server_no_context_takeover": ["permessage-deflate; server_no_context_takeover"],
    "client_no_context_takeover": ["permessage-deflate; client_no_context_takeover"],
    "both": ["permessage-deflate; server_no_context_takeover; client_no_context_takeover"],
    "client_max_window_bits": ["permessage-deflate; client_max_window_bits"],
    "client_max_window_bits of 8": ["permessage-deflate; client_max_window_bits=8"],
    "client_max_window_bits of 15": ["permessage-deflate; client_max_window_bits=15"],
    "quoted client_max_window_bits": ['permessage-deflate; client_max_window_bits="10"'],
    "no white space": ["permessage-deflate;client_max_window_bits;server_no_context_takeover"],
    "much white space": ["  permessage-deflate \t;\t client_max_window_bits  =  10 "],
    "another extension before it": ["x-other; a=1, permessage-deflate"],
    "another extension behind it": ["permessage-deflate, x-other; a=1"],
    "a header of its own": ["x-other", "permessage-deflate"],
    "a worse offer before it": ["permessage-deflate; x=1, permessage-deflate"],
    "a window too small before it": [
        "permessage-deflate; server_max_window_bits=8, permessage-deflate"],
})
def deflate_is_agreed_without_context_for_an_offer_of(site, offers):
    assert agreed(site, *offers) == WITHOUT_CONTEXT


WINDOWS = {str(bits): bits for bits in range(9, 16)}


@rule("RFC 7692, 7.1.2.1", each=WINDOWS)
def a_window_of_ours_is_agreed_of_bits(site, bits):
    for value in (str(bits), f'"{bits}"'):
        answer = agreed(site, f"permessage-deflate; server_max_window_bits={value}")
        assert answer == WITHOUT_CONTEXT | {"server_max_window_bits": str(bits)}, answer


@rule("RFC 7692, 7.1.2.1")
def a_window_of_8_bits_is_declined_and_the_connection_opens(site):
    assert agreed(site, "permessage-deflate; server_max_window_bits=8") is None


@rule("RFC 7692, 7.1.2", each={ascii(value): value for value in (
    "0", "7", "16", "17", "99999999999", "18446744073709551624", "010", "08", "-10", "+10", "1e1",
    "10.0", "0xa", "1 0", "ten", "", '""', '"10', '10"', '"1 0"', '"\\', '"7"', '"16"', "'10'")})
def an_offer_is_declined_with_a_window_of(site, value):
    for name in ("server_max_window_bits", "client_max_window_bits"):
        assert agreed(site, f"permessage-deflate; {name}={value}") is None, name


@rule("RFC 7692, 7.1", each={
    "server_max_window_bits without a value": "server_max_window_bits",
    "server_no_context_takeover with a value": "server_no_context_takeover=1",
    "server_no_context_takeover with a quoted value": 'server_no_context_takeover="true"',
    "client_no_context_takeover with a value": "client_no_context_takeover=10",
    "server_max_window_bits twice": "server_max_window_bits=10; server_max_window_bits=10",
    "client_max_window_bits twice": "client_max_window_bits; client_max_window_bits=10",
    "server_no_context_takeover twice": "server_no_context_takeover; server_no_context_takeover",
    "client_no_context_takeover twice": "client_no_context_takeover; client_no_context_takeover",
    "an unknown parameter": "mux", "an unknown parameter and a value": "x=10",
    "a parameter without a name": "=10", "an empty parameter": "", "two empty parameters": ";",
    "an open quote": 'server_max_window_bits="10; client_max_window_bits',
    "another case": "Server_No_Context_Takeover=", "a path": "../../etc/passwd",
})
def an_offer_is_declined_with(site, parameter):
    assert agreed(site, f"permessage-deflate; {parameter}") is None


@rule("RFC 7692, 7.1", each={
    "a longer name": "permessage-deflates", "an old name": "x-webkit-deflate-frame",
    "another": "permessage-bzip2", "a broken name": "permessage deflate", "only commas": ",,,",
    "a thousand bad offers": ", ".join(["permessage-deflate; x"] * 300),
    "a thousand parameters": "permessage-deflate" + "; server_no_context_takeover" * 200})
def what_is_no_offer_of_deflate_is_declined(site, offer):
    assert agreed(site, offer) is None


@rule("RFC 6455, 9.1", each={"declined": "permessage-deflate; server_max_window_bits=8",
                             "not offered": None})
def compressed_messages_are_1002_if_deflate_was(site, offer):
    head = upgrade(offer) if offer else wire.upgrade()
    with wire.connect(site.deflate, message(TEXT, b"hello"), head_bytes=head) as client:
        client.expect_close(1002).expect_end()


@rule("RFC 6455, 9.1")
def a_client_without_deflate_gets_no_compressed_message(site):
    dialogues.comes_back(site.deflate, TEXT, PROSE * 100)


# ------------------------------------------------------------------- 7.2.3: the examples of the RFC

HELLO = {
    "7.2.3.1 one block": wire.frame(TEXT, bytes.fromhex("f248cdc9c90700"), rsv=RSV1),
    "7.2.3.1 in fragments": in_fragments(TEXT, bytes.fromhex("f248cdc9c90700"), 3),
    "7.2.3.3 no compression": wire.frame(TEXT, bytes.fromhex("000500faff48656c6c6f00"), rsv=RSV1),
    "7.2.3.4 a final block": wire.frame(TEXT, bytes.fromhex("f348cdc9c9070000"), rsv=RSV1),
    "7.2.3.5 two blocks": wire.frame(TEXT, bytes.fromhex("f24805000000ffffcac9c90700"), rsv=RSV1),
    "the tail not removed": wire.frame(TEXT, bytes.fromhex("f248cdc9c907000000ffff"), rsv=RSV1),
    "not compressed": wire.text(b"Hello"),
    "huffman only": message(TEXT, b"Hello", strategy=zlib.Z_HUFFMAN_ONLY),
    "fixed codes": message(TEXT, b"Hello", strategy=zlib.Z_FIXED),
    "stored": message(TEXT, b"Hello", level=0),
}


@rule("RFC 7692, 7.2.3", each=HELLO)
def hello_comes_back_from(site, data):
    comes_back(site.deflate, TEXT, b"Hello", data)
    comes_back(site.deflate, TEXT, b"Hello", data, step=1)


@rule("RFC 7692, 7.2.3.6",
      each={"one byte": b"\0", "a final block": b"\x03\0", "stored": b"\x01\0\0\xff\xff"})
def an_empty_message_may_be(site, payload):
    comes_back(site.deflate, TEXT, b"", wire.frame(TEXT, payload, rsv=RSV1))


@rule("RFC 7692, 7.2.3.2")
def a_message_that_needs_the_one_before_it_is_1007(site):
    with connect(site.deflate) as client:
        client.send(wire.frame(TEXT, bytes.fromhex("f248cdc9c90700"), rsv=RSV1))
        assert read_message(client)[0].payload == b"Hello"
        client.send(wire.frame(TEXT, bytes.fromhex("f200110000"), rsv=RSV1))
        client.expect_close(1007).expect_end()


# ---------------------------------------------------------------------- 7.2: messages of every form

SIZES = (1, 16, 64, 125, 126, 255, 256, 257, 1000, 1024, 4096, 8192, 16_384)


def prose(size):
    return (PROSE * (size // len(PROSE) + 1))[:size]


@rule("RFC 7692, 7.2", each={str(size): size for size in SIZES})
def a_compressed_message_comes_back_of_size(site, size):
    for opcode in (TEXT, BINARY):
        comes_back(site.deflate, opcode, prose(size), message(opcode, prose(size)))


@rule("RFC 7692, 7.2",
      each={str(size): size for size in (32_768, 65_536, 131_072, 1 << 20, 1 << 24)})
def a_server_that_allows_it_echoes_a_compressed_message_of_size(site, size):
    comes_back(site.roomy, BINARY, prose(size), message(BINARY, prose(size)))


@rule("RFC 7692, 7.2", each={str(size): size for size in (16, 1000, 16_384)})
def what_does_not_shrink_comes_back_too(site, size):
    payload = random.Random(size).randbytes(size)
    for data in (wire.frame(BINARY, payload), message(BINARY, payload),
                 message(BINARY, payload, level=0)):
        comes_back(site.deflate, BINARY, payload, data)


@rule("RFC 7692, 7.2.2", each=WINDOWS)
def a_message_comes_back_that_was_compressed_with_a_window_of_bits(site, bits):
    payload = prose(3000) + random.Random(bits).randbytes(3000) + prose(3000)
    for level in (1, 6, 9):
        comes_back(site.deflate, BINARY, payload,
                   message(BINARY, payload, window=bits, level=level))


@rule("RFC 7692, 7.1.2.1", each=WINDOWS)
def what_we_send_needs_no_larger_window_than_agreed_of_bits(site, bits):
    # A block repeats, first from close by, in the end from over twenty kilobytes back.
    generator = random.Random(bits)
    block = generator.randbytes(600) + bytes(424)
    payload = block * 2 + generator.randbytes(20_000) + block + bytes(1000)
    with connect(site.roomy, f"permessage-deflate; server_max_window_bits={bits}") as client:
        for _ in range(3):
            client.send(wire.frame(BINARY, payload))
            came, compressed = read_message(client, bits)
            assert compressed and came.payload == payload
        dialogues.says_goodbye(client)


@rule("RFC 7692, 7.1.1.1")
def each_message_we_send_can_be_understood_alone(site):
    with connect(site.deflate) as client:
        client.send(wire.text(prose(1000)) * 20)
        first = None
        for _ in range(20):
            came = client.read_frame()
            assert came.rsv == RSV1 and came.payload == (first or came.payload), "it has a context"
            first = came.payload


@rule("RFC 7692, 6.1", each={str(step): step for step in (1, 2, 7, 64, 1000)})
def a_compressed_message_comes_back_in_fragments_of(site, step):
    payload = packed(prose(60 * step))
    comes_back(site.roomy, TEXT, prose(60 * step), in_fragments(TEXT, payload, step))


@rule("RFC 7692, 6.1")
def empty_fragments_do_not_hurt_a_compressed_message(site):
    payload = packed(prose(500))
    data = (wire.frame(TEXT, b"", fin=False, rsv=RSV1) + wire.more(b"") + wire.more(payload[:5]) +
            wire.more(b"") + wire.more(payload[5:]) + wire.more(b"", fin=True))
    comes_back(site.deflate, TEXT, prose(500), data)


@rule("RFC 7692, 6.1")
def a_compressed_message_cut_at_every_byte_comes_back(site):
    data = message(TEXT, prose(2000)) + wire.text(b"plain") + message(BINARY, prose(300))
    with connect(site.deflate) as client:
        client.trickle(data)
        assert read_message(client)[0] == wire.Frame(TEXT, prose(2000))
        client.expect(TEXT, b"plain")
        assert read_message(client)[0] == wire.Frame(BINARY, prose(300))
        dialogues.says_goodbye(client)


@rule("RFC 7692, 6.1")
def compressed_and_plain_messages_may_take_turns(site):
    with connect(site.deflate) as client:
        for i in range(30):
            payload = prose(10 + i * 37)
            client.send(message(TEXT, payload) if i % 2 else wire.text(payload))
            assert read_message(client)[0] == wire.Frame(TEXT, payload)
        dialogues.says_goodbye(client)


@rule("RFC 7692, 6.1")
def a_ping_between_compressed_fragments_is_answered(site):
    data = in_fragments(TEXT, packed(prose(500)), 20)
    first_size = len(wire.frame(TEXT, bytes(20)))
    with connect(site.deflate) as client:
        client.send(data[:first_size], wire.frame(PING, b"p"), data[first_size:])
        client.expect(PONG, b"p")
        assert read_message(client)[0].payload == prose(500)
        dialogues.says_goodbye(client)


@rule("RFC 7692, 6.1", each={str(size): size for size in (16, 64, 256, 1024, 4096, 8192, 16_384)})
def a_hundred_messages_in_a_row_come_back_of_size(site, size):
    generator = random.Random(size)
    payloads = [bytes(generator.choices(b"rail ", k=size)) for _ in range(100)]
    with connect(site.deflate, "permessage-deflate; server_max_window_bits=9") as client:
        for payload in payloads:
            client.send(message(TEXT, payload, window=9))
            assert read_message(client, 9)[0] == wire.Frame(TEXT, payload)
        dialogues.says_goodbye(client)


# ------------------------------------------------------------------------------------ 6.1: the bits


@rule("RFC 7692, 6.1", each={
    "a continuation": wire.frame(TEXT, b"\0", fin=False, rsv=RSV1) +
    wire.frame(CONTINUATION, b"", rsv=RSV1),
    "a continuation of what is plain": wire.text(b"", fin=False) +
    wire.frame(CONTINUATION, b"", rsv=RSV1),
    "a ping": wire.frame(PING, b"", rsv=RSV1), "a pong": wire.frame(PONG, b"", rsv=RSV1),
    "a close": wire.frame(wire.CLOSE, b"", rsv=RSV1)})
def rsv1_is_1002_on(site, data):
    fails(site.deflate, data, 1002)


@rule("RFC 6455, 5.2", each={f"{bits:03b}": bits for bits in (1, 2, 3, 5, 6, 7)})
def the_other_reserved_bits_are_still_1002(site, bits):
    fails(site.deflate, wire.frame(TEXT, b"\0", rsv=bits), 1002)


@rule("RFC 6455, 8.1", each={
    "a surrogate": b"\xed\xa0\x80", "an unfinished character": b"fine \xe2\x82", "FF": b"\xff",
    "a stray byte far behind": prose(5000) + b"\x80"})
def a_text_is_1007_that_unpacks_to(site, payload):
    fails(site.deflate, message(TEXT, payload), 1007)
    comes_back(site.deflate, BINARY, payload, message(BINARY, payload))


# ------------------------------------------------------------------------ 7.2.2: what is no deflate


@rule("RFC 7692, 7.2.2", each={
    "a block of the reserved kind": b"\x06", "a last block of the reserved kind": b"\x07",
    "a stored block of another length": b"\0\x05\0\0\0Hello\0",
    "a stored block that was cut off": b"\0\xff\0\0\xffHell",
    "a distance too far back": bytes.fromhex("f200110000"),
    "too many codes": b"\xfd\xff\xff\xff\xff", "codes that are none": b"\x04\xfe\xff\xff\xff",
    "ones": b"\xff" * 20, "text": b"Hello, I am not compressed at all",
    "a stream of zlib": zlib.compress(b"Hello"), "gzip": b"\x1f\x8b\x08\0\0\0\0\0\0\3",
    "a message that was cut off": packed(prose(2000))[:-20],
    "a block that swallows the tail": b"\0\x04\0\xfb\xff", "nonsense behind a final block":
    bytes.fromhex("f348cdc9c90700") + b"\xff\xff\xff"})
def a_message_is_1007_that_holds(site, payload):
    message_fails(site.deflate, payload)


@rule("RFC 7692, 7.2.2", each={str(seed): seed for seed in range(1, 5)})
def a_message_with_a_random_wrong_byte_is_answered_or_1007_with_seed(site, seed):
    generator = random.Random(seed)
    for _ in range(25):
        payload = bytearray(packed(prose(1000)))
        payload[generator.randrange(len(payload))] ^= 1 << generator.randrange(8)
        with connect(site.deflate) as client:
            client.send(wire.frame(BINARY, bytes(payload), rsv=RSV1), wire.close(1000))
            came, _ = read_message(client)
            if came.opcode == BINARY:
                client.expect_close(1000).expect_end()
            else:
                assert came.payload[:2] in (b"\x03\xef", b"\x03\xf1"), came


# ----------------------------------------------------------------------------- 8: bombs, and bounds


@rule("RFC 7692, 8")
def a_message_that_unpacks_to_the_limit_comes_back(site):
    comes_back(site.deflate, BINARY, bytes(MESSAGE_MAX), message(BINARY, bytes(MESSAGE_MAX)))


@rule("RFC 7692, 8", each={
    "by one byte": MESSAGE_MAX + 1, "by as much": 2 * MESSAGE_MAX, "a thousandfold": 16_000_000})
def a_message_that_unpacks_to_more_than_the_limit_is_1009(site, size):
    message_fails(site.deflate, packed(bytes(size), level=9), 1009)


@rule("RFC 7692, 8")
def a_bomb_in_fragments_is_1009(site):
    fails(site.deflate, in_fragments(BINARY, packed(bytes(4_000_000), level=9), 200), 1009)


@rule("RFC 7692, 8")
def a_bomb_in_many_blocks_is_1009(site):
    block = packed(bytes(10_000)) + TAIL
    message_fails(site.deflate, (block * 100)[:-len(TAIL)], 1009)


@rule("RFC 7692, 8")
def a_compressed_message_that_is_too_long_itself_is_1009_by_its_header(site):
    with connect(site.deflate) as client:
        client.send(wire.head(BINARY, 2 * MESSAGE_MAX, rsv=RSV1)).expect_close(1009).expect_end()


@rule("RFC 7692, 8")
def many_bombs_at_once_take_no_memory_that_is_not_given_back(site):
    bomb = message(BINARY, bytes(64_000_000), level=9)
    with site.start("bench", *suite.ROOMY) as server:
        before = suite.resident_kib(server)
        for _ in range(10):
            clients = [connect(server.port).send(bomb) for _ in range(5)]
            for client in clients:
                client.expect_close(1009).expect_end()
                client.socket.close()
        grown = suite.resident_kib(server) - before
        assert grown < 65_536, f"50 bombs of 64 MB left {grown} KiB behind"
