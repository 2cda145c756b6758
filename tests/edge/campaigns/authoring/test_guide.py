"""The marketer's guide is true: its file can be published, and its lists are the code's."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from edge.campaigns.authoring.check_change import StoreRules, judged
from edge.campaigns.authoring.document import parse
from edge.campaigns.authoring.offer_body import ModulesBody
from edge.campaigns.authoring.pending_change import PendingChange
from edge.domain.audience import FACTS
from edge.domain.catalogue import Tuning
from edge.domain.offer import OFFER_TYPES
from edge.domain.placement import ARRIVAL, PLACEMENTS
from tests.edge.campaigns.authoring.bodies import TAGS

GUIDE = (Path(__file__).parents[4] / "docs" / "campaigns.md").read_text(encoding="utf-8")


def test_the_file_in_the_guide_could_be_published(conn: sqlite3.Connection) -> None:
    found = re.search(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    told = parse(found[1].encode(), "yaml")
    at = datetime(2027, 2, 1, tzinfo=UTC)
    assert judged(conn, StoreRules(tuning=Tuning()), PendingChange(coming=told), at) == ()


def test_every_tag_type_place_module_and_fact_is_in_the_guide() -> None:
    places = [p for name, p in PLACEMENTS.items() if name != ARRIVAL]
    named = [*TAGS, *OFFER_TYPES, *FACTS, *ModulesBody.model_fields]
    named += [p.name for p in places] + [p.surface for p in places]
    assert [name for name in named if name not in GUIDE] == []


def test_the_guide_is_two_pages() -> None:
    assert len(GUIDE.splitlines()) <= 130
