"""Messages that are wrong, each in one way, and the reasons for which the contract refuses them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tests.contract.plain_client import Json, PlainClient

CANARY = f"qxz{uuid4().hex}"
"""In everything that is wrong, so that it can be looked for."""
KIB = 1024

Make = Callable[[PlainClient], bytes]


@dataclass(frozen=True, slots=True)
class Bad:
    """A wrong message, and the reasons that are right for it. ``named``: its id can be read, so the receipt has it."""

    make: Make
    reasons: str | tuple[str, ...]
    named: bool = True


def basket(**more: object) -> Json:
    return {"basket_id": f"b-{CANARY[:12]}", "action": "open", **more}


def event(name: str = "basket", data: object = None, **changed: object) -> Make:
    """An event that is right but for what is changed; None takes an attribute away."""

    def make(client: PlainClient) -> bytes:
        whole = client.event(name, {}, **changed) | {"data": basket() if data is None else data}
        return json.dumps({k: v for k, v in whole.items() if v is not None}).encode()

    return make


def text(old: str, new: str, data: object = None) -> Make:
    """An event whose text is tampered with: ``old``, with its quotation marks, becomes ``new``."""
    return lambda client: event(data=data)(client).replace(old.encode(), new.encode(), 1)


def padded(payload: bytes, size: int) -> bytes:
    """The same document in ``size`` bytes."""
    return payload[:-1] + b" " * (size - len(payload)) + b"}"


def at(**offset: float) -> str:
    return (datetime.now(UTC) + timedelta(**offset)).isoformat()


def line(**changed: object) -> list[Json]:
    return [{"sku": CANARY, "quantity": 1, "price_cents": 100, **changed}]


ADD = {"action": "add"}
QUESTION = {"placement": "till-addon", "limit": 1, "deadline_ms": 500}
SIGN_IN = {"method": "loyalty", "value": "4100000001", "purposes": [], "notice_id": "n-1"}
SIGHTING = {"beacon": {"kind": "app", "id": "a1" * 8}, "rssi_dbm": -60}
REPLY = {"decision_id": f"d-{CANARY[:20]}", "action": "view"}
BAD = {
    "garbage": Bad(lambda _: os.urandom(900) + CANARY.encode(), "not-json", named=False),
    "nothing": Bad(lambda _: b"", ("not-json", "malformed"), named=False),
    "not UTF-8": Bad(lambda _: b'{"id":"\xff\xfe' + CANARY.encode(), "not-json", named=False),
    "cut off": Bad(lambda c: event()(c)[:-9], "not-json", named=False),
    "two documents": Bad(lambda c: event()(c) * 2, "not-json", named=False),
    "a list": Bad(lambda c: b"[" + event()(c) + b"]", "malformed", named=False),
    "a text": Bad(lambda _: json.dumps(CANARY).encode(), "malformed", named=False),
    "null": Bad(lambda _: b"null", "malformed", named=False),
    "60 KiB of open brackets": Bad(lambda _: b"[" * 60 * KIB, ("too-large", "not-json"), named=False),
    "deep in the data": Bad(text('"open"', "[" * 2_000 + "]" * 2_000), ("malformed", "not-json"), named=False),
    "5,000 digits": Bad(text('"open"', "9" * 5_000), ("malformed", "not-json"), named=False),
    "a huge exponent": Bad(text('"open"', "1e999999"), ("malformed", "not-json"), named=False),
    "NaN": Bad(text('"open"', "NaN"), "not-json", named=False),
    "Infinity": Bad(text('"open"', "-Infinity"), "not-json", named=False),
    "an attribute twice": Bad(text('"specversion"', '"type": "x", "specversion"'), "malformed", named=False),
    "a field twice": Bad(text('"action"', '"action": "total", "action"'), "malformed", named=False),
    "a lone surrogate": Bad(text('"open"', r'"\ud800"'), ("malformed", "not-json"), named=False),
    "a NUL": Bad(event(data=basket(basket_id=f"b\0{CANARY}")), "malformed"),
    "an integer beyond 2^53": Bad(event(data=basket(**ADD, lines=line(price_cents=2**53 + 1))), "malformed"),
    "a text for a number": Bad(event(data=basket(**ADD, lines=line(quantity="one"))), "malformed"),
    "an exponent in a text": Bad(event(data=basket(**ADD, lines=line(quantity="1e3"))), "malformed"),
    "a truth for a number": Bad(event(data=basket(**ADD, lines=line(quantity=True))), "malformed"),
    "less than nothing": Bad(event(data=basket(**ADD, lines=line(quantity=-1, price_cents=-100))), "malformed"),
    "an object for a text": Bad(event(data=basket(basket_id={"$ne": CANARY})), "malformed"),
    "data that is a list": Bad(event(data=[CANARY]), "malformed"),
    "no data": Bad(text('"data"', '"nothing"'), "malformed"),
    "an unknown field": Bad(event(data=basket(surname=CANARY)), "malformed"),
    "an unknown attribute": Bad(event(surname=CANARY), "malformed"),
    "an unknown action": Bad(event(data=basket(action=CANARY)), "malformed"),
    "no lines to add": Bad(event(data=basket(**ADD)), "malformed"),
    "no id": Bad(event(id=None), "malformed", named=False),
    "an id with a blank": Bad(event(id=f"{CANARY} "), "malformed", named=False),
    "an id of 200 letters": Bad(event(id="x" * 200), "malformed", named=False),
    "another version": Bad(event(specversion="2.0"), "malformed"),
    "no time": Bad(event(time=None), "malformed"),
    "a time without a zone": Bad(event(time="2026-11-22T10:00:00"), "malformed"),
    "a time that is a number": Bad(event(time=1_795_000_000), "malformed"),
    "a year ahead": Bad(event("sign-in", SIGN_IN, time=at(days=365)), "from-the-future"),
    "a year behind": Bad(event("sign-in", SIGN_IN, time=at(days=-365)), "stale"),
    "the year 9999": Bad(event("sign-in", SIGN_IN, time="9999-12-31T23:59:59Z"), "from-the-future"),
    "the year 1": Bad(event("sign-in", SIGN_IN, time="0001-01-01T00:00:00Z"), ("stale", "malformed")),
    "another store": Bad(event(source="storeside/1/other/pos/till-1"), "wrong-source"),
    "another device": Bad(event(source="storeside/1/s-plain/pos/till-2"), "wrong-source"),
    "no source": Bad(event(source=None), ("malformed", "wrong-source")),
    "an unknown type": Bad(event(type=f"storeside.{CANARY}.v1"), "unknown-type"),
    "a type of somebody else": Bad(event(type="com.example.order"), "unknown-type"),
    "a question as an event": Bad(event("decide", QUESTION), "unknown-type"),
    "a sighting by a till": Bad(event("sighting", SIGHTING), "wrong-class"),
    "a card number": Bad(event(data=basket(loyalty="4111111111111111", action="identify")), "card-number"),
    "a card number in groups": Bad(event(data=basket(basket_id="5500-0055-5555-5559")), "card-number"),
    "a card number as an id": Bad(event(id="4111111111111111"), "card-number", named=False),
    "17 KiB of no basket": Bad(lambda c: padded(event("feedback", REPLY)(c), 17 * KIB), "too-large"),
    "a basket of 65 KiB": Bad(event(data=basket(loyalty=CANARY + "x" * 65 * KIB)), "too-large", named=False),
    "an answer to nothing": Bad(event("feedback", REPLY), "unknown-decision"),
}  # fmt: skip
