from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import astuple, replace

import pytest

from edge.domain.consent import Purpose
from edge.domain.placement import (
    BOARDS,
    PLACEMENTS,
    SCREENS,
    SURFACES,
    Placement,
    Surface,
    surface_of,
)
from tests.edge.domain.placements_script import SCRIPT, as_script


@pytest.mark.parametrize("placement", PLACEMENTS.values(), ids=lambda p: p.name)
def test_a_public_place_asks_for_the_public_purpose(placement: Placement) -> None:
    assert placement.public == (placement.purpose is Purpose.PERSONALISE_PUBLIC)


@pytest.mark.parametrize("placement", PLACEMENTS.values(), ids=lambda p: p.name)
def test_personal_content_expires_within_a_minute(placement: Placement) -> None:
    assert placement.public or placement.lives_s <= 60


@pytest.mark.parametrize("placement", PLACEMENTS.values(), ids=lambda p: p.name)
def test_a_place_holds_something_of_at_least_one_category(placement: Placement) -> None:
    assert placement.limit >= placement.per_category >= 1


@pytest.mark.parametrize("placement", PLACEMENTS.values(), ids=lambda p: p.name)
def test_a_place_stands_on_a_class_of_device_that_is_described(placement: Placement) -> None:
    assert surface_of(placement.surface) is SURFACES[placement.surface]


def test_a_class_of_device_has_at_most_one_board() -> None:
    assert len(BOARDS) == sum(p.public for p in PLACEMENTS.values())


def test_what_stands_on_a_screen_is_said_in_every_place_where_people_read_of_it() -> None:
    assert all(all(astuple(p.words)) for p in SCREENS.values())


def test_a_class_that_nobody_listed_is_seen_by_all_and_does_nothing_particular() -> None:
    strange = surface_of("billboard")
    assert strange.seen_by == max(s.seen_by for s in SURFACES.values())
    assert replace(strange, seen_by=0) == Surface(name="", seen_by=0)


def test_who_can_be_known_how_where_somebody_signs_in() -> None:
    found = {name: surface.sign_in.value for name, surface in SURFACES.items()}
    assert found.pop("tablet") == "associate_lookup"
    assert found.pop("pos") == "pos_loyalty"
    assert set(found.values()) == {"kiosk_login"}


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


def test_the_campaign_form_offers_every_screen_and_no_other() -> None:
    assert SCRIPT.read_text(encoding="utf-8") == as_script()


@pytest.mark.parametrize(
    ("script", "table", "known"),
    [
        ("campaigns/preview.js", "STANDS", SCREENS.keys()),
        ("console/console-feed.js", "SURFACES", SURFACES.keys()),
    ],
)
def test_pages_draw_no_placement_or_class_that_there_is_not(
    script: str, table: str, known: Collection[str]
) -> None:
    """Both have something to draw for whatever they do not list."""
    source = (SCRIPT.parents[1] / script).read_text(encoding="utf-8")
    drawn = re.findall(r'"?([a-z-]+)"?: "', source.split(f"{table} = {{")[1].split("};")[0])
    assert drawn
    assert set(drawn) <= set(known)
