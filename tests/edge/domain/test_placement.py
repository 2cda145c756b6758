from __future__ import annotations

import pytest

from edge.domain.consent import Purpose
from edge.domain.placement import PLACEMENTS, Placement


@pytest.mark.parametrize("placement", PLACEMENTS.values(), ids=lambda p: p.name)
def test_a_public_place_asks_for_the_public_purpose(placement: Placement) -> None:
    assert placement.public == (placement.purpose is Purpose.PERSONALISE_PUBLIC)


@pytest.mark.parametrize("placement", PLACEMENTS.values(), ids=lambda p: p.name)
def test_personal_content_expires_within_a_minute(placement: Placement) -> None:
    assert placement.public or placement.lives_s <= 60


@pytest.mark.parametrize("placement", PLACEMENTS.values(), ids=lambda p: p.name)
def test_a_place_holds_something_of_at_least_one_category(placement: Placement) -> None:
    assert placement.limit >= placement.per_category >= 1


KIOSK, CARD = PLACEMENTS["kiosk-home"], PLACEMENTS["tablet-card"]


def test_one_place_in_five_is_kept_for_the_new_over_many_visits() -> None:
    for place in (KIOSK, CARD):
        kept = [place.explore_places(place.limit, 20, f"v-{n}") for n in range(4_000)]
        assert sum(kept) / (place.limit * len(kept)) == pytest.approx(0.2, abs=0.01)
        assert set(kept) == ({1, 2} if place is KIOSK else {0, 1})


def test_a_screen_keeps_its_layout_during_a_visit() -> None:
    assert len({CARD.explore_places(3, 20, "v-1") for _ in range(5)}) == 1
    assert CARD.explore_places(5, 20, "v-1") == CARD.explore_places(5, 20, "v-2") == 1
    assert CARD.explore_places(3, 0, "v-1") == 0


def test_where_and_for_whom_places_are_kept() -> None:
    assert [p.name for p in PLACEMENTS.values() if p.explores] == [
        "kiosk-home",
        "phone-home",
        "tablet-card",
    ]
    assert [p.name for p in PLACEMENTS.values() if p.complements] == ["till-addon"]
    assert [p.name for p in PLACEMENTS.values() if not p.reminds] == ["arrival", "display-zone"]
    assert not PLACEMENTS["display-zone"].explore_places(5, 20, "v-1")
