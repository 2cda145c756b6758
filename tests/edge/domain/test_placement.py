from __future__ import annotations

import pytest

from edge.domain.consent import Purpose
from edge.domain.placement import PLACEMENTS, Placement, placement_for


@pytest.mark.parametrize("placement", PLACEMENTS.values(), ids=lambda p: p.name)
def test_a_public_place_asks_for_the_public_purpose(placement: Placement) -> None:
    assert placement.public == (placement.purpose is Purpose.PERSONALISE_PUBLIC)


@pytest.mark.parametrize("placement", PLACEMENTS.values(), ids=lambda p: p.name)
def test_personal_content_expires_within_a_minute(placement: Placement) -> None:
    assert placement.public or placement.lives_s <= 60


@pytest.mark.parametrize("placement", PLACEMENTS.values(), ids=lambda p: p.name)
def test_a_place_holds_something_of_at_least_one_category(placement: Placement) -> None:
    assert placement.limit >= placement.per_category >= 1


@pytest.mark.parametrize("surface", ["display", "kiosk", "phone", "tablet", "pos"])
def test_every_screen_has_its_usual_place(surface: str) -> None:
    found = placement_for(surface)
    assert found is not None
    assert found.surface == surface


def test_a_beacon_shows_nothing() -> None:
    assert placement_for("beacon-gw") is None
