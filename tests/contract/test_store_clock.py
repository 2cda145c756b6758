"""The store's own clock leaps a year and comes back, at a running service, by libfaketime."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from devices.broker import BrokerChild
from edge.storage.connection import open_reader
from tests.contract.plain_client import Json, PlainClient
from tests.contract.store import Store, person
from tests.contract.visiting import sign_in
from tests.faults.clocks import FakedTime

pytestmark = pytest.mark.slow


@pytest.fixture
def told(tmp_path: Path) -> FakedTime:
    return FakedTime(tmp_path)


@pytest_asyncio.fixture
async def leaping(tmp_path: Path, told: FakedTime) -> AsyncIterator[Store]:
    """A store of its own, with two people: the consent of the second ends in a month."""
    (tmp_path / "store").mkdir()
    store = Store(tmp_path / "store", 1883)
    store.write_settings()
    store.command("init")
    async with BrokerChild(store.data / "fleet") as broker:
        store.broker_port = broker.port
        store.write_settings()
        store.stock()
        store.start(told.environment)
        try:
            ends = (datetime.now(UTC) + timedelta(days=30)).isoformat()
            brief = person(1)
            brief["consents"] = [{**c, "expires_at": ends} for c in brief["consents"]]
            store.bring_in([person(0), brief])
            yield store
        finally:
            assert store.stop() == 0


@pytest.fixture
def kiosk(leaping: Store) -> Iterator[PlainClient]:
    with PlainClient(leaping.add_device("kiosk-1", "kiosk", "entrance")) as kiosk:
        yield kiosk


@pytest.fixture
def till(leaping: Store) -> Iterator[PlainClient]:
    with PlainClient(leaping.add_device("till-1", "pos", "tills")) as till:
        yield till


def checks(store: Store) -> Json:
    try:
        _, body = store.get("/readyz")
    except urllib.error.HTTPError as error:
        body = error.read().decode()
    return dict(json.loads(body)["checks"])


def kind_for(kiosk: PlainClient, shopper: Json) -> str:
    """What the kiosk shows once this person has signed in; afterwards it is free again."""
    mark = kiosk.mark()
    assert sign_in(kiosk, shopper, purposes=[])["accepted"]
    kind = str(kiosk.wait(lambda h: h.leaf == "show", since=mark).data["kind"])
    assert kiosk.send("sign-out", {"reason": "person"})["accepted"]
    return kind


def sold(store: Store) -> list[str]:
    with closing(open_reader(store.data / "storeside.db")) as conn:
        rows = conn.execute(
            "SELECT body FROM outbox WHERE type = 'storeside.order-completed.v1' ORDER BY seq"
        ).fetchall()
    return [json.loads(body)["timestamp"] for (body,) in rows]


def test_a_year_forward_and_back_costs_nothing(
    leaping: Store, told: FakedTime, kiosk: PlainClient, till: PlainClient
) -> None:
    long, brief = person(0), person(1)
    for offset, believed, kind in (
        ("+0", True, "personal"),
        ("+365d", False, "context"),
        ("+0", True, "personal"),
        ("-365d", False, "personal"),
        ("+0", True, "personal"),
    ):
        told.tell(offset)
        assert checks(leaping)["clock"] == believed
        assert kind_for(kiosk, brief) == kind
        assert kind_for(kiosk, long) == "personal"
        receipt = till.send(
            "basket", {"basket_id": f"b-{uuid4().hex[:8]}", "action": "complete"}
        )
        assert receipt == {"id": receipt["id"], "accepted": True}
    orders = [datetime.fromisoformat(one) for one in sold(leaping)]
    assert len(orders) == 5
    assert all(abs(one - datetime.now(UTC)) < timedelta(minutes=5) for one in orders)
    assert leaping.refused("stale") == leaping.refused("from-the-future") == 0
