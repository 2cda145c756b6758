"""Who may see what: a public screen turns personal for one person surely alone, and back before anybody else looks."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from devices.beacons import rotating_id, window_of
from devices.messages import Ask, Beacon, Sighting
from edge.decision.codec import decode_inputs
from edge.domain.consent import ConsentState, Purpose
from edge.domain.decision import ContentKind
from edge.domain.headcount import Headcount
from edge.domain.ids import DeviceId, Token
from edge.domain.transitions.transition import ContentRequest
from edge.storage.connection import open_connection, transaction
from edge.storage.decisions import decisions
from edge.storage.people import beacon_keys
from tests.edge.builders import (
    ANN,
    BEN,
    DISPLAY,
    EVERYTHING,
    GATEWAY,
    KIOSK,
    STORE,
    TILL,
    catalogue,
    offer,
    policy,
    product,
    said,
)
from tests.edge.shop import ZONES, Shop, know, open_shop
from tests.patience import until

KEYS = {ANN: b"a" * 32, BEN: b"b" * 32}
# A market that allows personal content in public with consent; none of the shipped ones does.
open_market = partial(open_shop, market=policy())
BOARD = ContentRequest(placement="display-zone", visit=None, zone="dairy")


def carry(file: Path, *people: Token, purposes: frozenset[Purpose] = EVERYTHING) -> None:
    """They are known here, and their apps have beacon keys."""
    for n, token in enumerate(people):
        know(file, token, purposes, card=f"41000000{n}", habits=(9, 10))
    conn = open_connection(file)
    with transaction(conn):
        for token in people:
            beacon_keys.put(conn, token, KEYS[token])
    conn.close()


async def seen(shop: Shop, token: Token = ANN, zone: str | None = "dairy") -> None:
    id_ = rotating_id(KEYS[token], window_of(shop.clock.now()))
    heard = Sighting(beacon=Beacon(kind="app", id=id_), rssi_dbm=-60, zone=zone)
    assert (await shop.say(heard, GATEWAY)).accepted


async def counted(shop: Shop, people: int, zone: str = "dairy") -> None:
    shop.takedown.count_people(zone, Headcount(people=people, at=shop.clock.now()))
    await asyncio.sleep(0.05)


def board(shop: Shop) -> Any:
    return shop.shown(DISPLAY)[-1]


async def alone(shop: Shop) -> None:
    """Ann is alone before the display."""
    await seen(shop)
    await counted(shop, 1)
    await until(lambda: bool(shop.shown(DISPLAY)) and board(shop)["kind"] == "personal")


async def test_the_display_turns_personal_for_one_person_surely_alone(file: Path) -> None:
    carry(file, ANN)
    async with open_market(file, up=(DISPLAY,)) as shop:
        await seen(shop)
        assert board(shop)["kind"] == "context"
        await counted(shop, 1)
        await until(lambda: board(shop)["kind"] == "personal")
        last = shop.ears.on("show", DISPLAY)[-1]
        assert not last.retain
        assert last.expiry_s is not None
        assert last.expiry_s <= 10
        assert "greeting" not in last.body["slots"]


def says_one_is_here(shop: Shop, device_class: str, device: str) -> None:
    shop.pipeline.intake.receive(
        shop.message(Ask(placement="kiosk-home"))._replace(
            topic=f"storeside/1/{STORE}/{device_class}/{device}/telemetry",
            payload=b'{"values":{"people":1.0}}',
        )
    )


async def test_only_a_counter_that_stands_in_the_zone_is_believed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry(file, ANN)
    monkeypatch.setitem(ZONES, DeviceId("camera-1"), "dairy")
    async with open_market(file, up=(DISPLAY,)) as shop:
        reading = asyncio.create_task(shop.pipeline.intake.run())
        await seen(shop)
        says_one_is_here(shop, "kiosk", KIOSK)
        says_one_is_here(shop, "camera", "camera-2")
        await until(lambda: shop.pipeline.intake.backlog == 0)
        await asyncio.sleep(0.05)
        assert board(shop)["kind"] == "context"
        says_one_is_here(shop, "camera", "camera-1")
        await until(lambda: board(shop)["kind"] == "personal")
        reading.cancel()


async def test_it_is_wiped_at_once_when_a_second_person_is_counted(file: Path) -> None:
    carry(file, ANN)
    async with open_market(file, up=(DISPLAY,)) as shop:
        await alone(shop)
        await counted(shop, 2)
        assert shop.cleared() == {DISPLAY}
        await until(lambda: board(shop)["kind"] == "context")


async def test_it_is_wiped_at_once_when_a_second_person_is_sighted(file: Path) -> None:
    carry(file, ANN, BEN)
    async with open_market(file, up=(DISPLAY,)) as shop:
        await alone(shop)
        await seen(shop, BEN)
        assert shop.cleared() == {DISPLAY}
        assert board(shop)["kind"] == "context"


async def test_it_is_wiped_when_nobody_has_said_for_a_while_who_stands_there(
    file: Path,
) -> None:
    carry(file, ANN)
    async with open_market(file, up=(DISPLAY,)) as shop:
        await alone(shop)
        shop.clock.pass_by(11)
        shop.takedown.recheck_public_screens()
        assert shop.cleared() == {DISPLAY}
        await until(lambda: board(shop)["kind"] == "context")


async def test_a_second_person_between_deciding_and_showing_keeps_it_off_the_screen(
    file: Path,
) -> None:
    carry(file, ANN)
    async with open_market(file, up=(DISPLAY,)) as shop:
        await seen(shop)
        shop.ears.forget()
        with shop.disk.held():
            shop.takedown.count_people("dairy", Headcount(people=1, at=shop.clock.now()))
            await asyncio.sleep(0.02)
            shop.takedown.count_people("dairy", Headcount(people=2, at=shop.clock.now()))
        await until(lambda: shop.shown(DISPLAY) != [])
        assert {show["kind"] for show in shop.shown(DISPLAY)} == {"context"}
        assert ContentKind.PERSONAL in {
            d.kind for d in shop.stored()
        }  # decided, and never shown
        assert shop.counters.counts["withheld"] >= 1


@pytest.mark.parametrize("people", [0, 2, 3])
async def test_any_other_count_than_one_keeps_it_for_everybody(file: Path, people: int) -> None:
    carry(file, ANN)
    async with open_market(file, up=(DISPLAY,)) as shop:
        await seen(shop)
        await counted(shop, people)
        shop.takedown.recheck_public_screens((BOARD,))
        await asyncio.sleep(0.05)
        assert {show["kind"] for show in shop.shown(DISPLAY)} == {"context"}


async def test_a_display_without_a_counter_is_never_personal(file: Path) -> None:
    carry(file, ANN)
    async with open_market(file, up=(DISPLAY,)) as shop:
        await seen(shop)
        shop.takedown.recheck_public_screens((BOARD,))
        await asyncio.sleep(0.05)
        assert {show["kind"] for show in shop.shown(DISPLAY)} == {"context"}


@pytest.mark.parametrize("zone", ["bakery", None])
async def test_who_was_last_heard_elsewhere_is_not_the_one_that_was_counted(
    file: Path, zone: str | None
) -> None:
    """A single word from another zone moves nobody, but it is no word that they are still here."""
    carry(file, ANN)
    async with open_market(file, up=(DISPLAY,)) as shop:
        await seen(shop)
        shop.clock.pass_by(11)
        await seen(shop, ANN, zone)
        await counted(shop, 1)
        shop.takedown.recheck_public_screens((BOARD,))
        await asyncio.sleep(0.05)
        assert shop.visit_of().zone == "dairy"
        assert {show["kind"] for show in shop.shown(DISPLAY)} == {"context"}


async def test_who_did_not_agree_to_public_screens_never_stands_on_one(file: Path) -> None:
    carry(file, ANN, purposes=EVERYTHING - {Purpose.PERSONALISE_PUBLIC})
    async with open_market(file, up=(DISPLAY,)) as shop:
        await seen(shop)
        await counted(shop, 1)
        shop.takedown.recheck_public_screens((BOARD,))
        await asyncio.sleep(0.05)
        assert {show["kind"] for show in shop.shown(DISPLAY)} == {"context"}


async def test_consent_withdrawn_between_deciding_and_showing_keeps_it_off_the_screen(
    file: Path,
) -> None:
    carry(file, ANN)
    async with open_market(file, up=(DISPLAY,)) as shop:
        await seen(shop)
        shop.ears.forget()
        with shop.disk.held():
            shop.takedown.count_people("dairy", Headcount(people=1, at=shop.clock.now()))
            no = said(Purpose.PERSONALISE_PUBLIC, ConsentState.WITHDRAWN, at=shop.clock.now())
            shop.people.add_consents(ANN, (no,))
        await asyncio.sleep(0.1)
        assert {show["kind"] for show in shop.shown(DISPLAY)} <= {"context"}


async def test_a_sensitive_product_is_on_no_display_even_for_one_alone(file: Path) -> None:
    carry(file, ANN)
    sold = catalogue(
        [product(n, "wine" if n in {9, 10, 1} else f"category {n}") for n in range(1, 13)],
        sensitive=["wine"],
    )
    async with open_market(file, sold=sold, up=(DISPLAY,)) as shop:
        await alone(shop)
        assert board(shop)["items"]
        shown = {i["item_id"] for show in shop.shown(DISPLAY) for i in show["items"]}
        assert shown.isdisjoint({"1", "9", "10"})


async def test_the_basket_is_nobodys_business_on_a_display(file: Path) -> None:
    carry(file, ANN)
    async with open_market(file, up=(DISPLAY,)) as shop:
        await shop.till("open", 1, 2, card="410000000")
        await seen(shop)
        await seen(shop)
        await alone(shop)
        (*_, last) = [d for d in shop.stored() if d.token and d.placement == "display-zone"]
        read = shop.database.read(lambda conn: decisions.find(conn, last.id))
        assert read is not None
        assert decode_inputs(read.inputs).basket == ()
        assert shop.presence.basket(shop.visit_of().basket) is not None


# Four surfaces at one instant (C18).

RIVALS = catalogue(
    offers=[
        offer("a", 1, category="x"),
        offer("b", 2, category="x", cents=40),
        offer("c", 3, category="y"),
        offer("d", 9, category="x", cents=30),
    ]
)


def before_her(shop: Shop) -> dict[str, set[str]]:
    """The offers on each screen that Ann can see now."""
    stay = shop.visit_of()
    now = shop.clock.now()
    return {
        f"{device}{'?' if asked else ''}": set(showing.offers)
        for (device, asked, _), showing in shop.screens._showing.items()  # noqa: SLF001 - what the store believes to be on its screens
        if showing.until > now
        and (showing.visit == stay.id or showing.zone == stay.zone is not None)
    }


def conflicts(shop: Shop) -> list[tuple[str, str]]:
    sold = shop.catalogue.in_force
    assert sold is not None
    known = sold.offers_by_id
    seen_ = before_her(shop)
    return [
        (one, other)
        for one, mine in seen_.items()
        for other, theirs in seen_.items()
        if one.rstrip("?") != other.rstrip("?")
        and any(known[a].contradicts(known[b]) for a in mine for b in theirs)  # type: ignore[index]  # names of offers
    ]


async def test_four_surfaces_asked_at_once_show_nothing_that_contradicts(file: Path) -> None:
    carry(file, ANN)
    async with open_market(file, sold=RIVALS, up=(DISPLAY, KIOSK, "tablet-1", TILL)) as shop:
        await seen(shop)
        await shop.sign_in("410000000")
        await shop.till("open", card="410000000")
        stay = shop.visit_of()
        wants = (
            BOARD,
            ContentRequest(placement="tablet-card", visit=stay.id, zone="dairy"),
            ContentRequest(placement="kiosk-home", visit=stay.id, device=KIOSK),
            ContentRequest(placement="till-addon", visit=stay.id, device=TILL),
        )
        for _ in range(4):
            shop.takedown.recheck_public_screens(wants)
            await asyncio.sleep(0.05)
            assert conflicts(shop) == []
            wants = (*wants[1:], wants[0])
        await until(lambda: any(before_her(shop).values()))


async def test_what_contradicts_a_new_word_on_the_display_of_ones_zone_is_replaced(
    file: Path,
) -> None:
    carry(file, ANN)
    async with open_market(file, sold=RIVALS, up=(DISPLAY, KIOSK)) as shop:
        await shop.sign_in("410000000")
        await until(lambda: bool(shop.shown(KIOSK)))
        before = len(shop.shown(KIOSK))
        assert before_her(shop)[KIOSK] == {"a", "b", "c", "d"}
        shop.takedown.recheck_public_screens((BOARD,))
        await until(lambda: len(shop.shown(KIOSK)) > before)
        assert before_her(shop) == {KIOSK: {"c"}, DISPLAY: {"a", "b", "c"}}
        assert conflicts(shop) == []


async def test_after_a_restart_nothing_contradicts_what_a_screen_may_still_show(
    file: Path,
) -> None:
    carry(file, ANN)
    async with open_market(file, sold=RIVALS, up=(KIOSK,)) as shop:
        await shop.sign_in("410000000")
        assert before_her(shop)[KIOSK] == {"a", "b", "c", "d"}
    async with open_market(file, sold=RIVALS, up=(TILL,)) as shop:
        await shop.till("open", card="410000000")
        made = shop.stored()[-1]
        assert made.placement == "till-addon"
        assert {c.offer for c in made.choices if c.offer} <= {"c"}
