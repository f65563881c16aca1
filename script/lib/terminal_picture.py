#!/usr/bin/env python3
"""Draws terminal output as a picture: text on standard input, SVG on standard output.

    terminal_picture.py TEXT <TRANSCRIPT >PICTURE

A line that begins with `$ ` was typed. TEXT describes the picture; the transcript is in the picture's description. Of
the lines of a build, only the first ones are shown.
"""

import html
import re
import sys

COLUMNS = 100
SHOWN_BUILD_LINES = 4
LINE = 18
CHARACTER = 8.05
MARGIN = 16
BAR = 28
STYLE = (
    "text{font:13.4px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d6d8dc;"
    "white-space:pre}.typed{fill:#fff;font-weight:600}.prompt{fill:#7ec699}.group{fill:#8fb8ea;font-weight:600}"
    ".soft{fill:#8b919b}"
)


def is_of_build(line):
    """Whether docker wrote it: buildx numbers its steps, and the legacy builder says Step."""
    return bool(re.match(r"#\d+( |$)|Step \d+/| ---> ", line))


def shortened(lines):
    """Without most of what the builder wrote, with short keys, and without empty lines one after the other."""
    shown, built = [], 0
    for line in lines:
        line = re.sub(r"\b([0-9a-f]{12})[0-9a-f]{28}\b", r"\1…", line)
        if is_of_build(line):
            built += 1
            if built <= SHOWN_BUILD_LINES:
                shown.append(line)
            continue
        if built > SHOWN_BUILD_LINES and not line:
            continue
        if built > SHOWN_BUILD_LINES:
            shown.append(f"… {built - SHOWN_BUILD_LINES} more lines of the builder")
            built = 0
        if line or (shown and shown[-1]):
            shown.append(line)
    return shown


def wrapped(lines):
    for line in lines:
        yield line[:COLUMNS]
        while len(line) > COLUMNS:
            line = line[COLUMNS:]
            yield line[:COLUMNS]


def element(line, number):
    y = BAR + MARGIN + number * LINE
    text = html.escape(line)
    if line.startswith("$ "):
        return f'<text x="{MARGIN}" y="{y}"><tspan class="prompt">$ </tspan><tspan class="typed">{text[2:]}</tspan></text>'
    style = ""
    if re.match(r"(---|\+\+\+|~~~) ", line):
        style = ' class="group"'
    elif is_of_build(line) or line.startswith("… "):
        style = ' class="soft"'
    return f'<text x="{MARGIN}" y="{y}"{style}>{text}</text>'


def main():
    lines = list(wrapped(shortened(sys.stdin.read().rstrip("\n").split("\n"))))
    width = round(COLUMNS * CHARACTER + 2 * MARGIN)
    height = BAR + MARGIN + len(lines) * LINE
    transcript = html.escape("\n".join(lines))
    dots = "".join(f'<circle cx="{MARGIN + 6 + 18 * dot}" cy="15" r="5" fill="#4a4f59"/>' for dot in range(3))
    print(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-labelledby="t d">\n<title id="t">{html.escape(sys.argv[1])}</title>\n'
        f'<desc id="d">{transcript}</desc>\n<style>{STYLE}</style>\n'
        f'<rect width="{width}" height="{height}" rx="8" fill="#1e2127"/>{dots}'
    )
    for number, line in enumerate(lines):
        if line:
            print(element(line, number))
    print("</svg>")


if __name__ == "__main__":
    main()
