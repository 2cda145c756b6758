"""Messages to the contract, one of each kind."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from devices.device_classes import DeviceClass
from devices.messages import (
    Ask,
    Basket,
    BasketAction,
    Beacon,
    Consent,
    Data,
    Feedback,
    FeedbackAction,
    Line,
    OfferAsk,
    OfferVerb,
    Play,
    Purpose,
    Show,
    ShowItem,
    Sighting,
    SignIn,
    SignOut,
    encode_event,
    leaf_of,
)
from devices.topics import Topic

NOW = datetime(2026, 1, 2, 10, 0, tzinfo=UTC)

ONE_OF_EACH: dict[str, tuple[DeviceClass, Data]] = {
    "sighting": (
        DeviceClass.BEACON_GW,
        Sighting(beacon=Beacon(kind="app", id="0123456789abcdef"), rssi_dbm=-63, zone="dairy"),
    ),
    "sign-in": (
        DeviceClass.KIOSK,
        SignIn(
            method="loyalty",
            value="A-12345",
            purposes=(Purpose.RECOGNISE, Purpose.PERSONALISE_PRIVATE),
            notice_id="kiosk-2026-01",
            locale="en-US",
        ),
    ),
    "sign-out": (DeviceClass.KIOSK, SignOut(reason="idle")),
    "consent": (
        DeviceClass.PHONE,
        Consent(action="withdraw", purposes=(Purpose.RECOGNISE,)),
    ),
    "basket": (
        DeviceClass.POS,
        Basket(
            basket_id="b-1",
            action=BasketAction.ADD,
            lines=(Line(sku="1029743", quantity=Decimal(1), price_cents=399),),
        ),
    ),
    "play": (
        DeviceClass.DISPLAY,
        Play(
            decision_id="d-1",
            creative_id="c-1",
            started_at=NOW,
            duration_ms=8000,
            completed=True,
        ),
    ),
    "feedback": (
        DeviceClass.TABLET,
        Feedback(decision_id="d-1", item_id="1029743", action=FeedbackAction.RATE, value=4.5),
    ),
    "decide": (DeviceClass.POS, Ask(placement="receipt", limit=3, deadline_ms=100)),
    "offer": (
        DeviceClass.POS,
        OfferAsk(verb=OfferVerb.REDEEM, basket_id="b-1", code="MILK20"),
    ),
}


def a_show(*, personal: bool = False, late: bool | None = None) -> Show:
    return Show(
        decision_id="d-1",
        placement="aisle-3",
        kind="personal" if personal else "context",
        template="offer",
        slots={"title": "Good morning"},
        items=(ShowItem(item_id="1029743", headline="Milk", reason="You often buy it"),),
        expires_at=datetime(2026, 1, 2, 10, 5, tzinfo=UTC),
        config="c0ffee",
        late=late,
    )


def topic_of(name: str, device_class: DeviceClass | None = None) -> Topic:
    """Where the event of this name comes, from its usual class if no other is given."""
    usual, data = ONE_OF_EACH[name]
    return Topic(
        store="s1", device_class=device_class or usual, device="d-1", leaf=leaf_of(data)
    )


def event_of(name: str, **changes: Any) -> dict[str, Any]:
    """The event of this name as it is on the wire, with changed attributes."""
    topic, (_, data) = topic_of(name), ONE_OF_EACH[name]
    event = json.loads(encode_event(data, source=topic.source, id="e-1", time=NOW))
    return {**event, **changes}
