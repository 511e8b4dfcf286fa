#!/usr/bin/env python3
"""curl as the reader of the pages. Arguments: PORT"""
import gzip
import json
import subprocess
import sys

PORT = sys.argv[1]


def curl(path, *options):
    """What it printed: the body, and with -i the head before it."""
    done = subprocess.run(["curl", "--silent", "--show-error", "--max-time", "20", *options,
                           f"http://127.0.0.1:{PORT}{path}"], stdout=subprocess.PIPE, check=True)
    return done.stdout


def head_of(path, *options):
    lines = curl(path, "--head", *options).decode().splitlines()
    fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    return lines[0], fields


def a_page_comes_whole():
    page = curl("/healthz")
    status, fields = head_of("/healthz")
    assert status == "HTTP/1.1 200 OK", status
    assert int(fields["content-length"]) == len(page)


def json_is_json():
    assert "ticks" in json.loads(curl("/stats.json"))


def one_connection_serves_many_requests():
    done = subprocess.run(
        ["curl", "--silent", "--write-out", "%{num_connects} ", "--output", "/dev/null",
         *[word for _ in range(5) for word in (f"http://127.0.0.1:{PORT}/healthz", "--output",
                                               "/dev/null")][:-2]],
        stdout=subprocess.PIPE, check=True)
    assert done.stdout.split() == [b"1", b"0", b"0", b"0", b"0"], done.stdout


def an_unchanged_asset_is_not_sent_again():
    _, fields = head_of("/")
    again = curl("/", "--header", f"If-None-Match: {fields['etag']}", "--include").decode()
    assert again.startswith("HTTP/1.1 304 "), again
    assert again.endswith("\r\n\r\n"), again


def a_compressed_asset_is_the_same():
    plain = curl("/")
    assert curl("/", "--compressed") == plain
    assert gzip.decompress(curl("/", "--header", "Accept-Encoding: gzip")) == plain


def nothing_is_404():
    assert head_of("/no/such/page")[0].startswith("HTTP/1.1 404 ")


def a_post_is_refused():
    answer = curl("/", "--include", "--data", "x=1").decode()
    assert answer.startswith(("HTTP/1.1 405 ", "HTTP/1.1 413 ")), answer


for case in (a_page_comes_whole, json_is_json, one_connection_serves_many_requests,
             an_unchanged_asset_is_not_sent_again, a_compressed_asset_is_the_same,
             nothing_is_404, a_post_is_refused):
    print(f"[ RUN      ] {case.__name__}", flush=True)
    case()
    print(f"[       OK ] {case.__name__}", flush=True)
