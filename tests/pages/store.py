"""The store that the page tests play: real kinds of groceries, invented people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from edge.domain.consent import Purpose

Json = dict[str, Any]


def soon(seconds: float) -> str:
    """An instant ``seconds`` from now as it travels."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def item(sku: str, headline: str, cents: int, reason: str, **more: Any) -> Json:
    """One shown item."""
    return {
        "item_id": sku,
        "headline": headline,
        "price_cents": cents,
        "reason": reason,
        **more,
    }


BANANAS = item("1082185", "Bananas", 99, "Popular here this evening")
MILK = item("1029743", "White milk, 1 gal", 249, "You may be running low")
EGGS = item("981760", "Extra large eggs, dozen", 114, "One of your regulars")
BREAD = item("883404", "White bread, 20 oz", 88, "Popular here this evening")
STRAWBERRIES = item(
    "1127831",
    "Strawberries, 16 oz",
    399,
    "On offer today",
    offer_id="o-berries",
    badge="2 for $7",
)
SALSA = item("5568379", "Mild salsa, 16 oz", 219, "Goes with your basket")
CHIPS = item(
    "5568378",
    "Tortilla chips, 12.5 oz",
    275,
    "Goes with your basket",
    offer_id="o-chips",
    badge="Save 50¢",
)
CHICKEN = item("916122", "Boneless chicken breast", 352, "Popular here this evening")
CHEESE = item("859075", "Shredded cheese, 8 oz", 150, "Liked by shoppers like you")
COFFEE = item(
    "901234", "Ground coffee, 12 oz", 549, "You may be running low", badge="Save $1.00"
)
ICE = item("998877", "Vanilla ice cream, 48 oz", 329, "Liked by shoppers like you")
TOMATOES = item("854852", "Tomatoes on the vine", 359, "Popular here this evening")
TISSUE = item("1065593", "Toilet tissue, 12 rolls", 599, "You may be running low")

PRICES: dict[str, Json] = {
    "1082185": {"item_id": "1082185", "name": "Bananas", "price_cents": 93},
    "1029743": {
        "item_id": "1029743",
        "name": "Fluid milk, white, store brand, 1 gal",
        "price_cents": 259,
    },
    "981760": {
        "item_id": "981760",
        "name": "Eggs, x-large, store brand, 1 dozen",
        "price_cents": 109,
    },
    "883404": {
        "item_id": "883404",
        "name": "Mainstream white bread, store brand, 20 oz",
        "price_cents": 99,
    },
    "1127831": {"item_id": "1127831", "name": "Strawberries, 16 oz", "price_cents": 299},
    "916122": {"item_id": "916122", "name": "Chicken breast boneless", "price_cents": 374},
    "859075": {
        "item_id": "859075",
        "name": "Shredded cheese, store brand, 8 oz",
        "price_cents": 150,
    },
    "854852": {
        "item_id": "854852",
        "name": "Tomatoes hothouse on the vine",
        "price_cents": 265,
    },
    "5568378": {
        "item_id": "5568378",
        "name": "Tortilla nacho chips, 12.5 oz",
        "price_cents": 250,
    },
    "833025": {
        "item_id": "833025",
        "name": "Sour creams, store brand, 16 oz",
        "price_cents": 100,
    },
    "1044078": {"item_id": "1044078", "name": "Beef, lean", "price_cents": 285},
    "826249": {
        "item_id": "826249",
        "name": "Hamburger buns, store brand, 12 oz",
        "price_cents": 99,
    },
    "903325": {"item_id": "903325", "name": "Broccoli whole and crowns", "price_cents": 199},
    "1053690": {
        "item_id": "1053690",
        "name": "Soft drink 2 liter bottle, 2 l",
        "price_cents": 100,
    },
    "938700": {"item_id": "938700", "name": "Corn, store brand, 15.25 oz", "price_cents": 44},
    "901062": {"item_id": "901062", "name": "Apples gala", "price_cents": 226},
    "1065593": {"item_id": "1065593", "name": "Toilet tissue, 83.5 sq ft", "price_cents": 115},
    "976199": {"item_id": "976199", "name": "Butter, store brand, 1 lb", "price_cents": 199},
    "908531": {"item_id": "908531", "name": "Chocolate milk, store brand", "price_cents": 100},
    "866227": {"item_id": "866227", "name": "Sweet goods, donuts", "price_cents": 50},
    "5550001": {"item_id": "5550001", "name": "Article 5550001", "price_cents": 100},
}
"""What the store says that its articles cost."""

CONTEXT: Json = {
    "at": soon(0),
    "daypart": "evening",
    "weather": {"value": "Rain, 9 °C", "age_s": 120},
    "trending": [
        {"item_id": i["item_id"], "headline": i["headline"]} for i in (BANANAS, BREAD, CHICKEN)
    ],
    "trending_age_s": 30,
}


def show(kind: str = "context", items: Sequence[Mapping[str, Any]] = (), **slots: Any) -> Json:
    """A Show as the store sends it."""
    title = "Picked for you" if kind == "personal" else "This evening in the store"
    return {
        "decision_id": f"d-{kind}-{len(items)}",
        "placement": "display-zone",
        "kind": kind,
        "template": "board",
        "slots": {"title": title, **slots},
        "items": list(items),
        "expires_at": soon(60 if kind == "personal" else 600),
        "config": "c0ffee",
        "creative_id": "cr-1",
    }


CHALLENGE: Json = {
    "id": "three-of-the-week",
    "headline": "Three of the week",
    "until": "2026-11-30T00:00:00+00:00",
    "items": [
        {"sku": "1029743", "name": "White milk, 1 gal", "new": False, "done": True},
        {"sku": "981760", "name": "Extra large eggs, dozen", "new": False, "done": True},
        {"sku": "5568379", "name": "Mild salsa, 16 oz", "new": True, "done": False},
    ],
    "left": 1,
    "nudge": "One item left: Mild salsa, 16 oz",
    "reward": {"offer_id": "o-salsa", "cents": 150},
    "earned": False,
    "given": False,
}
MESSAGE: Json = {
    "headline": "Only a few strawberries are left",
    "text": "They are at the entrance.",
    "reason": "You had them in your basket.",
}


def card(visit: str, alias: str, items: Sequence[Mapping[str, Any]], **slots: Any) -> Json:
    """An arrival card for the tablet."""
    shown = show(
        "personal",
        items,
        visit=visit,
        greeting=alias,
        zone="fresh",
        method="app_beacon",
        talking_point="Usually shops for the week; ask about plans.",
        avoid="Earlier purchases, how often they come.",
    )
    shown["slots"].update(slots)
    return {
        **shown,
        "decision_id": f"d-{visit}",
        "placement": "tablet-card",
        "template": "card",
    }


def hello(device: str, *, demo: bool = False) -> Json:
    """The first word on a stream."""
    return {
        "store": "store-367",
        "device": device,
        "class": device.split("-", maxsplit=1)[0],
        "zone": "fresh",
        "link": "up",
        "demo": demo,
        "currency": "USD",
        "currency_exponent": 2,
        "locale": "en-US",
        "notice": "notice-us-1",
        "purposes": [p.value for p in Purpose if p is not Purpose.PERSONALISE_PUBLIC],
        "clock": soon(0),
    }


def _devices() -> list[Json]:
    rows = [
        ("display-1", "display", "entrance", "ready"),
        ("display-2", "display", "fresh", "ready"),
        ("kiosk-1", "kiosk", "entrance", "ready"),
        ("tablet-1", "tablet", "chilled", "ready"),
        ("till-1", "pos", "checkout", "ready"),
        ("till-2", "pos", "checkout", "lost"),
        ("beacons-1", "beacon-gw", "entrance", "ready"),
    ]
    return [
        {
            "name": name,
            "class": kind,
            "zone": zone,
            "state": state,
            "session": 3,
            "since": soon(-3600),
            "last_seen": soon(-4),
            "model": "Storeside page 0.1",
        }
        for name, kind, zone, state in rows
    ]


def overview(**replaced: Any) -> Json:
    """The console's overview; ``replaced`` replaces whole parts."""
    base: Json = {
        "store": {
            "id": "store-367",
            "name": "Maple Street",
            "market": "us",
            "clock": "2017-12-06T17:42:10Z",
            "demo": True,
            "speed": 30.0,
            "paused": False,
            "currency": "USD",
            "currency_exponent": 2,
            "locale": "en-US",
        },
        "counts": {
            "visits": 148,
            "identified": 119,
            "signals": 3127,
            "refused": 41,
            "decisions": 2210,
            "personal": 1684,
            "shows": 1422,
            "plays": 388,
            "answers": 611,
            "receipts": 3086,
        },
        "latency_ms": {
            "decision": {"p50": 1.9, "p99": 6.4},
            "signal_to_screen": {"p50": 7.8, "p99": 23.5},
        },
        "hit_rate_at_10": {"value": 0.672, "baseline": 0.581, "popular": 0.37, "visits": 119},
        "complement_rate": {
            "value": 0.312,
            "baseline": 0.204,
            "popular": 0.151,
            "baskets": 187,
            "identified": 119,
        },
        "devices": _devices(),
        "outbox": {"pending": 17, "oldest_s": 1.2, "sent": 9043, "parked": 0, "dropped": 0},
        "hub": {
            "state": "up",
            "last_contact_s": 0.8,
            "events": 9043,
            "streams": {
                "consents": {"version": 412, "age_s": 12.0},
                "erasures": {"version": 3, "age_s": 12.0},
                "customers": {"version": 96, "age_s": 31.0},
                "offers": {"version": 7, "age_s": 3100.0},
            },
        },
        "model": {"label": "grocer@2026.11", "digest": "9f2c41d07ab3", "fallback": False},
        "consents": {
            "recognise": 76,
            "personalise-private": 71,
            "personalise-public": 22,
            "associate-assist": 58,
            "checkout-offer": 66,
            "measure": 70,
            "train": 31,
            "share": 9,
        },
        "pages": [
            {"title": "Display · entrance", "url": "/display/display-1"},
            {"title": "Display · fresh", "url": "/display/display-2"},
            {"title": "Kiosk", "url": "/kiosk/kiosk-1"},
            {"title": "Associate tablet", "url": "/tablet?device=tablet-1"},
            {"title": "Till", "url": "/till/till-1"},
        ],
        "refusals": {"unknown-beacon": 33, "duplicate": 6, "stale": 2},
        "rungs": {"profile": "use", "trend": "use", "stock": "degrade", "weather": "drop"},
    }
    return {**base, **replaced}
