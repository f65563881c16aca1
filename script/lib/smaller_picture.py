#!/usr/bin/env python3
"""Reduces the size of a page's picture: converts a PNG with 8 bits per colour to a palette of at most 256 colours.

    smaller_picture.py FILE

Chromium writes pictures of the first kind. Colours are rounded until there are few enough. Needs only Python.
"""

import struct
import sys
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunks(data):
    place = len(SIGNATURE)
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        yield data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        place += 12 + length


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def paeth(left, above, corner):
    estimate = left + above - corner
    distances = (abs(estimate - left), abs(estimate - above), abs(estimate - corner))
    return (left, above, corner)[distances.index(min(distances))]


def unfiltered(raw, width, height, size):
    """The lines of the picture, each as bytes (PNG specification, 9)."""
    stride = width * size
    before = bytearray(stride)
    for row in range(height):
        begin = row * (stride + 1)
        kind, line = raw[begin], bytearray(raw[begin + 1 : begin + 1 + stride])
        for index in range(stride):
            left = line[index - size] if index >= size else 0
            above = before[index]
            if kind == 1:
                line[index] = (line[index] + left) & 255
            elif kind == 2:
                line[index] = (line[index] + above) & 255
            elif kind == 3:
                line[index] = (line[index] + (left + above) // 2) & 255
            elif kind == 4:
                corner = before[index - size] if index >= size else 0
                line[index] = (line[index] + paeth(left, above, corner)) & 255
        yield bytes(line)
        before = line


def main():
    path = sys.argv[1]
    data = open(path, "rb").read()
    parts = list(chunks(data))
    width, height, depth, colours = struct.unpack(">IIBB", parts[0][1][:10])
    if depth != 8 or colours not in (2, 6):
        sys.exit(f"{path} is no picture with 8 bits for each colour")
    size = 3 if colours == 2 else 4
    raw = zlib.decompress(b"".join(content for kind, content in parts if kind == b"IDAT"))
    pixels = [
        [tuple(line[place : place + 3]) for place in range(0, len(line), size)]
        for line in unfiltered(raw, width, height, size)
    ]
    for step in (1, 4, 8, 16, 32):
        rounded = {colour: tuple(min(255, (part + step // 2) // step * step) for part in colour)
                   for line in pixels for colour in line}  # fmt: skip
        palette = sorted(set(rounded.values()))
        if len(palette) <= 256:
            break
    places = {colour: palette.index(new) for colour, new in rounded.items()}
    content = b"".join(b"\0" + bytes(places[colour] for colour in line) for line in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(SIGNATURE + chunk(b"IHDR", header))
        file.write(chunk(b"PLTE", b"".join(bytes(colour) for colour in palette)))
        file.write(chunk(b"IDAT", zlib.compress(content, 9)) + chunk(b"IEND", b""))


if __name__ == "__main__":
    main()
