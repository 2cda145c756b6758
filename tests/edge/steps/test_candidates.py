from __future__ import annotations

from edge.domain.ids import ItemKey
from edge.steps.candidates import shortlist
from edge.steps.context import describe
from tests.edge.builders import catalogue, evidence, inputs, offer
from tests.edge.fakes import Rates

RANKER = Rates.falling(12)


def test_the_model_is_asked_for_no_more_than_tuning_says() -> None:
    context = describe(inputs(), evidence(), catalogue(shortlist=5))
    assert len(shortlist(context, RANKER).keys) == 5


def test_every_item_on_a_live_offer_is_a_candidate_whatever_the_model_thinks() -> None:
    sold = catalogue(offers=[offer("o-1", 900, 901), offer("o-2", 901, 12)], shortlist=2)
    found = shortlist(describe(inputs(), evidence(), sold), RANKER)
    assert found.keys.tolist() == [12, 900, 901]
    assert found.names(1) == ("trending", "offer")


def test_what_is_in_the_basket_is_no_candidate_even_on_offer() -> None:
    context = describe(
        inputs(basket=(ItemKey(1), ItemKey(2))), evidence(), catalogue(offers=[offer("o", 1)])
    )
    assert not {1, 2} & set(shortlist(context, RANKER).keys.tolist())
