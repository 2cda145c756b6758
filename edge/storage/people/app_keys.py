"""The public key of each person's app, by which a signed presence claim is believed.

The centre sends keys down with a person; the identity lookup checks each claim against the key that it names.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from edge.domain.ids import Token
from edge.storage import erased_people
from edge.storage.table import (
    NO_TERM_YET,
    Erasure,
    ExportQuery,
    MigrationStep,
    Table,
    Unlimited,
)

SCHEMA = """
CREATE TABLE app_keys (
    kid        TEXT PRIMARY KEY,
    token      TEXT NOT NULL,
    public_key TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX app_keys_token ON app_keys (token);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppKey:
    """One installed app: ``kid`` names the key in a claim's header, ``public_key`` is its text."""

    kid: str
    token: Token
    public_key: str


def put(conn: sqlite3.Connection, key: AppKey) -> bool:
    """Believe claims signed with this key; False when the person was erased."""
    if erased_people.holds(conn, key.token):
        return False
    # The centre's word is the newest: since the last one the key may have gone to somebody else.
    conn.execute(
        "INSERT INTO app_keys (kid, token, public_key) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (kid) DO UPDATE SET token = ?2, public_key = ?3",
        (key.kid, key.token, key.public_key),
    )
    return True


def find(conn: sqlite3.Connection, kid: str) -> AppKey | None:
    """The key named ``kid`` and whose app it is."""
    row = conn.execute(
        "SELECT token, public_key FROM app_keys WHERE kid = ?", (kid,)
    ).fetchone()
    return None if row is None else AppKey(kid=kid, token=Token(row[0]), public_key=row[1])


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase every app of the person."""
    return conn.execute("DELETE FROM app_keys WHERE token = ?", (token,)).rowcount


TABLE = Table(
    name="app_keys",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA),),
    erasure=Erasure(forget=forget),
    retention=Unlimited(note=NO_TERM_YET),
    export=ExportQuery(sql="SELECT kid, public_key FROM app_keys WHERE token = ? ORDER BY kid"),
)
