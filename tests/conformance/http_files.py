"""RFC 9110, sections 8 to 15: the page's files, and the pages that the server writes."""
import gzip

import dialogues
import suite
import wire

rule, cases = suite.chapter()

TYPES = {
    "/": "text/html; charset=utf-8",
    "/style.css": "text/css; charset=utf-8",
    "/favicon.svg": "image/svg+xml",
    "/railroids.js": "text/javascript; charset=utf-8",
    "/railroids.wasm": "application/wasm",
}
OWN_TYPES = {
    "/healthz": "text/plain; charset=utf-8",
    "/metrics": "text/plain; version=0.0.4; charset=utf-8",
    "/stats.json": "application/json",
    "/rooms": "application/json",
}
FILES = {path: path for path in TYPES}
PAGES = {path: path for path in OWN_TYPES}


def get(port, path, *fields, method="GET"):
    with wire.Client(port) as client:
        client.send(wire.request(f"{method} {path} HTTP/1.1", *fields))
        return client.read_response(method)


# -------------------------------------------------------------------------------- 9.3: GET and HEAD


@rule("RFC 9110, 8.3", each=TYPES | OWN_TYPES)
def a_file_has_the_type(site, awaited):
    for path in [path for path, kind in (TYPES | OWN_TYPES).items() if kind == awaited]:
        answer = get(site.game, path)
        assert answer.status == 200 and answer.body, answer
        assert answer.one("Content-Type") == awaited, answer.fields


@rule("RFC 9110, 9.3.2", each=FILES)
def head_of_a_file_says_what_get_says_without_the_body(site, path):
    for fields in ((), ("Accept-Encoding: gzip",)):
        whole, bare = get(site.game, path, *fields), get(site.game, path, *fields, method="HEAD")
        assert bare.status == 200 and bare.fields == whole.fields, (bare, whole.fields)


@rule("RFC 9110, 9.3.2", each=PAGES)
def head_of_a_page_has_no_body(site, path):
    with wire.Client(site.game) as client:
        client.send(wire.request(f"HEAD {path} HTTP/1.1"), wire.request("GET /healthz HTTP/1.1"))
        assert client.read_response("HEAD").status == 200
        assert client.read_response().body == b"ok\n"


@rule("RFC 9110, 15.5.5", each={
    path: path for path in ("/nothing", "/index.html", "/STYLE.CSS", "/style.css/", "//style.css",
                            "/style.cs", "/style.css.gz", "/.git/config", "/healthz/",
                            "/etc/passwd", "/proc/self/environ", "/play/1", "/.", "/./style.css",
                            "/%2e", "/~root", "/%252e%252e/x", "/%c0%ae%c0%ae/x", "/style.css%20",
                            "/style.css;a=b", "/favicon.ico")})
def a_path_is_404(site, path):
    dialogues.refused(site.game, wire.request(f"GET {path} HTTP/1.1"), 404)


@rule("RFC 9110, 15.5.5")
def head_of_nothing_is_404_without_a_body(site):
    dialogues.refused(site.game, wire.request("HEAD /nothing HTTP/1.1"), 404, "HEAD")


@rule("RFC 9110, 17.3", each={
    path: path for path in (
        "/..", "/../", "/../../../../etc/passwd", "/a/../style.css", "/a/..", "/..;/style.css",
        "/%2e%2e/etc/passwd", "/%2E%2E/", "/.%2e/", "/%2e./", "/..%2f..%2fetc/passwd",
        "/a/%2e%2e/b", "/...", "//../", "/..%5c..%5cwindows", "/\\..\\windows", "/a\\b", "/%5c",
        "/%5C..%5C", "/%00", "/style.css%00", "/style.css%00.html", "/%", "/%2", "/%zz", "/%u002e",
        "/%-1", "/%2g", "/%%32%65", "/..%00/", "/style%.css")})
def a_path_that_leads_elsewhere_is_400(site, path):
    dialogues.refused(site.game, wire.request(f"GET {path} HTTP/1.1"), 400)


@rule("RFC 9110, 17.3")
def a_path_that_leads_elsewhere_is_400_in_an_absolute_form(site):
    for path in ("/../x", "/%2e%2e/x", "/a\\b"):
        dialogues.refused(site.game, wire.request(f"GET http://localhost{path} HTTP/1.1"), 400)


@rule("RFC 9110, 17.3")
def a_path_that_leads_elsewhere_is_400_for_head_without_a_body(site):
    dialogues.refused(site.game, wire.request("HEAD /../x HTTP/1.1"), 400, "HEAD")


@rule("RFC 3986, 3.4", each={"a query": "/style.css?v=1", "dots in a query": "/style.css?../..",
                             "an empty query": "/style.css?", "a NUL in a query": "/style.css?%00"})
def a_file_is_served_with(site, path):
    answer = get(site.game, path)
    assert answer.status == 200 and answer.one("Content-Type") == TYPES["/style.css"], answer


@rule("RFC 9110, 14.2",
      each={"a part": "bytes=0-3", "the end": "bytes=-1", "nonsense": "bytes=9-1,x"})
def a_range_is_answered_with_the_whole(site, value):
    whole = get(site.game, "/style.css")
    assert get(site.game, "/style.css", f"Range: {value}") == whole


@rule("RFC 9110, 10.1.1")
def an_expectation_does_not_change_the_answer(site):
    assert get(site.game, "/healthz", "Expect: 100-continue").body == b"ok\n"


# ------------------------------------------------------------------ 13: what the client has already


def tag_of(port, path, *fields):
    answer = get(port, path, *fields)
    tag = answer.one("ETag")
    assert tag.startswith('"') and tag.endswith('"') and len(tag) > 2, tag
    return tag


LISTS = {
    "the tag": "{}", "the weak tag": "W/{}", "a star": "*", "a list": '"x", {}, "y"',
    "a list of weak ones": 'W/"x", W/{}', "a list without white space": '"x",{}',
    "empty elements": ',, "x", ,{},', "white space": " \t {} \t ",
}


@rule("RFC 9110, 13.1.2", each=FILES)
def a_file_that_has_not_changed_is_304(site, path):
    tag = tag_of(site.game, path)
    answer = get(site.game, path, f"If-None-Match: {tag}")
    assert answer.status == 304 and answer.one("ETag") == tag, answer
    assert answer.one("Cache-Control") and not answer.all("Content-Encoding"), answer


@rule("RFC 9110, 13.1.2", each=LISTS)
def not_modified_is_answered_to(site, form):
    value = form.format(tag_of(site.game, "/style.css"))
    for method in ("GET", "HEAD"):
        answer = get(site.game, "/style.css", f"If-None-Match: {value}", method=method)
        assert answer.status == 304, answer


@rule("RFC 9110, 13.1.2", each={
    "another tag": '"x"', "no tag": "", "no quotes": "bare", "half of it": None,
    "only commas": ",,,",
    "an open quote": '"', "a weak nothing": "W/"})
def the_file_is_answered_to(site, value):
    value = tag_of(site.game, "/style.css")[:-3] if value is None else value
    answer = get(site.game, "/style.css", f"If-None-Match: {value}")
    assert answer.status == 200 and answer.body, answer


@rule("RFC 9110, 13.1.2")
def a_tag_is_found_in_a_second_header(site):
    tag = tag_of(site.game, "/style.css")
    answer = get(site.game, "/style.css", 'If-None-Match: "x"', f"If-None-Match: {tag}")
    assert answer.status == 304, answer


@rule("RFC 9110, 15.4.5")
def requests_go_on_behind_a_304(site):
    tag = tag_of(site.game, "/style.css")
    with wire.Client(site.game) as client:
        client.send(wire.request("GET /style.css HTTP/1.1", f"If-None-Match: {tag}"),
                    wire.request("GET /healthz HTTP/1.1"))
        assert client.read_response().status == 304
        assert client.read_response().body == b"ok\n"


@rule("RFC 9110, 8.8.3.3")
def the_packed_file_has_a_tag_of_its_own(site):
    plain = tag_of(site.game, "/style.css")
    packed = tag_of(site.game, "/style.css", "Accept-Encoding: gzip")
    assert plain != packed
    for tag, fields in ((plain, ("Accept-Encoding: gzip",)), (packed, ())):
        answer = get(site.game, "/style.css", f"If-None-Match: {tag}", *fields)
        assert answer.status == 200, "the tag of the other form is not that of this one"
    answer = get(site.game, "/style.css", f"If-None-Match: {packed}", "Accept-Encoding: gzip")
    assert answer.status == 304 and answer.one("ETag") == packed, answer


# ------------------------------------------------------------------------- 12.5.3: the packed files


@rule("RFC 9110, 12.5.3", each={path: path for path in TYPES if path != "/favicon.svg"})
def a_file_unpacks_to_what_it_is(site, path):
    packed = get(site.game, path, "Accept-Encoding: gzip")
    plain = get(site.game, path)
    assert packed.one("Content-Encoding") == "gzip" and not plain.all("Content-Encoding")
    assert gzip.decompress(packed.body) == plain.body and len(packed.body) < len(plain.body)
    for answer in (packed, plain):
        assert "accept-encoding" in answer.tokens("Vary"), answer.fields


PACKED = ("gzip", "GZIP", "deflate, gzip", "gzip, deflate, br", "gzip;q=1", "gzip;q=0.5",
          "gzip; q=0.001", "*", "*;q=0.1", "br;q=1, gzip;q=0.1", "identity;q=0, gzip",
          "identity, gzip", " gzip ", ",gzip,")
PLAIN = ("", "identity", "br", "deflate", "gzip;q=0", "gzip;q=0.0", "gzip;q=0.000", "gzip; q=0",
         "gzip;Q=0", "*;q=0", "gzip;q=0, *", "*, gzip;q=0", "gzipped", "xgzip", "br, zstd",
         "gzip ; q=0")


@rule("RFC 9110, 12.5.3", each={ascii(value): value for value in PACKED})
def a_file_is_packed_for(site, value):
    answer = get(site.game, "/style.css", f"Accept-Encoding: {value}")
    assert answer.one("Content-Encoding") == "gzip", answer.fields


@rule("RFC 9110, 12.5.3", each={ascii(value): value for value in PLAIN})
def a_file_is_not_packed_for(site, value):
    answer = get(site.game, "/style.css", f"Accept-Encoding: {value}")
    assert not answer.all("Content-Encoding"), answer.fields


@rule("RFC 9110, 12.5.3")
def a_file_is_packed_by_the_second_header(site):
    answer = get(site.game, "/style.css", "Accept-Encoding: br", "Accept-Encoding: gzip")
    assert answer.one("Content-Encoding") == "gzip", answer.fields


# --------------------------------------------------------------------------- what protects the page

PROTECTION = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
}
ANSWERS = {
    "a file": wire.request("GET / HTTP/1.1"),
    "a page": wire.request("GET /stats.json HTTP/1.1"),
    "not modified": wire.request("GET / HTTP/1.1", "If-None-Match: *"),
    "400": wire.request("GET /.. HTTP/1.1"),
    "403": wire.upgrade("GET /play/1 HTTP/1.1", "Origin: http://evil.example"),
    "404": wire.request("GET /nothing HTTP/1.1"),
    "405": wire.request("POST / HTTP/1.1"),
    "413": wire.request("GET / HTTP/1.1", "Content-Length: 1"),
    "414": wire.request("GET /" + "a" * 5000 + " HTTP/1.1"),
    "426": wire.upgrade(Sec_WebSocket_Version="8"),
    "431": wire.request("GET / HTTP/1.1", *["a: b"] * 100),
}


@rule("ours", each=ANSWERS)
def the_page_is_protected_in_an_answer_of(site, data):
    with wire.Client(site.game) as client:
        client.send(data)
        answer = client.read_response()
        for name, value in PROTECTION.items():
            assert answer.one(name) == value, answer.fields
        policy = answer.one("Content-Security-Policy")
        assert "default-src 'self'" in policy and "object-src 'none'" in policy, policy
        assert "unsafe-inline" not in policy and "'unsafe-eval'" not in policy, policy
        assert not answer.all("Server"), "a server that is attacked need not say which it is"


@rule("RFC 9111, 5.2.2",
      each={"/": "no-cache", "/railroids.js": "no-cache", "/stats.json": "no-store",
                               "/healthz": "no-store"})
def a_cache_asks_again_for(site, value):
    path = {"no-cache": "/railroids.js", "no-store": "/stats.json"}[value]
    assert get(site.game, path).tokens("Cache-Control") == [value]
