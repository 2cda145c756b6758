from __future__ import annotations

from dataclasses import replace

import pytest

from edge.decision.steps.candidates import shortlist
from edge.decision.steps.context import describe
from edge.decision.steps.experiment import Arms
from edge.decision.steps.product_rules import AllowedItems, allow
from edge.decision.steps.score import score
from edge.domain.catalogue import Catalogue
from edge.domain.decision import Inputs, Rule
from edge.domain.experiment import Arm
from edge.domain.ids import ItemKey, OfferId
from edge.domain.placement import ARRIVAL, PLACEMENTS
from tests.edge.builders import FRESH, catalogue, evidence, inputs, offer, personal, product
from tests.edge.fakes import Rates

RANKER = Rates.falling(6)
SCREENS = sorted(set(PLACEMENTS) - {ARRIVAL})


def allowed(given: Inputs, sold: Catalogue, arm: Arm = Arm.TREATED) -> AllowedItems:
    context = describe(given, evidence(), sold)
    scored = score(context, shortlist(context, RANKER), RANKER)
    return allow(context, scored, Arms(everywhere=arm, campaigns={}))


def removed(given: Inputs, sold: Catalogue | None = None) -> dict[int, Rule]:
    """Rows are products 1 to 6 in their order."""
    found = allowed(given, sold or catalogue())
    return {row + 1: rule for row, rule in found.removed.items()}


def test_nothing_is_removed_without_a_reason() -> None:
    assert removed(inputs()) == {}


def test_what_is_not_sold_here_is_removed() -> None:
    sold = catalogue([product(n) for n in (1, 2, 3, 5, 6)])
    assert removed(inputs(), sold) == {4: Rule.NOT_SOLD_HERE}


def test_what_is_out_of_stock_is_removed_unless_the_count_is_too_old_to_believe() -> None:
    gone = (ItemKey(2), ItemKey(99))
    assert removed(inputs(out_of_stock=gone)) == {2: Rule.OUT_OF_STOCK}
    old = {**FRESH, "stock": 8 * 86_400}
    assert removed(inputs(out_of_stock=gone, ages_s=old)) == {}


def test_what_was_just_bought_is_removed() -> None:
    assert removed(personal(just_bought=(ItemKey(3),))) == {3: Rule.JUST_BOUGHT}


def test_what_serves_instead_of_what_was_just_bought_is_gone_too() -> None:
    kinds = {1: "milk", 2: "milk", 3: "bread"}
    sold = catalogue([replace(product(n), kind=kinds.get(n, "")) for n in range(1, 7)])
    bought = (ItemKey(1), ItemKey(6))
    assert removed(personal(just_bought=bought), sold) == {
        1: Rule.JUST_BOUGHT,
        2: Rule.SUBSTITUTE_BOUGHT,
        6: Rule.JUST_BOUGHT,
    }
    assert removed(personal(just_bought=(ItemKey(99),)), sold) == {}


def test_what_somebody_never_wants_to_see_again_is_gone_in_stock_or_not() -> None:
    no = (ItemKey(2),)
    assert removed(personal(rejected=no, out_of_stock=no)) == {2: Rule.REJECTED}


def test_the_basket_has_the_last_word_on_the_reason() -> None:
    both = (ItemKey(1),)
    given = inputs(out_of_stock=both, just_bought=both)
    assert removed(given) == {1: Rule.JUST_BOUGHT}


@pytest.mark.parametrize("placement", SCREENS)
def test_a_sensitive_product_is_on_no_screen_that_a_neighbour_could_read(
    placement: str,
) -> None:
    sold = catalogue([product(1, "WINE"), *(product(n) for n in range(2, 7))], (), ["wine"])
    assert removed(inputs(placement), sold) == {1: Rule.SENSITIVE_IN_PUBLIC}
    assert removed(inputs(ARRIVAL), sold) == {}


def test_of_two_offers_on_an_item_the_larger_wins_and_the_smaller_id_of_equals() -> None:
    offers = [offer("b", 1, cents=50), offer("c", 1, cents=70), offer("a", 1, cents=70)]
    found = allowed(inputs(), catalogue(offers=offers))
    assert found.offers[ItemKey(1)].id == "a"
    assert found.lost_offers == {
        (ItemKey(1), OfferId("b")): Rule.OFFER_OUTDONE,
        (ItemKey(1), OfferId("c")): Rule.OFFER_OUTDONE,
    }


def test_a_held_out_person_gets_no_offer_and_each_is_noted() -> None:
    found = allowed(personal(), catalogue(offers=[offer("o", 1, 2)]), Arm.HELD_OUT)
    assert not found.offers
    assert found.lost_offers == {
        (ItemKey(1), OfferId("o")): Rule.OFFER_HELD_OUT,
        (ItemKey(2), OfferId("o")): Rule.OFFER_HELD_OUT,
    }


def test_an_offer_on_what_may_not_be_shown_is_not_weighed() -> None:
    sold = catalogue(offers=[offer("o", 1)])
    found = allowed(inputs(basket=(ItemKey(1),)), sold)
    assert not found.offers
    assert not found.lost_offers
