from __future__ import annotations

from dataclasses import replace

import pytest

from edge.domain.consent import Purpose
from edge.domain.currency import currency
from edge.domain.event import StoreEvent
from edge.domain.ids import OfferId, VisitId
from edge.pipeline.outbound_events import addressed, decided, priced
from tests.edge.builders import (
    ANN,
    EVERYTHING,
    NOW,
    catalogue,
    decision,
    offer,
    personal,
    profile,
)
from tests.edge.fakes import Rates


def fact(name: str = "Order Completed") -> StoreEvent:
    return StoreEvent(id="f", name=name, at=NOW, source="s", visit=VisitId("v-1"), token=ANN)


def test_a_fact_goes_under_the_persons_name_only_where_they_share() -> None:
    assert addressed(fact(), frozenset({Purpose.SHARE})).token == ANN
    anonymous = addressed(fact(), EVERYTHING - {Purpose.SHARE})
    assert (anonymous.token, anonymous.visit, anonymous.id) == (None, "v-1", "f")


@pytest.mark.parametrize("name", ["Consent Granted", "Consent Withdrawn", "Customer Enrolled"])
def test_a_persons_own_word_on_their_data_always_carries_their_name(name: str) -> None:
    assert addressed(fact(name), frozenset()).token == ANN


LINES = [{"sku": "1", "quantity": 1, "price_cents": 98}]


@pytest.mark.parametrize(
    "told", [{"products": LINES}, {"revenue_cents": 98}, {"bounty_cents": 5}]
)
def test_what_holds_money_says_which(told: dict[str, object]) -> None:
    yen = replace(fact(), properties=told)
    assert priced(yen, currency("JPY")).properties == {**told, "currency": "JPY"}
    # A till may have said it for itself.
    named = replace(fact(), properties={**told, "currency": "EUR"})
    assert priced(named, currency("JPY")) == named


@pytest.mark.parametrize("told", [{}, {"products": ["1", "3"]}, {"basket_id": "b"}])
def test_what_holds_no_money_names_no_currency(told: dict[str, object]) -> None:
    plain = replace(fact(), properties=told)
    assert priced(plain, currency("JPY")) == plain


def test_a_decision_is_told_with_what_was_shown_and_what_rules_took_away() -> None:
    sold = catalogue(offers=[offer("o", 1, 2), offer("p", 3)])
    given = personal(limit=2, exposures={OfferId("o"): 9}, visit=VisitId("v-1"))
    made = decision(given, sold, Rates({1: 0.3, 3: 0.2}), profile(1))
    told = decided(made)
    assert (told.id, told.name, told.visit, told.token) == (
        "d-1.made",
        "Decision Made",
        "v-1",
        ANN,
    )
    assert told.properties == {
        "decision_id": "d-1",
        "placement": "kiosk-home",
        "kind": "personal",
        "arm": "treated",
        "model": "rates@1",
        "products": ["1", "3"],
        "promotions": ["p"],
        "suppressed": {"offer-capped": ["o"]},
    }


def test_a_held_out_persons_ghost_exposures_are_told_once_each() -> None:
    sold = catalogue(offers=[offer("o", 1, 2)], holdout_pct=100)
    told = decided(decision(personal(), sold, habits=profile(1)))
    assert told.properties["suppressed"] == {"offer-held-out": ["o"]}
    assert told.properties["promotions"] == []
