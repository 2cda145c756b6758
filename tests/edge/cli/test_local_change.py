from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.cli.local_change import known, open_store
from edge.domain.errors import NotProvisioned
from edge.storage.operations import command_notifications
from edge.storage.operations.command_notifications import CommandNotification
from tests.edge.api.services.goods import ANN, NOW
from tests.edge.cli.conftest import write_config

REPLAY = '[clock]\nsource = "replay"\nstart = 2017-12-01T00:00:00Z\n'


def test_a_shop_has_one_time(shop: Path) -> None:
    with open_store(None, shop) as store:
        assert store.at == store.now
        assert abs(store.now - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_demo_is_at_the_latest_instant_that_its_store_has_seen(shop: Path) -> None:
    write_config(shop, extra=REPLAY)
    with open_store(None, shop) as store:
        assert store.at == NOW + timedelta(seconds=30)


def test_a_demo_that_saw_nothing_is_at_its_start(store: Path) -> None:
    write_config(store, extra=REPLAY)
    with open_store(None, store) as opened:
        assert opened.at == datetime(2017, 12, 1, tzinfo=UTC)


def test_a_change_that_fails_leaves_nothing(store: Path) -> None:
    def change() -> None:
        with open_store(None, store) as opened, opened.change():
            command_notifications.notify(opened.conn, CommandNotification.MODEL)
            known(opened.conn, "c-nobody")

    with pytest.raises(NotProvisioned):
        change()
    with open_store(None, store) as opened:
        assert command_notifications.since(opened.conn, 0) == ()


def test_somebody_is_known_by_a_ledger_line_alone(shop: Path) -> None:
    with open_store(None, shop) as store:
        store.conn.execute("DELETE FROM customers")
        assert known(store.conn, ANN) == ANN
