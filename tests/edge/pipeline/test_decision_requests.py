from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from devices.messages import Ask, Basket, BasketAction, Line, Show, SignOut
from edge.domain.consent import ConsentState
from edge.domain.ids import DeviceId
from tests.edge.builders import (
    ANN,
    DISPLAY,
    KIOSK,
    NOW,
    TILL,
    TILL_2,
    catalogue,
    later,
    offer,
    said,
)
from tests.edge.shop import CARD, Shop, know, open_shop
from tests.patience import until

STRIP = Ask(placement="till-addon", deadline_ms=5_000, basket_id="b-1")


class Till:
    """A device that asks over HTTP."""

    device = DeviceId(TILL)
    device_class = "pos"


def ask(shop: Shop, question: Ask, device: str = TILL, *, waited_s: float = 0) -> None:
    message = shop.message(question, device, waited_s=waited_s)
    shop.pipeline.decision_requests.ask(shop.event(question, device), question, message)


async def put(shop: Shop, question: Ask) -> Show:
    """The same over HTTP, with all the time that it has."""
    return await shop.pipeline.decision_requests.answer(Till(), question)


async def settled(shop: Shop) -> None:
    """Everything submitted so far is on disk and told."""
    await shop.database.write(lambda _conn: None, essential=True)
    await asyncio.sleep(0)


async def test_an_answer_is_on_disk_and_carries_the_askers_correlation(file: Path) -> None:
    async with open_shop(file) as shop:
        await shop.till("open", 1)
        ask(shop, STRIP)
        assert shop.answers() == []
        await settled(shop)
        (sent,) = shop.ears.on("answer", TILL)
        assert sent.correlation == b"c-1"
        assert sent.body["decision_id"] == shop.stored()[-1].id
        assert "1" not in {item["item_id"] for item in sent.body["items"]}
        assert shop.counters.counts["answers"] == 1


async def test_a_question_past_its_deadline_is_answered_late_at_once_and_decides_nothing(
    file: Path,
) -> None:
    async with open_shop(file) as shop:
        ask(shop, STRIP.model_copy(update={"deadline_ms": 100}), waited_s=0.11)
        (answer,) = shop.answers()
        assert (answer["late"], answer["items"], answer["kind"]) == (True, [], "fallback")
        assert answer["reason"] == "late"
        await settled(shop)
        assert shop.stored() == []
        assert len(shop.answers()) == 1


async def test_a_slow_disk_makes_one_late_answer_and_no_second_one(file: Path) -> None:
    async with open_shop(file) as shop:
        with shop.disk.held():
            ask(shop, STRIP.model_copy(update={"deadline_ms": 30}))
            await until(lambda: bool(shop.answers()))
            (answer,) = shop.answers()
            assert answer["late"] is True
        await settled(shop)
        assert len(shop.answers()) == 1
        assert (shop.counters.counts["late"], shop.counters.counts["answers"]) == (1, 0)


async def test_a_full_disk_makes_an_empty_answer_at_once(file: Path) -> None:
    async with open_shop(file) as shop:
        shop.disk.full = True
        ask(shop, STRIP)
        await settled(shop)
        (answer,) = shop.answers()
        assert (answer["items"], "late" in answer) == ([], False)
        assert shop.counters.counts["unwritten"] == 1


async def test_nobody_waits_for_a_question_of_two_seconds_ago(file: Path) -> None:
    async with open_shop(file) as shop:
        ask(shop, STRIP, waited_s=2.1)
        (answer,) = shop.answers()
        assert (answer["kind"], answer["reason"], answer["items"]) == ("fallback", "stale", [])
        assert shop.ears.on("receipt") == []


async def test_a_clock_that_was_just_put_right_is_believed_at_once(file: Path) -> None:
    async with open_shop(file) as shop:
        for wrong in (later(days=-1), later(days=400)):
            message = shop.message(STRIP, TILL)
            shop.pipeline.decision_requests.ask(
                shop.event(STRIP, TILL, at=wrong), STRIP, message
            )
        ask(shop, STRIP)
        await settled(shop)
        reasons = [answer.get("reason") for answer in shop.answers()]
        assert reasons == ["stale", "from-the-future", None]


@pytest.mark.parametrize(
    ("placement", "reason", "told"),
    [
        ("kiosk-home", "wrong-class", "kiosk-home"),
        ("display-zone", "wrong-class", "display-zone"),
        ("arrival", "unknown-placement", "none"),
        ("no-such-place", "unknown-placement", "none"),
    ],
)
async def test_a_place_that_this_class_does_not_have_is_answered_with_its_reason(
    file: Path, placement: str, reason: str, told: str
) -> None:
    async with open_shop(file) as shop:
        ask(shop, Ask(placement=placement))
        (sent,) = shop.ears.on("answer", TILL)
        assert sent.correlation == b"c-1"
        assert (sent.body["kind"], sent.body["reason"], sent.body["items"]) == (
            "fallback",
            reason,
            [],
        )
        assert (sent.body["field"], sent.body["placement"]) == ("placement", told)
        over_http = await put(shop, Ask(placement=placement))
        assert (over_http.reason, over_http.placement) == (reason, told)
        assert shop.counters.refusals == {reason: 2}
        await settled(shop)
        assert shop.stored() == []


async def test_a_named_basket_is_answered_for_its_buyer(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.till("open", 1, card=CARD)
        answer = await put(shop, STRIP)
        assert (answer.kind, answer.slots["title"]) == ("personal", "Before you pay")
        assert answer.items[0].item_id == "9"


async def test_a_basket_of_another_till_is_nobodys_here(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.till("open", 1, card=CARD)
        ask(shop, STRIP, TILL_2)
        await settled(shop)
        assert {answer["kind"] for answer in shop.answers()} == {"context"}


async def test_without_a_basket_named_it_is_the_session_or_the_open_basket_here(
    file: Path,
) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.till("open", 1, card=CARD)
        plain = Ask(placement="till-addon")
        assert (await put(shop, plain)).kind == "personal"
        await shop.till("complete")
        assert (await put(shop, plain)).kind == "context"


async def test_a_display_gets_what_fits_its_zone_and_nobody(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        ask(shop, Ask(placement="display-zone", deadline_ms=5_000), DISPLAY)
        await settled(shop)
        (answer,) = shop.answers()
        made = shop.stored()[-1]
        assert (answer["kind"], made.token, made.visit) == ("context", None, None)


async def test_consent_taken_back_while_the_answer_was_written_is_heeded(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.till("open", 1, card=CARD)
        with shop.disk.held():
            ask(shop, STRIP)
            shop.people.add_consents(ANN, (said(state=ConsentState.WITHDRAWN, at=NOW),))
        await settled(shop)
        (answer,) = shop.answers()
        assert (answer["items"], "greeting" in answer["slots"]) == ([], False)
        assert shop.counters.counts["withheld"] == 1


async def test_who_signed_out_while_the_answer_was_written_is_not_shown_it(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        with shop.disk.held():
            ask(shop, Ask(placement="kiosk-home", deadline_ms=5_000), KIOSK)
            leaving = asyncio.ensure_future(shop.say(SignOut(reason="person")))
            await asyncio.sleep(0)
        await leaving
        (answer,) = shop.answers()
        assert (answer["kind"], answer["items"]) == ("fallback", [])


async def test_a_screen_that_asked_is_cleared_like_one_that_was_sent_to(file: Path) -> None:
    know(file)
    async with open_shop(file, up=()) as shop:
        await shop.till("open", 1, card=CARD)
        await put(shop, STRIP)
        shop.ears.forget()
        await shop.till("complete")
        assert shop.cleared() == {TILL}


async def test_four_surfaces_that_ask_at_once_show_no_conflicting_offers(file: Path) -> None:
    know(file, habits=(1, 2))
    sold = catalogue(
        offers=[offer(name, n, category="x") for name, n in (("a", 1), ("b", 2), ("c", 3))]
    )
    async with open_shop(file, sold=sold) as shop:
        await shop.sign_in()
        await shop.till("open", card=CARD)
        shop.ears.forget()
        for placement, device in (("till-addon", TILL), ("kiosk-home", KIOSK)) * 2:
            ask(shop, Ask(placement=placement, deadline_ms=5_000), device)
        await settled(shop)
        by_surface: dict[str, set[str]] = {}
        for answer in shop.answers():
            offers = {i["offer_id"] for i in answer["items"] if "offer_id" in i}
            by_surface.setdefault(answer["placement"], set()).update(offers)
        assert sum(bool(offers) for offers in by_surface.values()) <= 1


def scanned(item: int, line: str, *, action: str = "add", basket: str = "b-1") -> Basket:
    """One line of a till under an id of its own."""
    lines = (Line(line_id=line, sku=str(item), price_cents=100 + item),)
    return Basket(basket_id=basket, action=BasketAction(action), lines=lines)


def after(line: str, **changed: object) -> Ask:
    return STRIP.model_copy(update={"after_line_id": line, **changed})


def suggested(shop: Shop) -> list[set[str]]:
    return [{item["item_id"] for item in answer["items"]} for answer in shop.answers()]


async def test_a_question_that_overtook_its_line_waits_for_it(file: Path) -> None:
    async with open_shop(file) as shop:
        await shop.say(scanned(5, "1"), TILL)
        ask(shop, after("2"))
        await settled(shop)
        assert shop.answers() == []
        await shop.say(scanned(1, "2"), TILL)
        await settled(shop)
        (items,) = suggested(shop)
        assert items
        assert items.isdisjoint({"1", "5"})


async def test_without_the_line_named_the_article_comes_back(file: Path) -> None:
    async with open_shop(file) as shop:
        await shop.say(scanned(5, "1"), TILL)
        ask(shop, STRIP)
        await shop.say(scanned(1, "2"), TILL)
        await settled(shop)
        assert "1" in suggested(shop)[0]


async def test_a_line_that_is_there_or_was_voided_since_is_not_waited_for(file: Path) -> None:
    async with open_shop(file) as shop:
        await shop.say(scanned(5, "1"), TILL)
        await shop.say(scanned(1, "2"), TILL)
        await shop.say(scanned(1, "2", action="remove"), TILL)
        for line in ("1", "2"):
            ask(shop, after(line))
        ask(shop, after("2", basket_id=None))
        await settled(shop)
        assert len(shop.answers()) == 3


async def test_after_a_restart_the_lines_on_disk_are_known(file: Path) -> None:
    async with open_shop(file) as shop:
        await shop.say(scanned(5, "1"), TILL)
    async with open_shop(file) as shop:
        ask(shop, after("1"))
        await settled(shop)
        assert suggested(shop)
        assert "5" not in suggested(shop)[0]


async def test_a_line_that_never_comes_costs_half_the_time_and_not_the_answer(
    file: Path,
) -> None:
    async with open_shop(file) as shop:
        await shop.say(scanned(5, "1"), TILL)
        ask(shop, after("9", deadline_ms=400))
        await settled(shop)
        assert shop.answers() == []
        await until(lambda: bool(shop.answers()))
        (answer,) = shop.answers()
        assert "late" not in answer
        assert answer["items"]


async def test_a_question_before_the_first_line_of_a_sale_waits_too(file: Path) -> None:
    async with open_shop(file) as shop:
        for basket_id in ("b-1", None):
            ask(shop, after("1", basket_id=basket_id))
        await settled(shop)
        assert shop.answers() == []
        await shop.say(scanned(1, "1"), TILL)
        await settled(shop)
        assert [("1" in items) for items in suggested(shop)] == [False, False]


async def test_a_number_used_again_means_the_next_sale(file: Path) -> None:
    async with open_shop(file) as shop:
        await shop.say(scanned(5, "1"), TILL)
        await shop.say(Basket(basket_id="b-1", action=BasketAction.COMPLETE), TILL)
        shop.clock.pass_by(days=1)
        ask(shop, after("1"))
        await settled(shop)
        await shop.say(scanned(1, "1"), TILL)
        await settled(shop)
        (items,) = suggested(shop)
        assert "1" not in items


async def test_a_line_of_another_till_or_basket_is_not_the_one_waited_for(file: Path) -> None:
    async with open_shop(file) as shop:
        await shop.say(scanned(5, "1"), TILL)
        ask(shop, after("2"))
        await shop.say(scanned(1, "2"), TILL_2)
        await shop.say(scanned(2, "2", basket="b-2"), TILL)
        await settled(shop)
        assert shop.answers() == []
        await shop.say(scanned(3, "2"), TILL)
        await settled(shop)
        assert len(shop.answers()) == 1


async def test_over_http_the_same_is_waited_for(file: Path) -> None:
    async with open_shop(file) as shop:
        await shop.say(scanned(5, "1"), TILL)
        asked = asyncio.ensure_future(put(shop, after("2")))
        await settled(shop)
        assert not asked.done()
        await shop.say(scanned(1, "2"), TILL)
        assert "1" not in {item.item_id for item in (await asked).items}
        late = await put(shop, after("9", deadline_ms=100))
        assert (late.late, late.reason) == (None, None)


async def test_a_question_that_waits_holds_nobody_else_up(file: Path) -> None:
    async with open_shop(file) as shop:
        await shop.say(scanned(5, "1"), TILL)
        ask(shop, after("9"))
        ask(shop, STRIP)
        ask(shop, Ask(placement="kiosk-home", deadline_ms=5_000), KIOSK)
        await settled(shop)
        assert [answer["placement"] for answer in shop.answers()] == [
            "till-addon",
            "kiosk-home",
        ]
