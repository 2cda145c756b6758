"""A record as a sealed row: its fields as they will be sent, and a CRC-32 over all of them.

The outbox seals a record when it is appended and unseals it before it is sent; the uplink never sees a damaged one.

SQLite does not notice most bit rot; the seal does. It is checked on bytes, before anything
is decoded, so that a row with undecodable text is found damaged like any other.
"""

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from cloud_sync.envelope import Durability, Record, rfc3339

Fields = Sequence[bytes | None]


def seal(record: Record) -> tuple[str | bytes | int | None, ...]:
    """Lay a record out in the order of the outbox: id to durability, then body and CRC."""
    fields = (
        record.id,
        record.stream,
        record.type,
        rfc3339(record.time),
        record.source,
        record.subject,
        record.durability,
    )
    stored = [None if field is None else field.encode() for field in fields]
    return (*fields, record.data, checksum(stored, record.data))


def unseal(fields: Fields, body: bytes, crc: int) -> Record | None:
    """Read a row back; None if a bit of it changed since, or if it is no record any more."""
    if checksum(fields, body) != crc:
        return None
    try:
        return _read(fields, body)
    except ValueError:
        return None


def checksum(fields: Fields, body: bytes) -> int:
    """Sum up all that is sent; a missing field and an empty one differ."""
    # No field of a sound record holds a line break or a zero byte, so these tell fields apart.
    head = b"\n".join(b"\0" if field is None else field for field in fields)
    # In two steps: the body need not be copied to be joined.
    return zlib.crc32(body, zlib.crc32(head))


def _read(fields: Fields, body: bytes) -> Record:
    id_, stream, type_, time, source, subject, durability = (
        None if field is None else field.decode() for field in fields
    )
    return Record(
        id=cast("str", id_),
        stream=cast("str", stream),
        type=cast("str", type_),
        time=datetime.fromisoformat(cast("str", time)),
        source=cast("str", source),
        subject=subject,
        durability=cast("Durability", durability),
        data=body,
    )
