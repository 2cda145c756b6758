from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.campaign import Campaign
from edge.domain.live_offers import NOTHING_STANDS, LiveOffers, standing
from edge.domain.offer import Offer
from edge.domain.placement import PLACEMENTS
from tests.edge.builders import NOW, campaign, later, offer

KIOSK = PLACEMENTS["kiosk-home"]
days = st.integers(-10, 40).map(lambda day: later(days=day))
spans = st.tuples(days, days).map(sorted)


def stands(offers: list[Offer], *campaigns: Campaign, at: datetime = NOW) -> LiveOffers:
    return standing(offers, {c.id: c for c in campaigns}, KIOSK, at)


def test_an_offer_stands_where_it_is_meant_to() -> None:
    offers = [
        offer("any"),
        offer("here", placements=("kiosk-home",), channels=("kiosk",)),
        offer("elsewhere", placements=("till-addon",)),
        offer("no-screen", channels=("pos",)),
    ]
    assert [o.id for o in stands(offers).offers] == ["any", "here"]


def test_an_offer_stands_while_its_campaign_runs() -> None:
    paused, over = campaign(paused=True), campaign(ends_at=NOW)
    assert stands([offer()], campaign()).offers
    assert not stands([offer()], paused).offers
    assert not stands([offer()], over).offers
    assert stands([offer(campaign="unknown")], paused).offers


def test_an_items_offers_come_with_the_largest_discount_first() -> None:
    offers = [offer("b", 1, cents=50), offer("a", 1, 2, cents=50), offer("c", 1, cents=70)]
    found = stands(offers).by_item
    assert [o.id for o in found[offers[0].items[0]]] == ["c", "a", "b"]


def test_of_what_stands_a_part_can_be_taken() -> None:
    found = stands([offer("a", 1), offer("b", 2)]).only(lambda o: o.id == "b")
    assert [o.id for o in found.offers] == ["b"]
    assert list(found.by_item) == [2]


def test_nothing_stands_is_true_for_ever() -> None:
    assert NOTHING_STANDS.since < NOW < NOTHING_STANDS.until
    assert not NOTHING_STANDS.offers


@given(spans, spans, days, days)
def test_an_answer_is_true_as_long_as_it_says(
    of_offer: list[datetime], of_campaign: list[datetime], at: datetime, other: datetime
) -> None:
    offers = [offer(starts_at=of_offer[0], ends_at=of_offer[1])]
    runs = campaign(starts_at=of_campaign[0], ends_at=of_campaign[1])
    found = stands(offers, runs, at=at)
    assert found.since <= at < found.until
    if found.since <= other < found.until:
        assert stands(offers, runs, at=other).offers == found.offers
