from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from edge.app.market_policies import SHIPPED, read_policy
from edge.campaigns.authoring.check_change import Rules, judged
from edge.campaigns.authoring.document import PortfolioBody
from edge.campaigns.authoring.pending_change import Proposal
from edge.campaigns.checks.findings import Fault
from edge.domain.catalogue import Tuning
from edge.lab.demo.campaigns import IDEA, PRICE, portfolio, saving
from edge.lab.demo.seed import DemoSeed
from edge.storage.catalogue import products
from edge.storage.connection import open_connection


def an_offer(campaign: str, number: int) -> dict[str, object]:
    return {
        "id": f"o-{campaign}-{number}",
        "campaign": campaign,
        "category": "COLD CEREAL",
        "discount_cents": 50,
        "starts_at": "2017-12-01T05:00:00Z",
        "ends_at": "2018-01-01T05:00:00Z",
        "creatives": [saving(50, "COLD CEREAL")],
    }


@pytest.fixture
def sold(file: Path, seed: DemoSeed) -> Iterator[sqlite3.Connection]:
    """A store that sells what the demo's does."""
    rows = [
        {
            "sku": shelf.sku,
            "name": shelf.name,
            "category": shelf.category,
            "department": shelf.department,
            "price_cents": shelf.price_cents,
        }
        for shelf in seed.shelves.values()
    ]
    with closing(open_connection(file)) as conn:
        products.upsert(conn, rows)
        yield conn


def test_the_largest_campaign_learns_and_the_first_of_the_others_tests() -> None:
    told = [
        an_offer(name, n)
        for name, size in (("a", 1), ("b", 4), ("c", 2), ("d", 3))
        for n in range(size)
    ]
    told[-1]["starts_at"] = "2017-12-09T05:00:00Z"
    campaigns, offers = portfolio(told)
    roles = {str(c["id"]): ("bandit" in c, "variants" in c) for c in campaigns}
    assert roles == {
        "a": (False, False),
        "b": (True, False),
        "c": (False, True),
        "d": (False, False),
    }
    creatives = {str(o["campaign"]): o["creatives"] for o in offers}
    assert creatives["a"] == [saving(50, "COLD CEREAL")]
    for name in ("b", "c"):
        words = creatives[name]
        assert isinstance(words, list)
        assert [one["id"] for one in words] == [PRICE, IDEA]


def test_the_demos_portfolio_is_one_that_could_be_published(seed: DemoSeed) -> None:
    told = PortfolioBody.model_validate({"campaigns": seed.campaigns, "offers": seed.offers})
    assert {one.campaign for one in told.offers} == {one.id for one in told.campaigns}
    for offer in told.offers:
        assert all({"en", "es"} == set(one.modules) for one in offer.creatives)
    assert all(one.holdout_pct == 10 for one in told.campaigns)


def test_the_control_tower_has_nothing_against_the_demos_portfolio_but_its_coupon_on_beer(
    sold: sqlite3.Connection, seed: DemoSeed
) -> None:
    told = PortfolioBody.model_validate({"campaigns": seed.campaigns, "offers": seed.offers})
    policy = read_policy(SHIPPED / "us.yaml")
    rules = Rules(tuning=Tuning(), sensitive_categories=policy.sensitive_categories)
    found = judged(
        sold, rules, Proposal(coming=told), datetime.fromisoformat("2017-12-04T00:00:00Z")
    )
    beer = next(one for one in told.offers if one.category == "BEERS/ALES")
    errors = {(one.code, one.culprits[0]) for one in found if one.grade == "error"}
    assert errors == {(Fault.SENSITIVE_IN_PUBLIC, beer.id)}
