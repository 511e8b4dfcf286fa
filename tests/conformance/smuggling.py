"""RFC 9112, sections 6, 7 and 11.2: where a request ends, about which two servers in a row must
never differ. We take no body at all, so whatever speaks of one is refused and ends the connection.
"""
import dialogues
import suite
import wire

rule, cases = suite.chapter()

HIDDEN = wire.request("GET /healthz HTTP/1.1")


def refused_once(port, data, status):
    """Refused, and what is hidden behind it gets no answer."""
    return dialogues.refused(port, data + HIDDEN, status)


# ------------------------------------------------------------------------------ 6.3: both, or twice

BOTH = {
    "a length and then chunks": ("Content-Length: 4", "Transfer-Encoding: chunked"),
    "chunks and then a length": ("Transfer-Encoding: chunked", "Content-Length: 4"),
    "a length of zero and chunks": ("Content-Length: 0", "Transfer-Encoding: chunked"),
    "chunks and a length of zero": ("Transfer-Encoding: chunked", "Content-Length: 0"),
    "a length and identity": ("Content-Length: 4", "Transfer-Encoding: identity"),
    "a length and an unknown coding": ("Content-Length: 4", "Transfer-Encoding: xchunked"),
}


@rule("RFC 9112, 6.1", each=BOTH)
def a_request_is_400_with_both(site, fields):
    for method in ("GET", "POST"):
        head = wire.request(f"{method} / HTTP/1.1", *fields)
        refused_once(site.echo, head + b"0\r\n\r\n", 400)


@rule("RFC 9112, 6.3", each={
    "the same": ("5", "5"), "different": ("5", "6"), "zero twice": ("0", "0"),
    "zero and another": ("0", "5"), "another and zero": ("5", "0"), "an empty one": ("", "5")})
def two_lengths_are_400_if_they_are(site, values):
    fields = [f"Content-Length: {value}" for value in values]
    refused_once(site.echo, wire.request("POST / HTTP/1.1", *fields) + b"hello", 400)


@rule("RFC 9112, 6.3", each={
    "negative": "-1", "minus zero": "-0", "with a plus": "+5", "in a list": "5, 5",
    "in a list of two": "5,6", "a zero in a list": "0, 0", "hexadecimal": "0x5", "a letter": "5a",
    "a fraction": "5.0", "in two words": "5 5", "with an underscore": "1_0", "empty": "",
    "a quote": '"5"', "of 20 digits": "1" * 20, "2^64": str(1 << 64), "2^64+5": str((1 << 64) + 5),
    "of 20 zeros": "0" * 20, "of 300 digits": "9" * 300, "8-bit digits": "\xb2",
    "in capitals": "FIVE", "a semicolon": "5;", "an exponent": "1e1", "NUL-ended": "5\0"})
def a_length_is_400_if_it_is(site, value):
    for method in ("GET", "POST"):
        head = wire.request(f"{method} / HTTP/1.1", f"Content-Length: {value}")
        refused_once(site.echo, head + b"hello", 400)


@rule("RFC 9110, 15.5.14", each={
    "5": "5", "with zeros before it": "0005", "a million": "1000000", "2^31": str(1 << 31),
    "2^32": str(1 << 32), "of 19 digits": "9" * 19})
def a_get_with_a_body_is_413_of_length(site, value):
    head = wire.request("GET /healthz HTTP/1.1", f"Content-Length: {value}")
    refused_once(site.echo, head + b"hello", 413)


@rule("RFC 9110, 15.5.14", each={"10000": "10000", "2^32": str(1 << 32), "of 19 digits": "9" * 19})
def a_post_of_more_than_anyone_would_take_is_413_of_length(site, value):
    head = wire.request("POST / HTTP/1.1", f"Content-Length: {value}")
    refused_once(site.echo, head + b"hello", 413)


@rule("RFC 9110, 15.5.14", each={"zero": "0", "zeros": "000", "white space around it": "  0  "})
def a_get_is_served_with_a_length_of(site, value):
    with wire.Client(site.echo) as client:
        client.send(wire.request("GET /healthz HTTP/1.1", f"Content-Length: {value}"), HIDDEN)
        for _ in range(2):
            assert client.read_response().body == b"ok\n"


# -------------------------------------------------------------------------------------- 7.1: chunks


@rule("RFC 9112, 6.1", each={
    "chunked": "chunked", "in capitals": "CHUNKED", "identity": "identity",
    "gzip and chunked": "gzip, chunked",
    "chunked twice": "chunked, chunked", "chunked first": "chunked, gzip", "unknown": "xchunked",
    "quoted": '"chunked"', "with a parameter": "chunked;q=1", "with a tab": "\tchunked",
    "empty": "", "with a vertical tab": "\vchunked", "with a comma": ",chunked",
    "an 8-bit byte": "chunked\xff",
    "in two words": "chunked x", "with a NUL": "chunked\0"})
def a_transfer_coding_is_400_if_it_is(site, value):
    for method in ("GET", "POST"):
        head = wire.request(f"{method} / HTTP/1.1", f"Transfer-Encoding: {value}")
        refused_once(site.echo, head + b"0\r\n\r\n", 400)


@rule("RFC 9112, 6.1")
def two_transfer_codings_are_400(site):
    for second in ("chunked", "identity", "cow"):
        head = wire.request("POST / HTTP/1.1", "Transfer-Encoding: chunked",
                            f"Transfer-Encoding: {second}")
        refused_once(site.echo, head + b"0\r\n\r\n", 400)


@rule("RFC 9112, 6.1")
def a_transfer_coding_in_http_1_0_is_400(site):
    head = wire.request("POST / HTTP/1.0", "Transfer-Encoding: chunked")
    refused_once(site.echo, head + b"0\r\n\r\n", 400)


@rule("RFC 9112, 7.1", each={
    "that overflow 64 bits": b"1" + b"0" * 16, "of many digits": b"f" * 1000,
    "that are negative": b"-1",
    "with an extension": b"5;a=b", "with a bare LF": b"5\nhello\n0\n", "that are no number": b"xyz",
    "in hexadecimal": b"0x5", "with an endless extension": b"5;" + b"a" * 10_000})
def chunks_are_never_looked_at(site, chunk):
    head = wire.request("POST / HTTP/1.1", "Transfer-Encoding: chunked")
    refused_once(site.echo, head + chunk + b"\r\nhello\r\n0\r\n\r\n", 400)


# --------------------------------------------- 11.2: a header that another server might see, or not


@rule("RFC 9112, 5.1", each={
    "a space before the colon": "Transfer-Encoding : chunked",
    "a tab before the colon": "Content-Length\t: 5",
    "a space before it": "X: y\r\n Transfer-Encoding: chunked",
    "a tab before it": "X: y\r\n\tContent-Length: 5",
    "a vertical tab before it": "\vTransfer-Encoding: chunked",
    "a bare CR before it": "X: y\rTransfer-Encoding: chunked",
    "a bare LF before it": "X: y\nTransfer-Encoding: chunked",
    "a NUL before it": "\0Transfer-Encoding: chunked",
    "a NUL in its name": "Transfer\0-Encoding: chunked",
    "a fold in its value": "Transfer-Encoding:\r\n chunked",
    "a fold before its colon": "Transfer-Encoding\r\n : chunked",
    "an 8-bit space in its name": "Transfer-Encoding\xa0: chunked",
    "two CR before it": "X: y\r\r\nTransfer-Encoding: chunked",
    "an LF and CR before it": "X: y\n\rContent-Length: 5",
    "no colon": "Content-Length 5",
})
def a_hidden_header_is_400_with(site, line):
    for method in ("GET", "POST"):
        refused_once(site.echo, wire.request(f"{method} / HTTP/1.1", line) + b"hello", 400)


@rule("RFC 9112, 11.2", each={
    "Content_Length": "Content_Length: 5", "Transfer_Encoding": "Transfer_Encoding: chunked",
    "a name that goes on": "Content-Length-X: 5", "a forwarded one": "X-Content-Length: 5"})
def a_header_that_only_looks_like_one_of_a_body_is_none(site, line):
    with wire.Client(site.echo) as client:
        client.send(wire.request("GET /healthz HTTP/1.1", line), HIDDEN)
        for _ in range(2):
            assert client.read_response().body == b"ok\n"


# ------------------------------------------------------------------- upgrades, where streams change


@rule("RFC 9110, 7.8", each={
    "a length": ("Content-Length: 37",), "a length of many": ("Content-Length: 999999",),
    "chunks": ("Transfer-Encoding: chunked",),
    "both": ("Content-Length: 5", "Transfer-Encoding: chunked"),
    "two lengths": ("Content-Length: 0", "Content-Length: 0"),
    "a length of -1": ("Content-Length: -1",)})
def an_upgrade_with_a_body_is_400_and_its_body_is_no_request(site, fields):
    refused_once(site.echo, wire.upgrade("GET / HTTP/1.1", *fields), 400)


@rule("RFC 9110, 7.8", each={
    "a wrong version": wire.upgrade(Sec_WebSocket_Version="12"),
    "no key": wire.upgrade(without=("Sec-WebSocket-Key",)),
    "a post": wire.upgrade("POST / HTTP/1.1"),
    "http 1.0": wire.upgrade("GET / HTTP/1.0"),
})
def what_is_behind_a_refused_upgrade_is_not_served(site, head):
    with wire.Client(site.echo) as client:
        client.send(head, HIDDEN)
        assert client.read_response().status in (400, 405, 426)
        client.expect_end()


@rule("RFC 9112, 9.6", each={
    "of a body": wire.request("GET / HTTP/1.1", "Transfer-Encoding: chunked"),
    "of an upgrade": wire.upgrade(Sec_WebSocket_Version="12"),
    "of a path": wire.request("GET /nothing HTTP/1.1"),
    "of a method": wire.request("POST / HTTP/1.1"),
    "of a line": b"nonsense\r\n\r\n"})
def a_request_after_a_refusal_is_not_served(site, data):
    with wire.Client(site.echo) as client:
        client.send(data)
        assert client.read_response().status >= 400
        client.send(HIDDEN).expect_end()


@rule("RFC 6455, 4.1")
def a_request_behind_an_upgrade_is_a_broken_frame(site):
    with wire.connect(site.echo, HIDDEN) as client:
        client.expect_close(1002).expect_end()


@rule("RFC 6455, 4.1")
def an_upgrade_behind_an_upgrade_is_a_broken_frame(site):
    with wire.connect(site.echo, wire.upgrade()) as client:
        client.expect_close(1002).expect_end()


@rule("RFC 9112, 11.1", each={
    "in the target": "GET /healthz%0d%0aX-Injected:%20yes HTTP/1.1",
    "in the query": "GET /healthz?a=%0d%0aX-Injected:%20yes HTTP/1.1"})
def an_encoded_line_end_does_not_reach_the_answer(site, line):
    with wire.Client(site.echo) as client:
        client.send(wire.request(line))
        assert not client.read_response().all("X-Injected")


@rule("RFC 9112, 11.1")
def an_offered_value_is_never_sent_back(site):
    for field in ("Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Origin", "X-Echo"):
        with wire.Client(site.echo) as client:
            client.send(wire.upgrade("GET / HTTP/1.1", f"{field}: http://injected"))
            answer = client.read_response()
            assert "injected" not in str(answer), answer
