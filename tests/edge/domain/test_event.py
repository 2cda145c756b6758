from __future__ import annotations

from datetime import UTC, datetime

from edge.domain.event import StoreEvent


def test_a_fact_is_nobodys_and_kept_unless_it_says_otherwise() -> None:
    fact = StoreEvent(
        id="e-1", name="Order Completed", at=datetime(2024, 6, 3, tzinfo=UTC), source="till"
    )
    assert (fact.token, fact.visit) == (None, None)
    assert fact.must_keep
    assert fact.properties == {}
