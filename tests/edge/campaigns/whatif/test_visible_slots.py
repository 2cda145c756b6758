from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from edge.campaigns.whatif.changes import WhatIfChange
from edge.campaigns.whatif.visible_slots import PossibleList, seen, sight
from edge.domain.experiment import POINTS
from edge.domain.ids import OfferId
from edge.state.replay import Sources, inputs_of
from edge.storage.connection import open_reader
from edge.storage.decisions.decisions import StoredDecision, recent
from tests.edge.campaigns.whatif.day import OFFERS, SHELF, TESTED, Day, creative, goods

O_A = OfferId("o-a")
ALL = replace(TESTED, holdout_pct=0, variants=(), bandit=True)
ODDS = {"o-a": {"": {"plain": 9_000, "loud": 1_000}}}


class Look:
    """One stored decision, and what would be seen in its place."""

    def __init__(self, sources: Sources, stored: StoredDecision) -> None:
        self.sources = sources
        self.inputs = inputs_of(stored)
        self.decision = sources.again(stored)
        self.catalogue = sources.catalogues(self.inputs.catalogue)

    def sight(self, change: WhatIfChange | None = None) -> PossibleList:
        body = self.sources.body("catalogue", self.inputs.catalogue)
        changed = self.catalogue if change is None else change.applied(body)
        return sight(self.sources, self.inputs, changed)


@pytest.fixture
def day(file: Path) -> Day:
    day = Day(path=file, sold=goods((OFFERS[0],), (ALL,)))
    day.learn(ODDS)
    return day


@pytest.fixture
def look(day: Day) -> Iterator[Look]:
    day.show(day.person(1))
    with closing(open_reader(day.close())) as conn:
        yield Look(Sources(conn, SHELF), recent(conn, 1)[0])


def test_the_chances_of_creatives_are_whole_and_those_that_were_learnt(look: Look) -> None:
    ((offer, rows),) = look.sight().chances
    assert offer == O_A
    assert {name: points for (name, _), points in rows} == {"plain": 9_000, "loud": 1_000}


def test_creatives_are_really_drawn_as_often_as_the_chances_say(day: Day) -> None:
    who = day.person(1)
    shown = Counter(
        c.creative for _ in range(1_500) for c in day.show(who).choices if c.offer == O_A
    )
    assert shown["loud"] / 1_500 == pytest.approx(0.1, abs=0.03)


def test_what_was_seen_has_the_chance_that_was_logged(look: Look) -> None:
    (shown,) = [c for c in look.decision.choices if c.offer == O_A]
    was = seen(look.decision, look.inputs, look.catalogue)
    assert shown.propensity is not None
    assert look.sight().chance(was) == shown.propensity / POINTS


def test_another_order_is_another_sight(look: Look) -> None:
    was = seen(look.decision, look.inputs, look.catalogue)
    assert look.sight().chance(replace(was, seats=was.seats[::-1])) == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"discount_cents": 1},
        {"creatives": (creative("plain", code="X"), creative("loud", code="X"))},
        {"creatives": ()},
    ],
    ids=["other terms", "other words", "no words at all"],
)
def test_an_offer_that_says_something_else_was_never_seen(
    look: Look, changed: dict[str, object]
) -> None:
    other = replace(OFFERS[0], **changed)  # type: ignore[arg-type]  # fields by name
    after = look.sight(WhatIfChange(offers=(other,)))
    assert after.chance(seen(look.decision, look.inputs, look.catalogue)) == 0
    assert not after.within(look.sight())


def test_fewer_creatives_lie_within_more_and_not_the_other_way(look: Look) -> None:
    fewer = look.sight(
        WhatIfChange(offers=(replace(OFFERS[0], creatives=OFFERS[0].creatives[:1]),))
    )
    assert fewer.within(look.sight())
    assert not look.sight().within(fewer)


def test_a_headline_that_nobody_reads_changes_nothing(look: Look) -> None:
    assert (
        look.sight(WhatIfChange(offers=(replace(OFFERS[0], headline="Other"),))) == look.sight()
    )
