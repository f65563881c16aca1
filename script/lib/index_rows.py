#!/usr/bin/env python3
"""Changes rows of an index for a test or a benchmark, and gives them valid checksums
(Sources/Store/CheckedTable.swift).

index_rows.py INDEX SQL
"""

import sqlite3
import struct
import sys

MASK = (1 << 64) - 1
# The columns that each table's checksums cover, as in Sources/Store. Reads drop rows with other checksums.
COLUMNS = {
    "entries": "key, scope, image, provider, local_image_id, cache_image, registry_digest, size_bytes, built_at, "
    "pipeline, build_milliseconds",
    "key_records": "pipeline, image, key, record",
    "executables": "path, state, facts",
    "base_images": "reference, platform, learned_at, digest, has_triggers, variables",
    "logins": "host, configuration, identity, ends_at",
    "provider_answers": "question, answer, ends_at",
    "remote_sources": "source, address, tag, digest, learned_at",
}


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
    for table, columns in COLUMNS.items():
        database.execute(f"UPDATE {table} SET checksum = row_checksum('{table}', {columns})")


def main():
    _, path, sql = sys.argv
    database = sqlite3.connect(path, timeout=5)
    with database:
        database.execute(sql)
        seal(database)
    database.close()


if __name__ == "__main__":
    main()
