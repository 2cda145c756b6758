from __future__ import annotations

from typing import Any

import pytest

from edge.campaigns.checks.check import check
from edge.campaigns.checks.findings import Fault
from edge.campaigns.checks.offer_conflicts import rivals
from edge.campaigns.checks.portfolio import Portfolio
from edge.campaigns.checks.prepared_portfolio import PreparedPortfolio
from edge.domain.experiment import Design, Layer, Variant
from tests.edge.campaigns.checks.plots import DAY, campaign, offer, spare, with_
from tests.edge.campaigns.checks.portfolios import AT, clean

SOLD = clean()
WIDE: dict[str, Any] = {"weekly_cap": 60, "discount_cents": 60}
SWITCH: dict[str, Any] = {"design": Design.SWITCHBACK}
AB = Variant(name="a"), Variant(name="b")


def found(
    first: dict[str, Any], second: dict[str, Any], **offers: dict[str, Any]
) -> set[Fault]:
    """What is said of one offer each of two campaigns, on one product; ``one`` and ``other`` change them."""
    items = spare(SOLD)
    portfolio = with_(
        Portfolio(products=SOLD.products, offers=(), campaigns={}),
        campaign("a", **first),
        campaign("b", **second),
        offer("o-1", items, "a", **offers.get("one", {})),
        offer("o-2", items, "b", **offers.get("other", {})),
    )
    return {one.code for one in rivals(PreparedPortfolio(portfolio, AT))}


def test_a_campaign_that_holds_nobody_out_outdoes_another() -> None:
    assert found({"holdout_pct": 0}, {}, one=WIDE) == {Fault.OUTDONE}


@pytest.mark.parametrize(
    "first",
    [
        {},
        {"holdout_pct": 0, "weekly_cap": 9},
        {"holdout_pct": 0, "budget_cents": 10**6},
        {"holdout_pct": 0, "layer": Layer(name="l", last=9_000)},
        {"holdout_pct": 0, "ends_at": AT + DAY},
    ],
)
def test_what_stops_for_somebody_or_some_day_leaves_room_for_the_other(
    first: dict[str, Any],
) -> None:
    assert found(first, {}, one=WIDE) == {Fault.COLLISION}


@pytest.mark.parametrize(
    "worse", [{"segment": "vip"}, {"audience": "trips > 3"}, {"placements": ("kiosk-home",)}]
)
def test_the_narrower_offer_is_outdone(worse: dict[str, Any]) -> None:
    assert found({"holdout_pct": 0}, {}, one=WIDE, other=worse) == {Fault.OUTDONE}


@pytest.mark.parametrize(
    "better",
    [
        {"segment": "vip"}, {"audience": "trips > 3"}, {"placements": ("kiosk-home",)}, {"per_person": 1},
        {"weekly_cap": 3}, {"discount_cents": 10},
    ],
)  # fmt: skip
def test_a_better_offer_of_less_reach_collides(better: dict[str, Any]) -> None:
    assert found({"holdout_pct": 0}, {}, one={**WIDE, **better}) == {Fault.COLLISION}


def test_the_same_people_held_out_of_both_leak_nothing() -> None:
    assert found({"salt": "s"}, {"salt": "s"}) == {Fault.COLLISION}
    assert found({"salt": "s"}, {"salt": "s", "holdout_pct": 20}) == {Fault.HOLDOUT_LEAK}
    assert found({"holdout_pct": 0}, {"holdout_pct": 0}) == {Fault.COLLISION}


def test_two_switchbacks_hold_out_no_people() -> None:
    assert found(SWITCH, SWITCH) == {Fault.COLLISION}
    assert found(SWITCH, {}) == {Fault.MIXED_DESIGNS}


def test_a_layer_keeps_people_apart_but_not_stretches_of_time() -> None:
    low, high = {"layer": Layer(name="l", last=5_000)}, {"layer": Layer(name="l", first=5_000)}
    assert found(low, high) == set()
    assert found({**low, **SWITCH}, high) == {Fault.MIXED_DESIGNS}
    assert found(low, {"layer": Layer(name="other", first=5_000)}) == {Fault.HOLDOUT_LEAK}


def two_tests(places: tuple[str, ...] = (), **second: Any) -> set[Fault]:
    """What is said of two tests on one category; ``places`` and ``second`` change the second one."""
    one, other = spare(SOLD, 2)
    portfolio = with_(
        SOLD,
        campaign("a", variants=AB, ends_at=AT + 5 * DAY),
        campaign("b", variants=AB, **second),
        offer("o-1", [one], "a", placements=("kiosk-home",)),
        offer("o-2", [other], "b", placements=places),
    )
    return {finding.code for finding in check(portfolio, AT)}


def test_tests_on_one_category_may_run_one_after_the_other_or_at_other_screens() -> None:
    assert two_tests() == {Fault.TESTS_OVERLAP}
    assert two_tests(("phone-home",)) == set()
    assert two_tests(starts_at=AT + 5 * DAY) == set()


def test_a_switchback_in_a_layer_overlaps_nobody() -> None:
    parts = {"layer": Layer(name="l", last=6_000)}, {"layer": Layer(name="l", first=5_000)}
    portfolio = with_(SOLD, campaign("a", **parts[0], **SWITCH), campaign("b", **parts[1]))
    assert check(portfolio, AT) == ()


def test_offers_without_a_campaign_are_compared_too() -> None:
    items = spare(SOLD)
    lone = offer("o-1", items, "x", **WIDE), offer("o-2", items, "y", discount_cents=20)
    found = rivals(PreparedPortfolio(with_(SOLD, *lone), AT))
    assert [(one.code, one.culprits) for one in found] == [(Fault.OUTDONE, ("o-2", "o-1"))]
    alike = offer("o-1", items, "x"), offer("o-2", items, "new")
    leak = rivals(PreparedPortfolio(with_(SOLD, campaign(), *alike), AT))
    assert [one.code for one in leak] == [Fault.HOLDOUT_LEAK]


def test_within_a_campaign_its_own_cap_stops_both() -> None:
    items = spare(SOLD)
    two = (
        offer("o-1", items, **{**WIDE, "weekly_cap": 5}),
        offer("o-2", items, discount_cents=20),
    )
    capped, free = campaign(weekly_cap=5), campaign()
    for made, fault in ((capped, Fault.OUTDONE), (free, Fault.COLLISION)):
        assert [one.code for one in check(with_(SOLD, made, *two), AT)] == [fault]
