"""The people this store knows: a pseudonym, a language and segments; their consents are a ledger of their own.

The centre or an enrolment at the kiosk adds them; the identity lookup turns a token into a customer with their ledger.
"""

from __future__ import annotations

import json
import sqlite3

from edge.domain.customer import Customer
from edge.domain.ids import Token
from edge.storage import erased_people
from edge.storage.people import consents
from edge.storage.table import (
    NO_TERM_YET,
    Erasure,
    ExportQuery,
    MigrationStep,
    Table,
    Unlimited,
)

SCHEMA = """
CREATE TABLE customers (
    token    TEXT PRIMARY KEY,
    locale   TEXT NOT NULL,
    segments TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""


def upsert(conn: sqlite3.Connection, customer: Customer) -> bool:
    """Know ``customer`` from now on (their consents are not written here); False when they were erased."""
    if erased_people.holds(conn, customer.token):
        return False
    conn.execute(
        "INSERT INTO customers (token, locale, segments) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (token) DO UPDATE SET locale = ?2, segments = ?3",
        (customer.token, customer.locale, json.dumps(customer.segments)),
    )
    return True


def find(conn: sqlite3.Connection, token: Token) -> Customer | None:
    """The person behind ``token`` with their ledger, if this store knows them."""
    row = conn.execute(
        "SELECT locale, segments FROM customers WHERE token = ?", (token,)
    ).fetchone()
    if row is None:
        return None
    return Customer(
        token=token,
        locale=row[0],
        segments=tuple(json.loads(row[1])),
        consents=consents.of(conn, token),
    )


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase the person's row."""
    return conn.execute("DELETE FROM customers WHERE token = ?", (token,)).rowcount


TABLE = Table(
    name="customers",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA),),
    erasure=Erasure(forget=forget),
    retention=Unlimited(note=NO_TERM_YET),
    export=ExportQuery(
        sql="SELECT locale, segments FROM customers WHERE token = ?",
        json=frozenset({"segments"}),
    ),
)
