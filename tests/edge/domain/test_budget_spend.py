from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.budget_spend import BudgetSpend
from edge.domain.ids import OfferId
from tests.edge.builders import campaign, catalogue, offer

O = OfferId("o")  # noqa: E741 - the one offer of this file


def test_without_limits_nothing_is_ever_used_up() -> None:
    sold = catalogue(offers=[offer("o")], campaigns=[campaign()])
    spending = BudgetSpend()
    for _ in range(100):
        spending.spend(O, "june", 50)
    assert spending.over(sold) == ()


@given(st.integers(0, 8), st.integers(0, 8))
def test_a_stores_stock_of_an_offer_ends_with_its_last_piece(limit: int, given_: int) -> None:
    sold = catalogue(offers=[offer("o", per_store=limit)])
    spending = BudgetSpend()
    for _ in range(given_):
        spending.spend(O, "june", 50)
    assert (O in spending.over(sold)) == (given_ >= limit)


@given(st.integers(0, 1_000), st.integers(1, 120), st.integers(0, 30))
def test_a_budget_is_never_overdrawn_and_used_as_far_as_it_goes(
    budget: int, cents: int, tries: int
) -> None:
    sold = catalogue(
        offers=[offer("o", cents=cents)], campaigns=[campaign(budget_cents=budget)]
    )
    spending = BudgetSpend()
    for _ in range(tries):
        if O not in spending.over(sold):
            spending.spend(O, "june", cents)
    assert spending.cents["june"] <= budget
    assert spending.given[O] == min(tries, budget // cents)


def test_offers_of_one_campaign_share_its_budget_and_others_have_their_own() -> None:
    offers = [offer("big", cents=80), offer("o"), offer("other", cents=80, campaign="july")]
    sold = catalogue(
        offers=offers,
        campaigns=[campaign(budget_cents=100), campaign("july", budget_cents=80)],
    )
    spending = BudgetSpend()
    spending.spend(O, "june", 50)
    assert spending.over(sold) == ("big",)
    spending.spend(OfferId("other"), "july", 80)
    assert spending.over(sold) == ("big", "other")


def test_another_catalogue_is_looked_at_anew() -> None:
    spending = BudgetSpend()
    spending.spend(O, "june", 50)
    assert spending.over(catalogue(offers=[offer("o", per_store=2)])) == ()
    assert spending.over(catalogue(offers=[offer("o", per_store=1)])) == ("o",)


def test_an_offer_of_a_campaign_that_nobody_knows_has_no_budget() -> None:
    assert BudgetSpend().over(catalogue(offers=[offer("o", cents=100)])) == ()
