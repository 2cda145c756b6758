"""What happens in a visit, step by step, as devices say it."""

from __future__ import annotations

from uuid import uuid4

from tests.contract.plain_client import Heard, Json, PlainClient
from tests.contract.store import HABITS, NOTICE

CLEARED_WITHIN_S = 2.0
AMPLE_MS = 2_000
"""A deadline that a slow machine keeps too; how fast answers are is for the benchmark to say."""


def sign_in(kiosk: PlainClient, shopper: Json, **changed: object) -> Json:
    told = {
        "method": "loyalty",
        "value": shopper["identifiers"]["loyalty"],
        "purposes": ["recognise", "personalise"],
        "notice_id": NOTICE,
        "locale": "en-US",
    }
    return kiosk.send("sign-in", {**told, **changed})


def personal(heard: Heard) -> bool:
    return heard.leaf == "show" and heard.data["kind"] == "personal"


def cleared(heard: Heard) -> bool:
    return heard.leaf == "cmd" and heard.data["command"] == "clear"


def line(sku: str = HABITS[0], quantity: int = 1) -> Json:
    return {"sku": sku, "quantity": quantity, "price_cents": 100}


class Basket:
    """A basket at a till, step by step; every step must be receipted."""

    def __init__(self, till: PlainClient) -> None:
        self.id = f"b-{uuid4().hex[:8]}"
        self.till = till
        self.step("open")

    def step(self, action: str, **more: object) -> None:
        receipt = self.till.send("basket", {"basket_id": self.id, "action": action, **more})
        assert receipt["accepted"], receipt

    def ask(self, deadline_ms: int = AMPLE_MS) -> Heard:
        question = {
            "placement": "till-addon",
            "limit": 3,
            "deadline_ms": deadline_ms,
            "basket_id": self.id,
        }
        return self.till.ask(question)
