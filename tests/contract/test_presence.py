"""Devices come, go, come back, and repeat themselves; so does the service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from uuid import uuid4

import pytest

from tests.contract.plain_client import Json, PlainClient
from tests.contract.store import NOTICE, Store

_numbers = count(1)


@pytest.fixture(scope="module")
def camera(store: Store) -> Json:
    """The account of a camera."""
    return store.add_device("camera-1", "camera", "door")


@pytest.fixture
def client(camera: Json) -> Iterator[PlainClient]:
    """The camera, connected anew with a session number of its own."""
    with PlainClient(camera, session=next(_numbers)) as client:
        yield client


def seen(client: PlainClient, store: Store, state: str) -> bool:
    """Whether the console comes to see the device in this state."""
    client.until(lambda: store.state_of(client.name) == state)
    return True


def test_a_device_that_is_ready_is_seen_ready(client: PlainClient, store: Store) -> None:
    assert seen(client, store, "ready")


def test_a_device_that_says_goodbye_is_disconnected_not_lost(
    camera: Json, store: Store
) -> None:
    with PlainClient(camera, session=next(_numbers)) as client:
        seen(client, store, "ready")
    assert seen(client, store, "disconnected")


def test_a_device_whose_line_is_cut_is_lost_by_its_last_will(
    camera: Json, store: Store
) -> None:
    client = PlainClient(camera, session=next(_numbers)).__enter__()
    seen(client, store, "ready")
    client.drop()
    assert seen(client, store, "lost")


def test_a_late_last_will_does_not_mark_a_device_lost_that_is_back(
    client: PlainClient, store: Store
) -> None:
    seen(client, store, "ready")
    late = {"state": "lost", "session": client.session - 1}
    client.publish(client.topics["state"], late, retain=True)
    client.send("decide", {})
    assert store.state_of(client.name) == "ready"


def test_a_revoked_device_loses_its_line_at_once_and_never_gets_it_back(store: Store) -> None:
    account = store.add_device("display-revoked", "display", "door")
    with ExitStack() as open_ends:
        client = PlainClient(account)
        client.__enter__()
        open_ends.callback(client.drop)
        store.command("device", "revoke", "display-revoked")
        client.until(lambda: bool(client.refused))
    assert "authorized" in client.refused.lower()


@pytest.mark.parametrize(
    "wrong", [{"password": "x"}, {"username": "nobody"}, {"username": "+"}, {"username": "#"}]
)
def test_who_has_no_account_is_not_let_in(camera: Json, wrong: Json) -> None:
    with pytest.raises(ConnectionRefusedError), PlainClient({**camera, **wrong}):
        pass


def test_what_was_receipted_before_a_restart_is_not_taken_again_after_it(store: Store) -> None:
    with PlainClient(store.add_device("till-restart", "pos", "door")) as till:
        event = till.event("basket", {"basket_id": f"b-{uuid4().hex[:8]}", "action": "open"})
        assert till.insist(event)["accepted"]
        assert store.stop() == 0
        store.start()
        assert till.insist(event) == {
            "id": event["id"],
            "accepted": True,
            "duplicate": True,
        }


def test_an_event_said_while_the_service_is_down_is_taken_when_it_is_said_again(
    store: Store,
) -> None:
    with PlainClient(store.add_device("till-patient", "pos", "door")) as till:
        assert store.stop() == 0
        event = till.event("basket", {"basket_id": f"b-{uuid4().hex[:8]}", "action": "open"})
        till.publish(till.topics["event"], event)
        store.start()
        assert till.insist(event)["accepted"]


def test_a_restarted_service_knows_by_what_is_retained_who_is_there(
    client: PlainClient, store: Store
) -> None:
    seen(client, store, "ready")
    assert store.stop() == 0
    store.start()
    assert seen(client, store, "ready")


def test_a_screen_that_reconnects_in_mid_visit_finds_nothing_personal(
    store: Store, people: Iterator[Json]
) -> None:
    account = store.add_device("kiosk-again", "kiosk", "corner")
    shopper = next(people)
    told = {
        "method": "email",
        "value": shopper["identifiers"]["email"],
        "purposes": [],
        "locale": "en-US",
    }
    with PlainClient(account) as kiosk:
        assert kiosk.send("sign-in", {**told, "notice_id": NOTICE})["accepted"]
        kiosk.wait(lambda h: h.leaf == "show" and h.data["kind"] == "personal")
    with PlainClient(account, session=2) as kiosk:
        kiosk.wait(lambda h: h.leaf == "context")
        everybodys = {kiosk.topics["context"], kiosk.topics["service/about"]}
        assert not [h for h in kiosk.heard if h.retained and h.topic not in everybodys]
