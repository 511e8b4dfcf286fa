"""RFC 9112, sections 2 to 9: how a request is written, and how requests follow each other."""
import dialogues
import suite
import wire

rule, cases = suite.chapter()

HEALTH = "GET /healthz HTTP/1.1"


def served(port, data, bodies=(b"ok\n",), method="GET"):
    """Each request in `data` is answered by 200, in order, and the connection stays open."""
    with wire.Client(port) as client:
        client.send(data)
        for body in bodies:
            answer = client.read_response(method)
            assert answer.status == 200, answer
            assert answer.body == body, answer.body
        client.send(wire.request("GET /healthz HTTP/1.1", "Connection: close"))
        last = client.read_response()
        assert last.status == 200 and "close" in last.tokens("Connection"), last
        client.expect_end()


# ------------------------------------------------------------------------------ 3: the request line


@rule("RFC 9112, 3", each={
    "an origin form": wire.request(HEALTH),
    "a query": wire.request("GET /healthz?a=b&c=%41?/ HTTP/1.1"),
    "an absolute form": wire.request("GET http://localhost/healthz HTTP/1.1"),
    "an absolute form in capitals": wire.request("GET HTTP://LOCALHOST/healthz HTTP/1.1"),
    "an absolute form of TLS": wire.request("GET https://localhost/healthz HTTP/1.1"),
    "empty lines before it": b"\r\n\r\n" + wire.request(HEALTH),
})
def a_request_is_served_with(site, data):
    served(site.echo, data)


@rule("RFC 9112, 3", each={
    "two spaces": "GET  /healthz HTTP/1.1",
    "two spaces before the version": "GET /healthz  HTTP/1.1",
    "a tab": "GET\t/healthz HTTP/1.1",
    "a space at its end": "GET /healthz HTTP/1.1 ",
    "a space before it": " GET /healthz HTTP/1.1",
    "a form feed": "GET\f/healthz HTTP/1.1",
    "a word too many": "GET /healthz HTTP/1.1 HTTP/1.1",
    "a space in the target": "GET /health z HTTP/1.1",
    "no target": "GET HTTP/1.1",
    "no method": "/healthz HTTP/1.1",
    "an unknown method": "BREW /healthz HTTP/1.1",
    "a method in small letters": "get /healthz HTTP/1.1",
    "a method that begins like one": "GETT /healthz HTTP/1.1",
    "a NUL": "GET /health\0z HTTP/1.1",
    "a NUL in the method": "G\0ET /healthz HTTP/1.1",
    "a colon": "GET: /healthz HTTP/1.1",
    "nonsense": "\x01\x02\x03\x04",
    "8-bit nonsense": "\xff\xfe\xfd\xfc",
})
def a_request_line_is_400_with(site, line):
    dialogues.refused(site.echo, wire.request(line), 400)


@rule("RFC 9112, 2.3", each={
    name: name for name in ("HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "HTTP/3", "HTTP/11", "HTTP/1.10",
                            "HTTP/01.1", "http/1.1", "HTTP/1", "HTTP/", "HTTP 1.1", "HTTPS/1.1",
                            "RTSP/1.0", "ICE/1.0", "HTTP/1.1x", "HTTP/-1.1", "HTTP/1,1")})
def a_request_is_400_of_the_version(site, version):
    dialogues.refused(site.echo, wire.request(f"GET /healthz {version}"), 400)


@rule("RFC 9112, 2.3")
def a_request_of_http_0_9_is_400(site):
    dialogues.refused(site.echo, b"GET /healthz\r\n\r\n", 400)


@rule("RFC 9112, 3.2.3", each={"CONNECT localhost": "CONNECT localhost:443 HTTP/1.1",
                               "CONNECT nothing": "CONNECT / HTTP/1.1"})
def a_proxy_is_not_what_we_are(site, line):
    with wire.Client(site.echo) as client:
        client.send(wire.request(line))
        answer = client.read_response()
        assert answer.status in (400, 405), answer
        client.expect_end()


@rule("RFC 9110, 9.3.7")
def options_of_the_server_itself_are_405(site):
    dialogues.refused(site.echo, wire.request("OPTIONS * HTTP/1.1"), 405)


@rule("RFC 9112, 3.2.4", each={
    "an asterisk": "*", "no slash": "healthz", "an authority": "localhost:80",
    "a scheme alone": "http://",
    "another scheme": "ftp://localhost/healthz", "a websocket scheme": "ws://localhost/healthz",
    "a script": "javascript:alert(1)", "a fragment": "/healthz#top", "a bare question": "?a=b",
    "no authority": "http:///healthz", "one slash": "http:/localhost/healthz"})
def a_target_is_400_if_it_is(site, target):
    dialogues.refused(site.echo, wire.request(f"GET {target} HTTP/1.1"), 400)


@rule("RFC 9112, 3.2", each={
    "a tab": "/health\tz", "a form feed": "/health\fz", "a vertical tab": "/health\vz",
    "a bell": "/health\x07z", "DEL": "/health\x7fz", "an 8-bit byte": "/health\xe9z",
    "an 8-bit byte in the query": "/healthz?\xe9", "a tab in the query": "/healthz?\t",
    "a NUL in the query": "/healthz?\0"})
def a_target_is_400_with(site, target):
    dialogues.refused(site.echo, wire.request(f"GET {target} HTTP/1.1"), 400)


@rule("RFC 9112, 3.2.2")
def an_absolute_form_that_contradicts_the_host_is_400(site):
    dialogues.refused(site.echo, wire.request("GET http://other/healthz HTTP/1.1"), 400)


@rule("RFC 9110, 9.1", each={
    name: name for name in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND")})
def a_method_is_405_with_those_allowed(site, method):
    dialogues.refused(site.echo, wire.request(f"{method} /healthz HTTP/1.1"), 405)
    dialogues.refused(site.game, wire.request(f"{method} / HTTP/1.1"), 405)


@rule("RFC 9110, 9.1", each={"POST": "POST", "PUT": "PUT", "PATCH": "PATCH", "DELETE": "DELETE"})
def a_method_is_405_also_with_a_body(site, method):
    head = wire.request(f"{method} / HTTP/1.1", "Content-Length: 5",
                        "Content-Type: text/plain")
    dialogues.refused(site.echo, head + b"hello", 405)


# ------------------------------------------------------------------------------------ 3.2: the host

GOOD_HOSTS = ("localhost", "LOCALHOST", "localhost:80", "localhost:", "127.0.0.1:65535", "[::1]",
              "[::1]:9001", "[fe80::1%25eth0]", "a-b.c_d~e.example", "xn--bcher-kva.example",
              "%6cocalhost")
BAD_HOSTS = ("", " ", ",", "a,b", "a b", "a\tb", "a/b", "/", "a?b", "a#b", "me@a", "a\\b", "a:b",
             "a:80:80", "a:8x", ":80", ":", "[::1", "::1]", "[::1]x", "[]", "[::1]]", "a[b]",
             "http://a", "a\xe9", "<a>", "\"a\"", "a^b", "a|b", "{a}")


@rule("RFC 9112, 3.2", each={host: host for host in GOOD_HOSTS})
def a_host_is_taken(site, host):
    served(site.echo, wire.request(HEALTH, host=host))


@rule("RFC 9112, 3.2", each={ascii(host): host for host in BAD_HOSTS})
def a_host_is_400(site, host):
    dialogues.refused(site.echo, wire.request(HEALTH, host=host), 400)


@rule("RFC 9112, 3.2", each={
    "none": wire.request(HEALTH, host=None),
    "two": wire.request(HEALTH, "Host: other"),
    "the same twice": wire.request(HEALTH, "Host: localhost"),
    "two in another case": wire.request(HEALTH, "hOsT: localhost"),
    "none with an absolute form": wire.request("GET http://localhost/healthz HTTP/1.1", host=None),
})
def hosts_are_400_if_there_are(site, data):
    dialogues.refused(site.echo, data, 400)


# --------------------------------------------------------------------------------- 5: header fields


@rule("RFC 9110, 5.6.2", each={
    "an empty name": ": value", "only a colon": ":", "no colon": "Header",
    "a space in it": "X Y: z",
    "a space before the colon": "X : y", "a tab before the colon": "X\t: y",
    "a NUL in it": "X\0Y: z", "an 8-bit byte in it": "X\xe9Y: z", "a bracket in it": "X(Y): z",
    "a comma in it": "X,Y: z", "a slash in it": "X/Y: z", "an at sign in it": "X@Y: z",
    "a quote in it": "X\"Y: z", "a backslash in it": "X\\Y: z", "a DEL in it": "X\x7fY: z",
    "a bell in it": "X\x07Y: z", "a carriage return in it": "X\rY: z",
    "a semicolon in it": "X;Y: z",
    "a brace in it": "X{Y}: z", "an equals sign in it": "X=Y: z", "a question mark in it": "X?Y: z",
})
def a_name_of_a_header_is_400_with(site, line):
    dialogues.refused(site.echo, wire.request(HEALTH, line), 400)


@rule("RFC 9110, 5.5", each={
    "a NUL": "X: a\0b", "a NUL at its end": "X: a\0", "a bell": "X: a\x07b", "a DEL": "X: a\x7fb",
    "an escape": "X: a\x1bb", "a vertical tab": "X: a\vb", "a form feed": "X: a\fb",
    "a carriage return": "X: a\rb", "a carriage return at its end": "X: a\r",
    "a line feed": "X: a\nb", "a line feed and a name": "X: a\nY: b"})
def a_value_of_a_header_is_400_with(site, line):
    dialogues.refused(site.echo, wire.request(HEALTH, line), 400)


@rule("RFC 9110, 5.5", each={
    "nothing": "X:", "only white space": "X: \t ", "8-bit bytes": "X: \x80\xe9\xff",
    "a tab": "X: a\tb", "colons": "X: a:b:c", "quotes": 'X: "a\\"b"',
    "every other character": "X: !#$%&'*+-.^_`|~()<>@,;[]{}",
    "white space around it": "X: \t a \t "})
def a_value_of_a_header_may_have(site, line):
    served(site.echo, wire.request(HEALTH, line))


@rule("RFC 9110, 5.1")
def a_name_of_a_header_may_have_every_character_of_a_token(site):
    served(site.echo, wire.request(HEALTH, "!#$%&'*+-.^_`|~09azAZ: value"))


@rule("RFC 9112, 5.2", each={
    "a space": "X: a\r\n b", "a tab": "X: a\r\n\tb", "a header": "X: a\r\n Y: b",
    "an empty line": "X: a\r\n ", "its value": "X:\r\n a", "a length": "Content-Length:\r\n 5"})
def a_folded_header_is_400_that_goes_on_with(site, line):
    dialogues.refused(site.echo, wire.request(HEALTH, line), 400)


@rule("RFC 9112, 2.2", each={"a space": " X: y", "a tab": "\tX: y", "only a space": " "})
def a_first_header_is_400_that_begins_with(site, line):
    dialogues.refused(site.echo, wire.request(HEALTH, line, "Host: localhost", host=None), 400)


# ----------------------------------------------------------------------------------- 2.2: line ends

HEAD = wire.request(HEALTH, "X: y")


@rule("RFC 9112, 2.2", each={
    "all of them bare LF": HEAD.replace(b"\r\n", b"\n"),
    "a bare LF behind the request line": HEAD.replace(b"\r\n", b"\n", 1),
    "a bare LF behind a header": HEAD.replace(b"X: y\r\n", b"X: y\n"),
    "a bare LF as the last line": HEAD[:-2] + b"\n",
    "all of them bare CR": HEAD.replace(b"\r\n", b"\r"),
    "a bare CR behind the request line": HEAD.replace(b"\r\n", b"\r", 1),
    "a bare CR behind a header": HEAD.replace(b"X: y\r\n", b"X: y\r"),
    "a bare CR as the last line": HEAD[:-2] + b"\rX",
    "two CR and an LF": HEAD.replace(b"\r\n", b"\r\r\n"),
    "an LF and a CR": HEAD.replace(b"\r\n", b"\n\r"),
    "a CR before everything": b"\r" + HEAD,
    "an LF before everything": b"\n" + HEAD,
    "a CR in the last line": HEAD[:-2] + b"\r\r\n",
    "a NUL in the last line": HEAD[:-2] + b"\0\r\n",
})
def line_ends_are_400_with(site, data):
    dialogues.refused(site.echo, data, 400)


# -------------------------------------------------------------- 9: connections that stay, and order


@rule("RFC 9112, 9.3")
def a_connection_serves_one_request_after_the_other(site):
    with wire.Client(site.echo) as client:
        for _ in range(100):
            client.send(wire.request(HEALTH))
            answer = client.read_response()
            assert answer.status == 200 and answer.tokens("Connection") == ["keep-alive"], answer


@rule("RFC 9112, 9.3.2", each={"in one segment": None, "byte by byte": 1, "in sevens": 7})
def pipelined_requests_are_answered_in_order(site, step):
    paths = ["/healthz", "/stats.json", "/rooms", "/healthz", "/metrics", "/healthz"] * 4
    data = b"".join(wire.request(f"GET {path} HTTP/1.1") for path in paths)
    with wire.Client(site.echo) as client:
        client.trickle(data, step or len(data))
        for path in paths:
            answer = client.read_response()
            assert answer.status == 200, answer
            kind = {"/healthz": "ok", "/stats.json": "{", "/rooms": "{", "/metrics": "#"}[path]
            assert answer.body.decode().startswith(kind), (path, answer)


@rule("RFC 9112, 9.3.2")
def a_thousand_pipelined_requests_are_answered(site):
    served(site.echo, wire.request(HEALTH) * 1000, [b"ok\n"] * 1000)


@rule("RFC 9112, 9.3.2")
def pipelined_files_come_whole_and_in_order(site):
    paths = ["/railroids.js", "/", "/railroids.wasm", "/style.css"] * 3
    with wire.Client(site.game, receive_buffer=4096) as client:
        client.send(*(wire.request(f"GET {path} HTTP/1.1") for path in paths))
        bodies = {}
        for path in paths:
            answer = client.read_response()
            assert answer.status == 200, answer
            assert bodies.setdefault(path, answer.body) == answer.body, path


@rule("RFC 9112, 9.3.2")
def get_and_head_pipelined_have_a_body_and_none(site):
    with wire.Client(site.game) as client:
        for method in ("HEAD", "GET", "HEAD"):
            client.send(wire.request(f"{method} /style.css HTTP/1.1"))
        for method in ("HEAD", "GET", "HEAD"):
            assert client.read_response(method).status == 200


@rule("RFC 9112, 9.6", each={
    "close": "close", "close in capitals": "CLOSE", "close in a list": "keep-alive, close"})
def a_connection_ends_after_the_answer_if_the_client_says(site, value):
    with wire.Client(site.echo) as client:
        client.send(wire.request(HEALTH, f"Connection: {value}"), wire.request(HEALTH))
        answer = client.read_response()
        assert answer.status == 200 and answer.tokens("Connection") == ["close"], answer
        client.expect_end()


@rule("RFC 9112, 9.3")
def http_1_0_is_served_once(site):
    for head in (wire.request("GET /healthz HTTP/1.0"),
                 wire.request("GET /healthz HTTP/1.0", host=None)):
        with wire.Client(site.echo) as client:
            client.send(head, wire.request(HEALTH))
            answer = client.read_response()
            assert answer.body == b"ok\n" and answer.tokens("Connection") == ["close"], answer
            client.expect_end()


@rule("RFC 9112, 9.3")
def http_1_0_is_kept_alive_if_it_asks(site):
    served(site.echo, wire.request("GET /healthz HTTP/1.0", "Connection: keep-alive") * 3,
           [b"ok\n"] * 3)


@rule("RFC 9112, 9.3.2")
def a_fault_is_answered_behind_the_answers_before_it(site):
    with wire.Client(site.echo) as client:
        client.send(wire.request(HEALTH), wire.request("GET /.. HTTP/1.1"), wire.request(HEALTH))
        assert client.read_response().status == 200
        dialogues.judge_refusal(client.read_response(), 400)
        client.expect_end()


@rule("RFC 9112, 9.6")
def a_refusal_can_be_read_although_the_client_goes_on_sending(site):
    with wire.Client(site.echo) as client:
        client.send(wire.request("POST / HTTP/1.1", "Content-Length: 1000000"))
        for _ in range(64):
            client.send(b"x" * 16_384)
        assert client.read_response().status in (405, 413)
        client.expect_end()


@rule("RFC 9112, 9.6")
def a_client_that_has_ended_its_side_gets_every_answer(site):
    with wire.Client(site.game) as client:
        client.send(wire.request("GET /railroids.js HTTP/1.1"), wire.request(HEALTH)).end()
        assert client.read_response().status == 200
        assert client.read_response().body == b"ok\n"
        client.expect_end()


@rule("RFC 9112, 8", each={"a line": b"GET /healthz HT", "a head": wire.request(HEALTH)[:-2],
                           "nothing": b""})
def a_stream_that_ends_inside_of_it_is_ended(site, data):
    with wire.Client(site.echo) as client:
        client.send(data).end()
        client.expect_end()


# ----------------------------------------------------------------------------- 7.8: other protocols


@rule("RFC 9110, 7.8",
      each={"h2c": "Upgrade: h2c", "TLS": "Upgrade: TLS/1.2", "nothing": "Upgrade:"})
def an_upgrade_to_something_else_is_ignored(site, field):
    served(site.echo, wire.request(HEALTH, "Connection: Upgrade", field, "HTTP2-Settings: AAAA"))


@rule("RFC 9113, 3.4")
def the_preface_of_http_2_is_400(site):
    dialogues.refused(site.echo, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9), 400)


@rule("RFC 8446, 4.1.2")
def the_hello_of_tls_is_400(site):
    hello = bytes.fromhex("16030100c8010000c40303") + bytes(range(32)) + bytes(162)
    dialogues.refused(site.echo, hello, 400)


@rule("ours", each={
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n", "SMTP": b"EHLO me\r\n",
    "SSL 2": b"\x80\x2e\x01\0\x02\0\x15\0",
    "a PROXY line": b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + HEAD, "zeros": bytes(64),
    "a frame": wire.text(), "SOCKS": b"\x05\x01\0", "RDP": b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0"})
def another_protocol_is_400(site, data):
    dialogues.refused(site.echo, data, 400)
