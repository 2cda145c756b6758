from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from devices.broker import BrokerChild
from tests.contract.plain_client import PlainClient
from tests.contract.store import Store, person

PEOPLE = 40

Provide = Callable[[str, str, str], PlainClient]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def broker_of(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    """A store that is set up, with its broker but no service yet."""
    store = Store(tmp_path_factory.mktemp("plain-store"), 1883)
    store.write_settings()
    store.command("init")
    async with BrokerChild(store.data / "fleet") as broker:
        store.broker_port = broker.port
        store.write_settings()
        yield store


@pytest.fixture(scope="session")
def store(broker_of: Store) -> Iterator[Store]:
    """A whole store, running, with people and goods."""
    broker_of.stock()
    with broker_of.running():
        broker_of.bring_in(person(n) for n in range(PEOPLE))
        yield broker_of


@pytest.fixture(scope="session")
def shoppers() -> Iterator[dict[str, object]]:
    """People, each to be used once."""
    return (person(n) for n in range(PEOPLE))
