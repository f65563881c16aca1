#!/usr/bin/env python3
"""Changes rows of an index as a test or a benchmark wants them, with the checksums that they need
(migrations/0008_checksums.sql).

index_rows.py INDEX SQL
"""

import pathlib
import sqlite3
import struct
import sys

MASK = (1 << 64) - 1
MIGRATION = pathlib.Path(__file__).parents[2] / "migrations" / "0008_checksums.sql"


def mix(value, word):
    product = (value ^ word) * 0xD6E8_FEB8_6659_FD93 & MASK
    return product ^ product >> 32


def row_checksum(*values):
    """As Sources/Store/Checksum.swift has it."""
    sum = 0x9E37_79B9_7F4A_7C15
    for value in values:
        match value:
            case int():
                sum = mix(mix(sum, 1), value & MASK)
            case float():
                sum = mix(mix(sum, 2), struct.unpack("<Q", struct.pack("<d", value))[0])
            case None:
                sum = mix(sum, 5)
            case _:
                data = value.encode() if isinstance(value, str) else bytes(value)
                sum = mix(mix(sum, 3 if isinstance(value, str) else 4), len(data))
                whole = len(data) // 8 * 8
                for (word,) in struct.iter_unpack("<Q", data[:whole]):
                    sum = mix(sum, word)
                sum = mix(sum, int.from_bytes(data[whole:], "big"))
    return sum - (1 << 64) if sum >> 63 else sum


def seal(database):
    """Gives every row the checksum that it should have."""
    database.create_function("row_checksum", -1, row_checksum, deterministic=True)
    statements = MIGRATION.read_text().split(";\n")
    for statement in statements:
        if statement.strip().startswith("UPDATE"):
            database.execute(statement)


def main():
    _, path, sql = sys.argv
    database = sqlite3.connect(path, timeout=5)
    with database:
        database.execute(sql)
        seal(database)
    database.close()


if __name__ == "__main__":
    main()
