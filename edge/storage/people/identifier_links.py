"""Which keyed code of an identifier leads to which person; the identifier itself is nowhere.

The identity lookup asks here whom a card or a login belongs to; a first login makes a new link.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass

from edge.domain.ids import Token, fresh_token
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
CREATE TABLE links (
    code  TEXT PRIMARY KEY,
    token TEXT NOT NULL,
    kind  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX links_token ON links (token);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierLink:
    """One way to a person. Source: ``code`` is made by `edge.domain.ids.link_code`."""

    code: str
    token: Token
    kind: str


def put(conn: sqlite3.Connection, link: IdentifierLink) -> bool:
    """Let the code lead to the person, whomever it led to before; False when they were erased."""
    if erased_people.holds(conn, link.token):
        return False
    conn.execute(
        "INSERT INTO links (code, token, kind) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (code) DO UPDATE SET token = ?2, kind = ?3",
        (link.code, link.token, link.kind),
    )
    return True


def find(conn: sqlite3.Connection, code: str) -> Token | None:
    """Whom ``code`` leads to."""
    row = conn.execute("SELECT token FROM links WHERE code = ?", (code,)).fetchone()
    return None if row is None else Token(row[0])


def pseudonym_for(conn: sqlite3.Connection, code: str) -> Token:
    """The pseudonym for somebody met first under ``code``.

    Who was erased and comes again of their own will gets another one, which nothing links to the first.
    """
    # Made of the code and not at random: asked twice before the link is stored, it is the same.
    token = fresh_token(code)
    while erased_people.holds(conn, token):
        digest = hashlib.blake2b(token.encode(), digest_size=16).hexdigest()
        token = fresh_token(digest.translate(_BASE32)[: len(code)])
    return token


# Hexadecimal digits in the alphabet of tokens: 0, 1, 8 and 9 are not in it.
_BASE32 = str.maketrans("0189", "wxyz")


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase every way to the person."""
    return conn.execute("DELETE FROM links WHERE token = ?", (token,)).rowcount


TABLE = Table(
    name="links",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA),),
    erasure=Erasure(forget=forget),
    retention=Unlimited(note=NO_TERM_YET),
    export=ExportQuery(sql="SELECT kind, code FROM links WHERE token = ? ORDER BY kind, code"),
)
