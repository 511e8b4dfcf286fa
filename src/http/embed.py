#!/usr/bin/env python3
"""Embeds files in a program, as `std::span<const ringtick::http::Asset> SYMBOL()`.

usage: embed.py --out FILE.cpp --symbol NAME URL=PATH...

SYMBOL may be qualified (railroids::web_assets). In a meson.build:

    web_assets = custom_target('web_assets',
      output: 'web_assets.cpp',
      input: ['index.html', 'game.js'],
      command: [embed, '--out', '@OUTPUT@', '--symbol', 'railroids::web_assets',
                '/=@INPUT0@', '/game.js=@INPUT1@'])

with `embed` from src/meson.build; add `web_assets` to the sources of the program, which must
depend on `http`. The bytes reach the program through the assembler's .incbin, so that a megabyte
costs the compiler nothing. The same files always give the same program: the compressed copies
carry no time. An entity tag is a hash, so that a changed file changes FILE.cpp, and it is compiled
again.
"""
import argparse
import hashlib
import pathlib
import sys
import zlib

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}

HEAD = """\
// Written by src/http/embed.py.
#include "http/assets.hpp"

#include <cstddef>
#include <span>
"""

# Among the constants. The label is global so that link-time optimisation may move what uses it, and
# hidden so that it needs no look-up at run time.
BLOB = """
__asm__(
    ".pushsection .rodata,\\"a\\",@progbits\\n"
    ".balign 16\\n"
    ".globl {label}\\n"
    ".hidden {label}\\n"
    "{label}:\\n"
    ".incbin {path}\\n"
    ".popsection\\n");
extern "C" [[gnu::visibility("hidden")]] const std::byte {label}[];
"""


def gzipped(data):
    """Deterministic, unlike gzip(1): zlib writes no name and the time 0."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return deflater.compress(data) + deflater.flush()


def c_string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def blob(label, path):
    """The assembler reads a quoted string inside of ours, so the path is escaped twice."""
    quoted = c_string(str(path))
    return BLOB.format(label=label, path=c_string(quoted)[1:-1])


def content_type(path):
    kind = CONTENT_TYPES.get(path.suffix)
    if kind is None:
        sys.exit(f"embed.py: no content type is known for {path.name}; add it to CONTENT_TYPES")
    return kind


def embed(out, symbol, files):
    """Returns the C++ that embeds `files`, a dictionary from URL to path."""
    blobs, entries = [], []
    label_stem = "embedded_" + symbol.replace("::", "_")
    for index, (url, path) in enumerate(sorted(files.items())):
        data = path.read_bytes()
        label = f"{label_stem}_{index}"
        blobs.append(blob(label, path.resolve()))
        compressed = gzipped(data)
        gzip_span = "{}"
        if len(compressed) < len(data):
            gzip_path = out.with_name(f"{out.name}.{index}.gz")
            gzip_path.write_bytes(compressed)
            blobs.append(blob(label + "_gzip", gzip_path.resolve()))
            gzip_span = f"{{{label}_gzip, {len(compressed)}}}"
        etag = c_string('"' + hashlib.sha256(data).hexdigest()[:32] + '"')
        entries.append(f"    {{.path = {c_string(url)},\n"
                       f"     .content_type = {c_string(content_type(path))},\n"
                       f"     .etag = {etag},\n"
                       f"     .bytes = {{{label}, {len(data)}}},\n"
                       f"     .gzip = {gzip_span}}},\n")

    *namespace, name = symbol.split("::")
    within = f"namespace {'::'.join(namespace)} {{\n\n" if namespace else ""
    table = "".join(entries)
    return (HEAD + "".join(blobs) + "\n" + within +
            f"std::span<const ringtick::http::Asset> {name}();\n\n"
            f"std::span<const ringtick::http::Asset> {name}() {{\n"
            "    static constexpr ringtick::http::Asset assets[] = {\n" + table + "    };\n"
            "    return assets;\n}\n" + ("\n}\n" if namespace else ""))


def parse_files(arguments):
    files = {}
    for argument in arguments:
        url, separator, path = argument.partition("=")
        if not separator or not url.startswith("/"):
            sys.exit(f"embed.py: not URL=PATH: {argument}")
        if url in files:
            sys.exit(f"embed.py: {url} is given twice")
        files[url] = pathlib.Path(path)
    return files


def main():
    parser = argparse.ArgumentParser(description="Embeds files in a program.")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--symbol", required=True)
    parser.add_argument("files", nargs="+", metavar="URL=PATH")
    options = parser.parse_args()
    options.out.write_text(embed(options.out, options.symbol, parse_files(options.files)))


if __name__ == "__main__":
    main()
