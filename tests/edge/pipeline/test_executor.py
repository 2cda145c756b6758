from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from devices.messages import Consent, SignOut
from edge.domain.consent import ConsentState, Purpose
from edge.domain.customer import greeting_alias
from edge.domain.decision import Rule
from edge.domain.ids import ItemKey
from edge.domain.placement import PLACEMENTS
from edge.domain.transitions.transition import ContentRequest, Transition
from edge.domain.transitions.visit_end import ended
from edge.domain.visit import EndReason
from edge.storage.change_set import ChangeSet
from edge.storage.connection import open_connection, transaction
from edge.storage.erasure import forget
from edge.storage.errors import StorageFull
from tests.edge.builders import (
    ANN,
    BEN,
    DISPLAY,
    EVERYTHING,
    KIOSK,
    KIOSK_2,
    NOW,
    TABLET,
    TILL,
    catalogue,
    later,
    offer,
    said,
)
from tests.edge.fakes import BrokenRates
from tests.edge.shop import NOTICE, Shop, know, note, open_shop


def withdrawal(*purposes: Purpose) -> Consent:
    return Consent.model_validate(
        {"action": "withdraw", "purposes": tuple(p.value for p in purposes)}, strict=False
    )


async def wanted(shop: Shop, *wants: ContentRequest) -> None:
    await shop.executor.execute(Transition(facts=(), wants=wants), ChangeSet(at=NOW))


async def test_what_was_decided_is_on_disk_before_it_is_on_a_screen(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        with shop.disk.held():
            taken = asyncio.ensure_future(shop.sign_in())
            await asyncio.sleep(0.05)
            assert not taken.done()
            assert shop.shown(KIOSK) == []
        assert (await taken).accepted
        (show,) = shop.shown(KIOSK)
        assert show["decision_id"] in {d.id for d in shop.stored()}


async def test_a_person_is_shown_their_own_and_greeted_on_private_screens_only(
    file: Path,
) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        await wanted(shop, ContentRequest(placement="display-zone", visit=None, zone="dairy"))
        kiosk, tablet, board = (shop.shown(d)[-1] for d in (KIOSK, TABLET, DISPLAY))
        assert kiosk["kind"] == tablet["kind"] == "personal"
        assert kiosk["slots"]["greeting"] == tablet["slots"]["greeting"] == greeting_alias(ANN)
        assert kiosk["items"][0]["item_id"] == "9"
        assert board["kind"] == "context"
        assert board["slots"].keys() == {"title"}


async def test_nothing_that_is_sent_names_the_person(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        await shop.till("open", card="4100000001")
        everything = repr(shop.ears.sent) + repr(shop.feed.told)
        assert ANN not in everything
        assert "4100000001" not in everything
        assert not [one for one in shop.ears.sent if one.retain]


@pytest.mark.parametrize("placement", ["kiosk-home", "tablet-card", "till-addon"])
async def test_without_its_purpose_a_place_shows_nothing_personal(
    file: Path, placement: str
) -> None:
    place = PLACEMENTS[placement]
    know(file, ANN, EVERYTHING - {place.purpose})
    async with open_shop(file) as shop:
        await shop.sign_in()
        await shop.till("open", card="4100000001")
        device = {"kiosk": KIOSK, "tablet": TABLET, "pos": TILL}[place.surface]
        assert {show["kind"] for show in shop.shown(device)} <= {"context"}
        assert all("greeting" not in show["slots"] for show in shop.shown(device))
        mine = [d for d in shop.stored() if d.placement == placement]
        assert {(d.token, d.purposes) for d in mine} <= {(None, ())}


async def test_every_decision_names_the_purpose_it_stood_on(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        await shop.till("open", card="4100000001")
        found = {d.placement: d.purposes for d in shop.stored() if d.token == ANN}
        assert found.keys() >= {"arrival", "kiosk-home", "tablet-card", "till-addon"}
        assert all(found[name] == (PLACEMENTS[name].purpose,) for name in found)


async def test_a_withdrawal_clears_every_screen_at_once_and_shows_nobody_anything(
    file: Path,
) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        shop.ears.forget()
        with shop.disk.held():
            taken = asyncio.ensure_future(shop.say(withdrawal(*Purpose)))
            await asyncio.sleep(0)
            assert shop.cleared() == {KIOSK, TABLET}
        assert (await taken).accepted
        assert {show["kind"] for show in shop.shown(KIOSK)} == {"context"}
        assert shop.shown(TABLET) == []
        assert shop.presence.of_person(ANN) is None


async def test_consent_taken_back_between_deciding_and_showing_is_heeded(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        with shop.disk.held():
            taken = asyncio.ensure_future(shop.sign_in())
            await asyncio.sleep(0)
            shop.people.add_consents(ANN, (said(state=ConsentState.WITHDRAWN, at=NOW),))
        await taken
        assert shop.shown(KIOSK) == shop.shown(TABLET) == []
        assert shop.counters.counts["withheld"] == 2


async def test_a_newer_decision_takes_the_place_of_one_still_being_written(file: Path) -> None:
    async with open_shop(file) as shop:
        board = ContentRequest(placement="display-zone", visit=None, device=DISPLAY)
        with shop.disk.held():
            first = asyncio.ensure_future(wanted(shop, board))
            second = asyncio.ensure_future(wanted(shop, board))
            await asyncio.sleep(0)
        await asyncio.gather(first, second)
        (show,) = shop.shown(DISPLAY)
        assert show["decision_id"] == shop.stored()[-1].id


async def test_signing_out_clears_every_screen_that_speaks_of_the_person(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        await shop.say(SignOut(reason="person"))
        assert shop.cleared() == {KIOSK, TABLET}
        assert shop.visit_of().kiosk is None


async def test_a_visit_that_ends_quietly_leaves_no_screen_behind(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        shop.clock.pass_by(1200)
        await shop.executor.execute(
            ended(shop.visit_of(), EndReason.IDLE, later(1200)), ChangeSet(at=NOW)
        )
        assert shop.cleared() == {KIOSK, TABLET}
        assert shop.presence.visits == ()


async def test_the_next_person_at_a_kiosk_takes_it_over_whole(file: Path) -> None:
    know(file)
    know(file, BEN, card="4100000002", habits=(3,))
    async with open_shop(file) as shop:
        await shop.sign_in()
        await shop.sign_in("4100000002")
        assert KIOSK in shop.cleared()
        session = shop.presence.at_kiosk(KIOSK)
        assert session is not None
        assert session.token == BEN
        assert shop.shown(KIOSK)[-1]["slots"]["greeting"] == greeting_alias(BEN)


async def test_an_unknown_number_at_a_kiosk_ends_the_session_before_it(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        await shop.sign_in("9999999999")
        assert KIOSK in shop.cleared()
        last = shop.shown(KIOSK)[-1]
        assert (last["kind"], "greeting" in last["slots"]) == ("context", False)
        assert shop.visit_of().kiosk is None


async def test_who_walks_on_to_another_kiosk_is_cleared_from_the_first(file: Path) -> None:
    know(file)
    async with open_shop(file, up=(KIOSK, KIOSK_2)) as shop:
        await shop.sign_in()
        await shop.sign_in(device=KIOSK_2)
        assert shop.cleared() == {KIOSK}
        assert shop.shown(KIOSK_2)[-1]["kind"] == "personal"
        assert len(shop.presence.visits) == 1


async def test_a_purpose_taken_back_by_a_command_clears_what_stood_on_it(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        shop.ears.forget()
        note(file, said(Purpose.PERSONALISE_PRIVATE, ConsentState.WITHDRAWN, at=NOW))
        following = shop.takedown.recheck(ANN)
        assert shop.cleared() == {KIOSK, TABLET}
        assert following is not None
        await following
        assert shop.shown(KIOSK)[-1]["kind"] == "context"
        assert shop.shown(TABLET)[-1]["kind"] == "personal"


async def test_recognition_taken_back_by_a_command_leaves_a_stranger_with_the_basket(
    file: Path,
) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.till("open", 1, card="4100000001")
        note(file, said(state=ConsentState.WITHDRAWN, at=NOW))
        following = shop.takedown.recheck(ANN)
        assert following is not None
        await following
        assert shop.presence.of_person(ANN) is None
        (stranger,) = shop.presence.visits
        assert (stranger.token, stranger.basket) == (None, "till-1/2024-06-03/b-1")
        assert (await shop.till("add", 2)).accepted
        assert shop.rows("SELECT count(*) FROM visits WHERE ended = 'withdrawn'") == [(1,)]


async def test_an_erased_person_is_gone_from_screens_memory_and_disk(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        shop.ears.forget()
        conn = open_connection(file)
        with transaction(conn):
            forget(conn, ANN, NOW)
        conn.close()
        following = shop.takedown.recheck(ANN)
        assert following is not None
        await following
        assert shop.cleared() == {KIOSK, TABLET}
        assert shop.people.find(ANN, NOW) is None
        assert shop.rows("SELECT count(*) FROM visits WHERE token = ?", ANN) == [(0,)]
        assert ANN not in {subject for _, subject in shop.facts()}


async def test_a_change_that_leaves_the_purposes_alone_leaves_the_screens_alone(
    file: Path,
) -> None:
    know(file)
    async with open_shop(file) as shop:
        assert shop.takedown.recheck(ANN) is None
        await shop.sign_in()
        shop.ears.forget()
        assert shop.takedown.recheck(ANN) is None
        assert shop.ears.sent == []


async def test_the_brake_stops_everything_personal_until_it_is_let_go(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        shop.takedown.pause(on=True)
        assert shop.cleared() == {KIOSK, TABLET}
        shop.ears.forget()
        await shop.sign_in()
        assert {show["kind"] for show in shop.shown(KIOSK)} == {"context"}
        assert shop.shown(TABLET) == []
        shop.takedown.pause(on=False)
        await shop.sign_in()
        assert shop.shown(KIOSK)[-1]["kind"] == "personal"


async def test_a_broken_model_is_answered_for_and_no_screen_says_so(file: Path) -> None:
    know(file)
    async with open_shop(file, ranker=BrokenRates.falling(12)) as shop:
        await shop.sign_in()
        assert shop.counters.counts["fallback"] == 3
        assert {d.model for d in shop.stored()} == {"local@1"}
        assert shop.shown(KIOSK)[-1]["items"]


async def test_what_the_disk_did_not_take_is_not_shown(file: Path) -> None:
    async with open_shop(file) as shop:
        shop.disk.full = True
        with pytest.raises(StorageFull):
            await wanted(
                shop, ContentRequest(placement="display-zone", visit=None, device=DISPLAY)
            )
        assert shop.shown(DISPLAY) == []


async def test_a_signal_that_was_taken_before_changes_no_screen(file: Path) -> None:
    async with open_shop(file) as shop:
        wish = ContentRequest(placement="display-zone", visit=None, device=DISPLAY)
        again = ChangeSet(at=NOW, signal=("till-1", "e-1"))
        transition = Transition(facts=(), wants=(wish,))
        assert await shop.executor.execute(transition, again)
        shown = len(shop.shown(DISPLAY))
        assert not await shop.executor.execute(transition, again)
        assert len(shop.shown(DISPLAY)) == shown > 0


async def test_a_wish_that_nobody_could_see_decides_nothing(file: Path) -> None:
    know(file)
    async with open_shop(file, up=()) as shop:
        await wanted(shop, ContentRequest(placement="display-zone", visit=None, zone="dairy"))
        assert shop.stored() == []


async def test_offers_of_one_category_are_never_on_two_screens_of_a_person(file: Path) -> None:
    know(file, habits=(1, 2))
    sold = catalogue(
        offers=[offer("a", 1, category="x"), offer("b", 2, category="x", cents=40)]
    )
    async with open_shop(file, sold=sold) as shop:
        await shop.sign_in()
        await shop.till("open", card="4100000001")
        shown = [shop.shown(d)[-1] for d in (TABLET, KIOSK, TILL)]
        offers = [{i["offer_id"] for i in show["items"] if "offer_id" in i} for show in shown]
        # The tablet came first; on the others one of the two would stand against the other.
        assert offers == [{"a", "b"}, set(), set()]
        lost = [x for d in shop.stored() for x in d.losers if x.rule is Rule.OFFER_CONFLICT]
        assert {x.offer for x in lost} == {"a", "b"}


async def test_an_offer_on_several_items_of_one_list_counts_once(file: Path) -> None:
    know(file)
    async with open_shop(file, sold=catalogue(offers=[offer("o", 1, 2, 3)])) as shop:
        await shop.sign_in()
        (show,) = shop.shown(KIOSK)
        assert sum("offer_id" in item for item in show["items"]) == 3
        counted = shop.rows("SELECT surface, count(*) FROM exposures GROUP BY surface")
        assert dict(counted)["kiosk"] == 1


async def test_the_last_piece_sold_leaves_every_screen(file: Path) -> None:
    know(file)
    async with open_shop(file, on_hand={1: 1}) as shop:
        await shop.sign_in()
        await wanted(shop, ContentRequest(placement="display-zone", visit=None, device=DISPLAY))
        assert "1" in {i["item_id"] for i in shop.shown(KIOSK)[-1]["items"]}
        await shop.till("complete", 1)
        for device in (KIOSK, TABLET, DISPLAY):
            assert "1" not in {i["item_id"] for i in shop.shown(device)[-1]["items"]}
        # The tablet did not show it and was left alone.
        assert len(shop.shown(TABLET)) == 1


async def test_a_count_of_none_from_the_centre_leaves_every_screen(file: Path) -> None:
    async with open_shop(file) as shop:
        await wanted(shop, ContentRequest(placement="display-zone", visit=None, device=DISPLAY))
        first = int(shop.shown(DISPLAY)[0]["items"][0]["item_id"])
        shop.catalogue.out_of_stock = (ItemKey(first),)
        shop.takedown.sold_out(frozenset({ItemKey(first)}))
        shop.takedown.sold_out(frozenset({ItemKey(99)}))
        await shop.database.write(lambda _conn: None)
        await asyncio.sleep(0)
        (_, again) = shop.shown(DISPLAY)
        assert str(first) not in {i["item_id"] for i in again["items"]}


async def test_a_restart_in_mid_visit_keeps_visit_basket_and_session(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        await shop.till("open", 1, 2, card="4100000001")
        before = shop.visit_of()
    async with open_shop(file) as shop:
        assert shop.visit_of() == before
        basket = shop.presence.basket(before.basket)
        assert basket is not None
        assert [line.sku for line in basket.lines] == ["1", "2"]
        assert (await shop.till("add", 3)).accepted
        assert (await shop.say(SignOut(reason="person"))).accepted
        assert shop.visit_of().id == before.id


async def test_a_basket_paid_before_a_restart_stays_paid(file: Path) -> None:
    async with open_shop(file) as shop:
        await shop.till("complete", 1)
    async with open_shop(file) as shop:
        late = await shop.till("add", 2)
        assert (late.accepted, late.reason) == (False, "unknown-basket")
        assert shop.rows("SELECT state FROM baskets") == [("complete",)]


async def test_the_centre_hears_a_name_only_where_the_person_shares(file: Path) -> None:
    know(file, ANN, EVERYTHING - {Purpose.SHARE})
    async with open_shop(file) as shop:
        await shop.sign_in()
        await shop.say(withdrawal(Purpose.MEASURE))
        named = {kind for kind, subject in shop.facts() if subject is not None}
        assert named == {"storeside.consent-withdrawn.v1"}


async def test_somebody_watching_is_told_in_invented_names(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        phases = [told["phase"] for told in shop.feed.named("visit")]
        assert phases == ["arrived", "identified"]
        assert {d["who"] for d in shop.feed.named("decision")} == {greeting_alias(ANN)}
        shop.feed.listeners = 0
        await shop.sign_in()
        assert len(shop.feed.named("visit")) == 2


async def test_a_watcher_sees_baskets_grow_and_what_was_foreseen(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        await shop.till("open", card="4100000001")
        await shop.till("add", 9, 77)
        await shop.till("complete")
        told = shop.feed.named("basket")
        assert [one["action"] for one in told] == ["add", "add", "complete"]
        assert [one["hits"] for one in told] == [[], ["9"], ["9"]]
        assert {one["who"] for one in told[1:]} == {greeting_alias(ANN)}
        assert shop.counters.hit_rate.hits == shop.counters.hit_rate.baseline == 1


async def test_enrolling_stores_person_link_and_consents_together(file: Path) -> None:
    async with open_shop(file) as shop:
        await shop.sign_in("777000777", [Purpose.RECOGNISE, Purpose.PERSONALISE_PRIVATE])
        (stay,) = shop.presence.visits
        assert stay.token is not None
        assert shop.rows("SELECT token FROM links") == [(stay.token,)]
        assert shop.rows("SELECT DISTINCT notice_id FROM consents") == [(NOTICE,)]
        assert shop.shown(KIOSK)[-1]["kind"] == "personal"
    async with open_shop(file) as shop:
        await shop.sign_in("777 000-777")
        assert [v.token for v in shop.presence.visits] == [stay.token]
