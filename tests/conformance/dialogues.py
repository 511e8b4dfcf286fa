"""The conversations that many cases have: something is refused, fails, or comes back."""
import wire

AFTERTHOUGHT = wire.frame(wire.PING, b"after") + wire.text(b"after")


def refused(port, head, status, method="GET"):
    """The request is answered by a whole refusal, and the connection ends (RFC 6455, 4.2.2)."""
    with wire.Client(port) as client:
        client.send(head)
        answer = client.read_response(method)
        judge_refusal(answer, status)
        client.expect_end()
        return answer


def judge_refusal(answer, status):
    assert answer.status == status, f"awaited {status}, came {answer.status}: {answer.body}"
    assert "close" in answer.tokens("Connection"), answer.fields
    assert answer.one("Content-Type").startswith("text/plain"), answer.fields
    assert int(answer.one("Content-Length")) > 0, answer.fields
    assert not answer.all("Sec-WebSocket-Accept"), answer.fields
    if status == 426:
        assert answer.one("Sec-WebSocket-Version") == "13", answer.fields
        assert answer.tokens("Upgrade") == ["websocket"], answer.fields
        assert "upgrade" in answer.tokens("Connection"), answer.fields
    if status == 405:
        assert answer.tokens("Allow") == ["get", "head"], answer.fields
    if status == 503:
        assert int(answer.one("Retry-After")) > 0, answer.fields


def accepted(port, head):
    """The opening handshake is accepted, and frames flow. Returns the 101."""
    with wire.Client(port) as client:
        client.send(head)
        answer = client.read_response()
        assert answer.status == 101, f"refused: {answer}"
        client.send(wire.frame(wire.PING, b"flows"))
        while True:  # A game may have begun to speak.
            came = client.read_frame()
            if came.opcode == wire.PONG:
                assert came.payload == b"flows", came
                return answer


def fails(port, data, code, echoes=()):
    """What came before the fault is echoed, the fault is answered with `code`, the rest not at all;
    then the server ends the connection itself. `echoes` are (opcode, payload) pairs.
    """
    with wire.connect(port) as client:
        client.send(data, AFTERTHOUGHT)
        for opcode, payload in echoes:
            client.expect(opcode, payload)
        client.expect_close(code)
        client.send(wire.close(code)).expect_end()


def condemned_at(port, data, code):
    """These bytes alone, the end of an unfinished frame, are enough to be failed with `code`."""
    with wire.connect(port) as client:
        client.send(data).expect_close(code).expect_end()


def comes_back(port, opcode, payload, data=None, step=None):
    """The message, sent as `data` in pieces of `step` bytes, is echoed; the connection goes on."""
    data = wire.frame(opcode, payload) if data is None else data
    with wire.connect(port) as client:
        client.trickle(data, step or max(1, len(data)))
        client.expect(opcode, payload)
        says_goodbye(client)


def says_goodbye(client):
    """The connection is still good for a closing handshake."""
    client.send(wire.close(1000)).expect_close(1000).expect_end()
