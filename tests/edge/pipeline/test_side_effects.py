"""What stands beside the items of a private screen stands on its own purpose, asked when it is shown."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from devices.messages import Ask, Consent
from edge.campaigns.triggers.messages_text import ScreenNotice
from edge.domain.consent import ConsentState, Purpose
from tests.edge.builders import ANN, KIOSK, NOW, TILL, later, said
from tests.edge.campaigns.kpis.counted import CountedShop, ann, challenge, counted_shop, offered
from tests.edge.pipeline.test_caps import Device
from tests.edge.shop import CARD, note

PRIVATE = Purpose.PERSONALISE_PRIVATE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "store.db"
    ann(file)
    offered(file, challenge())
    return file


async def at_the_till(counted: CountedShop, basket: str = "b-1") -> dict[str, Any]:
    """What the till is told beside the items for whoever has Ann's card."""
    await counted.shop.till("open", 12, basket=basket, card=CARD)
    show = await counted.shop.pipeline.decision_requests.answer(
        Device(TILL, "pos"), Ask(placement="till-addon")
    )
    return dict(show.slots)


def told(counted: CountedShop, purpose: Purpose = PRIVATE) -> None:
    """A message has just fallen due for Ann."""
    words = ScreenNotice(
        headline="Hello",
        text="",
        reason="",
        purpose=purpose,
        until=counted.shop.clock.now() + timedelta(hours=1),
    )
    counted.shop.side_effects.triggers.notify(ANN, words, NOW)


def withdraw(path: Path, counted: CountedShop) -> None:
    note(path, said(PRIVATE, ConsentState.WITHDRAWN, at=later(-1)))
    counted.shop.takedown.recheck(ANN)


async def test_the_till_tells_of_cards_and_messages(path: Path) -> None:
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        told(counted)
        assert {"challenges", "message"} <= (await at_the_till(counted)).keys()


async def test_who_took_personal_content_back_sees_neither_at_the_till(path: Path) -> None:
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        told(counted)
        withdraw(path, counted)
        slots = await at_the_till(counted)
        assert slots["greeting"]
        assert not {"challenges", "message"} & slots.keys()


async def test_a_message_about_the_till_stands_without_other_purposes(path: Path) -> None:
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        withdraw(path, counted)
        told(counted, Purpose.CHECKOUT_OFFER)
        assert (await at_the_till(counted))["message"]["headline"] == "Hello"


async def test_cards_that_were_taken_back_are_not_there_after_a_new_yes(path: Path) -> None:
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        assert counted.card()["left"] == 3
        no: Any = {"action": "withdraw", "purposes": (PRIVATE.value,)}
        assert (await counted.shop.say(Consent.model_validate(no), KIOSK)).accepted
        assert counted.challenges.slots(ANN, NOW) == {}
        assert counted.shop.rows("SELECT * FROM cards") == []
