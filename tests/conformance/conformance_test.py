#!/usr/bin/env python3
"""Goal: the server keeps every rule of the wire, and survives those who do not.
Method: each case is a client made of bytes over a raw socket; after each of them a good client is
served at once. The chapters, read one after the other, are the tables of contents of RFC 6455,
RFC 7692, RFC 9110 and RFC 9112.

usage: conformance_test.py CHAPTER BENCH_SERVER RAILROIDS [WORD]   runs a chapter, or the cases of
                                                                   it that have WORD in their name
       conformance_test.py --tls CHAPTER ...                       the same, all of it in TLS
       conformance_test.py --contents                              prints the table of contents
       conformance_test.py --chapters                              prints their names, for the build
"""
import importlib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import programs
import suite
import tls_socket
import wire

CHAPTERS = ("opening_handshake", "frames", "fragmentation", "control_frames", "closing", "utf8",
            "limits", "deflate", "http_requests", "http_files", "smuggling", "hostile_streams")


def cases_of(chapter):
    return importlib.import_module(chapter).cases


def tls_site(bench_server, railroids):
    """Servers that speak TLS, and clients that know no other."""
    files = tls_socket.certificate()
    context = tls_socket.client_context(files[0])
    wire.tls = lambda plain: tls_socket.TlsSocket(plain, context)
    return suite.Site(bench_server, railroids, tls_socket.options(files), programs.TlsServer)


def print_contents():
    total = 0
    for chapter in CHAPTERS:
        cases = cases_of(chapter)
        total += len(cases)
        print(f"\n{chapter}: {len(cases)} cases")
        for case in cases:
            print(f"  {case.section:<22} {case.name.replace('_', ' ')}")
    print(f"\n{total} cases")


def main():
    if sys.argv[1:] == ["--contents"]:
        return print_contents()
    if sys.argv[1:] == ["--chapters"]:
        return print(*CHAPTERS)
    arguments = sys.argv[1:]
    tls = arguments[0] == "--tls"
    chapter, bench_server, railroids = arguments[tls:][:3]
    word = "".join(arguments[tls:][3:])
    cases = [case for case in cases_of(chapter) if word in case.name]
    assert cases, f"no case of {chapter} has {word} in its name"
    site = tls_site(bench_server, railroids) if tls else suite.Site(bench_server, railroids)
    failures = suite.run_all(chapter, cases, site)
    site.stop()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
