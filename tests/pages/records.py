"""What the store keeps and tells when asked: one decision, one person, one erasure."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

DECISION: Json = {
    "decision": {
        "id": "d-1",
        "at": "2017-12-06T17:42:08Z",
        "placement": "arrival",
        "kind": "personal",
        "model": "grocer@2026.11",
        "arm": "treated",
        "arms": {"chips": "idea", "rolls": "held-out"},
        "ghosts": ["o-rolls"],
        "purposes": ["recognise", "personalise-private"],
        "choices": [
            {
                "sku": "1029743",
                "points": 6120,
                "worth": 152,
                "sources": ["own", "resupply"],
                "offer": None,
            },
            {"sku": "981760", "points": 4410, "worth": 51, "sources": ["own"], "offer": None},
            {
                "sku": "5568378",
                "points": 1980,
                "worth": 104,
                "sources": ["complement", "offer"],
                "offer": "o-chips",
                "timeliness": 20,
                "loss": 150,
                "trust": 80,
                "creative": "idea",
                "propensity": 4750,
            },
        ],
        "losers": [
            {"sku": "844165", "points": 3900, "rule": "just-bought", "offer": None},
            {"sku": "1127831", "points": 3110, "rule": "offer-capped", "offer": "o-berries"},
            {"sku": "859075", "points": 2600, "rule": "too-much-alike", "offer": None},
            {"sku": "901234", "points": 2350, "rule": "lower-worth", "offer": None},
            {"sku": "998877", "points": 2100, "rule": "lower-worth", "offer": None},
            {"sku": "1065593", "points": 1400, "rule": "out-of-stock", "offer": None},
        ],
        "slots": [],
        "rungs": {"profile": "use", "trend": "use", "stock": "degrade"},
    },
    "words": (
        "Recognised by beacon; recognise and personalise-private are allowed.\n"
        "White milk was chosen first: bought on 9 of the last 12 trips, last time 6 days ago.\n"
        "Tortilla chips go with the basket and carry an offer worth 50 cents.\n"
        "A soft drink with a higher chance lost: it was bought two days ago."
    ),
    "inputs": {
        "day": 17506,
        "hour": 17,
        "zone": "entrance",
        "basket": [],
        "ages_s": {"profile": 4, "trend": 1, "stock": 5400},
    },
    "timing": {"gather_ms": 0.42, "score_ms": 0.88, "choose_ms": 0.31, "store_ms": 0.61},
}

ME: Json = {
    "alias": "Quiet Otter",
    "consents": {
        "recognise": True,
        "personalise-private": True,
        "personalise-public": False,
        "associate-assist": True,
        "checkout-offer": True,
        "measure": True,
        "train": False,
        "share": False,
    },
    "known": {"trips": 41, "items": 212, "since": "2017-01-04T15:20:00Z"},
    "why": [
        "White milk was shown because you buy it about every week and it is six days since.",
        "Tortilla chips were shown because salsa was in your basket; the offer was open to everybody.",
        "Nothing personal was shown on the big screen: you have not allowed it.",
    ],
    "receipts": [
        {
            "id": "k-3",
            "purpose": "associate-assist",
            "state": "given",
            "market": "us",
            "notice_id": "notice-us-1",
            "given_at": "2017-11-29T17:02:11Z",
            "expires_at": "2018-11-29T17:02:11Z",
            "channel": "kiosk",
        },
        {
            "id": "k-2",
            "purpose": "share",
            "state": "withdrawn",
            "market": "us",
            "notice_id": "notice-us-1",
            "given_at": "2017-11-29T17:02:11Z",
            "expires_at": None,
            "channel": "phone",
        },
    ],
}
ERASED: Json = {
    "id": "e-1",
    "erased_at": "2017-12-06T17:50:00Z",
    "counts": {"profile": 1, "consents": 8, "visits": 41},
}
