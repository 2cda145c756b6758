from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from devices.device_classes import DeviceClass
from devices.fleet import Fleet
from edge.api.services import device_lookup
from edge.api.services.device_lookup import FleetRoster, SpentTickets
from edge.domain.ids import DeviceId
from edge.storage.database import Database
from tests.edge.api.services.goods import NOW
from tests.edge.api.services.shop import KIOSK, Shop, open_shop


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    fleet = Fleet(tmp_path / "fleet", "store-1")
    fleet.add("kiosk-1", DeviceClass.KIOSK, zone="dairy")
    return fleet


async def test_a_provisioned_device_is_found_with_class_and_zone(fleet: Fleet) -> None:
    found = await FleetRoster(fleet).find("kiosk-1")
    assert found is not None
    assert (found.device, found.device_class, found.zone) == ("kiosk-1", "kiosk", "dairy")


async def test_a_stranger_is_not_found(fleet: Fleet) -> None:
    assert await FleetRoster(fleet).find("kiosk-2") is None
    assert FleetRoster(fleet).zone("kiosk-2") is None


async def test_a_store_without_a_fleet_knows_nobody(tmp_path: Path) -> None:
    roster = FleetRoster(Fleet(tmp_path, "store-1"))
    assert (roster.names(), roster.zone("kiosk-1")) == (frozenset(), None)


async def test_a_change_of_the_fleet_is_seen_at_once(fleet: Fleet) -> None:
    roster = FleetRoster(fleet)
    assert roster.names() == {"kiosk-1"}
    fleet.add("till-1", DeviceClass.POS)
    assert await roster.find("till-1") is not None
    fleet.revoke("kiosk-1")
    assert await roster.find("kiosk-1") is None


def test_a_zone_follows_the_fleet(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    roster = FleetRoster(fleet)
    assert roster.zone("kiosk-1") == "dairy"
    fleet.add("till-1", DeviceClass.POS, zone="checkout")
    monkeypatch.setattr(device_lookup, "_LOOK_S", 0.0)
    assert roster.zone("till-1") == "checkout"


def test_a_zone_asked_for_often_costs_one_look(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_lookup, "_LOOK_S", 60.0)
    roster = FleetRoster(fleet)
    roster.zone("kiosk-1")
    (fleet.folder / "fleet.json").unlink()
    assert roster.zone("kiosk-1") == "dairy"


async def test_a_damaged_file_leaves_the_devices_known_before(fleet: Fleet) -> None:
    roster = FleetRoster(fleet)
    assert await roster.find("kiosk-1") is not None
    (fleet.folder / "fleet.json").write_text("{")
    os.utime(fleet.folder / "fleet.json", ns=(1, 1))
    assert await roster.find("kiosk-1") is not None


async def test_a_ticket_is_taken_once_also_over_a_restart(tmp_path: Path) -> None:
    for expected in (True, False):
        async with Database(tmp_path / "store.db") as database:
            tickets = SpentTickets(database)
            assert await tickets.take("one", NOW + timedelta(minutes=1)) is expected


async def test_the_screens_of_a_shop_stand_where_the_fleet_says(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        assert isinstance(shop, Shop)
        assert shop.runtime.devices.device_registry.zone(DeviceId(KIOSK)) == "dairy"
