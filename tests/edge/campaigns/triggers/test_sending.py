"""A message on its way out: what it leaves with whom, and that caps know of it at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge.domain.catalogue import Catalogue
from edge.domain.consent import ConsentState, Purpose
from edge.domain.experiment import Variant
from edge.domain.ids import OfferId
from edge.domain.trigger import MessageState, message_id
from edge.storage.connection import open_connection
from tests.edge.builders import ANN, DAY, NOW, campaign, catalogue, offer, said
from tests.edge.campaigns.triggers.house import HELLO, House, open_house
from tests.edge.campaigns.triggers.test_scheduler import drop, habits, with_offer
from tests.edge.shop import know, note

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
    assert (sent.state, sent.id) == (MessageState.SENT, name)
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
        person = house.shop.people.find(ANN, NOW)
        assert person is not None
        before = len(person.memory.touches)
        seen = list[int]()
        write = house.shop.database.write

        async def watched(work: Any, **more: Any) -> Any:
            seen.append(len(person.memory.touches) - before)
            return await write(work, **more)

        house.shop.database.write = watched  # type: ignore[method-assign]  # looks at memory in between
        await house.pass_by(2)
        assert house.states() == [MessageState.SENT]
        assert seen[-1] == 1
        assert person.memory.touches[-1].offer == OfferId("o-1")


# Tests that a message enters its person into. Ann is at home: no screen enters her into any.


@pytest.fixture
def regular(path: Path) -> Path:
    know(path)
    habits(path, 9, *range(DAY - 21, DAY, 7))
    return path


def shop_of(everywhere_pct: int = 0, **changed: object) -> Catalogue:
    """June with an offer of product 9, and May without any."""
    return catalogue(
        offers=[offer("o-1", 9, campaign="june")],
        campaigns=[campaign("june", **changed), campaign("may", holdout_pct=100)],
        holdout_pct=everywhere_pct,
    )


async def entered(path: Path, sold: Catalogue, **more: object) -> dict[str, str]:
    """Test -> arm, after a price drop was told, or withheld."""
    async with open_house(path, {**with_offer(), **more}, sold=sold) as house:
        await drop(house)
        rows = house.shop.rows("SELECT campaign, arm FROM outcomes ORDER BY seq")
    return dict(rows)


@pytest.mark.parametrize(("pct", "arm"), [(0, "treated"), (100, "held-out")])
async def test_a_message_sent_or_withheld_enters_its_person_into_the_test(
    regular: Path, pct: int, arm: str
) -> None:
    found = await entered(regular, shop_of(holdout_pct=pct))
    assert found == {"everything": "treated", "june": arm}


async def test_whom_the_global_holdout_keeps_out_enters_its_test_alone(regular: Path) -> None:
    assert await entered(regular, shop_of(everywhere_pct=100)) == {"everything": "held-out"}


async def test_a_triggers_own_campaign_is_entered_by_its_own_draw(regular: Path) -> None:
    found = await entered(regular, shop_of(), campaign="may")
    assert found == {"everything": "treated", "june": "treated", "may": "held-out"}


async def test_a_message_enters_by_the_name_of_the_variant(regular: Path) -> None:
    sold = shop_of(variants=(Variant(name="a"),))
    assert (await entered(regular, sold))["june"] == "a"
    conn = open_connection(regular)
    assert conn.execute("SELECT arm, ghost FROM exposures").fetchall() == [("a", 0)]
    conn.close()


async def test_who_did_not_agree_to_be_measured_enters_no_test_by_a_message(path: Path) -> None:
    know(path, purposes=[p for p in Purpose if p is not Purpose.MEASURE])
    habits(path, 9, *range(DAY - 21, DAY, 7))
    assert await entered(path, shop_of()) == {}
    conn = open_connection(path)
    assert conn.execute("SELECT count(*) FROM exposures").fetchone() == (1,)
    conn.close()


async def test_who_takes_measuring_back_while_a_message_is_sent_enters_no_test(
    regular: Path,
) -> None:
    async with open_house(regular, with_offer(), sold=shop_of()) as house:
        house.shop.people.find(ANN, NOW)
        # Of this the engine has not heard yet.
        note(regular, said(Purpose.MEASURE, ConsentState.WITHDRAWN, at=NOW))
        await drop(house)
        assert house.states() == [MessageState.SENT]
        assert house.shop.rows("SELECT * FROM outcomes") == []


async def test_a_message_without_a_campaign_enters_no_test(regular: Path) -> None:
    assert await entered(regular, shop_of(), message={"headline": "Cheaper"}) == {}


async def test_a_message_leaves_what_the_next_visits_decisions_read_open(regular: Path) -> None:
    async with open_house(regular, with_offer(), sold=shop_of()) as house:
        await drop(house)
        person = house.shop.people.find(ANN, NOW)
        assert person is not None
        assert person.habits is None
