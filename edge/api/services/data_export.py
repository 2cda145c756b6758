"""Everything that the store has on one person, as JSON to take along, table by table.

Asked for by a signed-in shopper (`edge.api.services.shopper_rights`) or an operator (`storeside privacy export`), and
handed out as it is. What each table tells stands in its own file (`Table.export`).
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime

from pydantic import JsonValue

from edge.domain.customer import greeting_alias
from edge.domain.ids import Token
from edge.storage.table import ExportQuery, ExportReader, arranged
from edge.storage.tables import TABLES
from edge.storage.timestamps import from_us

_EXPORTS = arranged({table.name: table.export for table in TABLES if table.export is not None})
_QUERIES = {name: one for name, one in _EXPORTS.items() if isinstance(one, ExportQuery)}
_READERS = {name: one for name, one in _EXPORTS.items() if isinstance(one, ExportReader)}


def export(conn: sqlite3.Connection, token: Token, now: datetime) -> dict[str, JsonValue]:
    """Everything stored about the person at ``now``; for somebody unknown every table is empty."""
    about: dict[str, JsonValue] = {
        "token": token,
        "alias": greeting_alias(token),
        "exported_at": _stamp(now),
    }
    rows: dict[str, JsonValue] = {
        table: _rows(conn.execute(query.sql, (token,)), query.json)
        for table, query in _QUERIES.items()
    }
    # Long documents come last, so that somebody who reads it meets the short tables first.
    documents = {table: reader.read(conn, token) for table, reader in _READERS.items()}
    return about | rows | documents


def _rows(cursor: sqlite3.Cursor, json_columns: frozenset[str]) -> list[JsonValue]:
    names = [column[0] for column in cursor.description]
    return [
        dict(
            _cell(name, value, is_json=name in json_columns)
            for name, value in zip(names, row, strict=True)
        )
        for row in cursor
    ]


def _cell(
    name: str, value: str | bytes | int | None, *, is_json: bool
) -> tuple[str, JsonValue]:
    if name.endswith("_us"):
        return f"{name[:-3]}_at", _stamp(from_us(value)) if isinstance(value, int) else None
    # No query tells raw bytes (a beacon's key comes as hex), so bytes are JSON too, as in the outbox.
    if is_json or isinstance(value, bytes):
        return name, json.loads(value) if isinstance(value, bytes | str) else None
    return name, value


def _stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
