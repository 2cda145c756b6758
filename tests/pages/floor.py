"""Some minutes in the store that the page tests play, as the console hears them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.pages import store

Json = dict[str, Any]
Happening = tuple[str, Json]

_AT = "2017-12-06T17:42:08Z"
_LOSERS = {"lower-worth": 31, "just-bought": 4, "too-much-alike": 6, "offer-capped": 1}
_BASKET = (store.MILK, store.EGGS, store.BREAD, store.CHIPS, store.TOMATOES, store.ICE)
_ARRIVAL = (store.MILK, store.EGGS, store.COFFEE, store.CHIPS, store.CHEESE, store.ICE)
_PEOPLE = (
    ("7f3a1c", "Quiet Otter", "app_beacon", "fresh", 0),
    ("09be44", "Amber Finch", "kiosk_login", "entrance", 0),
    ("b2210d", "anonymous", "anonymous_context", "entrance", 0),
    ("4cc9e0", "Brave Heron", "app_beacon", "grocery", 2),
    ("e81a02", "Mellow Fox", "app_beacon", "chilled", 3),
    ("55d0aa", "Merry Wren", "pos_loyalty", "checkout", 4),
    ("91f7b3", "anonymous", "anonymous_context", "grocery", 0),
    ("c04e8d", "Calm Badger", "kiosk_login", "fresh", 1),
    ("d77e15", "Lucky Sparrow", "app_beacon", "checkout", 6),
)


def arrival(visit: str, who: str, method: str = "app_beacon", zone: str = "entrance") -> Json:
    """Somebody came in."""
    return {
        "at": _AT,
        "visit": visit,
        "phase": "arrived",
        "who": who,
        "method": method,
        "zone": zone,
        "reason": None,
    }


def decision(number: int, visit: str, who: str, placement: str, **more: Any) -> Json:
    """One decision as the stream tells it."""
    chosen = [
        {
            "sku": i["item_id"],
            "headline": i["headline"],
            "reason": i["reason"],
            "offer_id": i.get("offer_id"),
            "price_cents": i["price_cents"],
        }
        for i in more.pop("items", _ARRIVAL)
    ]
    surface = {
        "arrival": "none",
        "display-zone": "display",
        "kiosk-home": "kiosk",
        "tablet-card": "tablet",
        "till-addon": "pos",
    }[placement]
    return {
        "at": _AT,
        "decision_id": f"d-{number}",
        "visit": visit,
        "who": who,
        "placement": placement,
        "surface": surface,
        "kind": "personal" if who != "anonymous" else "context",
        "items": chosen,
        "losers": _LOSERS,
        "core_ms": 1.7 + number / 10,
        **more,
    }


def basket(visit: str, who: str, count: int, hits: list[str], action: str = "add") -> Json:
    """A basket of ``count`` lines."""
    lines = [
        {
            "sku": i["item_id"],
            "name": i["headline"],
            "quantity": 1,
            "price_cents": i["price_cents"],
        }
        for i in _BASKET[:count]
    ]
    return {
        "at": _AT,
        "visit": visit,
        "who": who,
        "action": action,
        "lines": lines,
        "total_cents": sum(line["price_cents"] for line in lines),
        "hits": hits,
    }


def _minutes() -> Iterator[Happening]:
    for number, (visit, who, method, zone, bought) in enumerate(_PEOPLE):
        yield "visit", arrival(visit, who, method, zone)
        if who != "anonymous":
            yield "decision", decision(number, visit, who, "arrival")
        if bought:
            hits = [i["item_id"] for i in _BASKET[:bought] if i in _ARRIVAL]
            yield (
                "basket",
                basket(visit, who, bought, hits, "complete" if bought > 5 else "add"),
            )
    yield (
        "decision",
        decision(
            20,
            "b2210d",
            "anonymous",
            "display-zone",
            items=[store.STRAWBERRIES, store.BREAD, store.CHICKEN],
        ),
    )
    yield (
        "decision",
        decision(
            21,
            "c04e8d",
            "Calm Badger",
            "kiosk-home",
            items=[store.COFFEE, store.ICE, store.CHEESE],
        ),
    )
    yield (
        "decision",
        decision(22, "55d0aa", "Merry Wren", "till-addon", items=[store.SALSA, store.CHEESE]),
    )
    yield (
        "feedback",
        {
            "at": _AT,
            "visit": "55d0aa",
            "name": "Suggestion Accepted",
            "decision_id": "d-22",
            "action": "accept",
        },
    )
    yield (
        "decision",
        decision(
            23,
            "7f3a1c",
            "Quiet Otter",
            "tablet-card",
            items=[store.MILK, store.COFFEE, store.CHIPS],
        ),
    )
    yield (
        "visit",
        {
            **arrival("d77e15", "Lucky Sparrow", zone="checkout"),
            "phase": "ended",
            "reason": "paid",
        },
    )


HAPPENINGS: tuple[Happening, ...] = tuple(_minutes())
DECISIONS = tuple(data for name, data in HAPPENINGS if name == "decision")
