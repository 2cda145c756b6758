"""A person goes: every row that tells of them, and the certainty that none comes back.

Called for somebody who asks (`edge.api.services.erasure_and_consent`) and for the centre's erasures
(`edge.pipeline.central_changes`); a checkpoint of the database and a round through memory and screens follow.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from edge.domain.ids import Token
from edge.storage import erased_people
from edge.storage.table import arranged
from edge.storage.tables import TABLES

_ERASURES = arranged(
    {table.name: table.erasure for table in TABLES if table.erasure is not None}
)


def forget(conn: sqlite3.Connection, token: Token, at: datetime) -> dict[str, int]:
    """Erase the person in the caller's transaction, and keep them out from now on.

    The bytes are gone from the disk only after a checkpoint (`Database.checkpoint`). Doing it again
    changes nothing.

    Returns:
        Rows erased, by table: the receipt. Consent lines stay in the ledger as nobody's.
    """
    # First: whatever is written after this, in this transaction too, must not bring them back.
    erased_people.add(conn, token, at)
    # In the arranged order: what hangs on a visit or a decision goes while that row still leads to the person.
    return {table: erasure.forget(conn, token) for table, erasure in _ERASURES.items()}
