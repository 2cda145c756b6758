from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from devices.beacons import make_claim, new_key, rotating_id, window_of
from devices.errors import Refusal
from devices.messages import (
    Ask,
    Beacon,
    Feedback,
    FeedbackAction,
    Play,
    Sighting,
    SignOut,
    encode,
)
from devices.simulator.badges import public_jwk
from edge.domain.consent import Purpose
from edge.pipeline import intake
from edge.storage.connection import open_connection, transaction
from edge.storage.errors import StorageFull
from edge.storage.people import app_keys, beacon_keys
from edge.storage.people.app_keys import AppKey
from edge.storage.visits.processed_events import take
from tests.edge.builders import ANN, DISPLAY, GATEWAY, KIOSK, NOW, STORE, TABLET, TILL, later
from tests.edge.pipeline.test_executor import withdrawal
from tests.edge.shop import CARD, Shop, know, open_shop, till
from tests.patience import until


@asynccontextmanager
async def listening(shop: Shop) -> AsyncIterator[Shop]:
    """The intake runs inside."""
    task = asyncio.create_task(shop.pipeline.intake.run())
    try:
        yield shop
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def receipts(shop: Shop, count: int) -> list[dict[str, object]]:
    """The first ``count`` receipts, once they are there."""
    await until(lambda: len(shop.ears.on("receipt")) >= count)
    return [one.body for one in shop.ears.on("receipt")]


def app(key: bytes = b"a" * 32, zone: str = "dairy", claim: str | None = None) -> Sighting:
    id_ = rotating_id(key, window_of(NOW))
    return Sighting(beacon=Beacon(kind="app", id=id_), rssi_dbm=-60, zone=zone, claim=claim)


def carry(file: Path, key: bytes = b"a" * 32) -> None:
    """Ann's app has this beacon key."""
    conn = open_connection(file)
    with transaction(conn):
        beacon_keys.put(conn, ANN, key)
    conn.close()


def bytes_of(file: Path) -> bytes:
    return b"".join(f.read_bytes() for f in file.parent.glob(f"{file.name}*"))


async def test_the_receipt_goes_out_after_the_disk_and_never_before(file: Path) -> None:
    async with open_shop(file) as shop, listening(shop):
        with shop.disk.held():
            shop.pipeline.intake.receive(shop.message(till("open", 1), TILL, name="n-1"))
            await asyncio.sleep(0.05)
            assert shop.ears.on("receipt") == []
        assert await receipts(shop, 1) == [{"id": "n-1", "accepted": True}]
        assert shop.rows("SELECT id FROM seen") == [("n-1",)]


async def test_a_repeat_is_taken_once_also_while_the_first_is_being_written(file: Path) -> None:
    async with open_shop(file) as shop, listening(shop):
        with shop.disk.held():
            for _ in range(3):
                shop.pipeline.intake.receive(shop.message(till("add", 1), TILL, name="n-1"))
            await asyncio.sleep(0.05)
            assert (
                shop.ears.on("receipt") == []
            )  # a repeat's receipt, too, says that it is on disk
        told = await receipts(shop, 3)
        assert [one["accepted"] for one in told] == [True] * 3
        assert [one.get("duplicate") for one in told] == [None, True, True]
        shop.pipeline.intake.receive(shop.message(till("add", 1), TILL, name="n-1"))
        assert (await receipts(shop, 4))[-1] == {
            "id": "n-1",
            "accepted": True,
            "duplicate": True,
        }
        assert (shop.counters.counts["receipts"], shop.counters.counts["duplicates"]) == (1, 3)
        basket = shop.presence.basket(shop.presence.visits[0].basket)
        assert basket is not None
        assert len(basket.lines) == 1
    async with open_shop(file) as shop:
        assert (await shop.say(till("add", 1), TILL, name="n-1")).duplicate


async def test_two_devices_may_use_one_id(file: Path) -> None:
    async with open_shop(file) as shop:
        assert (await shop.say(till("open"), TILL, name="n-1")).accepted
        assert (await shop.say(till("open", basket="b-2"), "till-2", name="n-1")).accepted


@pytest.mark.parametrize(("days", "reason"), [(-365, "stale"), (365, "from-the-future")])
async def test_a_sighting_of_a_clock_a_year_off_is_refused_and_leaves_no_trace(
    file: Path, days: int, reason: str
) -> None:
    know(file)
    carry(file)
    async with open_shop(file) as shop:
        said = shop.event(app(), GATEWAY, at=later(days=days))
        assert (await shop.pipeline.intake.accept(said)).reason == reason
        assert shop.rows("SELECT count(*) FROM seen") == [(0,)]
        assert shop.presence.visits == ()


async def test_what_was_refused_once_may_be_taken_later(file: Path) -> None:
    async with open_shop(file) as shop:
        leaving = SignOut(reason="person")
        assert (await shop.say(leaving, name="n-1")).reason == "no-session"
        await shop.sign_in()
        assert (await shop.say(leaving, name="n-1")).accepted


async def test_rubbish_is_refused_by_reason_counted_and_never_logged(file: Path) -> None:
    card = "4111 1111 1111 1111"  # a card number of no account
    bodies = {
        b"\x00\xff garbage": Refusal.NOT_JSON,
        b'{"id":"n-2","type":"storeside.secret-canary.v1"}': Refusal.UNKNOWN_TYPE,
        b'{"id":"n-3","type":"storeside.basket.v1","secret-canary":1}': Refusal.MALFORMED,
        f'{{"id":"n-4","note":"{card}"}}'.encode(): Refusal.CARD_NUMBER,
        b"[" * 70_000: Refusal.TOO_LARGE,
    }
    async with open_shop(file) as shop, listening(shop):
        with capture_logs() as logs:
            for body in bodies:
                message = shop.message(till("open"), TILL)
                shop.pipeline.intake.receive(message._replace(payload=body))
            told = await receipts(shop, len(bodies))
        assert [one["reason"] for one in told] == [r.value for r in bodies.values()]
        assert shop.counters.refusals == {r.value: 1 for r in bodies.values()}
        assert "canary" not in repr(logs) + repr(shop.ears.sent)
        assert card not in repr(logs) + repr(shop.ears.sent)
    assert b"canary" not in bytes_of(file)


async def test_a_topic_that_is_not_ours_is_counted_and_answered_nobody(file: Path) -> None:
    async with open_shop(file) as shop, listening(shop):
        message = shop.message(till("open"), TILL)
        shop.pipeline.intake.receive(
            message._replace(topic="storeside/1/store-1/robot/r-1/event")
        )
        await until(lambda: shop.counters.refusals == {"wrong-source": 1})
        assert shop.ears.sent == []


async def test_an_unknown_decision_proves_and_rates_nothing(file: Path) -> None:
    played = Play(
        decision_id="d-none", creative_id="c", started_at=NOW, duration_ms=1, completed=True
    )
    async with open_shop(file) as shop:
        assert (await shop.say(played, DISPLAY)).reason == "unknown-decision"
        rated = Feedback(decision_id="d-none", action=FeedbackAction.RATE, value=5)
        assert (await shop.say(rated)).reason == "unknown-decision"


async def test_plays_and_replies_are_kept_and_told_once(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        decision = shop.shown(KIOSK)[-1]["decision_id"]
        play = Play(
            decision_id=decision,
            creative_id="tiles-1",
            started_at=NOW,
            duration_ms=800,
            completed=True,
        )
        assert (await shop.say(play)).accepted
        assert (await shop.say(play)).accepted  # said anew under another id
        yes = Feedback(
            decision_id=decision, item_id="9", action=FeedbackAction.ACCEPT, value="good"
        )
        assert (await shop.say(yes)).accepted
        assert shop.rows("SELECT decision, completed FROM plays") == [(decision, 1)]
        assert shop.rows("SELECT action, item, value FROM replies") == [("accept", "9", "good")]


async def test_a_question_is_no_event(file: Path) -> None:
    async with open_shop(file) as shop:
        assert (await shop.say(Ask(placement="till-addon"), TILL)).reason == "unknown-type"


async def test_a_question_over_the_broker_is_answered(file: Path) -> None:
    async with open_shop(file) as shop, listening(shop):
        shop.pipeline.intake.receive(
            shop.message(Ask(placement="till-addon", deadline_ms=5_000), TILL)
        )
        await until(lambda: bool(shop.answers()))
        assert shop.answers()[0]["items"]
        assert shop.ears.on("receipt") == []


async def test_one_opted_in_person_among_fifty_strangers_opens_one_visit(file: Path) -> None:
    know(file)
    carry(file)
    strangers = [f"{n:02x}" * 16 for n in range(50)]
    async with open_shop(file) as shop:
        with capture_logs() as logs:
            for stranger in strangers:
                sighting = app(bytes.fromhex(stranger))
                assert (await shop.say(sighting, GATEWAY)).reason == "unknown-beacon"
            assert (await shop.say(app(), GATEWAY)).accepted
        (stay,) = shop.presence.visits
        assert (stay.token, stay.zone) == (ANN, "dairy")
        traces = repr(shop.ears.sent) + repr(logs)
    heard = [rotating_id(bytes.fromhex(s), window_of(NOW)) for s in strangers]
    on_disk = bytes_of(file)
    assert not [id_ for id_ in heard if id_ in traces or id_.encode() in on_disk]


async def test_a_phone_heard_while_its_owner_is_packing_opens_no_visit(file: Path) -> None:
    know(file)
    carry(file)
    async with open_shop(file) as shop:
        assert (await shop.say(app(), GATEWAY)).accepted
        for action in ("open", "identify", "complete"):
            assert (await shop.till(action, card=CARD)).accepted
        assert (await shop.say(app(zone="tills"), GATEWAY)).accepted
        assert shop.presence.visits == ()


async def test_a_plain_beacon_stirs_its_zone_and_leaves_no_id(file: Path) -> None:
    place = Sighting(
        beacon=Beacon(kind="ibeacon", id="feedbeef" * 4), rssi_dbm=-60, zone="dairy"
    )
    async with open_shop(file) as shop:
        assert (await shop.say(place, GATEWAY)).accepted
        assert shop.presence.visits == ()
        assert shop.shown(DISPLAY)[-1]["kind"] == "context"
        nowhere = place.model_copy(update={"zone": None})
        assert (await shop.say(nowhere, GATEWAY)).reason == "unknown-beacon"
    assert b"feedbeef" not in bytes_of(file)


async def test_a_signed_claim_is_used_up_by_its_first_use(file: Path) -> None:
    know(file)
    key = new_key()
    conn = open_connection(file)
    with transaction(conn):
        public = json.dumps(public_jwk(key))
        app_keys.put(conn, AppKey(kid=key.thumbprint(), token=ANN, public_key=public))
    conn.close()
    claim = make_claim(key, store=STORE, now=NOW)
    async with open_shop(file) as shop:
        with shop.disk.held():
            said = [
                asyncio.ensure_future(shop.say(app(b"x" * 32, claim=claim), GATEWAY))
                for _ in range(3)
            ]
            await asyncio.sleep(0.02)
        first, *rest = await asyncio.gather(*said)
        assert first.accepted
        assert {one.reason for one in rest} == {"claim-invalid"}
        assert (await shop.say(app(claim=claim), GATEWAY)).reason == "claim-invalid"
    async with open_shop(file) as shop:
        assert (await shop.say(app(claim=claim), GATEWAY)).reason == "claim-invalid"


async def test_a_full_disk_gives_no_receipt_and_counts_no_line_twice(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop, listening(shop):
        await shop.sign_in()
        await shop.till("open", 1, card=CARD)
        shop.ears.forget()
        shop.disk.full = True
        for _ in range(3):
            shop.pipeline.intake.receive(shop.message(till("add", 2), TILL, name="n-9"))
        with pytest.raises(StorageFull):
            await shop.say(till("add", 2), TILL, name="n-9")
        assert shop.ears.on("receipt") == []
        assert (await shop.say(withdrawal(*Purpose))).accepted
        shop.disk.full = False
        assert (await shop.say(till("add", 2), TILL, name="n-9")).accepted
    async with open_shop(file) as shop:
        (stay,) = [v for v in shop.presence.visits if v.basket == "till-1/2024-06-03/b-1"]
        basket = shop.presence.basket(stay.basket)
        assert basket is not None
        assert [line.sku for line in basket.lines] == ["1", "2"]
        assert stay.token is None


async def test_a_fault_in_mid_way_is_no_duplicate_for_the_repeat(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_shop(file) as shop:
        with monkeypatch.context() as broken:
            broken.setattr(shop.executor, "execute", _fails)
            with pytest.raises(ZeroDivisionError):
                await shop.say(till("open", 1), TILL, name="n-1")
        assert (await shop.say(till("open", 1), TILL, name="n-1")).accepted


def _fails(*_args: object, **_named: object) -> None:
    raise ZeroDivisionError


async def test_an_intake_that_was_started_again_goes_on_with_what_waits(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_shop(file) as shop:
        with monkeypatch.context() as broken:
            broken.setattr(shop.executor, "execute", _fails)
            for n in range(2):
                shop.pipeline.intake.receive(
                    shop.message(till("open", basket=f"b-{n}"), TILL, name=f"n-{n}")
                )
            with pytest.raises(ZeroDivisionError):
                await shop.pipeline.intake.run()
        assert shop.pipeline.intake.backlog == 1
        async with listening(shop):
            assert await receipts(shop, 1) == [{"id": "n-1", "accepted": True}]


async def test_beyond_the_limit_a_message_is_dropped_counted_and_gets_no_receipt(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_BACKLOG", 2)
    async with open_shop(file) as shop:
        for n in range(5):
            shop.pipeline.intake.receive(
                shop.message(till("open", basket=f"b-{n}"), TILL, name=f"n-{n}")
            )
        assert shop.pipeline.intake.backlog == 2
        assert shop.counters.refusals == {"overloaded": 3}
        async with listening(shop):
            assert len(await receipts(shop, 2)) == 2


async def test_beyond_the_limit_a_question_is_answered_since_nobody_says_that_again(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_BACKLOG", 0)
    async with open_shop(file) as shop:
        question = shop.message(Ask(placement="till-addon"), TILL)
        shop.pipeline.intake.receive(question)
        shop.pipeline.intake.receive(question._replace(topic="nobody's/ask"))
        (sent,) = shop.ears.on("answer", TILL)
        assert sent.correlation == b"c-1"
        assert (sent.body["kind"], sent.body["reason"]) == ("fallback", "overloaded")
        assert shop.counters.refusals == {"overloaded": 2}


async def test_a_repeat_hears_what_the_first_was_told_also_after_a_restart(file: Path) -> None:
    said = {"reason": "stale", "field": "lines.1.sku"}  # more than a plain yes
    async with open_shop(file) as shop:
        event = shop.event(till("open", 1), TILL, name="n-1")
        verdict = json.dumps({"accepted": True, **said})
        await shop.database.write(lambda c: take(c, event.source, "n-1", NOW, verdict))
    async with open_shop(file) as shop:
        for _ in range(2):
            receipt = await shop.say(till("open", 1), TILL, name="n-1")
            assert json.loads(encode(receipt)) == {
                "id": "n-1",
                "accepted": True,
                "duplicate": True,
                **said,
            }
        assert shop.presence.visits == ()


async def test_a_display_that_comes_up_gets_something_to_show(file: Path) -> None:
    async with open_shop(file, up=()) as shop, listening(shop):
        state = shop.message(till("open"), DISPLAY)._replace(
            topic=f"storeside/1/{STORE}/display/{DISPLAY}/state",
            payload=b'{"state":"ready","session":1}',
        )
        shop.pipeline.intake.receive(state)
        shop.pipeline.intake.receive(state)
        await until(lambda: bool(shop.ears.on("show", DISPLAY)))
        await shop.database.write(lambda _conn: None)
        (show,) = shop.ears.on("show", DISPLAY)
        assert show.retain
        assert show.body["kind"] == "context"


async def test_a_kiosk_that_comes_up_shows_its_own_home(file: Path) -> None:
    async with open_shop(file, up=()) as shop, listening(shop):
        for device in (KIOSK, TABLET):
            topic = f"storeside/1/{STORE}/{device[:-2]}/{device}/state"
            body = b'{"state":"ready","session":1}'
            shop.pipeline.intake.receive(
                shop.message(till("open"))._replace(topic=topic, payload=body)
            )
        await until(lambda: len(shop.device_registry.all) == 2)
        assert shop.ears.sent == []
        assert {screen.device for screen in shop.device_registry.all} == {KIOSK, TABLET}


async def test_a_refusal_at_another_door_is_counted_here(file: Path) -> None:
    async with open_shop(file) as shop:
        shop.pipeline.intake.refused(Refusal.TOO_LARGE)
        assert shop.counters.refusals == {"too-large": 1}


async def test_a_purse_of_guesses_is_small(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        for n in range(5):
            assert (await shop.sign_in(f"55555555{n}")).accepted
        assert (await shop.sign_in("555555559")).reason == "too-many-tries"
        assert (await shop.sign_in()).reason == "too-many-tries"
        shop.clock.pass_by(61)
        assert (await shop.sign_in()).accepted


async def test_what_the_disk_refused_in_mid_way_gets_no_receipt_nor_do_its_repeats(
    file: Path,
) -> None:
    async with open_shop(file) as shop:
        with shop.disk.held():
            first = asyncio.ensure_future(shop.say(till("open"), TILL, name="n-1"))
            await asyncio.sleep(0.02)
            late = [
                asyncio.ensure_future(shop.say(till("open", basket="b-2"), TILL, name="n-2"))
                for _ in range(2)
            ]
            shop.pipeline.intake.receive(
                shop.message(till("open", basket="b-2"), TILL, name="n-2")
            )
            await asyncio.sleep(0.02)
            shop.disk.full = True
        assert (await first).accepted
        failed = await asyncio.gather(*late, return_exceptions=True)
        assert {type(one) for one in failed} == {StorageFull}
        shop.disk.full = False
        assert (await shop.say(till("open", basket="b-2"), TILL, name="n-2")).accepted


async def test_who_gave_up_waiting_is_owed_no_receipt_and_the_event_is_kept(file: Path) -> None:
    async with open_shop(file) as shop:
        with shop.disk.held():
            waits = asyncio.ensure_future(shop.say(till("open"), TILL, name="n-1"))
            await asyncio.sleep(0.02)
            waits.cancel()
            await asyncio.sleep(0)
        await shop.database.write(lambda _conn: None)
        assert shop.rows("SELECT id FROM seen") == [("n-1",)]
        assert (await shop.say(till("open"), TILL, name="n-1")).duplicate
