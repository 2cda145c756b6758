import json
from pathlib import Path

from devices.fleet import Fleet
from edge.lab.demo.data_folder import DemoFolder
from edge.lab.demo.equipment import PAGES, REPLAY, provision, write_links


def test_every_device_gets_an_account_of_its_own(tmp_path: Path) -> None:
    equipment = provision(DemoFolder(path=tmp_path), "store-7")
    names = {device.name for device in Fleet(tmp_path / "fleet", "store-7").list()}
    assert names == set(equipment.passwords)
    assert {page.device for page in PAGES} | {REPLAY} <= names
    assert {spot.name for spot in equipment.floor.spots} <= names


def test_no_page_is_the_page_of_a_device_that_plays(tmp_path: Path) -> None:
    equipment = provision(DemoFolder(path=tmp_path), "store-7")
    assert {p.device for p in PAGES}.isdisjoint(s.name for s in equipment.floor.spots)


def test_addresses_open_with_the_key_that_stays_in_the_browser(tmp_path: Path) -> None:
    folder = DemoFolder(path=tmp_path)
    equipment = provision(folder, "store-7")
    links, addresses = equipment.links(81), equipment.addresses(81)
    console = f"http://127.0.0.1:81/#key={equipment.passwords['console']}"
    assert addresses["console"] == links["Console"] == console
    write_links(folder, links)
    listed = json.loads((tmp_path / "pages.json").read_text())
    assert [entry["title"] for entry in listed] == [page.title for page in PAGES]
    assert (tmp_path / "pages.json").stat().st_mode & 0o777 == 0o600
