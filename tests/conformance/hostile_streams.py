"""RFC 6455, section 10: streams that mean harm. Whoever sends them may be cut off; everybody else
goes on being served, which the good client after each case sees to.
"""
import contextlib
import random
import threading

import dialogues
import suite
import wire
from wire import BINARY, CONTINUATION, PING, PONG, TEXT

rule, cases = suite.chapter()


def pour(client, data):
    """Sends it while somebody else reads; what breaks on the way breaks."""
    def send():
        with contextlib.suppress(OSError):
            client.send(data)
    thread = threading.Thread(target=send)
    thread.start()
    return thread


def drain(client):
    """Everything that comes until the end, be it a reset."""
    with contextlib.suppress(ConnectionError):
        while client.fill():
            client.buffer = b""


# -------------------------------------------------------------------------------- many small things


@rule("ours")
def ten_thousand_tiny_frames_in_one_segment_come_back(site):
    with wire.connect(site.echo) as client:
        sender = pour(client, wire.frame(BINARY, b"") * 10_000)
        assert client.read(20_000) == b"\x82\x00" * 10_000
        sender.join()
        dialogues.says_goodbye(client)


@rule("ours")
def a_million_pings_delay_nobody(site):
    with wire.connect(site.echo) as client:
        sender = pour(client, wire.frame(PING, b"") * 1_000_000 + wire.text(b"done"))
        suite.probe_echo(site.echo)
        assert client.read(2_000_000) == b"\x8a\x00" * 1_000_000
        client.expect(TEXT, b"done")
        sender.join()


@rule("ours")
def a_million_pings_to_a_game_delay_nobody(site):
    with wire.connect(site.game, head_bytes=wire.upgrade("GET /play/1 HTTP/1.1")) as client:
        sender = pour(client, wire.frame(PING, b"") * 100_000)
        suite.probe_game(site.game)
        client.expect(PONG)
        client.socket.shutdown(2)
        sender.join()


@rule("ours")
def a_million_pongs_are_ignored(site):
    with wire.connect(site.echo) as client:
        sender = pour(client, wire.frame(PONG, b"") * 1_000_000 + wire.text(b"done"))
        suite.probe_echo(site.echo)
        client.expect(TEXT, b"done")
        sender.join()


@rule("ours")
def a_million_empty_fragments_end_at_the_65th(site):
    with wire.connect(site.echo) as client:
        sender = pour(client, wire.text(b"", fin=False) + wire.more(b"") * 1_000_000)
        client.expect_close(1008)
        drain(client)
        sender.join()


@rule("ours")
def endless_fragments_end_at_the_limit(site):
    with wire.connect(site.roomy) as client:
        endless = wire.frame(BINARY, b"", fin=False) + wire.more(b"x" * 60_000) * 300
        sender = pour(client, endless)
        client.expect_close(1009)
        drain(client)
        sender.join()


@rule("ours")
def a_frame_in_as_many_segments_as_it_has_bytes_comes_back(site):
    payload = bytes(i & 0xFF for i in range(65_536))
    dialogues.comes_back(site.roomy, BINARY, payload, step=1)


@rule("ours")
def a_message_of_16_mib_in_pieces_of_a_thousand_comes_back(site):
    payload = bytes(1 << 24)
    dialogues.comes_back(site.roomy, BINARY, payload, step=1000)


@rule("ours")
def a_thousand_empty_messages_in_fragments_come_back(site):
    with wire.connect(site.echo) as client:
        client.send(wire.fragments(TEXT, [b"", b"", b""]) * 1000)
        assert client.read(2000) == b"\x81\x00" * 1000
        dialogues.says_goodbye(client)


# ------------------------------------------------------------------------- clients that do not read


@rule("ours")
def a_client_that_does_not_read_its_echoes_is_held_back_and_harms_nobody(site):
    with wire.connect(site.echo, receive_buffer=4096) as client:
        client.socket.settimeout(1)  # A server that holds us back makes us wait.
        with contextlib.suppress(TimeoutError):
            for _ in range(4000):
                client.send(wire.frame(BINARY, bytes(16_000)))
            raise AssertionError("64 MB were taken of a client that reads nothing")
        suite.probe_echo(site.echo)


@rule("ours")
def a_ping_is_answered_when_the_client_reads_again(site):
    with wire.connect(site.echo, receive_buffer=4096) as client:
        sender = pour(client,
                      wire.frame(BINARY, bytes(16_000)) * 100 + wire.frame(PING, b"at last"))
        suite.probe_echo(site.echo)
        for _ in range(100):
            client.expect(BINARY, bytes(16_000))
        client.expect(PONG, b"at last")
        sender.join()


@rule("ours")
def a_client_that_reads_no_pongs_harms_nobody(site):
    with wire.connect(site.echo, receive_buffer=4096) as client:
        client.socket.settimeout(1)
        with contextlib.suppress(TimeoutError):
            for _ in range(2000):
                client.send(wire.frame(PING, bytes(125)) * 200)
            raise AssertionError("52 MB of pings were taken of a client that reads nothing")
        suite.probe_echo(site.echo)


@rule("ours")
def requests_without_reading_are_held_back_and_harm_nobody(site):
    with wire.Client(site.game, receive_buffer=4096) as client:
        client.socket.settimeout(1)
        with contextlib.suppress(TimeoutError):
            for _ in range(1000):
                client.send(wire.request("GET /railroids.js HTTP/1.1") * 200)
            raise AssertionError("200000 requests were taken of a client that reads nothing")
        suite.probe_game(site.game)


# ------------------------------------------------------------------------------------- many at once


@rule("ours")
def a_thousand_half_open_handshakes_delay_nobody(site):
    with contextlib.ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(wire.Client(site.echo)).send(wire.upgrade()[:-2])
        for _ in range(500):
            stack.enter_context(wire.Client(site.echo))
        suite.probe_echo(site.echo)


@rule("ours")
def a_storm_of_connections_that_end_at_once_delays_nobody(site):
    for i in range(1000):
        client = wire.Client(site.echo)
        if i % 3 == 0:
            client.send(wire.upgrade())
        client.reset() if i % 2 else client.socket.close()
    suite.probe_echo(site.echo)


@rule("ours")
def everybody_leaving_at_once_delays_nobody(site):
    clients = [wire.connect(site.echo) for _ in range(300)]
    for i, client in enumerate(clients):
        client.send([wire.close(1000), wire.frame(0x3), wire.text(), b""][i % 4])
    for client in clients:
        client.reset()
    suite.probe_echo(site.echo)


@rule("ours")
def a_reset_in_every_moment_of_a_handshake_harms_nobody(site):
    head = wire.upgrade()
    for size in range(0, len(head) + 1, 3):
        wire.Client(site.echo).send(head[:size]).reset()


@rule("ours")
def a_reset_in_every_moment_of_a_conversation_harms_nobody(site):
    data = wire.fragments(TEXT, [b"abc", b"def"]) + wire.frame(PING, b"p") + wire.close(1000)
    for size in range(len(data) + 1):
        wire.connect(site.echo).send(data[:size]).reset()


# ----------------------------------------------------------------------------------------- nonsense


@rule("ours", each={str(seed): seed for seed in range(1, 9)})
def random_bytes_instead_of_a_request_end_in_a_refusal_or_in_silence_with_seed(site, seed):
    generator = random.Random(seed)
    for _ in range(10):
        with wire.Client(site.echo) as client:
            client.send(generator.randbytes(generator.randrange(1, 300))).end()
            drain(client)


@rule("ours", each={str(seed): seed for seed in range(1, 9)})
def random_bytes_instead_of_frames_end_in_a_close_or_in_silence_with_seed(site, seed):
    generator = random.Random(seed)
    for _ in range(10):
        with wire.connect(site.echo) as client:
            sender = pour(client, generator.randbytes(generator.randrange(1, 3000)))
            sender.join()
            with contextlib.suppress(OSError):
                client.end()
            drain(client)


@rule("ours", each={str(seed): seed for seed in range(1, 9)})
def a_handshake_with_a_random_wrong_byte_is_answered_whole_with_seed(site, seed):
    generator = random.Random(seed)
    for _ in range(20):
        head = bytearray(wire.upgrade())
        head[generator.randrange(len(head))] = generator.randrange(256)
        with wire.Client(site.echo) as client:
            client.send(bytes(head)).end()
            if client.fill():
                answer = client.read_response()
                assert answer.status in (101, 200, 400, 404, 405, 426), answer


@rule("ours", each={str(seed): seed for seed in range(1, 9)})
def random_frames_are_answered_only_by_whole_frames_with_seed(site, seed):
    generator = random.Random(seed)
    for _ in range(5):
        data = b"".join(
            wire.frame(generator.choice((TEXT, BINARY, CONTINUATION, PING, PONG)),
                       generator.randbytes(generator.choice((0, 1, 20, 126))),
                       fin=generator.random() < 0.7, rsv=generator.choice((0, 0, 0, 0, 0, 4)),
                       key=generator.randbytes(4))
            for _ in range(20))
        with wire.connect(site.echo) as client:
            client.send(data).end()
            while client.buffer or client.fill():
                last = client.read_frame()
                if last.opcode == wire.CLOSE:
                    client.expect_end()
                    break
