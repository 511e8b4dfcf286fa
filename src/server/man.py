#!/usr/bin/env python3
"""Makes the man page of a server from what its --help says, so that there is one table of options.

usage: man.py PROGRAM NAME OUT
"""
import re
import subprocess
import sys

OPTION = re.compile(r"  (-\S.*?)(?:  +(\S.*))?$")


def options_of(text):
    """[flags, what they do] in the order of --help."""
    found = []
    for line in text.split("Options:\n", 1)[1].splitlines():
        option = OPTION.match(line)
        if option:
            found.append([option[1], option[2] or ""])
        elif found and line.startswith("   ") and not found[-1][1].endswith(line.strip()):
            found[-1][1] = (found[-1][1] + " " + line.strip()).strip()
        elif found and not line.strip():
            break
    return found


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("\"", "\\(dq")
    return "\\&" + text if text[:1] in (".", "'") else text


def page(name, text):
    description = text.splitlines()[0]
    lines = [f".TH {name.upper()} 1", ".SH NAME", f"{name} \\- {escaped(description)}",
             ".SH SYNOPSIS", f".B {name}", "[OPTIONS]", ".SH DESCRIPTION",
             escaped(description) + ".",
             "A server on ringtick: the page, the game's WebSocket, and the figures of both come",
             "from one port. Every limit is an option, with its default in brackets.",
             ".SH OPTIONS"]
    for flags, meaning in options_of(text):
        names, _, rest = flags.partition(" ")
        names = names.replace("{false}", "")
        lines += [".TP", f".B {escaped(names.replace(',', ', '))} {escaped(rest)}".rstrip(),
                  escaped(meaning)]
    lines += [".SH SIGNALS", ".TP", ".B SIGTERM, SIGINT",
              "Say goodbye to everyone (close code 1001), print a line of totals, and end with 0.",
              "A second one ends at once.", ".TP", ".B SIGHUP", "With a certificate: read it anew.",
              ".SH EXIT STATUS", ".TP", ".B 0", "All is well.", ".TP", ".B 1",
              "The machine refuses; the remedy is said.", ".TP", ".B 2", "Bad usage.",
              ".SH SEE ALSO", ".BR io_uring (7)"]
    return "\n".join(lines) + "\n"


def main(program, name, out):
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    with open(out, "w", encoding="utf-8") as file:
        file.write(page(name, text))


if __name__ == "__main__":
    main(*sys.argv[1:])
