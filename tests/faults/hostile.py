"""Basket messages spoiled by chance: each is right but for one place, and says which of its lines stayed good."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from devices.errors import Refusal
from devices.messages.events import CloudEvent
from devices.messages.till import Basket, BasketAt, Discount, Line, OriginalSale, Tax, Tender
from devices.messages.up import OfferAsk

Json = Any
Path = tuple[str | int, ...]

REASONS = frozenset(reason.value for reason in Refusal)
"""The closed list."""

CANARY = re.compile(r"qx\d+zv")
"""A word in what was spoiled, so that it can be looked for."""

_MODELS = (CloudEvent, OfferAsk, Basket, BasketAt, Discount, Line, OriginalSale, Tax, Tender)
_FIELDS = frozenset(
    field.alias or name for model in _MODELS for name, field in model.model_fields.items()
)
_WORDS = _FIELDS | {"data", "type", "line", "extra"}

_SEEDS: tuple[Mapping[str, Json], ...] = (
    {
        "action": "add",
        "lines": [
            {"line_id": "g1", "sku": "4006381333931", "quantity": 1, "price_cents": 199},
            {
                "line_id": "g2",
                "sku": "4011",
                "quantity": "0.432",
                "unit": "kg",
                "price_cents": 199,
                "discounts": [{"kind": "percent", "amount": "12.5", "reason": "weekly"}],
            },
            {
                "line_id": "g3",
                "sku": "036000291452",
                "quantity": 2,
                "unit_price": "19.95",
                "price_override": True,
                "tax": {"rate_pct": "7.25", "included": False},
            },
        ],
    },
    {
        "action": "complete",
        "currency": "USD",
        "lines": [
            {"line_id": "g1", "sku": "1", "quantity": -1, "price_cents": 100},
            {
                "line_id": "g2",
                "sku": "2",
                "quantity": 1,
                "price_cents": 100,
                "kind": "return",
                "of": {"order_id": "b-9", "line_id": "l1"},
            },
            {"line_id": "g3", "kind": "deposit", "quantity": 6, "price_cents": 25},
            {"line_id": "g4", "sku": "3", "quantity": 1.5, "unit": "lb", "price_cents": 349},
        ],
        "discounts": [{"kind": "amount", "amount": 50, "offer_id": "o-1"}],
        "tenders": [{"kind": "card", "amount": 300}, {"kind": "cash", "amount": 12}],
        "coupons": 1,
    },
    {
        "action": "add",
        "lines": [
            {"line_id": "g1", "sku": "01095060001343523103000195", "price_cents": 500},
            {"line_id": "g2", "sku": "2012345006785", "quantity": 1, "price_cents": 678},
            {"line_id": "g3", "kind": "fee", "price_cents": 10},
        ],
    },
)

_QUESTIONS: tuple[Mapping[str, Json], ...] = (
    {"verb": "redeem", "basket_id": "b-1", "offer_id": "o-1", "deadline_ms": 2_000},
    {"verb": "inquire", "basket_id": "b-1", "code": "MILK20", "deadline_ms": 2_000},
    {"verb": "reverse", "basket_id": "b-1", "decision_id": "d-1", "offer_id": "o-1"},
)

_HOSTILE: tuple[Json, ...] = (
    None, True, False, 0, -0.0, -1, 1e-7, 1e22, 1.5e300, 2**53, -(2**53), 99999999999999999999,
    "", " ", "0", "-0", "-0.0", "1e5", "1E400", "NaN", "Infinity", "-inf", "nan", "0x10", "1_000",
    "1,5", "+1", ".5", "5.", "-", ".", "00000000000000000001", "9" * 400, "0." + "0" * 300 + "1",
    "\u0661\u0662", "\uff11", "\u00bd", "1\u200b", "e\u0301", "\U0001f34e", "\u0000", "\u202e12",
    "\ud800", "each ", "KG", "kg\n", "stone", "void", "SALE", "]C10109506000134352", "(01)09506000134352",
    "\x1d01095060001343523103000195", "https://example.com/01/09506000134352?3103=000195",
    "http://[::1", "(01)", "]", "]C1", "4111111111111111", "x" * 5000, "' OR 1=1 --", "../../etc",
    [], {}, [[]], [None], {"$ne": None}, {"amount": 1}, [1, "2"], [[[[[[[[[[]]]]]]]]]], "2026-02-30T25:61:61Z",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "10000000000", 10**11, 10**11 + 1, -(10**11),
)  # fmt: skip
_NAMES = (
    "line_id", "sku", "quantity", "unit", "price_cents", "unit_price", "price_override", "kind", "of", "discounts",
    "tax", "loyalty", "sold_at", "from", "tenders", "coupons", "currency", "basket_id", "action", "lines",
    "__class__", "surname", "",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """A spoiled document. ``good``: ids of lines that nothing was done to; ``canary``: its own word.

    ``spoiled``: the place of the line that was, or None where it was elsewhere or in the text.
    """

    number: str
    payload: bytes
    good: tuple[str, ...]
    canary: str
    spoiled: int | None


class Spoiler:
    """Makes them by chance; ``wrap`` puts the data of a basket into what goes over the wire."""

    def __init__(self, chance: random.Random, wrap: Callable[[str, Json], Json]) -> None:
        self._chance = chance
        self._wrap = wrap
        self._count = 0

    def make(self) -> Hostile:
        """The next one."""
        self._count += 1
        number, canary = f"m{self._count}", f"qx{self._count}zv"
        data = {"basket_id": number, **copy.deepcopy(dict(self._chance.choice(_SEEDS)))}
        ids = [str(line["line_id"]) for line in data["lines"]]
        spoiled: int | None = None
        how = self._chance.random()
        if how < 0.55:
            spoiled = self._chance.randrange(len(ids))
            for _ in range(self._chance.choice((1, 1, 1, 2, 4))):
                self._spoil(data["lines"], (spoiled,), canary)
        elif how < 0.8:
            self._spoil(data, (), canary)
        payload = json.dumps(self._wrap(number, data)).encode()
        if how >= 0.8:
            payload = self._in_text(payload, canary)
        good = (
            ()
            if spoiled is None
            else tuple(id_ for place, id_ in enumerate(ids) if place != spoiled)
        )
        return Hostile(
            number=number, payload=payload, good=good, canary=canary, spoiled=spoiled
        )

    def question(self) -> Hostile:
        """A question about an offer."""
        self._count += 1
        number, canary = f"m{self._count}", f"qx{self._count}zv"
        data = dict(self._chance.choice(_QUESTIONS))
        in_text = self._chance.random() < 0.2
        if not in_text:
            for _ in range(self._chance.choice((1, 1, 2))):
                self._spoil(data, (), canary)
        payload = json.dumps(self._wrap(number, data)).encode()
        if in_text:
            payload = self._in_text(payload, canary)
        return Hostile(number=number, payload=payload, good=(), canary=canary, spoiled=None)

    def _spoil(self, root: Json, above: Path, canary: str) -> None:
        """One change at one place of ``root``, at or under ``above``."""
        chance = self._chance
        places = [path for path in _places(root) if path[: len(above)] == above]
        path = chance.choice((places[1:] or places) if above == () else places)
        holder, last = _holder(root, path)
        here = holder[last]
        way = chance.randrange(6)
        if way == 0 and isinstance(holder, dict):
            del holder[last]
        elif way == 1 and isinstance(here, dict):
            here[chance.choice(_NAMES)] = self._value(canary)
        elif way == 2 and isinstance(here, list) and here:
            here.append(copy.deepcopy(chance.choice(here)))
        elif way == 3 and isinstance(here, str):
            place = chance.randrange(len(here) + 1)
            here = (
                here[:place]
                + str(chance.choice(("\u0663", "-", ".", " ", "0", "e9", canary)))
                + here[place:]
            )
            holder[last] = here
        elif way == 4 and isinstance(here, int | float) and not isinstance(here, bool):
            holder[last] = chance.choice((str(here), -here, here * 10**9, here / 3, [here]))
        else:
            holder[last] = self._value(canary)

    def _value(self, canary: str) -> Json:
        value = self._chance.choice(_HOSTILE)
        if isinstance(value, str) and self._chance.random() < 0.5:
            return value + canary
        return copy.deepcopy(value)

    def _in_text(self, payload: bytes, canary: str) -> bytes:
        """What a JSON writer would not write."""
        chance, text = self._chance, payload.decode()
        way = chance.randrange(6)
        if way == 0:
            cut = chance.randrange(len(text))
            return text[:cut].encode()
        if way == 1:
            place = chance.randrange(len(payload))
            return payload[:place] + bytes([chance.randrange(256)]) + payload[place + 1 :]
        if way == 2:  # a field twice
            return text.replace(
                '"quantity":', f'"quantity": "{canary}", "quantity":', 1
            ).encode()
        if way == 3:
            old = chance.choice(re.findall(r"(?<=: )-?\d+(?:\.\d+)?(?=[,}])", text) or ["-"])
            new = (
                "NaN",
                "-Infinity",
                "1e999",
                "01",
                "-0",
                "1.",
                "0" * 999 + "1",
                "-",
                "0x1F",
                "1e-400",
            )
            return text.replace(f": {old}", f": {chance.choice(new)}", 1).encode()
        if way == 4:
            deep = chance.choice((10, 150, 300, 3_000))
            return text.replace('"g1"', "[" * deep + "]" * deep, 1).encode()
        return text.replace('"action"', f'"{canary}"', 1).encode()


def strange(chance: random.Random) -> str:
    """A text that no till should write."""
    return str(chance.choice([one for one in _HOSTILE if isinstance(one, str)]))


def complaint(receipt: Mapping[str, Json]) -> str | None:
    """What is wrong with an answer: not of the closed list, or a field that is not ours."""
    lines = receipt.get("lines") or []
    told = [receipt, *lines] if isinstance(lines, list) else [receipt]
    for one in told:
        reason, field = one.get("reason"), one.get("field")
        if reason is not None and reason not in REASONS:
            return f"the reason {reason!r} is not of the closed list"
        is_yes = receipt.get("accepted", receipt.get("granted", True))
        if reason is None and (one is not receipt or not is_yes):
            return "a refusal without a reason"
        if field is not None and not all(
            part in _WORDS or part.isdigit() for part in str(field).split(".")
        ):
            return f"the field {field!r} is none of ours"
    return None


def _places(root: Json) -> list[Path]:
    """Every place in a document, itself first."""
    found: list[Path] = [()]
    inside = (
        root.items()
        if isinstance(root, dict)
        else enumerate(root)
        if isinstance(root, list)
        else ()
    )
    for key, value in inside:
        found += [(key, *rest) for rest in _places(value)]
    return found


def _holder(root: Json, path: Path) -> tuple[Json, Any]:
    for key in path[:-1]:
        root = root[key]
    return root, path[-1]
