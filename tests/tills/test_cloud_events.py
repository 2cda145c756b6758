"""What the ``cloudevents`` package writes, in both of its modes, at the real service."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from tests.tills.conftest import Json, Shop

MODES = {"binary": to_binary, "structured": to_structured}


def event(lane: Json, **changed: object) -> CloudEvent:
    attributes = {
        "id": f"ce-{uuid4().hex}",
        "source": lane["topics"]["event"].rsplit("/", 1)[0],
        "type": "storeside.basket.v1",
        "time": datetime.now(UTC),
        "datacontenttype": "application/json",
        **changed,
    }
    data = attributes.pop("data", {"basket_id": f"ce-{uuid4().hex[:8]}", "action": "open"})
    return CloudEvent(attributes=attributes, data=data)


def send(shop: Shop, lane: Json, message: HTTPMessage, **more: str) -> tuple[int, Json]:
    headers = {name.replace("-", "_"): value for name, value in message.headers.items()}
    headers["Content_Type"] = headers.pop("content_type")
    return shop.post("/v1/events", message.body, lane, **headers, **more)


@pytest.mark.parametrize("mode", MODES)
def test_an_event_of_the_package_is_taken_in_both_modes(
    shop: Shop, lane: Json, mode: str
) -> None:
    made = event(lane)
    status, told = send(shop, lane, MODES[mode](made, JSONFormat()))
    assert status == 202
    assert told["results"] == [{"id": made.get_id(), "accepted": True}]


@pytest.mark.parametrize("subject", ["Café Müller", "牛乳", '100 % "fresh"', "a\\b", "😀 milk"])
def test_what_is_not_ascii_is_the_same_in_both_modes(
    shop: Shop, lane: Json, subject: str
) -> None:
    made = event(lane, subject=subject)
    for mode in MODES.values():
        _, told = send(shop, lane, mode(made, JSONFormat()))
        assert told["results"][0]["accepted"] or told["results"][0]["reason"] == "duplicate"


def test_one_event_in_both_modes_counts_once(shop: Shop, lane: Json) -> None:
    made = event(lane)
    told = [send(shop, lane, mode(made, JSONFormat()))[1] for mode in MODES.values()]
    first, second = (one["results"][0] for one in told)
    assert first["accepted"] is True
    assert second.get("duplicate") or second["reason"] == "duplicate"


def test_a_basket_in_binary_mode_is_an_order(shop: Shop, lane: Json) -> None:
    number = f"ce-{uuid4().hex[:8]}"
    line = {"sku": "100001", "quantity": "0.5", "unit": "kg", "price_cents": 200}
    data = {"basket_id": number, "action": "complete", "lines": [line]}
    _, told = send(shop, lane, to_binary(event(lane, data=data), JSONFormat()))
    assert told["results"][0]["accepted"] is True
    assert shop.fact(number)["properties"]["revenue_cents"] == 100


WRONG: dict[str, tuple[dict[str, object], str]] = {
    "another till's source": ({"source": "storeside/1/s-plain/pos/another"}, "wrong-source"),
    "a type that there is not": ({"type": "com.example.order"}, "unknown-type"),
    "a card's number": ({"subject": "4111 1111 1111 1111"}, "card-number"),
    "data that is none": ({"data": {"basket_id": "b"}}, "malformed"),
}


@pytest.mark.parametrize(("changed", "reason"), WRONG.values(), ids=WRONG.keys())
@pytest.mark.parametrize("mode", MODES)
def test_both_modes_are_refused_alike(
    shop: Shop, lane: Json, mode: str, changed: dict[str, object], reason: str
) -> None:
    made = event(lane, **changed)
    _, told = send(shop, lane, MODES[mode](made, JSONFormat()))
    (result,) = told["results"]
    assert (result["id"], result["accepted"], result["reason"]) == (
        made.get_id(),
        False,
        reason,
    )


def test_a_header_that_is_no_text_is_refused(shop: Shop, lane: Json) -> None:
    message = to_binary(event(lane), JSONFormat())
    _, told = send(shop, lane, message, ce_subject="%ff%fe")
    assert told["results"][0]["reason"] == "malformed"
