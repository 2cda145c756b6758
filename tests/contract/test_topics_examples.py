"""Every example of the integrators' page is sent to the running service, as it stands there.

Only what no page can know is put in its place: this store's name, the present time, a key of this quarter of an hour,
and the names of decisions that this store has made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import jsonschema
import pytest

from devices.beacons import rotating_id, window_of
from devices.contract import schemas
from devices.messages import EVENTS as EVENT_TYPES
from devices.topics import Leaf
from edge.domain.ids import Token
from edge.storage.catalogue import products
from edge.storage.connection import open_connection, transaction
from edge.storage.people import beacon_keys
from tests.contract.plain_client import Json, PlainClient
from tests.contract.store import NOTICE, Store, person
from tests.contract.test_http_routes import post

PAGE = (Path(__file__).parents[2] / "docs" / "topics.md").read_text(encoding="utf-8")
EXAMPLES = [
    (name, json.loads(block))
    for name, section in re.findall(
        r"^### `([a-z-]+)`\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL
    )
    for block in re.findall(r"^```json\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
]
UP = [one for _, one in EXAMPLES if "specversion" in one]
EVENTS, QUESTIONS = (
    [one for one in UP if (EVENT_TYPES[one["type"]].LEAF is Leaf.ASK) is asks]
    for asks in (False, True)
)
REPORTS = {name: one for name, one in EXAMPLES if name in {"state", "about", "telemetry"}}
# By the schema that is published for each: what the service says.
DOWN = {
    "receipt": "receipt",
    "show": "show",
    "answer": "answer",
    "offer-answer": "offerAnswer",
    "command": "command",
    "service-about": "serviceAbout",
    "context": "context",
}
CARD = "A-12345"
KEY = b"page" * 8
ARTICLE = "1029743"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")


def kind(example: Json) -> str:
    return str(example["type"]).split(".")[1]


@dataclass
class Town:
    """The devices that the page speaks of, in this store. ``told``: each example's event and its receipt, by its id."""

    store: Store
    devices: dict[str, PlainClient]
    told: dict[str, tuple[Json, Json]] = field(default_factory=dict[str, tuple[Json, Json]])

    @cached_property
    def decision(self) -> Json:
        """Something that this store has shown: what the board was told when it came up."""
        board = self.devices["aisle-3"]
        return board.wait(lambda heard: heard.leaf == "show" and bool(heard.data["items"])).data

    def here(self, example: Json) -> Json:
        """The example as this device would say it now, in this store."""
        text = json.dumps(example).replace("storeside/1/s1/", "storeside/1/s-plain/")
        passed = datetime.now(UTC) - datetime.fromisoformat(example["time"])

        def moved(found: re.Match[str]) -> str:
            then = datetime.fromisoformat(found[0]) + passed
            return then.isoformat().replace("+00:00", "Z")

        event: Json = json.loads(_INSTANT.sub(moved, text))
        data = event["data"]
        if "decision_id" in data:
            data["decision_id"] = self.decision["decision_id"]
        if "item_id" in data:
            data["item_id"] = self.decision["items"][0]["item_id"]
        if "beacon" in data:
            data["beacon"]["id"] = rotating_id(KEY, window_of(datetime.now(UTC)))
        return event

    def client(self, event: Json) -> PlainClient:
        return self.devices[event["source"].rsplit("/", 1)[1]]

    def say(self, example: Json) -> tuple[Json, Json]:
        """The example's event and its first receipt; said once, however often it is asked for."""
        if example["id"] not in self.told:
            # The page tells a sign-out before the consent that a session needs.
            if kind(example) in {"sign-out", "consent"}:
                self.signed_in()
            event = self.here(example)
            self.told[example["id"]] = event, self.client(event).insist(event)
        return self.told[example["id"]]

    def signed_in(self) -> None:
        """Somebody stands before the kiosk and has said who they are."""
        (example,) = [one for one in UP if kind(one) == "sign-in"]
        event = self.here(example)
        self.client(event).send("sign-in", event["data"])


@pytest.fixture(scope="module")
def town(store: Store) -> Iterator[Town]:
    shopper = person(700)
    shopper |= {"token": "c-plainpage", "identifiers": {"loyalty": CARD}}
    store.bring_in([shopper])
    with closing(open_connection(store.data / "storeside.db")) as conn, transaction(conn):
        beacon_keys.put(conn, Token(shopper["token"]), KEY)
        sold = {
            "sku": ARTICLE,
            "name": "Fluid milk",
            "category": "milk",
            "department": "grocery",
        }
        products.upsert(conn, [{**sold, "price_cents": 399}])
    store.propose(
        id="milk-20", headline="Save 20 cents", skus=[ARTICLE], category="milk",
        discount_cents=20, campaign="milk-week",
        discount={"kind": "amount", "amount": 20, "code": "MILK20"},
    )  # fmt: skip
    # Brought in once more, so that the service looks at the person again and finds the key.
    store.bring_in([shopper])
    places = [(one["source"].split("/")[3:], one) for one in UP]
    names = {name: device_class for (device_class, name), _ in places}
    with ExitStack() as connected:
        devices = {
            name: connected.enter_context(
                PlainClient(store.add_device(name, device_class, "page"))
            )
            for name, device_class in names.items()
        }
        yield Town(store, devices)


@pytest.mark.parametrize("example", EVENTS, ids=[kind(one) for one in EVENTS])
def test_an_example_of_what_devices_say_is_taken(town: Town, example: Json) -> None:
    event, receipt = town.say(example)
    assert receipt == {"id": event["id"], "accepted": True}


@pytest.mark.parametrize("example", EVENTS, ids=[kind(one) for one in EVENTS])
def test_said_again_over_http_it_hears_its_first_verdict(town: Town, example: Json) -> None:
    event, receipt = town.say(example)
    account = dict(town.client(event).account)
    _, _, told = post(town.store, "/v1/events", event, account)
    assert told["results"] == [{**receipt, "duplicate": True}]


@pytest.mark.parametrize("example", QUESTIONS, ids=[kind(one) for one in QUESTIONS])
def test_an_example_of_what_devices_ask_is_answered(town: Town, example: Json) -> None:
    # A question about an offer is about a basket that is being scanned.
    for basket in (one for one in EVENTS if kind(one) == "basket"):
        town.say(basket)
    event, correlation = town.here(example), uuid4().bytes
    client = town.client(event)
    client.publish(client.topics["ask"], event, correlation=correlation)
    answer = client.wait(lambda h: h.leaf == "answer" and h.correlation == correlation).data
    assert answer.get("reason") in {None, "late"}
    if kind(example) == "decide":
        assert answer["placement"] == event["data"]["placement"]
    else:
        (told,) = [one for name, one in EXAMPLES if name == "offer-answer"]
        assert answer == told


def test_an_example_of_a_question_is_answered_over_http(town: Town) -> None:
    (example,) = [one for one in QUESTIONS if kind(one) == "decide"]
    (basket, *_) = [one for one in EVENTS if kind(one) == "basket"]
    town.say(basket)
    data, account = {**example["data"], "deadline_ms": 5_000}, town.devices["till-1"].account
    status, _, told = post(town.store, "/v1/decisions", data, dict(account))
    assert (status, told.get("reason")) == (200, None)
    assert ARTICLE not in {item["item_id"] for item in told["items"]}


def test_the_examples_of_what_a_device_is_are_believed(town: Town) -> None:
    board = town.devices["aisle-3"]
    for leaf in ("state", "about", "telemetry"):
        board.publish(board.topics[leaf], REPORTS[leaf], retain=leaf != "telemetry")
    # A receipt behind them: they have been read.
    assert board.send("nonsense", {})["reason"] == "unknown-type"
    assert town.store.state_of("aisle-3") == "ready"
    assert not town.store.refused("not-json")


@pytest.mark.parametrize("name", DOWN)
def test_an_example_of_what_the_service_says_is_to_its_published_schema(name: str) -> None:
    found = [one for told, one in EXAMPLES if told == name]
    assert found
    for one in found:
        jsonschema.Draft202012Validator(schemas()[DOWN[name]]).validate(one)


def test_no_example_of_the_page_is_left_out() -> None:
    blocks = re.findall(r"^```json", PAGE, re.MULTILINE)
    down = [name for name, _ in EXAMPLES if name in DOWN]
    assert len(blocks) == len(EXAMPLES) == len(UP) + len(REPORTS) + len(down)


def test_what_the_store_says_of_itself_is_read_by_every_device(town: Town) -> None:
    for device in town.devices.values():
        device.subscribe(device.topics["service/about"])
        about = device.wait(lambda heard: heard.topic.endswith("/service/about"))
        jsonschema.Draft202012Validator(schemas()["serviceAbout"]).validate(about.data)
        assert NOTICE in about.data["notices"]
        assert (about.data["currency"], about.data["currency_exponent"]) == ("USD", 2)
