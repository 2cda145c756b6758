"""Budgets and one-time rights where one answer or one sweep could get round them."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

from devices.messages import FeedbackAction
from edge.domain.ids import DecisionId, OfferId
from edge.storage.connection import open_connection, transaction
from edge.storage.decisions import redemptions
from edge.storage.decisions.redemptions import Redemption
from tests.edge.builders import ANN, NOW, campaign, offer
from tests.edge.pipeline.test_offer_responses import at_till, say, selling
from tests.edge.shop import know, open_shop

A_MINUTE = timedelta(minutes=1)


async def test_one_answer_about_a_whole_screen_cannot_overdraw_a_budget(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    know(file, habits=(1, 2))
    both = [
        offer(name, n, cents=60, category=name, campaign="june")
        for n, name in ((1, "a"), (2, "b"))
    ]
    sold = selling(*both, tests=(campaign("june", budget_cents=100),))
    async with open_shop(file, sold=sold) as shop:
        made = await at_till(shop)
        assert {slot.offer for slot in made.slots} >= {"a", "b"}
        receipt = await say(shop, made, FeedbackAction.REDEEM, item=None)
        assert (receipt.accepted, receipt.reason) == (False, "offer-spent")
        assert shop.database.read(redemptions.spent_cents) == {}
        assert (await say(shop, made, FeedbackAction.REDEEM)).accepted


def redeemed(nth: int) -> Redemption:
    return Redemption(
        offer=OfferId("o"),
        campaign="june",
        cents=50,
        decision=DecisionId("d"),
        at=NOW + nth * A_MINUTE,
        token=ANN,
        nth=nth,
    )


def taken_again(conn: sqlite3.Connection) -> bool:
    """Whether the next redemption, numbered after what is known, is counted."""
    nth = redemptions.given_to(conn, ANN)[OfferId("o")] + 1
    return redemptions.add(conn, redeemed(nth))


def test_what_was_let_go_of_still_counts(tmp_path: Path) -> None:
    conn = open_connection(tmp_path / "store.db")
    with transaction(conn):
        for nth in (1, 2):
            redemptions.add(conn, redeemed(nth))
        assert redemptions.sweep(conn, NOW + 1.5 * A_MINUTE, limit=10) == 1
        assert redemptions.given_to(conn, ANN) == {"o": 2}
        assert taken_again(conn)
    conn.close()
