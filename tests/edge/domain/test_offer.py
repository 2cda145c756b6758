from __future__ import annotations

from datetime import UTC, datetime, timedelta

from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import Offer

START = datetime(2024, 6, 3, tzinfo=UTC)
END = START + timedelta(days=7)
OFFER = Offer(
    id=OfferId("o-1"),
    headline="Milk, 20 cents off",
    items=(ItemKey(1001),),
    category="dairy",
    discount_cents=20,
    starts_at=START,
    ends_at=END,
    campaign="june",
)


def test_an_offer_lives_from_its_start_up_to_its_end() -> None:
    tick = timedelta(microseconds=1)
    instants = (START - tick, START, END - tick, END)
    assert [OFFER.is_live(at) for at in instants] == [False, True, True, False]
