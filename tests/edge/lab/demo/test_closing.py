from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from devices.messages import Command, Show
from devices.simulator.floor import Spot
from devices.simulator.station import Messenger
from edge.lab.demo.closing import allowed_before, at_centre, raw_identifiers, retained_personal
from edge.lab.demo.seed import DemoSeed
from edge.lab.demo.shoppers import identifiers, purposes_of
from edge.lab.local_server import LocalServer
from edge.lab.processes import free_port
from tests.devices.simulator.builders import MemoryStore, floor, show


def test_a_raw_identifier_anywhere_in_the_folder_is_found(
    seed: DemoSeed, tmp_path: Path
) -> None:
    carried = identifiers(101)
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "hub.db").write_bytes(b"\x00" + carried.email.encode() + b"\xff")
    (tmp_path / "service.log").write_text(f'{{"who":"{carried.loyalty}"}} {carried.phone}')
    assert raw_identifiers(tmp_path, seed) == 3


def test_numbers_that_are_nobodys_are_no_identifiers(seed: DemoSeed, tmp_path: Path) -> None:
    carried = identifiers(101)
    (tmp_path / "x").write_text(
        f"9{carried.loyalty} {carried.loyalty}7 4199999999 {carried.phone}0"
    )
    assert raw_identifiers(tmp_path, seed) == 0


def test_the_truth_before_the_first_visitor_is_the_centres(seed: DemoSeed) -> None:
    allowed = allowed_before(seed)
    assert len(allowed) == len(seed.shop.households())
    for token, purposes in allowed.items():
        assert purposes == purposes_of(seed.people[token])


async def test_content_that_was_kept_for_somebody_is_found_on_the_way_back() -> None:
    store = MemoryStore()
    kept = {"kiosk-entrance": show("personal"), "display-fresh": show("context")}

    @asynccontextmanager
    async def connect(
        spot: Spot, on_show: Callable[[Show], None], on_command: Callable[[Command], None]
    ) -> AsyncGenerator[Messenger]:
        async with store(spot, on_show, on_command) as line:
            if spot.name in kept:
                on_show(kept[spot.name])
            on_command(Command(command="reload"))
            yield line

    assert await retained_personal(floor(), connect) == 1


async def test_a_centre_that_is_away_has_nothing() -> None:
    assert await at_centre(LocalServer(port=free_port(), key="k")) == []
