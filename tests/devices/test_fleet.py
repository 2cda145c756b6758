"""Provisioning: files that hold no secret, and a broker that learns of every change at once."""

import base64
import json
import os
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from devices.accounts import NewDevice, hashed
from devices.device_classes import DeviceClass
from devices.errors import BusUnavailable, DeviceUnknown, FleetError, NameRefused
from devices.fleet import Fleet, tell
from tests.devices.conftest import Store
from tests.patience import until


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path / "fleet", "s1")


def _everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_new_device_can_be_found_and_listed(fleet: Fleet) -> None:
    fleet.add("till-1", DeviceClass.POS, zone="front", locale="en-US")
    fleet.add("aisle-1", DeviceClass.DISPLAY)
    assert [device.name for device in fleet.list()] == ["aisle-1", "till-1"]
    till = fleet.get("till-1")
    assert (till.device_class, till.zone, till.locale) == (DeviceClass.POS, "front", "en-US")


def test_its_credential_says_where_it_may_speak(fleet: Fleet) -> None:
    found = fleet.add("till-1", DeviceClass.POS)
    shown = found.described(host="store", port=8883, tls=True, ca="/ca.crt")
    assert json.loads(json.dumps(shown)) == {
        "device": "till-1",
        "class": "pos",
        "host": "store",
        "port": 8883,
        "tls": True,
        "username": "till-1",
        "password": found.password,
        "ca": "/ca.crt",
        "topics": {
            **{
                leaf: f"storeside/1/s1/pos/till-1/{leaf}"
                for leaf in (
                    *("state", "about", "event", "ask", "telemetry"),
                    *("receipt", "answer", "show", "cmd"),
                )
            },
            "context": "storeside/1/s1/context",
            "service/about": "storeside/1/s1/service/about",
        },
    }


def test_a_password_is_long_random_and_kept_nowhere(fleet: Fleet) -> None:
    found = [fleet.add("till-1", DeviceClass.POS), fleet.rotate("till-1"), fleet.service()]
    assert len({one.password for one in found}) == 3
    assert all(len(one.password) >= 32 for one in found)
    files = _everything(fleet.folder)
    assert not any(one.password.encode() in files or one.password in repr(one) for one in found)


def test_the_files_are_for_the_owner_and_the_brokers_group_only(fleet: Fleet) -> None:
    fleet.add("till-1", DeviceClass.POS)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in fleet.folder.iterdir()}
    assert modes["fleet.json"] == 0o600
    assert modes["passwd"] == modes["acl"] == 0o640
    assert stat.S_IMODE(fleet.folder.stat().st_mode) == 0o700
    assert not [name for name in modes if name.endswith(".new")]


@pytest.mark.parametrize(
    "name",
    ["", "Till", "a" * 33, "+", "#", "a/b", "%u", "a b", "till\n", "ä", "service", "context"],
)
def test_a_malformed_or_reserved_name_is_refused(fleet: Fleet, name: str) -> None:
    with pytest.raises(NameRefused):
        fleet.add(name, DeviceClass.POS)
    assert fleet.list() == ()


def test_a_taken_name_is_refused_whatever_the_class(fleet: Fleet) -> None:
    fleet.add("one", DeviceClass.POS)
    with pytest.raises(NameRefused, match="taken"):
        fleet.add("one", DeviceClass.KIOSK)


def test_several_are_added_all_or_none(fleet: Fleet) -> None:
    good, bad = (NewDevice(name=name, device_class=DeviceClass.POS) for name in ("a", "+"))
    with pytest.raises(NameRefused):
        fleet.enrol([good, bad])
    assert fleet.list() == ()
    assert [one.device for one in fleet.enrol([good])] == ["a"]


def test_a_malformed_zone_is_refused(fleet: Fleet) -> None:
    with pytest.raises(FleetError, match="zone"):
        fleet.add("till-1", DeviceClass.POS, zone="By The Door")


def test_a_revoked_device_is_gone_from_every_file(fleet: Fleet) -> None:
    fleet.add("till-1", DeviceClass.POS)
    assert fleet.revoke("till-1").name == "till-1"
    assert b"till-1" not in _everything(fleet.folder)
    for act in (fleet.get, fleet.revoke, fleet.rotate):
        with pytest.raises(DeviceUnknown, match="till-1"):
            act("till-1")


def test_the_folder_of_another_store_is_left_alone(fleet: Fleet) -> None:
    fleet.add("till-1", DeviceClass.POS)
    with pytest.raises(FleetError, match="belongs to store"):
        Fleet(fleet.folder, "s2").add("till-2", DeviceClass.POS)


def test_a_damaged_register_is_told_and_not_overwritten(fleet: Fleet) -> None:
    fleet.add("till-1", DeviceClass.POS)
    (fleet.folder / "fleet.json").write_text("{")
    with pytest.raises(FleetError, match="damaged"):
        fleet.add("till-2", DeviceClass.POS)
    assert (fleet.folder / "fleet.json").read_text() == "{"


def test_the_brokers_files_are_made_again_from_the_register(fleet: Fleet) -> None:
    fleet.add("till-1", DeviceClass.POS)
    before = (fleet.folder / "acl").read_text()
    (fleet.folder / "acl").unlink()
    fleet.export()
    assert (fleet.folder / "acl").read_text() == before


def test_changes_at_the_same_time_are_all_kept(fleet: Fleet) -> None:
    names = [f"till-{n}" for n in range(12)]
    threads = [
        threading.Thread(target=Fleet(fleet.folder, "s1").add, args=(name, DeviceClass.POS))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {device.name for device in fleet.list()} == set(names)


def test_a_hash_is_the_one_mosquitto_makes(tmp_path: Path) -> None:
    subprocess.run(  # noqa: S603 - our own words
        ["/usr/bin/mosquitto_passwd", "-c", "-b", str(tmp_path / "passwd"), "a", "secret"],
        check=True,
        capture_output=True,
    )
    theirs = (tmp_path / "passwd").read_text().strip().removeprefix("a:")
    _, _, rounds, salt, _ = theirs.split("$")
    assert rounds == "101"
    assert hashed("secret", base64.b64decode(salt)) == theirs


@pytest.mark.parametrize("content", ["", "x", "1", "{ours}", "999999999"])
def test_only_a_broker_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "pid").write_text(content.format(ours=os.getpid()))
    assert not tell(tmp_path / "pid")
    assert not tell(tmp_path / "none")


def test_a_broker_of_another_user_is_told_by_the_operator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr("devices.fleet.os.kill", forbidden)
    monkeypatch.setattr(
        Path, "read_text", lambda path: "mosquitto" if path.name == "comm" else "7"
    )
    with pytest.raises(FleetError, match="systemctl reload"):
        tell(tmp_path / "pid")


def test_the_service_has_an_account_and_no_topics_of_a_device(fleet: Fleet) -> None:
    found = fleet.service()
    assert (found.username, found.topics, fleet.list()) == ("service", {}, ())


async def test_a_device_added_while_the_broker_runs_can_connect(store: Store) -> None:
    line = store.line(store.add("till-1"))
    async with line.bus:
        await line.bus.wait_connected()


@pytest.mark.parametrize("act", ["revoke", "rotate"])
async def test_losing_the_account_ends_a_live_connection(store: Store, act: str) -> None:
    till, other = store.line(store.add("till-1")), store.line(store.add("till-2"))
    async with till.bus, other.bus:
        await till.bus.wait_connected()
        await other.bus.wait_connected()
        getattr(store.fleet, act)("till-1")
        await until(lambda: not till.bus.connected, within_s=2.0)
        with pytest.raises(BusUnavailable, match="Not authorized"):
            await till.bus.wait_connected(timeout_s=0.2)
        assert other.bus.connected
        assert other.bus.counts.connections == 1


async def test_a_name_given_again_to_another_class_has_its_topics_only(store: Store) -> None:
    store.add("one")
    store.fleet.revoke("one")
    line = store.line(store.fleet.add("one", DeviceClass.KIOSK))
    async with line.bus:
        await line.bus.wait_connected()
        line.bus.publish("storeside/1/s1/pos/one/event", b"x")
        line.bus.publish("storeside/1/s1/kiosk/one/event", b"x")
        await line.bus.flush()
        assert line.bus.counts.refused == line.bus.counts.acknowledged == 1
