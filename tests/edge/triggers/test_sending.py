"""A message on its way out: what it leaves with whom, and that caps know of it at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge.domain.consent import Purpose
from edge.domain.ids import OfferId
from edge.domain.trigger import State, message_id
from edge.storage.connection import open_connection
from tests.edge.builders import ANN, NOW, campaign, catalogue, offer
from tests.edge.shop import know
from tests.edge.triggers.house import HELLO, House, open_house

LEAVE_OUT_SHARE = [p for p in Purpose if p is not Purpose.SHARE]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "store.db"
    open_connection(file).close()
    return file


def told(house: House) -> tuple[str, dict[str, Any]]:
    """The id and body of the fact that a message was shown."""
    ((id_, body),) = house.shop.rows(
        "SELECT id, body FROM outbox WHERE type = 'storeside.message-shown.v1'"
    )
    return str(id_), json.loads(body)


async def test_of_who_does_not_share_no_name_of_the_message_is_told(path: Path) -> None:
    know(path, purposes=LEAVE_OUT_SHARE)
    async with open_house(path, HELLO) as house:
        await house.shop.sign_in()
        await house.pass_by(2)
        (sent,) = house.messages()
        name = message_id("hello", ANN, sent.occasion)
        id_, body = told(house)
    assert (sent.state, sent.id) == (State.SENT, name)
    assert name not in f"{id_} {body}"
    assert ANN not in f"{id_} {body}"


async def test_who_shares_is_named_with_their_message(path: Path) -> None:
    know(path)
    async with open_house(path, HELLO) as house:
        await house.shop.sign_in()
        await house.pass_by(2)
        (sent,) = house.messages()
        assert told(house)[0] == f"{sent.id}.due"


async def test_caps_count_a_message_while_it_is_still_being_written(path: Path) -> None:
    know(path)
    sold = catalogue(offers=[offer("o-1", 9, campaign="june")], campaigns=[campaign("june")])
    written = {**HELLO, "message": {"headline": "Hello", "offer": "o-1"}}
    async with open_house(path, written, sold=sold) as house:
        await house.shop.sign_in()
        person = house.shop.people.meet(ANN, NOW)
        assert person is not None
        before = len(person.memory.touches)
        seen = list[int]()
        write = house.shop.database.write

        async def watched(work: Any, **more: Any) -> Any:
            seen.append(len(person.memory.touches) - before)
            return await write(work, **more)

        house.shop.database.write = watched  # type: ignore[method-assign]  # looks at memory in between
        await house.pass_by(2)
        assert house.states() == [State.SENT]
        assert seen[-1] == 1
        assert person.memory.touches[-1].offer == OfferId("o-1")
