"""The law of the ledger: whatever tills do, what is spent is the sum of the redemptions that stand."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from devices.messages import FeedbackAction
from edge.domain.offer import Offer
from edge.storage.decisions import redemptions
from tests.edge.builders import BEN, NOW, TILL, TILL_2, campaign
from tests.edge.pipeline.test_offer_responses import BENS, say, selling
from tests.edge.pipeline.test_redeeming import MILK, asked, decided
from tests.edge.shop import CARD, Shop, know, open_shop

PLAY = (
    "redeem",
    "redeem feedback",
    "reverse",
    "remove",
    "abandon",
    "pay",
    "other till",
    "restart",
)
BUDGET, PER_STORE = 170, 3


async def _step(shop: Shop, action: str, state: dict[str, Any]) -> None:
    basket, till = state["basket"], state["till"]
    if action == "redeem":
        await asked(shop, "redeem", basket, till=till, code="MILK20")
    elif action == "redeem feedback":
        await say(shop, state["made"], FeedbackAction.REDEEM, till)
    elif action == "reverse":
        await asked(shop, "reverse", basket, till=till, code="MILK20")
    elif action == "remove":
        await shop.till("add", 1, basket=basket, device=till)
        await shop.till("remove", 1, basket=basket, device=till)
    elif action in {"abandon", "pay"}:
        await shop.till(
            "complete" if action == "pay" else "abandon", 12, basket=basket, device=till
        )
        await _opened(shop, state)
    elif action == "other till":
        state["till"] = TILL_2 if till == TILL else TILL
        await _opened(shop, state)


async def _opened(shop: Shop, state: dict[str, Any]) -> None:
    state["number"] += 1
    state["basket"] = f"b-{state['number']}"
    card = CARD if state["number"] % 2 == 0 else BENS
    await shop.till("open", basket=state["basket"], card=card, device=state["till"])


def _holds(shop: Shop, limited: Offer) -> None:
    """Spent is the sum of what stands, in the table as in memory, and never beyond a right."""
    table = {n: c for n, c in shop.database.read(redemptions.given).items() if c}
    cents = shop.rows("SELECT coalesce(sum(cents), 0) FROM redemptions")[0][0]
    assert dict(shop.catalogue.spending.given) == table
    assert sum(shop.catalogue.spending.cents.values()) == cents <= BUDGET
    assert table.get(limited.id, 0) <= PER_STORE
    for token, times, most in shop.rows(
        "SELECT token, count(*), max(nth) FROM redemptions WHERE token IS NOT NULL GROUP BY token"
    ):
        person = shop.people.find(token, NOW)
        assert person is not None
        assert times == most == person.memory.given[limited.id]
        assert times <= (limited.per_person or 99)


async def _played(path: Path, actions: list[str]) -> None:
    limited = replace(MILK, per_person=2, per_store=PER_STORE)
    sold = selling(limited, tests=(campaign(budget_cents=BUDGET),))
    state: dict[str, Any] = {"basket": "b-1", "till": TILL, "number": 1}
    stretches: list[list[str]] = [[]]
    for action in actions:
        if action == "restart":
            stretches.append([])
        else:
            stretches[-1].append(action)
    for number, stretch in enumerate(stretches):
        async with open_shop(path, sold=sold) as shop:
            if number == 0:
                state["made"] = await decided(shop)
            _holds(shop, limited)
            for action in stretch:
                await _step(shop, action, state)
                _holds(shop, limited)


@given(st.lists(st.sampled_from(PLAY), min_size=4, max_size=14))
@settings(max_examples=30, deadline=None)
def test_spent_is_the_sum_of_what_stands_whatever_happens(actions: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "storeside.db"
        know(path, habits=(1,))
        know(path, BEN, card=BENS, habits=(1,))
        asyncio.run(_played(path, actions))
