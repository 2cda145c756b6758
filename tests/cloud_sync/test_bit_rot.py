"""A row that changed since it was sealed is set aside and never sent."""

import re
import sqlite3
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_sync import outbox
from cloud_sync.envelope import encode_event
from cloud_sync.seal import checksum, seal, unseal
from tests.cloud_sync.builders import (
    NOW,
    fresh,
    make_record,
    make_records,
    open_database,
    pending_ids,
)


def _sealed(subject: str | None) -> tuple[list[bytes | None], bytes, int]:
    *fields, body, crc = seal(make_record(7, subject=subject))
    stored = [None if field is None else str(field).encode() for field in fields]
    assert isinstance(body, bytes)
    assert isinstance(crc, int)
    return stored, body, crc


@given(st.data())
def test_any_single_flipped_bit_is_noticed(data: st.DataObject) -> None:
    fields, body, crc = _sealed(data.draw(st.sampled_from([None, "c-abc"])))
    places = [n for n, field in enumerate(fields) if field is not None]
    place = data.draw(st.sampled_from([*places, -1, -2]))
    if place == -2:
        crc ^= 1 << data.draw(st.integers(0, 31))
    else:
        text = body if place == -1 else fields[place]
        assert text is not None
        bit = data.draw(st.integers(0, len(text) * 8 - 1))
        flipped = bytearray(text)
        flipped[bit // 8] ^= 1 << bit % 8
        if place == -1:
            body = bytes(flipped)
        else:
            fields[place] = bytes(flipped)
    assert unseal(fields, body, crc) is None


@pytest.mark.parametrize("subject", [None, "c-abc"])
def test_an_untouched_row_reads_back_as_the_record(subject: str | None) -> None:
    assert unseal(*_sealed(subject)) == make_record(7, subject=subject)


def test_a_row_that_is_whole_but_no_record_is_damaged_too() -> None:
    fields, body, _ = _sealed(None)
    fields[0] = b"two words"
    assert unseal(fields, body, checksum(fields, body)) is None


WRONG = {
    "id": "e-9",
    "stream": "snles",
    "type": "storeside.x",
    "time": "2026-03-02",
    "source": "x",
    "subject": "c-abd",
    "durability": "kfep",
    "body": b"{}",
}


@pytest.mark.parametrize("column", WRONG)
def test_a_damaged_row_is_set_aside_whatever_column_is_hit(column: str) -> None:
    with fresh() as conn:
        outbox.append(conn, [make_record(n, subject="c-abc") for n in (1, 2, 3)])
        conn.execute(f"UPDATE outbox SET {column} = ? WHERE seq = 2", (WRONG[column],))  # noqa: S608
        found = [s for lane in outbox.lanes(conn) for s in outbox.pending(conn, lane).damaged]
        assert found == [2]
        outbox.set_aside(conn, found, NOW)
        assert pending_ids(conn) == ["e-1", "e-3"]
        assert outbox.counts(conn, NOW).damaged == 1


def test_damage_is_swept_with_time() -> None:
    with fresh() as conn:
        outbox.append(conn, make_records(1))
        outbox.set_aside(conn, [1], NOW)
        outbox.sweep(conn, NOW + timedelta(days=3))
        assert conn.execute("SELECT count(*) FROM outbox_damaged").fetchone() == (0,)


def test_a_person_is_forgotten_in_damaged_rows_too() -> None:
    with fresh() as conn:
        outbox.append(
            conn, [make_record(1, subject="c-gone"), make_record(2, subject="c-stays")]
        )
        outbox.set_aside(conn, [1, 2], NOW)
        assert outbox.forget(conn, "c-gone") == 1
        left = conn.execute("SELECT subject FROM outbox_damaged").fetchall()
        assert left == [(b"c-stays",)]


def test_the_age_survives_a_damaged_time() -> None:
    with fresh() as conn:
        outbox.append(conn, make_records(1))
        conn.execute("UPDATE outbox SET time = 'yesterday'")
        assert outbox.counts(conn, NOW).oldest_age_s == 0.0


def _rows_that_would_leave(conn: sqlite3.Connection) -> set[bytes]:
    leaving: set[bytes] = set()
    for lane in outbox.lanes(conn):
        found = outbox.pending(conn, lane)
        leaving |= {encode_event(record) for record in found.records}
        outbox.set_aside(conn, found.damaged, NOW)
    return leaving


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("rot") / "outbox.db"
    with closing(open_database(file)) as conn:
        conn.execute("BEGIN")
        outbox.append(conn, [make_record(n, subject="c-abc") for n in range(1, 51)])
        conn.execute("COMMIT")
    return file.read_bytes()


@pytest.mark.parametrize("number", range(40))
def test_a_bit_flipped_in_the_file_lets_no_wrong_row_out(
    tmp_path: Path, healthy: bytes, number: int
) -> None:
    places = [match.start() for match in re.finditer(b"e-", healthy)]
    raw = bytearray(healthy)
    raw[places[number * 7 % len(places)] + number % 3] ^= 1 << number % 8
    file = tmp_path / "outbox.db"
    file.write_bytes(raw)
    with closing(open_database(file)) as conn, suppress(sqlite3.DatabaseError):
        # An error is well: then the damage is noticed, and nothing leaves.
        true = {encode_event(make_record(n, subject="c-abc")) for n in range(1, 51)}
        assert _rows_that_would_leave(conn) <= true
