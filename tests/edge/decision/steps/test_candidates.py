from __future__ import annotations

from edge.decision.steps.candidates import shortlist
from edge.decision.steps.context import describe
from edge.domain.ids import ItemKey
from tests.edge.builders import catalogue, evidence, inputs, offer
from tests.edge.fakes import Rates

RANKER = Rates.falling(12)


def test_the_model_is_asked_for_no_more_than_tuning_says() -> None:
    context = describe(inputs(), evidence(), catalogue(shortlist=5))
    assert len(shortlist(context, RANKER).keys) == 5


def test_items_on_live_offers_are_candidates_whatever_the_model_thinks() -> None:
    sold = catalogue(offers=[offer("o-1", 900, 901), offer("o-2", 901, 12)], shortlist=12)
    found = shortlist(describe(inputs(), evidence(), sold), RANKER)
    assert {12, 900, 901} < set(found.keys.tolist())
    assert found.names(len(found.keys) - 1) == ("trending", "offer")


def test_many_offers_take_a_quarter_of_the_places_the_dearest_first() -> None:
    offers = [offer(f"o-{n}", 900 + n, cents=n % 7) for n in range(20)]
    sold = catalogue(offers=[*offers, offer("again", 913, cents=1)], shortlist=16)
    keys = shortlist(describe(inputs(), evidence(), sold), RANKER).keys.tolist()
    assert [key for key in keys if key >= 900] == [905, 906, 912, 913]


def test_what_is_in_the_basket_is_no_candidate_even_on_offer() -> None:
    context = describe(
        inputs(basket=(ItemKey(1), ItemKey(2))), evidence(), catalogue(offers=[offer("o", 1)])
    )
    assert not {1, 2} & set(shortlist(context, RANKER).keys.tolist())
