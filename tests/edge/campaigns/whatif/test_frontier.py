from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from edge.campaigns.whatif.frontier import (
    WEIGHTS,
    FrontierPoint,
    PrivacyFrontier,
    frontier,
    given_away,
)
from edge.campaigns.whatif.frontier_svg import drawn
from edge.decision.codec import decode_inputs
from edge.decision.flow import decide
from edge.domain.catalogue import Tuning
from edge.domain.value import loss_pct
from edge.state.catalogue import catalogue_of
from models.moment import Moment
from models.serving.local_fallback import LocalFallback
from models.statistics.trend import BASKETS_AN_EDITION, StoreTrend
from tests.edge.builders import DAY, decision, evidence, inputs, personal, profile
from tests.edge.campaigns.whatif.day import SHELF, Day, goods

SURFACES = ("kiosk-home", "tablet-card", "till-addon")


def uneven() -> StoreTrend:
    """Product 12 is in a third of the baskets, 8 in few: about as likely as what somebody buys themselves."""
    found = StoreTrend()
    for n in range(20 * BASKETS_AN_EDITION):
        sold = [key for key in range(8, 13) if n % 14 < key - 7]
        found.record(np.array(sold, np.int64), Moment(day=DAY, hour=14))
    return found


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> PrivacyFrontier:
    path = tmp_path_factory.mktemp("frontier") / "storeside.db"
    day = Day(path=path, sold=goods((), ()), seen=uneven())
    for number in range(40):
        who = day.person(number)
        for placement in SURFACES:
            day.show(who, placement)
    return frontier(day.close(), SHELF)


def test_there_is_a_position_for_every_weight(found: PrivacyFrontier) -> None:
    assert found.decisions == 120
    assert tuple(one.weight_pct for one in found.positions) == WEIGHTS


def test_a_higher_weight_never_gives_more_away_and_never_earns_more(
    found: PrivacyFrontier,
) -> None:
    away = [one.given_away for one in found.positions]
    value = [one.relevance for one in found.positions]
    assert away == sorted(away, reverse=True)
    assert value == sorted(value, reverse=True)
    assert away[-1] < away[0]
    assert value[-1] < value[0]


def test_without_a_price_nothing_is_lost_or_saved(found: PrivacyFrontier) -> None:
    free = found.positions[0]
    assert (free.flipped, found.lost_pct(free), found.saved_pct(free)) == (0, 0, 0)
    assert found.positions[-1].flipped > 0


def test_what_is_given_away_is_what_the_value_equation_counts() -> None:
    catalogue, _ = catalogue_of(goods((), ()), Tuning(holdout_pct=0, privacy_weight_pct=40))
    for placement in SURFACES:
        given = personal(placement)
        made = decide(
            given, evidence(profile(1, 2, 3), uneven()), catalogue, LocalFallback(), ""
        )
        losses = sum(choice.loss - 100 for choice in made.choices)
        assert losses == given_away(made) * 40 // 4 > 0


def test_nobody_gives_nothing_away() -> None:
    assert given_away(decision(inputs())) == 0
    assert loss_pct(np.zeros(1, np.int64), "kiosk", 100).tolist() == [100]


def test_a_day_without_decisions_has_a_flat_frontier(file: Path) -> None:
    empty = frontier(file, SHELF)
    assert empty.decisions == 0
    assert {empty.lost_pct(one) for one in empty.positions} == {0.0}
    assert "<svg" in drawn(empty)


def test_the_picture_is_one_whole_svg_with_a_dot_for_every_kind_of_day(
    found: PrivacyFrontier,
) -> None:
    picture = drawn(found)
    root = ET.fromstring(picture)  # noqa: S314 - our own
    dots = [one for one in root.iter() if one.tag.endswith("circle")]
    places = {(one.relevance, one.given_away) for one in found.positions}
    assert len(dots) == len(places)
    assert drawn(found) == picture


def test_the_picture_asks_for_nothing_from_elsewhere(found: PrivacyFrontier) -> None:
    picture = drawn(found).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "http" not in picture
    assert "href" not in picture


def test_a_report_for_programs_has_every_position_in_per_cent() -> None:
    free = FrontierPoint(weight_pct=0, relevance=2.0, given_away=8, flipped=0)
    dear = FrontierPoint(weight_pct=100, relevance=1.5, given_away=2, flipped=3)
    told = PrivacyFrontier(decisions=3, positions=(free, dear), failed={}).as_json()[
        "positions"
    ]
    assert isinstance(told, list)
    assert told[1] == {
        "privacy_weight_pct": 100,
        "relevance": 1.5,
        "given_away": 2,
        "flipped": 3,
        "value_lost_pct": 25.0,
        "privacy_saved_pct": 75.0,
    }


def test_a_decision_without_its_catalogue_is_named(tmp_path: Path) -> None:
    day = Day(path=tmp_path / "torn.db")
    day.show(day.person(1))
    made = decode_inputs(day.units[-1].decisions[0].inputs)
    day.units = day.units[1:]
    failed = frontier(day.close(), SHELF).failed
    assert failed.keys() == {made.id}
    assert made.catalogue[:12] in failed[made.id]
