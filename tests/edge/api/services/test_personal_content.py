"""The console's pause of all personal content."""

from __future__ import annotations

from pathlib import Path

from edge.api.services.overview import StoreOverview
from edge.api.services.personal_content import PersonalContentPause
from tests.edge.api.services.shop import Shop


async def test_the_pause_shows_and_clears_personal_screens(shop: Shop) -> None:
    overview = StoreOverview(shop.runtime, Path("none.json"))
    pause = PersonalContentPause(shop.runtime.pipeline.takedown)
    await shop.visit()
    pause.turn(paused=True)
    assert overview.now().store.paused
    assert {"command": "clear"} in shop.ears.heard("cmd")
    pause.turn(paused=False)
    assert not overview.now().store.paused
