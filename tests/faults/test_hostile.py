"""Ten thousand spoiled basket messages: each is taken or refused from the closed list, and good lines are kept."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from devices.errors import MessageRefused
from devices.messages.envelope import UpEvent, parse_up
from devices.messages.till import Basket
from devices.tills.poslog import read_poslog
from devices.tills.sale import StoreTerms, TillSale
from devices.topics import parse
from edge.api.devices.pos import Transaction
from edge.api.http.bodies import shaped
from edge.api.http.errors import BadBody
from edge.pipeline.decision_requests import InboundMessage
from edge.storage.connection import open_reader
from edge.storage.visits.basket_text import lines_of_json
from tests.devices.tills.logs import goods, item, poslog, transaction
from tests.edge.builders import NOW, STORE, TILL, catalogue, product
from tests.edge.shop import Shop, open_shop
from tests.faults.hostile import CANARY, REASONS, Hostile, Json, Spoiler, complaint, strange
from tests.faults.luck import luck
from tests.patience import patient, until

MANY = 10_000
# The reading is tried with all of them, what is done with them with every so manyth.
_TAKEN_EVERY = 5
_AT_ONCE = 100
SOURCE = f"storeside/1/{STORE}/pos/{TILL}"
TOPIC = parse(f"{SOURCE}/event")


def enveloped(number: str, data: Json) -> Json:
    return {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": SOURCE,
        "type": "storeside.basket.v1",
        "time": NOW.isoformat(),
        "data": data,
    }


@dataclass
class Seen:
    """What became of the spoiled messages. ``forbidden``: words of refused parts, which must be nowhere.

    ``good``: the lines of each basket that must be on disk.
    """

    outcomes: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])
    forbidden: set[str] = field(default_factory=set[str])
    good: dict[str, set[str]] = field(default_factory=dict[str, set[str]])


def read(one: Hostile, seen: Seen) -> UpEvent | None:
    try:
        return parse_up(TOPIC, one.payload)
    except MessageRefused as refused:
        seen.outcomes[refused.reason.value] += 1
        seen.forbidden.add(one.canary)
        if one.canary in str(refused):
            seen.wrong.append(f"repeated: {refused}")
        return None


async def taken(shop: Shop, one: Hostile, event: UpEvent, seen: Seen) -> None:
    receipt = await shop.pipeline.intake.accept(event)
    told = receipt.model_dump(mode="json")
    seen.outcomes["accepted" if receipt.accepted else str(receipt.reason)] += 1
    if (words := complaint(told)) is not None:
        seen.wrong.append(f"{words}: {one.payload!r}")
    if one.canary in receipt.model_dump_json():
        seen.wrong.append(f"repeated: {told}")
    if not receipt.accepted or any(line.index == one.spoiled for line in receipt.lines or ()):
        seen.forbidden.add(one.canary)
    if one.good:
        seen.good[one.number] = set(one.good)


def kept(file: Path) -> dict[str, set[str]]:
    """The ids of the lines of each basket on disk."""
    with closing(open_reader(file)) as conn:
        rows = conn.execute("SELECT number, lines FROM baskets").fetchall()
    return {n: {str(line.line_id) for line in lines_of_json(lines)} for n, lines in rows}


async def test_ten_thousand_spoiled_messages_are_taken_or_refused_and_good_lines_are_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    file = tmp_path / "storeside.db"
    seen, spoiler = Seen(), Spoiler(luck(20171224), enveloped)
    sold = catalogue([product(n) for n in (1, 2, 3, 4011)])
    async with open_shop(file, sold=sold) as shop:
        for _ in range(MANY // _AT_ONCE):
            events = [
                (one, read(one, seen)) for one in (spoiler.make() for _ in range(_AT_ONCE))
            ]
            seen.outcomes["read"] += sum(event is not None for _, event in events)
            async with asyncio.timeout(patient(30)):
                await asyncio.gather(
                    *(
                        taken(shop, one, event, seen)
                        for one, event in events[::_TAKEN_EVERY]
                        if event
                    )
                )
    assert seen.wrong[:3] == []
    assert set(seen.outcomes) <= REASONS | {"read", "accepted"}
    # It spoils enough, and not all.
    assert MANY * 0.2 < seen.outcomes["read"] < MANY * 0.9
    assert seen.outcomes["accepted"] > MANY / _TAKEN_EVERY * 0.2
    on_disk = kept(file)
    assert [n for n, good in seen.good.items() if not good <= on_disk[n]] == []
    with closing(open_reader(file)) as conn:
        stored = "\n".join(conn.iterdump()) + caplog.text
    assert seen.forbidden & set(CANARY.findall(stored)) == set()


async def test_every_spoiled_question_about_an_offer_is_answered(tmp_path: Path) -> None:
    def asked(number: str, data: Json) -> Json:
        return {**enveloped(number, data), "type": "storeside.offer.v1"}

    spoiler, outcomes = Spoiler(luck(7), asked), Counter[str]()
    async with open_shop(tmp_path / "storeside.db") as shop:
        intake = asyncio.create_task(shop.pipeline.intake.run())
        for one in (spoiler.question() for _ in range(MANY // 5)):
            received = asyncio.get_running_loop().time()
            shop.pipeline.intake.receive(
                InboundMessage(f"{SOURCE}/ask", one.payload, b"c", {}, None, received)
            )
        await until(lambda: len(shop.answers()) == MANY // 5, within_s=30)
        intake.cancel()
        for answer in shop.answers():
            outcomes[str(answer.get("reason"))] += 1
            assert complaint(answer) is None, answer
            assert CANARY.search(json.dumps(answer)) is None
    assert set(outcomes) <= REASONS
    assert outcomes["malformed"] > MANY / 20
    # On a busy machine many wait so long that they are answered late; sound ones are still looked at.
    assert outcomes["unknown-basket"] > 0


def test_a_spoiled_log_of_another_till_is_read_line_by_line_or_refused() -> None:
    chance, outcomes = luck(7), Counter[str]()
    terms = StoreTerms(zone=ZoneInfo("Europe/Berlin"), currency="USD")
    log = poslog(
        transaction(item(1, goods()), item(2, goods("4012345678901", "0.40")), number=1),
        transaction(item(1, goods(kind="Return")), number=2),
    ).decode()
    words = re.findall(r"(?<=>)[^<>]+(?=<)", log)
    for _ in range(MANY // 5):
        canary = f"qx{chance.randrange(10**9)}zv"
        text = log.replace(chance.choice(words), f"{strange(chance)}{canary}", 1)
        try:
            found = list(read_poslog(BytesIO(text.encode(errors="replace")), terms))
        except MessageRefused as refused:
            found = [refused]
        for one in found:
            outcomes[type(one).__name__] += 1
            if isinstance(one, MessageRefused):
                assert one.reason.value in REASONS
                assert canary not in str(one)
            elif isinstance(one, TillSale):
                outcomes["sales"] += _is_judged(one)
    assert outcomes["TillSale"] > MANY / 20
    assert outcomes["sales"] > MANY / 20


def _is_judged(sale: TillSale) -> bool:
    """Whether the door takes it; a refusal is one of its own."""
    try:
        Basket.model_validate_json(json.dumps(sale.body))
    except ValidationError:
        return False
    return True


def test_a_spoiled_sale_over_http_is_a_sale_or_a_bad_body() -> None:
    spoiler, outcomes = Spoiler(luck(7), lambda _number, data: data), Counter[str]()
    for _ in range(MANY // 2):
        one = spoiler.make()
        payload = one.payload.replace(b'"action": "add", ', b"").replace(
            b'"action": "complete", ', b""
        )
        try:
            sale = shaped(payload, Transaction)
        except BadBody as refused:
            outcomes["refused"] += 1
            outcomes["repeated"] += one.canary in str(refused)
        else:
            outcomes["taken"] += 1
            kept = {line.line_id for _, line in sale.numbered}
            assert kept >= set(one.good)
    assert outcomes["repeated"] == 0
    assert min(outcomes["refused"], outcomes["taken"]) > MANY * 0.1
