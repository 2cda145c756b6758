from __future__ import annotations

from pathlib import Path

from devices.device_classes import DeviceClass
from devices.fleet import Fleet
from edge.lab.bench.equipment import ECHO, admit_echo, equipment


def test_the_echo_is_let_in_beside_the_stores_own_accounts(tmp_path: Path) -> None:
    Fleet(tmp_path, "trial").enrol(equipment())
    password = admit_echo(tmp_path)
    assert len(password) > 20
    assert (tmp_path / "passwd").read_text().splitlines()[-1].startswith(f"{ECHO}:$7$")
    assert (tmp_path / "acl").read_text().endswith("user echo\ntopic readwrite bench/#\n")


def test_each_zone_has_one_display_of_its_own() -> None:
    zones = [d.zone for d in equipment() if d.device_class is DeviceClass.DISPLAY]
    assert len(zones) == len(set(zones)) == 40
