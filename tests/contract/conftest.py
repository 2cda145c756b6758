from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from devices.broker import BrokerChild
from tests.contract.plain_client import Json, PlainClient
from tests.contract.store import Store, person
from tests.contract.visiting import Basket

PEOPLE = 90


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def prepared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    """A store that is set up and stocked, with its broker but no service yet."""
    # Loyalty numbers of its own that look like cards; in the United States numbers are dialled without a country.
    store = Store(
        tmp_path_factory.mktemp("plain-store"),
        1883,
        tables='[loyalty]\nranges = ["371500*15", "634004"]\n',
    )
    store.write_settings()
    store.command("init")
    async with BrokerChild(store.data / "fleet") as broker:
        store.broker_port = broker.port
        store.write_settings()
        store.stock()
        yield store


@pytest.fixture(scope="session")
def store(prepared: Store) -> Iterator[Store]:
    """The whole store, running, with people."""
    prepared.start()
    try:
        prepared.bring_in(person(n) for n in range(PEOPLE))
        yield prepared
    finally:
        status = prepared.stop()
    assert status == 0


@pytest.fixture(scope="session")
def people() -> Iterator[dict[str, Any]]:
    """The people who were brought in, each to be met by one test only."""
    return (person(n) for n in range(PEOPLE))


@dataclass(frozen=True, slots=True)
class Floor:
    """One device of each kind, in one zone."""

    kiosk: PlainClient
    tablet: PlainClient
    display: PlainClient
    till: PlainClient

    @property
    def all(self) -> tuple[PlainClient, ...]:
        """Every one of them."""
        return (self.kiosk, self.tablet, self.display, self.till)


@pytest.fixture(scope="module")
def floor(store: Store, request: pytest.FixtureRequest) -> Iterator[Floor]:
    """Devices of the module's own, provisioned while the store runs."""
    zone = request.path.stem.removeprefix("test_").replace("_", "-")[:20]
    with ExitStack() as connected:
        yield Floor(
            *(
                connected.enter_context(
                    PlainClient(store.add_device(f"{name}-{zone}", c, zone))
                )
                for name, c in (
                    ("kiosk", "kiosk"),
                    ("tablet", "tablet"),
                    ("board", "display"),
                    ("till", "pos"),
                )
            )
        )


@pytest.fixture
def shopper(people: Iterator[Json], floor: Floor) -> Iterator[Json]:
    """Somebody whom nobody has met today; afterwards the kiosk is free again."""
    yield next(people)
    floor.kiosk.send("sign-out", {"reason": "idle"})


@pytest.fixture
def basket(floor: Floor) -> Iterator[Basket]:
    basket = Basket(floor.till)
    yield basket
    floor.till.send("basket", {"basket_id": basket.id, "action": "abandon"})
