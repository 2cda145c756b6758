"""What people answer is held against caps, budgets and one-time rights at once, on every surface."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from devices.messages import Ask, Feedback, FeedbackAction, Receipt
from edge.decision.codec import decode_inputs
from edge.domain.campaign import Campaign
from edge.domain.catalogue import Catalogue
from edge.domain.consent import ConsentState, Purpose
from edge.domain.decision import Decision, Rule
from edge.domain.exposure_memory import DISMISSED, NEVER_AGAIN, TAKEN_UP, OfferResponse
from edge.domain.ids import DecisionId, OfferId, Sku, VisitId
from edge.domain.offer import Offer
from edge.domain.transitions.transition import ContentRequest, Transition
from edge.storage.decisions import decisions, redemptions, responses
from tests.edge.builders import (
    ANN,
    BEN,
    KIOSK,
    NOW,
    TILL,
    TILL_2,
    campaign,
    catalogue,
    later,
    offer,
    product,
    said,
    shown,
)
from tests.edge.pipeline.test_caps import Device
from tests.edge.shop import CARD, Shop, know, open_shop

BENS = "4100000002"
ONCE = offer("once", 1, per_person=1, cap=50)


def selling(*offers: Offer, tests: tuple[Campaign, ...] = (), **tuning: object) -> Catalogue:
    return catalogue(offers=offers or (ONCE,), campaigns=tests, **tuning)  # type: ignore[arg-type]  # numbers of the test's choice


async def at_till(shop: Shop, card: str = CARD, till: str = TILL) -> Decision:
    """The till asks what to say to whoever has this card."""
    await shop.till("open", 12, basket=f"b-{till}-{card}", card=card, device=till)
    await shop.pipeline.decision_requests.answer(
        Device(till, "pos"), Ask(placement="till-addon")
    )
    return [d for d in shop.stored() if d.placement == "till-addon"][-1]


async def say(
    shop: Shop,
    made: Decision | DecisionId,
    action: FeedbackAction,
    device: str = TILL,
    item: str | None = "1",
) -> Receipt:
    id_ = made.id if isinstance(made, Decision) else made
    return await shop.say(Feedback(decision_id=id_, item_id=item, action=action), device)


async def redeem(shop: Shop, made: Decision, device: str = TILL, item: str = "1") -> str | None:
    """None where it was given; else why not."""
    receipt = await say(shop, made, FeedbackAction.REDEEM, device, item)
    return None if receipt.accepted else str(receipt.reason)


def given(shop: Shop) -> dict[OfferId, int]:
    return dict(shop.database.read(redemptions.given))


# One-time rights.


async def test_a_one_time_offer_is_given_once(file: Path) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling()) as shop:
        made = await at_till(shop)
        assert await redeem(shop, made) is None
        assert await redeem(shop, made) == "offer-used"
        assert given(shop) == {"once": 1}


async def test_two_tills_at_once_cannot_both_be_first(file: Path) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling()) as shop:
        one, other = await at_till(shop), await at_till(shop, till=TILL_2)
        answers = await asyncio.gather(redeem(shop, one), redeem(shop, other, TILL_2))
        assert sorted(answers, key=str) == [None, "offer-used"]
        assert given(shop) == {"once": 1}


async def test_a_restart_between_two_redemptions_makes_no_second_first(file: Path) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling()) as shop:
        made = await at_till(shop)
        assert await redeem(shop, made) is None
    async with open_shop(file, sold=selling()) as shop:
        assert await redeem(shop, made) == "offer-used"
        assert not any(c.offer for c in (await at_till(shop)).choices)


async def test_the_table_itself_takes_no_number_twice(file: Path) -> None:
    """Even if the engine's memory were wrong."""
    know(file, habits=(1,))
    async with open_shop(file, sold=selling()) as shop:
        made = await at_till(shop)
        assert await redeem(shop, made) is None
        person = shop.people.find(ANN, NOW)
        assert person is not None
        person.memory.given.clear()
        await redeem(shop, made)
        assert given(shop) == {"once": 1}


async def test_one_persons_right_is_not_anothers(file: Path) -> None:
    know(file, habits=(1,))
    know(file, BEN, card=BENS, habits=(1,))
    async with open_shop(file, sold=selling()) as shop:
        assert await redeem(shop, await at_till(shop)) is None
        assert await redeem(shop, await at_till(shop, BENS, TILL_2), TILL_2) is None
        assert given(shop) == {"once": 2}


async def test_only_a_till_redeems(file: Path) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling()) as shop:
        made = await at_till(shop)
        assert (await say(shop, made, FeedbackAction.REDEEM, KIOSK)).accepted
        assert given(shop) == {}


async def test_an_offer_that_is_sold_no_more_is_given_no_more(file: Path) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling()) as shop:
        made = await at_till(shop)
        shop.catalogue.in_force = catalogue()
        await redeem(shop, made)
        assert given(shop) == {}


# Stocks and budgets.


async def test_the_stores_stock_of_an_offer_is_never_overdrawn(file: Path) -> None:
    know(file, habits=(1,))
    know(file, BEN, card=BENS, habits=(1,))
    async with open_shop(file, sold=selling(offer("o", 1, per_store=1))) as shop:
        one, other = await at_till(shop), await at_till(shop, BENS, TILL_2)
        answers = await asyncio.gather(redeem(shop, one), redeem(shop, other, TILL_2))
        assert sorted(answers, key=str) == [None, "offer-spent"]
        assert not any(c.offer for c in (await at_till(shop)).choices)


async def test_a_campaigns_budget_is_never_overdrawn_through_a_restart(file: Path) -> None:
    know(file, habits=(1,))
    sold = selling(offer("o", 1, cents=40), tests=(campaign(budget_cents=100),))
    async with open_shop(file, sold=sold) as shop:
        made = await at_till(shop)
        assert await redeem(shop, made) is None
        assert await redeem(shop, await at_till(shop, till=TILL_2), TILL_2) is None
    async with open_shop(file, sold=sold) as shop:
        await shop.till("open", basket="b-3", card=CARD)
        assert await redeem(shop, made) == "offer-spent"
        assert shop.database.read(redemptions.spent_cents) == {"june": 80}


# Answers.


@pytest.mark.parametrize(
    ("action", "liked"),
    [
        (FeedbackAction.ACCEPT, TAKEN_UP),
        (FeedbackAction.DISMISS, DISMISSED),
        (FeedbackAction.NOT_FOR_ME, NEVER_AGAIN),
    ],
)
async def test_an_answer_is_remembered_on_disk_and_in_mind(
    file: Path, action: FeedbackAction, liked: int
) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling()) as shop:
        made = await at_till(shop)
        assert (await say(shop, made, action)).accepted
        (kept,) = shop.database.read(lambda conn: responses.of(conn, ANN, later(days=-1)))
        person = shop.people.find(ANN, NOW)
        assert person is not None
        assert person.memory.responses == [kept]
        assert (kept.liked, kept.category, kept.item, kept.offer) == (
            liked,
            "category 1",
            1,
            "once",
        )


async def test_an_answer_to_a_whole_screen_concerns_its_offers(file: Path) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling(ONCE, offer("other", 2))) as shop:
        made = await at_till(shop)
        await say(shop, made, FeedbackAction.DISMISS, item=None)
        found = shop.database.read(lambda conn: responses.of(conn, ANN, later(days=-1)))
        assert {r.offer for r in found} == {c.offer for c in made.choices if c.offer}
        assert all(r.item is None for r in found)


async def test_not_for_me_on_one_screen_is_gone_from_every_other(file: Path) -> None:
    know(file, habits=(1, 2))
    async with open_shop(file) as shop:
        made = await at_till(shop)
        before = {d.id for d in shop.stored()}
        await say(shop, made, FeedbackAction.NOT_FOR_ME)
        await shop.sign_in()
        await shop.pipeline.decision_requests.answer(
            Device(KIOSK, "kiosk"), Ask(placement="kiosk-home")
        )
        after = [d for d in shop.stored() if d.id not in before]
        assert {d.placement for d in after} == {"kiosk-home"}
        assert not any("1" in {c.sku for c in d.choices} for d in after)


async def test_buying_it_again_ends_its_rejection_through_a_restart(file: Path) -> None:
    know(file, habits=(1, 2))
    async with open_shop(file) as shop:
        await say(shop, await at_till(shop), FeedbackAction.NOT_FOR_ME)
        refused = await at_till(shop)
        assert {x.rule for x in refused.losers if x.sku == "1"} == {Rule.REJECTED}
        shop.clock.pass_by(seconds=60)
        basket = f"b-{TILL}-{CARD}"
        for item in (1, 2):
            await shop.till("add", item, basket=basket)
        await shop.till("complete", basket=basket)
        found = shop.database.read(lambda conn: responses.of(conn, ANN, later(days=-1)))
        # Of the other one nothing was said: habits hold that it was bought.
        assert [(r.liked, r.item) for r in found] == [(NEVER_AGAIN, 1), (TAKEN_UP, 1)]
    async with open_shop(file) as shop:
        person = shop.people.find(ANN, later(days=3))
        assert person is not None
        assert (person.memory.rejected(later(days=3)), person.memory.disliked(NOW)) == ((), {})


async def test_noes_cost_the_whole_category_a_part_of_its_worth(file: Path) -> None:
    know(file, habits=(9, 10))
    async with open_shop(file, ranker=None) as shop:
        made = await at_till(shop)
        before = {c.sku: c.worth for c in made.choices}
        for _ in range(2):
            await say(shop, made, FeedbackAction.DISMISS, item=made.choices[0].sku)
        after = await at_till(shop)
        first = made.choices[0].sku
        again = next((c for c in after.choices if c.sku == first), None)
        assert again is None or (again.trust == 60 and again.worth < before[first])


async def test_a_strangers_answer_is_nobodys(file: Path) -> None:
    async with open_shop(file, sold=selling()) as shop:
        made = await at_till(shop, "no-such-card")
        assert (await say(shop, made, FeedbackAction.NOT_FOR_ME)).accepted
        assert await redeem(shop, made) is None
        assert shop.rows("SELECT count(*) FROM responses") == [(0,)]
        assert shop.rows("SELECT token, nth FROM redemptions") == [(None, None)]


def withdraws(shop: Shop) -> None:
    """Ann takes ``recognise`` back elsewhere: the engine hears of it, and her old screen is still answered."""
    person = shop.people.find(ANN, NOW)
    assert person is not None
    shop.people.add_consents(ANN, (said(Purpose.RECOGNISE, ConsentState.WITHDRAWN, at=NOW),))


async def test_who_is_not_to_be_recognised_any_more_leaves_no_answer(file: Path) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling()) as shop:
        made = await at_till(shop)
        withdraws(shop)
        assert (await say(shop, made, FeedbackAction.NOT_FOR_ME)).accepted
        person = shop.people.find(ANN, NOW)
        assert person is not None
        assert person.memory.responses == []
        assert shop.rows("SELECT * FROM responses") == []


async def test_what_they_redeem_counts_for_budgets_as_nobodys(file: Path) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling(tests=(campaign(budget_cents=100),))) as shop:
        made = await at_till(shop)
        withdraws(shop)
        assert await redeem(shop, made) is None
        assert shop.rows("SELECT token, nth FROM redemptions") == [(None, None)]
        assert shop.rows("SELECT * FROM responses") == []
        assert sum(shop.catalogue.spending.given.values()) == 1


async def test_what_they_buy_is_not_put_down_as_taking_an_offer_up(file: Path) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling(offer("o", 1))) as shop:
        await at_till(shop)
        await shop.till("add", 1, basket=f"b-{TILL}-{CARD}")
        withdraws(shop)
        await shop.till("complete", basket=f"b-{TILL}-{CARD}")
        assert shop.rows("SELECT * FROM responses") == []


async def test_who_has_left_may_still_answer_what_they_were_shown(file: Path) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling()) as shop:
        made = await at_till(shop)
        await shop.till("add", 2, basket=f"b-{TILL}-{CARD}")
        await shop.till("complete", basket=f"b-{TILL}-{CARD}")
        assert shop.presence.of_person(ANN) is None
        await say(shop, made, FeedbackAction.NOT_FOR_ME)
        assert shop.rows("SELECT liked FROM responses") == [(NEVER_AGAIN,)]


# Back-off and what is bought.


async def test_who_buys_what_an_offer_is_for_has_taken_it_up(file: Path) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling(offer("o", 1))) as shop:
        await at_till(shop)
        await shop.till("add", 1, basket=f"b-{TILL}-{CARD}")
        await shop.till("complete", basket=f"b-{TILL}-{CARD}")
        person = shop.people.find(ANN, NOW)
        assert person is not None
        assert person.memory.ignored(NOW) == {}
        found = shop.database.read(lambda conn: responses.of(conn, ANN, later(days=-1)))
        assert [(r.offer, r.liked) for r in found] == [("o", TAKEN_UP)]


async def test_what_is_bought_is_put_down_to_the_visit_of_the_basket_and_to_no_other(
    file: Path,
) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling(offer("o", 1))) as shop:
        await at_till(shop)
        await shop.till("add", 1, basket=f"b-{TILL}-{CARD}")
        visit = shop.in_store.presence.of_person(ANN)
        assert visit is not None
        basket = shop.in_store.presence.basket(visit.basket)
        stranger = replace(visit, id=VisitId("v-zzzz"), token=None)
        paid = Transition(facts=(), visits=(stranger, visit), basket=basket, paid=True)
        found = shop.pipeline.offer_responses.record(paid, NOW, NOW).answers
        assert [(one.token, one.response.offer) for one in found] == [(ANN, "o")]


async def comes_and_pays(shop: Shop) -> None:
    """A visit of its own: shown at the till, and nothing of it bought."""
    basket = f"b-{len(shop.stored())}"
    await shop.till("open", 12, basket=basket, card=CARD)
    await shop.pipeline.decision_requests.answer(
        Device(TILL, "pos"), Ask(placement="till-addon")
    )
    await shop.till("complete", basket=basket)


async def test_who_never_takes_it_up_is_shown_it_less_and_less(file: Path) -> None:
    know(file, habits=(1,))
    sold = selling(offer("o", 1, cap=4), patience=3)
    async with open_shop(file, sold=sold) as shop:
        person = shop.people.find(ANN, NOW)
        assert person is not None
        person.memory = shown(o=(-12, -11, -10, -9, -8))
        for _ in range(6):
            await comes_and_pays(shop)
        assert len(person.memory.lately(NOW)) == 1  # of four a week
        person.memory.responses.append(
            OfferResponse(NOW, TAKEN_UP, "dairy", None, OfferId("o"))
        )
        for _ in range(6):
            await comes_and_pays(shop)
        assert len(person.memory.lately(NOW)) == 4


async def test_what_was_just_bought_and_what_serves_instead_leave_before_the_receipt(
    file: Path,
) -> None:
    know(file, habits=(1, 2, 3))
    kinds = {1: "milk", 2: "milk"}
    products = [
        replace(product(n, f"category {n}"), kind=kinds.get(n, "")) for n in range(1, 13)
    ]
    async with open_shop(file, sold=catalogue(products)) as shop:
        await shop.sign_in()
        await shop.till("open", card=CARD)
        with shop.disk.held():  # the receipt cannot be there yet
            adding = asyncio.ensure_future(shop.till("add", 1))
            await asyncio.sleep(0.02)
            assert not adding.done()
            shown_, _ = shop.executor.answer(
                KIOSK, ContentRequest(placement="kiosk-home", visit=None), shop.visit_of()
            )
        await adding
        made = shown_.made.decision
        assert {"1", "2"}.isdisjoint({c.sku for c in made.choices})
        rules = {x.sku: x.rule for x in made.losers}
        assert rules[Sku("2")] == "substitute-bought"


async def test_what_a_person_touched_is_what_they_viewed_also_after_a_restart(
    file: Path,
) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=selling()) as shop:
        await say(shop, await at_till(shop), FeedbackAction.TOUCH)
    async with open_shop(file, sold=selling()) as shop:
        made = await at_till(shop)
        stored = shop.database.read(lambda conn: decisions.find(conn, made.id))
        assert stored is not None
        assert decode_inputs(stored.inputs).viewed == (1,)
