from __future__ import annotations

import sqlite3

from edge.storage.people import used_claims
from tests.edge.storage.samples import claim, later


def test_a_claim_is_used_once(conn: sqlite3.Connection) -> None:
    assert not used_claims.spent(conn, "jti-1")
    assert used_claims.take(conn, claim())
    assert used_claims.spent(conn, "jti-1")
    assert not used_claims.take(conn, claim())


def test_a_sweep_lets_expired_claims_go(conn: sqlite3.Connection) -> None:
    used_claims.take(conn, claim())
    assert used_claims.sweep(conn, later(60), limit=10) == 0
    assert used_claims.sweep(conn, later(61), limit=10) == 1
    assert not used_claims.spent(conn, "jti-1")
