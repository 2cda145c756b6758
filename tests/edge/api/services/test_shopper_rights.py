from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import replace
from decimal import Decimal

import pytest

from edge.api.services.shopper_rights import ShopperRights
from edge.decision.codec import decode_decision
from edge.domain.basket import BasketLine, TillBasket
from edge.domain.consent import ConsentState, Purpose
from edge.domain.customer import greeting_alias
from edge.domain.decision import ContentKind
from edge.domain.ids import Sku, VisitId
from edge.domain.transitions.transition import Transition
from edge.storage import erased_people
from edge.storage.change_set import ChangeSet
from edge.storage.connection import open_reader
from edge.storage.decisions import decisions
from edge.storage.people import consents
from tests.edge.api.services.goods import ANN, BEN
from tests.edge.api.services.shop import BASKET, KIOSK, VISIT, Shop
from tests.edge.storage import stored

PERSONAL = (Purpose.PERSONALISE_PRIVATE,)


def latest_kind(shop: Shop) -> tuple[ContentKind, str | None]:
    decision = decode_decision(shop.latest().output)
    return decision.kind, decision.token


async def give_basket(shop: Shop) -> None:
    """Ann's basket is open at the till."""
    (visit,) = shop.runtime.in_store.presence.visits
    line = BasketLine(sku=Sku("101"), quantity=Decimal(1), unit_price=Decimal(100))
    basket = TillBasket(id=BASKET, device=KIOSK, visit=visit.id, lines=(line,))
    held = replace(visit, basket=BASKET)
    await shop.runtime.pipeline.executor.execute(
        Transition(facts=(), visits=(held,), basket=basket), ChangeSet(at=shop.clock.now())
    )


async def test_a_stay_leads_to_its_person_while_it_goes_on(shop: Shop) -> None:
    rights = ShopperRights(shop.runtime)
    assert await rights.of_visit(VISIT) is None
    await shop.visit()
    assert await rights.of_visit(VISIT) == ANN
    await rights.erase(ANN)
    assert await rights.of_visit(VISIT) is None


async def test_an_anonymous_stay_leads_to_nobody(shop: Shop) -> None:
    await shop.visit(None)
    assert await ShopperRights(shop.runtime).of_visit(VISIT) is None


async def test_a_person_sees_what_the_store_knows(shop: Shop) -> None:
    await shop.visit()
    found = await ShopperRights(shop.runtime).about(ANN)
    assert found.alias == greeting_alias(ANN)
    assert all(found.consents.values())
    assert (found.known.trips, found.known.items) == (9, 5)
    assert found.known.since is not None
    assert len(found.receipts) == len(Purpose)


async def test_a_person_sees_why_newest_first_and_each_thing_once(shop: Shop) -> None:
    await shop.visit()
    await shop.show()
    kiosk, arrival = (await ShopperRights(shop.runtime).about(ANN)).why
    assert "Whole milk" in kiosk
    assert "at arrival" in arrival


async def test_somebody_without_habits_is_known_by_nothing(shop: Shop) -> None:
    known = (await ShopperRights(shop.runtime).about(BEN)).known
    assert (known.trips, known.items, known.since) == (0, 0, None)


async def test_a_withdrawal_is_on_disk_and_on_the_page_when_it_returns(shop: Shop) -> None:
    rights = ShopperRights(shop.runtime)
    await rights.withdraw(ANN, (Purpose.SHARE,))
    found = await rights.about(ANN)
    assert not found.consents[Purpose.SHARE]
    assert found.consents[Purpose.RECOGNISE]
    assert found.receipts[-1].state is ConsentState.WITHDRAWN
    assert found.receipts[-1].channel == "me"


async def test_screens_that_stood_on_it_are_cleared_and_shown_anew(shop: Shop) -> None:
    await shop.visit()
    await ShopperRights(shop.runtime).withdraw(ANN, PERSONAL)
    assert shop.ears.heard("cmd") == [{"command": "clear"}]
    assert shop.ears.heard("show")[-1]["kind"] == "context"


async def test_the_next_decision_after_a_withdrawal_is_anonymous(shop: Shop) -> None:
    await shop.visit()
    assert latest_kind(shop) == (ContentKind.PERSONAL, ANN)
    await ShopperRights(shop.runtime).withdraw(ANN, PERSONAL)
    await shop.show()
    assert latest_kind(shop) == (ContentKind.CONTEXT, None)


async def test_without_recognition_the_stay_ends_and_the_basket_goes_on(shop: Shop) -> None:
    await shop.visit()
    await give_basket(shop)
    await ShopperRights(shop.runtime).withdraw(ANN, (Purpose.RECOGNISE,))
    (stranger,) = shop.runtime.in_store.presence.visits
    assert (stranger.token, stranger.basket) == (None, BASKET)
    assert shop.runtime.in_store.presence.of_person(ANN) is None


async def test_a_purpose_that_moved_nothing_clears_nothing(shop: Shop) -> None:
    await shop.visit()
    await ShopperRights(shop.runtime).withdraw(ANN, (Purpose.PERSONALISE_PUBLIC,))
    assert not shop.ears.heard("cmd")


async def test_the_uplink_is_told_at_once(shop: Shop) -> None:
    told = list[str]()
    shop.runtime.pipeline.executor.on_disk = lambda: told.append("go")
    await ShopperRights(shop.runtime).withdraw(BEN, (Purpose.RECOGNISE,))
    assert told == ["go"]


async def test_an_erasure_leaves_no_byte_of_the_token(shop: Shop) -> None:
    await shop.visit()
    await shop.runtime.database.checkpoint()
    assert ANN.encode() in shop.bytes_on_disk()
    receipt = await ShopperRights(shop.runtime).erase(ANN)
    assert ANN.encode() not in shop.bytes_on_disk()
    assert receipt.counts["decisions"] == 2
    assert receipt.counts["visits"] == 1


async def test_an_erasure_clears_the_screens_before_the_disk(shop: Shop) -> None:
    await shop.visit()
    erasing = asyncio.ensure_future(ShopperRights(shop.runtime).erase(ANN))
    await asyncio.sleep(0)
    assert shop.ears.heard("cmd") == [{"command": "clear"}]
    assert not shop.runtime.database.read(lambda conn: erased_people.holds(conn, ANN))
    await erasing


async def test_after_an_erasure_nobody_is_in_mind(shop: Shop) -> None:
    await shop.visit()
    await ShopperRights(shop.runtime).erase(ANN)
    assert shop.runtime.state.people.find(ANN, shop.clock.now()) is None
    assert all(visit.token is None for visit in shop.runtime.in_store.presence.visits)
    await shop.visit(ANN)
    assert latest_kind(shop) == (ContentKind.CONTEXT, None)


async def test_what_was_drawn_for_somebody_is_out_of_mind_after_an_erasure(shop: Shop) -> None:
    await shop.visit()
    catalogue = shop.runtime.state.catalogue.in_force
    assert catalogue is not None
    drawn = catalogue.drawn_for(ANN)
    assert catalogue.drawn_for(ANN) is drawn
    await ShopperRights(shop.runtime).erase(ANN)
    assert catalogue.drawn_for(ANN) is not drawn


async def test_an_erased_persons_basket_goes_on_as_nobodys(shop: Shop) -> None:
    await shop.visit()
    await give_basket(shop)
    await ShopperRights(shop.runtime).erase(ANN)
    basket = shop.runtime.in_store.presence.basket(BASKET)
    assert basket is not None
    (stranger,) = shop.runtime.in_store.presence.visits
    assert basket.visit == stranger.id != VISIT
    kept = shop.runtime.database.read(lambda conn: stored.visit(conn, stranger.id))
    assert kept is not None
    assert kept.token is None


async def test_who_comes_in_while_being_erased_is_nobody(shop: Shop) -> None:
    await shop.visit()
    erasing = asyncio.ensure_future(ShopperRights(shop.runtime).erase(ANN))
    await asyncio.sleep(0)
    await shop.visit(ANN, id=VisitId("v-again"))
    await erasing
    assert shop.runtime.in_store.presence.of_person(ANN) is None
    assert ANN.encode() not in shop.bytes_on_disk()


async def test_others_are_left_alone_by_an_erasure(shop: Shop) -> None:
    before = shop.runtime.database.read(lambda conn: consents.of(conn, BEN))
    await ShopperRights(shop.runtime).erase(ANN)
    assert shop.runtime.database.read(lambda conn: consents.of(conn, BEN)) == before


async def test_an_erasure_waits_until_nobody_reads(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.visit()
    tries = list[bool]()
    checkpoint = shop.runtime.database.checkpoint

    async def late() -> bool:
        tries.append(len(tries) > 0 and await checkpoint())
        return tries[-1]

    monkeypatch.setattr(shop.runtime.database, "checkpoint", late)
    await ShopperRights(shop.runtime).erase(ANN)
    assert tries == [False, True]
    assert ANN.encode() not in shop.bytes_on_disk()


async def test_a_reader_that_stays_does_not_hold_the_answer_up(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never() -> bool:
        return False

    monkeypatch.setattr(shop.runtime.database, "checkpoint", never)
    monkeypatch.setattr("edge.api.services.shopper_rights._AGAIN_S", 0.0)
    assert (await ShopperRights(shop.runtime).erase(ANN)).counts["customers"] == 1


async def test_the_export_holds_everything_as_json(shop: Shop) -> None:
    await shop.visit()
    found = await ShopperRights(shop.runtime).export(ANN)
    made = shop.runtime.database.read(lambda conn: len(decisions.of(conn, ANN)))
    told = json.loads(json.dumps(dict(found)))
    assert len(told["decisions"]) == made == 2
    assert told["token"] == ANN


async def test_a_second_process_reads_the_erasure(shop: Shop) -> None:
    await ShopperRights(shop.runtime).erase(ANN)
    conn: sqlite3.Connection = open_reader(shop.path)
    assert erased_people.holds(conn, ANN)
    conn.close()
