from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from edge.decision.steps.arbitrate import Chosen
from edge.decision.steps.content import fill
from edge.decision.steps.context import describe
from edge.decision.steps.experiment import Arms
from edge.decision.steps.touchpoint import address
from edge.domain.decision import Choice, ContentKind, InputFreshness, SlotClaim
from edge.domain.discount import OfferDiscount, OfferDiscountKind
from edge.domain.experiment import Arm
from edge.domain.ids import ItemKey, Sku
from edge.domain.placement import PLACEMENTS
from models.serving.ranker import SOURCE_NAMES
from models.strategies.registry import STRATEGIES
from tests.edge.builders import (
    FRESH,
    NOW,
    catalogue,
    decision,
    evidence,
    inputs,
    offer,
    personal,
    profile,
)
from tests.edge.fakes import Rates

TREATED = Arms(everywhere=Arm.TREATED, campaigns={})
PERSONAL_WORDS = ("you", "your", "regular", "often", "due", "basket", "shopper")


def reason(
    placement: str, *sources: str, claim: SlotClaim = SlotClaim.WORTH, strategy: str = "chance"
) -> str:
    choice = Choice(sku=Sku("1"), points=1, worth=1, sources=sources, claim=claim)
    context = describe(personal(placement), evidence(profile(1)), catalogue())
    made = fill(
        context,
        Chosen(choices=(choice,), losers=(), strategy=strategy),
        TREATED,
        model="m",
        inputs="i",
    )
    return made.slots[0].reason


@pytest.mark.parametrize(
    ("source", "to_a_person", "to_an_associate"),
    [
        ("resupply", "You may be running low", "Due again about now"),
        ("complement", "Goes with your basket", "Goes with the basket"),
        ("own", "One of your regulars", "Bought often"),
        ("neighbours", "Liked by shoppers like you", "Similar shoppers buy it"),
        ("trending", "Popular here this afternoon", "Popular here this afternoon"),
        ("offer", "On offer today", "On offer today"),
        ("anniversary", "You had it this time last year", "Bought this time last year"),
    ],
)
def test_each_source_gives_its_reason(
    source: str, to_a_person: str, to_an_associate: str
) -> None:
    assert reason("kiosk-home", source) == to_a_person
    assert reason("tablet-card", source) == to_an_associate


def test_of_several_sources_the_most_convincing_speaks() -> None:
    assert reason("kiosk-home", *SOURCE_NAMES) == "You may be running low"
    assert reason("kiosk-home", "trending", "offer") == "Popular here this afternoon"


def test_a_kept_place_says_what_it_is_kept_for() -> None:
    assert reason("kiosk-home", "neighbours", claim=SlotClaim.EXPLORE) == "New for you"
    assert reason("tablet-card", "neighbours", claim=SlotClaim.EXPLORE) == "New to them"
    assert reason("till-addon", "own", "complement", claim=SlotClaim.COMPLEMENT) == (
        "Goes with your basket"
    )


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_named_strategy_speaks_of_its_own_items_alone(name: str) -> None:
    assert reason("kiosk-home", "own", "strategy", strategy=name) != "One of your regulars"
    assert reason("kiosk-home", "own", strategy=name) == "One of your regulars"


def test_the_words_of_a_strategy_are_for_a_reason_of_its_own() -> None:
    named = [entry.reason for entry in STRATEGIES.values() if entry.words]
    assert len(set(named)) == len(named)
    assert not {*named} & {*SOURCE_NAMES, "new"}


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("claim", list(SlotClaim))
def test_no_strategy_or_claim_makes_a_public_screen_personal(
    name: str, claim: SlotClaim
) -> None:
    said = reason("display-zone", *SOURCE_NAMES, claim=claim, strategy=name).casefold()
    assert not [word for word in PERSONAL_WORDS if word in said.split()]
    assert "new" not in said


@pytest.mark.parametrize("source", SOURCE_NAMES)
def test_a_public_screen_never_gives_a_personal_reason(source: str) -> None:
    said = reason("display-zone", source).casefold()
    assert not [word for word in PERSONAL_WORDS if word in said.split()]


def test_a_slot_shows_name_price_and_the_offers_badge() -> None:
    sold = catalogue(offers=[offer("o", 1, cents=40)])
    made = decision(inputs(limit=2), sold, Rates({1: 0.3, 2: 0.2}))
    shown = [(s.sku, s.headline, s.price_cents, s.offer, s.badge) for s in made.slots]
    assert shown == [
        ("1", "Product 1", 61, "o", "Save 40"),
        ("2", "Product 2", 102, None, None),
    ]


def test_a_price_too_old_to_believe_is_not_shown() -> None:
    old = {**FRESH, "prices": 31 * 86_400}
    made = decision(inputs(ages_s=old))
    assert made.rungs["prices"] is InputFreshness.DROP
    assert {slot.price_cents for slot in made.slots} == {None}


def test_what_is_chosen_with_a_persons_data_is_personal_and_the_rest_is_not() -> None:
    assert decision(personal(), habits=profile(1)).kind is ContentKind.PERSONAL
    assert decision(inputs()).kind is ContentKind.CONTEXT
    assert decision(personal(), ranker=Rates({})).kind is ContentKind.FALLBACK


def test_habits_too_old_to_read_leave_a_decision_personal() -> None:
    old = personal(ages_s={**FRESH, "profile": 396 * 86_400})
    made = decision(old, habits=profile(1))
    assert made.kind is ContentKind.PERSONAL
    assert {s for choice in made.choices for s in choice.sources} == {"trending"}


def test_titles_speak_to_a_person_only_where_there_is_one() -> None:
    titles = {name: decision(personal(name), habits=profile(1)).title for name in PLACEMENTS}
    assert titles["kiosk-home"] == titles["phone-home"] == "Picked for you"
    assert titles["tablet-card"] == "Worth mentioning"
    assert titles["till-addon"] == "Before you pay"
    assert {decision(inputs(name)).title for name in PLACEMENTS} == {
        "This afternoon in the store"
    }


def test_a_decision_carries_what_it_was_made_from() -> None:
    given = personal(basket=(ItemKey(9),), zone="dairy")
    made = decision(given, habits=profile(1))
    assert (made.id, made.at, made.placement) == (given.id, NOW, "kiosk-home")
    assert (made.token, made.purposes) == (given.token, given.purposes)
    assert (made.model, len(made.inputs)) == ("rates@1", 64)
    assert made.catalogue == catalogue().digest
    assert made.expires_at == NOW + timedelta(seconds=60)


def test_an_empty_list_is_the_fallback_and_never_an_error() -> None:
    made = decision(replace(inputs(), limit=1), ranker=Rates({}))
    assert (made.kind, made.choices, made.slots, made.losers) == (
        ContentKind.FALLBACK,
        (),
        (),
        (),
    )


@pytest.mark.parametrize(
    ("discount", "was", "now"),
    [
        (OfferDiscount(kind=OfferDiscountKind.PERCENT, amount=20), 101, 81),
        (OfferDiscount(kind=OfferDiscountKind.PRICE, amount=60), 101, 60),
        (OfferDiscount(kind=OfferDiscountKind.AMOUNT, amount=30, per="basket"), None, 101),
        (OfferDiscount(kind=OfferDiscountKind.POINTS, amount=500), None, 101),
        (None, None, 101),
    ],
)
def test_a_slot_has_the_price_before_and_the_price_now(
    discount: OfferDiscount | None, was: int | None, now: int
) -> None:
    sold = catalogue(offers=[offer("o-1", 1, discount=discount)])
    made = decision(personal(currency="EUR"), sold, habits=profile(1))
    slot = next(slot for slot in made.slots if slot.sku == "1")
    assert (slot.was_cents, slot.price_cents) == (was, now)
    told = address(made, NOW, {}).items[0].discount
    if discount is None:
        assert (slot.discount, told) == (None, None)
    else:
        assert told is not None
        assert (told.kind, told.amount, told.currency) == (
            discount.kind,
            discount.amount,
            "EUR",
        )


def test_a_code_of_the_offer_is_shown_where_the_creative_has_none() -> None:
    discount = OfferDiscount(kind=OfferDiscountKind.AMOUNT, amount=50, code="MILK20")
    sold = catalogue(offers=[offer("o-1", 1, discount=discount)])
    made = decision(personal(), sold, habits=profile(1))
    assert next(slot.code for slot in made.slots if slot.sku == "1") == "MILK20"
