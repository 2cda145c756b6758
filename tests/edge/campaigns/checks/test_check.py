from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.campaigns.checks.check import MOST_TOLD, check
from edge.campaigns.checks.findings import Fault, Finding, concerning, forbids, render
from edge.campaigns.checks.offer_conflicts import pairs
from edge.campaigns.checks.portfolio import Portfolio
from edge.campaigns.checks.prepared_portfolio import PreparedPortfolio
from edge.domain.campaign import Campaign
from edge.domain.experiment import Variant
from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import Offer
from tests.edge.campaigns.checks.plots import DAY, PLOTS, campaign, offer, spare, with_
from tests.edge.campaigns.checks.portfolios import AT, clean

OLD: dict[str, Any] = {"starts_at": AT - 9 * DAY, "ends_at": AT - DAY}


@pytest.mark.parametrize("seed", range(25))
def test_nothing_is_wrong_with_a_clean_portfolio_of_fifty_campaigns(seed: int) -> None:
    portfolio = clean(seed)
    assert len(portfolio.campaigns) == 50
    assert check(portfolio, AT) == ()


@pytest.mark.parametrize("row", range(len(PLOTS)), ids=lambda row: f"{row}-{PLOTS[row][0]}")
def test_a_planted_fault_is_found_with_its_culprits_and_nothing_else(row: int) -> None:
    fault, plant = PLOTS[row]
    portfolio, culprits = plant(clean(row))
    found = check(portfolio, AT)
    assert [(one.code, set(one.culprits)) for one in found] == [(fault, culprits)]
    assert found[0].says
    assert found[0].mend


def test_every_fault_of_the_closed_list_is_planted() -> None:
    assert {fault for fault, _ in PLOTS} == set(Fault)


class Renaming:
    """New names for all campaigns and offers, in another order of the alphabet."""

    def __init__(self, portfolio: Portfolio, chance: Random) -> None:
        ids = [*portfolio.campaigns, *(o.id for o in portfolio.offers), "old", "o-gone"]
        numbers = chance.sample(range(10_000), len(ids))
        self._names = {id_: f"n-{n:05}" for id_, n in zip(ids, numbers, strict=True)}
        self._chance = chance

    def __call__(self, id_: str) -> str:
        return self._names.get(id_, id_)

    def portfolio(self, old: Portfolio) -> Portfolio:
        offers, campaigns = list(map(self._offer, old.offers)), list(old.campaigns.values())
        self._chance.shuffle(offers)
        self._chance.shuffle(campaigns)
        return replace(
            old,
            offers=tuple(offers),
            campaigns={self(c.id): self._campaign(c) for c in campaigns},
            given={OfferId(self(id_)): n for id_, n in old.given.items()},
            spent_cents={self(id_): n for id_, n in old.spent_cents.items()},
            needs={self(id_): n for id_, n in old.needs.items()},
        )

    def _offer(self, old: Offer) -> Offer:
        return replace(old, id=OfferId(self(old.id)), campaign=self(old.campaign))

    def _campaign(self, old: Campaign) -> Campaign:
        parent = None if old.parent is None else self(old.parent)
        variants = tuple(map(self._variant, old.variants))
        return replace(old, id=self(old.id), parent=parent, variants=variants)

    def _variant(self, old: Variant) -> Variant:
        return replace(old, offers=tuple(map(self, old.offers)))


@settings(max_examples=60, deadline=None)
@given(row=st.integers(0, len(PLOTS) - 1), seed=st.integers(0, 2**16))
def test_names_and_order_change_nothing(row: int, seed: int) -> None:
    portfolio, _ = PLOTS[row][1](clean(seed % 7))
    if len({o.id for o in portfolio.offers}) < len(portfolio.offers):
        return  # of two offers with one id only one is looked into
    renaming = Renaming(portfolio, Random(seed))  # noqa: S311  # no secret
    before, after = check(portfolio, AT), check(renaming.portfolio(portfolio), AT)
    renamed = [(one.code, one.grade, {*map(renaming, one.culprits)}) for one in before]
    assert [(one.code, one.grade, set(one.culprits)) for one in after] == renamed


def test_a_large_portfolio_is_clean_too_and_few_of_its_offers_are_compared() -> None:
    portfolio = clean(3, size=200)
    assert len(portfolio.campaigns) == 200
    assert check(portfolio, AT) == ()
    reaches = PreparedPortfolio(portfolio, AT).reaches.values()
    every = len(reaches) * (len(reaches) - 1) // 2
    assert len(list(pairs(reaches, lambda reach: reach.offer.items))) < every // 100


def test_two_offers_with_many_products_in_common_are_compared_once() -> None:
    portfolio = clean()
    items = spare(portfolio, 9)
    made = with_(portfolio, campaign(), offer("o-1", items), offer("o-2", items[3:]))
    compared = pairs(
        PreparedPortfolio(made, AT).reaches.values(), lambda reach: reach.offer.items
    )
    both = {"o-1", "o-2"}
    assert [{a.offer.id, b.offer.id} for a, b in compared if a.offer.id in both] == [both]


def test_a_thousand_offers_on_one_product_are_refused_without_a_million_sentences() -> None:
    portfolio = clean()
    items = spare(portfolio)
    many = [offer(f"o-{n}", items) for n in range(1_000)]
    found = check(with_(portfolio, campaign(), *many), AT)
    assert [one.code for one in found] == [Fault.COLLISION] * MOST_TOLD


def test_what_came_to_its_end_stops_nobody_who_publishes_something_else() -> None:
    portfolio = with_(clean(), campaign(), offer("o-new", spare(clean()), **OLD))
    assert [one.code for one in check(portfolio, AT)] == [Fault.ENDED]
    assert check(replace(portfolio, coming=frozenset({"new"})), AT) == ()
    assert len(check(replace(portfolio, coming=frozenset({"o-new"})), AT)) == 1


def test_what_ended_or_is_paused_collides_with_nothing() -> None:
    portfolio = clean()
    items = spare(portfolio)
    paused = campaign("p", paused=True), offer("o-p", items, "p")
    ended = offer("o-old", items, "e", **OLD)
    made = campaign(), offer("o-new", items), *paused, campaign("e"), ended
    assert [one.code for one in check(with_(portfolio, *made), AT)] == [Fault.ENDED]


def test_offers_that_follow_each_other_do_not_collide() -> None:
    portfolio = clean()
    items = spare(portfolio)
    first, later = (
        offer("o-1", items, ends_at=AT + DAY),
        offer("o-2", items, starts_at=AT + DAY),
    )
    assert check(with_(portfolio, campaign(), first, later), AT) == ()


def test_a_gift_may_cost_nothing_but_not_less() -> None:
    portfolio = clean()
    items = spare(portfolio)
    price = portfolio.products[items[0]].price_cents
    for cents, found in ((price, []), (price + 1, [Fault.FREE_PRODUCT])):
        gift = offer("o-1", items, offer_type="gift", discount_cents=cents)
        assert [one.code for one in check(with_(portfolio, campaign(), gift), AT)] == found


def test_a_sentence_names_no_more_products_than_one_can_read() -> None:
    made = offer("o-1", [ItemKey(n) for n in range(10**6, 10**6 + 50)])
    (found,) = check(with_(clean(), campaign(), made), AT)
    assert "(50 in all)" in found.says
    assert len(found.says) < 200


def test_findings_are_told_as_a_document() -> None:
    finding = Finding(
        code=Fault.ENDED, grade="error", culprits=("a", "b"), says="It is over.", mend="Go on."
    )
    assert render([finding]) == [
        {"code": "ended", "grade": "error", "culprits": ["a", "b"], "says": "It is over.", "mend": "Go on."}
    ]  # fmt: skip
    assert list(concerning([finding], {"b"})) == [finding]
    assert not list(concerning([finding], {"c"}))


def test_only_an_error_forbids() -> None:
    finding = Finding(code=Fault.ENDED, grade="warning", culprits=("a",), says="", mend="")
    assert not forbids([finding])
    assert forbids([finding, replace(finding, grade="error")])
