"""Offers given at a till and put back again: one a decision, offer and basket, with right, budget and stock back."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from devices.messages import Ask, Basket, BasketAction, FeedbackAction, OfferAsk
from edge.domain.decision import Decision
from edge.domain.discount import OfferDiscount, OfferDiscountKind
from edge.domain.ids import BasketId, DecisionId, OfferId
from edge.pipeline.offer_requests import OfferQuestion
from edge.storage.connection import open_connection, transaction
from edge.storage.decisions import redemptions
from edge.storage.decisions.redemptions import Redemption, UndoneRedemption
from edge.storage.erasure import forget
from models.offers.wallet import Wallet
from tests.edge.builders import ANN, BEN, DAY, NOW, TILL, TILL_2, campaign, offer
from tests.edge.pipeline.test_caps import Device
from tests.edge.pipeline.test_offer_responses import BENS, say, selling
from tests.edge.shop import CARD, Shop, know, open_shop
from tests.patience import patient

A_MINUTE = timedelta(minutes=1)
_questions = count(1)
MILK = offer(
    "milk-20",
    1,
    per_person=1,
    cap=50,
    discount=OfferDiscount(kind=OfferDiscountKind.AMOUNT, amount=50, code="MILK20"),
)


async def decided(
    shop: Shop, basket: str = "b-1", card: str = CARD, till: str = TILL
) -> Decision:
    """A basket is opened with this card, and the till asks what to say."""
    await shop.till("open", 12, basket=basket, card=card, device=till)
    await shop.pipeline.decision_requests.answer(
        Device(till, "pos"), Ask(placement="till-addon")
    )
    return [d for d in shop.stored() if d.placement == "till-addon"][-1]


async def asked(
    shop: Shop,
    verb: str,
    basket: str = "b-1",
    *,
    till: str = TILL,
    name: str = "",
    waited_s: float = 0,
    **by: Any,
) -> dict[str, Any]:
    """What a till hears when it asks over MQTT for an offer, by the answer that comes."""
    ask = OfferAsk.model_validate({"verb": verb, "basket_id": basket, **by}, strict=False)
    before = len(shop.answers())
    message = shop.message(ask, till, name=name or f"q-{next(_questions)}", waited_s=waited_s)
    shop.pipeline.intake.receive(message)
    running = asyncio.create_task(shop.pipeline.intake.run())
    async with asyncio.timeout(patient(5)):
        while len(shop.answers()) == before:  # noqa: ASYNC110 - the writer's thread answers
            await asyncio.sleep(0.001)
    running.cancel()
    found: dict[str, Any] = shop.answers()[-1]
    return found


def spent(shop: Shop) -> tuple[dict[str, int], dict[str, int]]:
    """What the table and what memory say was given away."""
    return (
        dict(shop.database.read(redemptions.spent_cents)),
        dict(shop.catalogue.spending.cents),
    )


def standing(shop: Shop) -> list[tuple[str, int | None]]:
    return [(o, nth) for o, nth in shop.rows("SELECT offer, nth FROM redemptions ORDER BY seq")]


# What undoes a redemption.


async def test_who_leaves_a_basket_behind_may_redeem_in_the_next(file: Path) -> None:
    """F08: identify, decide, add, redeem, abandon, new basket, redeem."""
    know(file, habits=(1,))
    sold = selling(MILK, tests=(campaign(budget_cents=50),))
    async with open_shop(file, sold=sold) as shop:
        made = await decided(shop)
        await shop.till("add", 1)
        assert (await say(shop, made, FeedbackAction.REDEEM)).accepted
        assert spent(shop) == ({"june": 50}, {"june": 50})
        await shop.till("abandon")
        assert spent(shop) == ({}, {})
        await shop.till("open", basket="b-2", card=CARD)
        assert (await say(shop, made, FeedbackAction.REDEEM)).accepted
        assert spent(shop) == ({"june": 50}, {"june": 50})
        assert "storeside.coupon-removed.v1" in [name for name, _ in shop.facts()]


async def test_a_reversed_offer_may_be_redeemed_again(file: Path) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling(MILK)) as shop:
        made = await decided(shop)
        by: dict[str, Any] = {"decision_id": made.id, "offer_id": "milk-20"}
        for _ in range(3):
            assert (await asked(shop, "redeem", **by))["granted"]
            assert standing(shop) == [("milk-20", 1)]
            assert (await asked(shop, "reverse", **by))["granted"]
            assert standing(shop) == []
        assert (await asked(shop, "reverse", **by))["granted"]


async def test_an_offer_goes_with_the_last_of_its_items(file: Path) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling(MILK)) as shop:
        await decided(shop)
        await shop.till("add", 1)
        await shop.till("add", 1)
        assert (await asked(shop, "redeem", code="milk20 "))["granted"]
        await shop.till("remove", 1)
        assert standing(shop) == [("milk-20", 1)]
        await shop.till("remove", 1)
        assert standing(shop) == []


async def sale(
    shop: Shop, action: str, number: str, *lines: dict[str, object], **more: Any
) -> None:
    told = {"basket_id": number, "action": action, "lines": list(lines), **more}
    receipt = await shop.say(Basket.model_validate(told, strict=False), TILL)
    assert receipt.accepted, receipt


async def test_a_paid_sale_that_is_voided_gives_the_offer_back(file: Path) -> None:
    know(file, habits=(1,))
    sold = selling(MILK, tests=(campaign(budget_cents=50),))
    async with open_shop(file, sold=sold) as shop:
        await decided(shop)
        await shop.till("add", 1)
        assert (await asked(shop, "redeem", code="MILK20"))["granted"]
        await shop.till("complete")
        assert spent(shop) == ({"june": 50}, {"june": 50})
        await sale(shop, "void-sale", "b-1")
        assert spent(shop) == ({}, {})
        await shop.till("open", basket="b-2", card=CARD)
        assert (await asked(shop, "redeem", "b-2", code="MILK20"))["granted"]


BACK = {"sku": "1", "quantity": 1, "price_cents": 101, "kind": "return"}
OF_THE_SALE = {"of": {"order_id": "b-1"}}


@pytest.mark.parametrize(
    ("back", "stands"),
    [
        (BACK | OF_THE_SALE | {"quantity": 2}, False),
        (BACK | OF_THE_SALE, True),
        (BACK | {"quantity": 2}, True),
        (BACK | {"sku": "12"} | OF_THE_SALE, True),
        (
            BACK
            | OF_THE_SALE
            | {"discounts": [{"kind": "amount", "amount": 50, "offer_id": "milk-20"}]},
            False,
        ),
    ],
    ids=["all of it", "one of two", "of no sale", "something else", "with the offer's name"],
)
async def test_a_return_gives_the_offer_back_with_the_goods_that_it_stood_on(
    file: Path, back: dict[str, object], *, stands: bool
) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling(MILK)) as shop:
        await decided(shop)
        await sale(shop, "add", "b-1", {"sku": "1", "quantity": 2, "price_cents": 101})
        assert (await asked(shop, "redeem", code="MILK20"))["granted"]
        await shop.till("complete")
    async with open_shop(file, sold=selling(MILK)) as shop:
        await sale(shop, "open", "b-2")
        await sale(shop, "complete", "b-2", back)
        assert bool(standing(shop)) is stands
        # A one-time right is there again right after the return, and not before.
        await shop.till("open", basket="b-3", card=CARD)
        again = await asked(shop, "redeem", "b-3", code="MILK20")
        assert again["granted"] is not stands


async def test_two_tills_at_once_get_the_last_one_once(file: Path) -> None:
    know(file, habits=(1,))
    know(file, BEN, card=BENS, habits=(1,))
    last = replace(MILK, per_store=1)
    async with open_shop(file, sold=selling(last)) as shop:
        await decided(shop)
        await decided(shop, "b-2", BENS, TILL_2)
        one, other = await asyncio.gather(
            shop.pipeline.offer_requests.answer(question(TILL, "b-1", "a")),
            shop.pipeline.offer_requests.answer(question(TILL_2, "b-2", "b")),
        )
        assert sorted((one.granted, other.granted)) == [False, True]
        assert {one.reason, other.reason} == {None, "offer-spent"}
        # The loser gets it as soon as the winner lets it go.
        winner, loser = (("b-1", TILL), ("b-2", TILL_2))[:: 1 if one.granted else -1]
        await shop.till("abandon", basket=winner[0], device=winner[1])
        assert (await asked(shop, "redeem", loser[0], till=loser[1], code="MILK20"))["granted"]


def question(till: str, basket: str, key: str) -> Any:
    ask = OfferAsk.model_validate(
        {"verb": "redeem", "basket_id": basket, "code": "MILK20"}, strict=False
    )
    return OfferQuestion(source=f"source-of-{till}", key=key, device=till, ask=ask)  # type: ignore[arg-type]  # a plain name does


async def test_who_was_erased_in_between_gives_stock_and_budget_back_all_the_same(
    file: Path,
) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling(MILK)) as shop:
        await decided(shop)
        assert (await asked(shop, "redeem", code="MILK20"))["granted"]
        await shop.database.write(lambda conn: forget(conn, ANN, NOW))
        shop.people.forget(ANN)
        shop.takedown.forget(ANN)
        assert standing(shop) == [("milk-20", None)]
        assert (await asked(shop, "reverse", code="MILK20"))["granted"]
        assert spent(shop) == ({}, {})


async def test_numbers_close_up_when_an_earlier_one_is_undone(file: Path) -> None:
    know(file, habits=(1,))
    twice = replace(MILK, per_person=2)
    async with open_shop(file, sold=selling(twice)) as shop:
        await decided(shop)
        assert (await asked(shop, "redeem", code="MILK20"))["granted"]
        await decided(shop, "b-2", till=TILL_2)
        assert (await asked(shop, "redeem", "b-2", till=TILL_2, code="MILK20"))["granted"]
        await shop.till("abandon")
        assert standing(shop) == [("milk-20", 1)]
        await shop.till("open", basket="b-3", card=CARD)
        assert (await asked(shop, "redeem", "b-3", code="MILK20"))["granted"]
        assert standing(shop) == [("milk-20", 1), ("milk-20", 2)]


# One a decision, offer and basket.


async def test_the_same_offer_is_taken_off_once_in_a_basket_however_often_it_is_asked(
    file: Path,
) -> None:
    know(file, habits=(1,))
    free = replace(MILK, per_person=None)
    async with open_shop(file, sold=selling(free)) as shop:
        made = await decided(shop)
        answers = [
            await asked(shop, "redeem", decision_id=made.id, offer_id=MILK.id) for _ in "ab"
        ]
        answers += [
            await asked(shop, "redeem", code="MILK20"),
            await asked(shop, "inquire", code="MILK20"),
        ]
        assert all(one == answers[0] for one in answers)
        assert len(standing(shop)) == 1
        assert (await say(shop, made, FeedbackAction.REDEEM)).reason == "offer-used"


async def test_the_table_itself_takes_no_second_for_a_basket_of_nobody(tmp_path: Path) -> None:
    conn = open_connection(tmp_path / "store.db")
    one = Redemption(
        offer=OfferId("o"), campaign="june", cents=50, decision=DecisionId("d"), at=NOW,
        basket=BasketId("b-1"),
    )  # fmt: skip
    with transaction(conn):
        assert redemptions.add(conn, one)
        assert not redemptions.add(conn, one)
        assert redemptions.undo(
            conn, UndoneRedemption(BasketId("b-1"), one.decision, one.offer)
        )
        assert redemptions.add(conn, one)
    conn.close()


async def test_the_same_question_gets_the_first_answer_also_after_a_restart(file: Path) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling(MILK)) as shop:
        await decided(shop)
        first = await asked(shop, "redeem", name="same", code="MILK20")
        no = await asked(shop, "redeem", name="no", code="NOTHING")
        await asked(shop, "reverse", name="back", code="MILK20")
    async with open_shop(file, sold=selling(MILK)) as shop:
        assert await asked(shop, "redeem", name="same", code="MILK20") == first
        assert await asked(shop, "redeem", name="no", code="MILK20") == no
        assert standing(shop) == []


async def test_a_restart_between_redeeming_and_leaving_undoes_it_all_the_same(
    file: Path,
) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling(MILK)) as shop:
        await decided(shop)
        assert (await asked(shop, "redeem", code="MILK20"))["granted"]
    async with open_shop(file, sold=selling(MILK)) as shop:
        assert spent(shop) == ({"june": 50}, {"june": 50})
        await shop.till("abandon")
        assert spent(shop) == ({}, {})
        await shop.till("open", basket="b-2", card=CARD)
        assert (await asked(shop, "redeem", "b-2", code="MILK20"))["granted"]


# Why not.


ENDED = replace(MILK, id=OfferId("old"), ends_at=NOW - A_MINUTE)


@pytest.mark.parametrize(
    ("by", "reason", "field"),
    [
        ({"code": "NONE"}, "unknown-code", "code"),
        ({"offer_id": "none"}, "unknown-offer", "offer_id"),
        ({"offer_id": "old"}, "offer-ended", "offer_id"),
        ({"decision_id": "none"}, "unknown-decision", "decision_id"),
        ({"code": "MILK20", "basket": "b-9"}, "unknown-basket", "basket_id"),
        ({"code": "MILK20", "till": TILL_2}, "unknown-basket", "basket_id"),
    ],
)
async def test_what_is_not_granted_has_its_reason_and_its_field(
    file: Path, by: dict[str, Any], reason: str, field: str
) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling(MILK, replace(ENDED, creatives=()))) as shop:
        await decided(shop)
        for verb in ("inquire", "redeem"):
            found = await asked(shop, verb, **by)
            assert found == {"granted": False, "reason": reason, "field": field}
        assert standing(shop) == []


async def test_a_right_that_is_used_up_and_a_budget_that_is_spent_are_told_apart(
    file: Path,
) -> None:
    know(file, habits=(1,))
    know(file, BEN, card=BENS, habits=(1,))
    sold = selling(MILK, tests=(campaign(budget_cents=50),))
    async with open_shop(file, sold=sold) as shop:
        await decided(shop)
        assert (await asked(shop, "redeem", code="MILK20"))["granted"]
        await shop.till("open", basket="b-2", card=CARD, device=TILL_2)
        used = await asked(shop, "redeem", "b-2", till=TILL_2, code="MILK20")
        await shop.till("open", basket="b-3", card=BENS, device=TILL_2)
        gone = await asked(shop, "redeem", "b-3", till=TILL_2, code="MILK20")
        assert (used["reason"], gone["reason"]) == ("offer-used", "offer-spent")


async def test_what_waited_too_long_is_answered_at_once_and_not_given(file: Path) -> None:
    async with open_shop(file, sold=selling(MILK)) as shop:
        await shop.till("open")
        late = await asked(shop, "redeem", waited_s=2, code="MILK20")
        assert late == {"granted": False, "reason": "late"}
        assert standing(shop) == []


async def test_an_offer_that_ends_on_the_way_to_the_till_stands_in_its_visit(
    file: Path,
) -> None:
    know(file, habits=(1,))
    soon = replace(MILK, ends_at=NOW + A_MINUTE)
    async with open_shop(file, sold=selling(soon)) as shop:
        made = await decided(shop)
        shop.clock.pass_by(120)
        assert (await asked(shop, "redeem", decision_id=made.id, offer_id=soon.id))["granted"]
        await shop.till("complete", 12)
        await shop.till("open", basket="b-2", card=CARD)
        late = await asked(shop, "redeem", "b-2", code="MILK20")
        assert late["reason"] == "offer-ended"


@pytest.mark.parametrize(
    ("discount", "cost"),
    [
        (OfferDiscount(kind=OfferDiscountKind.PERCENT, amount=20), 20),
        (OfferDiscount(kind=OfferDiscountKind.PERCENT, amount=20, max=15), 15),
        (OfferDiscount(kind=OfferDiscountKind.PRICE, amount=60), 41),
        (OfferDiscount(kind=OfferDiscountKind.POINTS, amount=500), 0),
        (OfferDiscount(kind=OfferDiscountKind.AMOUNT, amount=50), 50),
    ],
)
async def test_a_budget_is_charged_with_what_comes_off_the_stores_price(
    file: Path, discount: OfferDiscount, cost: int
) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling(replace(MILK, discount=discount))) as shop:
        made = await decided(shop)
        answer = await asked(shop, "redeem", decision_id=made.id, offer_id=MILK.id)
        told = answer["discount"]
        assert (told["kind"], told["amount"], told["currency"]) == (
            discount.kind, discount.amount, "USD",
        )  # fmt: skip
        assert sum(spent(shop)[0].values()) == cost


# What one answer or one sweep could get round.


async def test_one_answer_about_a_whole_screen_cannot_overdraw_a_budget(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    know(file, habits=(1, 2))
    both = [
        offer(name, n, cents=60, category=name, campaign="june")
        for n, name in ((1, "a"), (2, "b"))
    ]
    sold = selling(*both, tests=(campaign("june", budget_cents=100),))
    async with open_shop(file, sold=sold) as shop:
        made = await decided(shop)
        assert {slot.offer for slot in made.slots} >= {"a", "b"}
        receipt = await say(shop, made, FeedbackAction.REDEEM, item=None)
        assert (receipt.accepted, receipt.reason) == (False, "offer-spent")
        assert shop.database.read(redemptions.spent_cents) == {}
        assert (await say(shop, made, FeedbackAction.REDEEM)).accepted


def numbered(nth: int) -> Redemption:
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
    return redemptions.add(conn, numbered(nth))


def test_what_was_let_go_of_still_counts(tmp_path: Path) -> None:
    conn = open_connection(tmp_path / "store.db")
    with transaction(conn):
        for nth in (1, 2):
            redemptions.add(conn, numbered(nth))
        assert redemptions.sweep(conn, NOW + 1.5 * A_MINUTE, limit=10) == 1
        assert redemptions.given_to(conn, ANN) == {"o": 2}
        assert taken_again(conn)
    conn.close()


async def test_a_sale_taken_back_takes_its_counted_coupons_along(file: Path) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling(MILK)) as shop:
        await decided(shop)
        await shop.till("add", 1)
        assert (await asked(shop, "redeem", code="MILK20"))["granted"]
        paid = Basket(basket_id="b-1", action=BasketAction.COMPLETE, coupons=2)
        assert (await shop.say(paid, TILL)).accepted
        (body,) = shop.rows("SELECT body FROM coupons")[0]
        assert Wallet.from_bytes(body).counted == ((DAY, 2),)
        await shop.till("void-sale")
        assert standing(shop) == []
        assert shop.rows("SELECT body FROM coupons") == []
