from __future__ import annotations

import sqlite3

from edge.storage.people import used_claims as claims
from tests.edge.storage.samples import claim, later


def test_a_claim_is_used_once(conn: sqlite3.Connection) -> None:
    assert not claims.spent(conn, "jti-1")
    assert claims.take(conn, claim())
    assert claims.spent(conn, "jti-1")
    assert not claims.take(conn, claim())


def test_a_sweep_lets_expired_claims_go(conn: sqlite3.Connection) -> None:
    claims.take(conn, claim())
    assert claims.sweep(conn, later(60), limit=10) == 0
    assert claims.sweep(conn, later(61), limit=10) == 1
    assert not claims.spent(conn, "jti-1")
