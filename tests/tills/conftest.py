"""A store with its broker behind TLS and a hub, set up and run by its commands; tills of all kinds come to it."""

from __future__ import annotations

import base64
import json
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio

from devices.broker import BrokerChild, BrokerListener
from tests.contract.store import ROOT, Store, person
from tests.devices.certificates import certificates
from tests.patience import patient, until

PEOPLE = 12
KEYS = {"store": "store-key-of-the-tests", "central": "central-key-of-the-tests"}
EPOCH = date(1970, 1, 1)
Json = dict[str, Any]
Spoken = tuple[int, Json]


class TlsStore(Store):
    """A store whose broker is reached by TLS alone, and whose events go to a hub."""

    hub_port = 0

    def write_settings(self) -> None:
        super().write_settings()
        key = self.folder / "hub.key"
        key.write_text(KEYS["store"])
        text = self.config.read_text(encoding="utf-8").replace(
            "[mqtt]\n", f'[mqtt]\nca = "{self.folder / "tls" / "ca.crt"}"\n'
        )
        hub = f'[hub]\nurl = "http://127.0.0.1:{self.hub_port}"\nkey_file = "{key}"\n'
        self.config.write_text(text + hub, encoding="utf-8")


@dataclass
class Shop:
    """The running store, seen from its doors, its disk and its hub."""

    store: TlsStore
    hub: Path

    def account(self, name: str, *words: str) -> Json:
        """A till of its own."""
        return cast(
            "Json",
            json.loads(
                self.store.command("device", "add", name, "--class", "pos", *words, "--json")
            ),
        )

    def post(
        self, path: str, body: bytes, account: Json | None = None, **headers: str
    ) -> Spoken:
        """Status and document of an answer."""
        told = {"Content-Type": "application/json"}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        if account is not None:
            pair = f"{account['username']}:{account['password']}".encode()
            told["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        with closing(
            HTTPConnection("127.0.0.1", self.store.http_port, timeout=patient(10))
        ) as line:
            line.request("POST", path, body, told)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read() or b"null")

    def hears_the_centre(self) -> bool:
        """Whether offers and prices are in force: the centre has spoken."""
        rungs = json.loads(self.store.get("/v1/overview")[1])["rungs"]
        return {rungs["offers"], rungs["prices"]} == {"use"}

    def facts(self, *order_ids: str, times: int = 1) -> list[Json]:
        """What the hub was told of these orders, oldest first; waits until it was told of each so many ``times``."""

        def look() -> list[Json]:
            with closing(sqlite3.connect(self.hub)) as conn:
                rows = conn.execute(
                    "SELECT body FROM events WHERE body IS NOT NULL ORDER BY seq"
                )
                tracks = [json.loads(body) for (body,) in rows]
            return [t for t in tracks if t.get("properties", {}).get("order_id") in order_ids]

        end = time.monotonic() + patient(20)
        while not all(self._told(look(), order) >= times for order in order_ids):
            if time.monotonic() > end:
                raise TimeoutError(f"the hub was told of {len(look())} facts of {order_ids}")
            time.sleep(0.05)
        return look()

    @staticmethod
    def _told(tracks: list[Json], order: str) -> int:
        return sum(track["properties"]["order_id"] == order for track in tracks)

    def on_disk(self, *numbers: str) -> list[tuple[str, date, str | None]]:
        """State, local day and person of the baskets of these numbers, in the order asked."""
        with closing(sqlite3.connect(self.store.data / "storeside.db")) as conn:
            ask = "SELECT state, day, token FROM baskets WHERE number = ?"
            found = [row for number in numbers for row in conn.execute(ask, (number,))]
        return [(state, EPOCH + timedelta(days=day), token) for state, day, token in found]

    def fact(self, order_id: str) -> Json:
        """The one fact about an order."""
        (found,) = self.facts(order_id)
        return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """The whole store, running, with people and a hub."""
    folder = tmp_path_factory.mktemp("tills")
    store = TlsStore(folder, free_port())
    (folder / "tls").mkdir()
    tls = BrokerListener(port=store.broker_port, certificates=certificates(folder / "tls"))
    with a_hub(folder) as store.hub_port:
        store.write_settings()
        store.command("init")
        async with BrokerChild(store.data / "fleet", tls=tls):
            store.stock()
            store.start()
            try:
                store.bring_in(person(n) for n in range(PEOPLE))
                open_shop = Shop(store=store, hub=folder / "hub" / "hub.db")
                await until(open_shop.hears_the_centre)
                yield open_shop
            finally:
                status = store.stop()
    assert status == 0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def a_hub(folder: Path) -> Iterator[int]:
    """The central side as its own process; its port."""
    config = folder / "hub.toml"
    config.write_text(
        f'port = 0\ndata_dir = "{folder / "hub"}"\ncentral_key = "{KEYS["central"]}"\n'
        f'[store_keys]\ns-plain = "{KEYS["store"]}"\n',
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "edge", "hub", "--config", str(config)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as hub:  # noqa: S603 - our own command
        assert hub.stdout is not None
        try:
            yield int(json.loads(hub.stdout.readline())["port"])
        finally:
            hub.terminate()


@pytest.fixture(scope="session")
def lane(shop: Shop) -> Json:
    """A till that speaks HTTP."""
    return shop.account("lane-http", "--zone", "checkout")


@pytest.fixture(scope="session")
def people() -> Iterator[Json]:
    """The people who were brought in, each to be met by one test only."""
    return (person(n) for n in range(PEOPLE))


@pytest.fixture
def somebody(people: Iterator[Json]) -> Json:
    """Somebody whom no other test meets."""
    return next(people)


@pytest.fixture
def loyalty(somebody: Json) -> str:
    """Their card."""
    return str(somebody["identifiers"]["loyalty"])
