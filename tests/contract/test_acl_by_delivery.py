"""What a provisioned account can hear and say, judged by what is delivered, never by what is acknowledged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest

from tests.contract.plain_client import DOWN, Json, PlainClient, now
from tests.contract.store import NOTICE, Store

CLASSES = ("pos", "kiosk", "display", "tablet", "beacon-gw", "camera")
WIDE = (
    "#",
    "+/#",
    "$SYS/#",
    "storeside/#",
    "storeside/1/+/+/+/+",
    "storeside/+/+/service/#",
    "$share/g/#",
)
CANARY = f"canary-{uuid4().hex}"

Crew = dict[str, PlainClient]


@pytest.fixture(scope="module")
def accounts(store: Store) -> dict[str, Json]:
    """One account of every class."""
    return {name: store.add_device(f"spy-{name}", name, "acl") for name in CLASSES}


@pytest.fixture(scope="module")
def crew(accounts: dict[str, Json], store: Store) -> Iterator[Crew]:
    """One device of every class, each of them listening to whatever the broker would give it."""
    with ExitStack() as connected:
        crew = {name: connected.enter_context(PlainClient(a)) for name, a in accounts.items()}
        for client in crew.values():
            for pattern in (*WIDE, *everything(crew, store)):
                client.subscribe(pattern)
        yield crew


def everything(crew: Crew, store: Store) -> list[str]:
    """Every topic there is in this store, and a few that there are not."""
    topics = {topic for client in crew.values() for topic in client.topics.values()}
    tree = "storeside/1/s-plain"
    more = {f"{tree}/service/state", f"{tree}/service/clock", f"{tree}/console/console/event"}
    assert store.data.exists()
    return sorted(topics | more | {"storeside/1/other/pos/till-1/event", "elsewhere"})


def settled(crew: Crew) -> None:
    """Let everything that is under way arrive: each device hears the answer to something of its own."""
    for client in crew.values():
        client.send("nonsense", {})


def leaks(crew: Crew) -> list[str]:
    """Whatever was delivered to somebody beyond their own."""
    return [
        f"{client.name} heard {heard.topic}"
        for client in crew.values()
        for heard in client.heard
        if heard.topic not in {client.topics[leaf] for leaf in DOWN}
    ]


def test_nobody_hears_a_whole_visit_of_others(crew: Crew, people: Iterator[Json]) -> None:
    shopper = next(people)
    told = {
        "method": "loyalty",
        "value": shopper["identifiers"]["loyalty"],
        "purposes": [],
        "locale": "en-US",
    }
    assert crew["kiosk"].send("sign-in", {**told, "notice_id": NOTICE})["accepted"]
    basket = {"basket_id": f"b-{uuid4().hex[:8]}", "loyalty": told["value"]}
    for action in ("open", "identify"):
        assert crew["pos"].send("basket", {**basket, "action": action})["accepted"]
    crew["pos"].ask({"placement": "till-addon", "limit": 3, "deadline_ms": 2_000})
    assert crew["kiosk"].send("sign-out", {"reason": "person"})["accepted"]
    settled(crew)
    assert leaks(crew) == []
    assert {h.leaf for h in crew["camera"].heard} <= {"context", "about", "receipt"}


@pytest.mark.parametrize("retain", [False, True])
def test_nobody_can_say_anything_on_a_topic_that_is_not_theirs(
    crew: Crew, store: Store, *, retain: bool
) -> None:
    for client in crew.values():
        own = {client.topics[leaf] for leaf in ("state", "about", "event", "ask", "telemetry")}
        for topic in everything(crew, store):
            if topic not in own:
                client.publish(topic, {"canary": CANARY, "by": client.name}, retain=retain)
    settled(crew)
    assert [
        h.topic for c in crew.values() for h in c.heard if CANARY.encode() in h.payload
    ] == []
    assert leaks(crew) == []
    assert store.traces_of(CANARY.encode()) == []


def test_nothing_forged_stays_behind_as_a_retained_message(crew: Crew) -> None:
    for client in crew.values():
        client.leave()
        mark = client.mark()
        client.connect()
        client.send("nonsense", {})
        assert CANARY.encode() not in b"".join(h.payload for h in client.heard[mark:])


def test_an_event_in_the_name_of_another_device_reaches_nobody(
    crew: Crew, store: Store
) -> None:
    victim, before = crew["pos"], store.metric("storeside_signals_total")
    forged = victim.event("basket", {"basket_id": "b-forged", "action": "open"})
    for client in crew.values():
        if client is not victim:
            client.publish(victim.topics["event"], forged)
    settled({"pos": victim})
    assert store.metric("storeside_signals_total") == before
    assert not any(r.get("id") == forged["id"] for r in victim.receipts())


def test_another_devices_name_in_an_own_event_is_refused(crew: Crew) -> None:
    receipt = crew["tablet"].send("sign-out", {"reason": "person"}, source=crew["kiosk"].source)
    assert (receipt["accepted"], receipt["reason"]) == (False, "wrong-source")


def test_no_device_hears_what_it_says_itself(crew: Crew) -> None:
    settled(crew)
    up = {
        c.topics[leaf]
        for c in crew.values()
        for leaf in ("state", "about", "event", "ask", "telemetry")
    }
    assert not [h.topic for c in crew.values() for h in c.heard if h.topic in up]


def test_a_last_will_on_anothers_topic_is_not_spoken(store: Store, crew: Crew) -> None:
    account = store.add_device("spy-will", "camera", "acl")
    state = crew["display"].topics["state"]
    forger = PlainClient({**account, "topics": {**account["topics"], "state": state}})
    forger.__enter__()
    forger.drop()
    settled(crew)
    assert store.state_of(crew["display"].name) == "ready"
    assert leaks(crew) == []


def test_a_session_left_behind_gives_nothing_to_another_account_under_its_client_id(
    accounts: dict[str, Json], store: Store, crew: Crew
) -> None:
    left = PlainClient(accounts["kiosk"], client_id="known-to-all")
    left.connect()
    left.drop()
    settled({"kiosk": crew["kiosk"]})
    with PlainClient(
        store.add_device("spy-thief", "camera", "acl"), client_id="known-to-all"
    ) as thief:
        settled({"kiosk": crew["kiosk"], "thief": thief})
        assert leaks({"thief": thief}) == []


def test_a_connection_whose_client_id_nobody_can_guess_is_not_thrown_off(
    crew: Crew, accounts: dict[str, Json]
) -> None:
    victim, lines = crew["pos"], crew["pos"].lines
    with PlainClient(accounts["camera"], client_id=victim.name) as thief:
        settled({"thief": thief, "pos": victim})
    assert victim.lines == lines


def test_a_device_of_the_wrong_class_cannot_send_what_is_not_its_business(crew: Crew) -> None:
    basket = {"basket_id": "b-wrong", "action": "open"}
    play = {
        "decision_id": "d-1",
        "creative_id": "c",
        "started_at": now(),
        "duration_ms": 1,
        "completed": True,
    }
    for name, kind, data in (
        ("display", "basket", basket),
        ("beacon-gw", "play", play),
        ("camera", "basket", basket),
    ):
        receipt = crew[name].send(kind, data)
        assert (receipt["accepted"], receipt["reason"]) == (False, "wrong-class")
