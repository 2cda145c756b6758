from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import Offer

START = datetime(2024, 6, 3, tzinfo=UTC)
END = START + timedelta(days=7)
AT = ("till-addon", "pos"), ("kiosk-home", "kiosk")
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


def test_an_offer_stands_where_its_tags_say_and_anywhere_without_them() -> None:
    tills = replace(OFFER, channels=("pos",))
    home = replace(OFFER, placements=("kiosk-home",))
    assert OFFER.stands_at("till-addon", "pos")
    assert [tills.stands_at(*at) for at in AT] == [True, False]
    assert [home.stands_at(*at) for at in AT] == [False, True]


def test_two_offers_of_one_category_contradict_each_other_and_none_itself() -> None:
    rival = replace(OFFER, id=OfferId("o-2"))
    assert OFFER.contradicts(rival)
    assert rival.contradicts(OFFER)
    assert not OFFER.contradicts(OFFER)
    assert not OFFER.contradicts(replace(rival, category="bread"))
