"""A child for the crash tests: commits one record at a time and says so, until it is killed."""

import sqlite3
import sys

from cloud_sync import outbox
from tests.cloud_sync.builders import make_record


def main() -> None:
    conn = sqlite3.connect(sys.argv[1], isolation_level=None)
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("PRAGMA synchronous = FULL")
    conn.executescript(outbox.SCHEMA)
    number = int(sys.argv[2])
    while True:
        conn.execute("BEGIN IMMEDIATE")
        outbox.append(conn, [make_record(number)])
        conn.execute("COMMIT")
        sys.stdout.write(f"e-{number}\n")
        sys.stdout.flush()
        number += 1


if __name__ == "__main__":
    main()
