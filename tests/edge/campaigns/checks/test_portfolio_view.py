from __future__ import annotations

from datetime import datetime
from typing import Any

from edge.campaigns.checks.portfolio_view import (
    OVER,
    PortfolioEntry,
    State,
    lines,
    view,
)
from tests.edge.campaigns.checks.plots import DAY, campaign
from tests.edge.campaigns.checks.portfolios import AT


def entry(
    name: str, published_at: datetime | None = AT - DAY, **changed: Any
) -> PortfolioEntry:
    return PortfolioEntry(
        campaign=campaign(name, **changed), written_at=AT - 3 * DAY, published_at=published_at
    )


def test_every_state_is_counted_also_where_nobody_is() -> None:
    seen = view(
        [
            entry("live"),
            entry("soon", starts_at=AT + DAY),
            entry("paused", paused=True),
            entry("over", ends_at=AT),
            entry("draft", None),
            PortfolioEntry(campaign=campaign("agreed"), written_at=AT, is_approved=True),
        ],
        AT,
    )
    assert seen.counts == dict.fromkeys(State, 1)
    assert view([], AT).counts == dict.fromkeys(State, 0)


def test_what_is_published_tomorrow_is_not_live_today() -> None:
    assert entry("a", AT + DAY).state(AT) is State.DRAFT


def test_the_oldest_running_campaign_comes_first() -> None:
    seen = view([entry("b"), entry("a", starts_at=AT - 9 * DAY), entry("c", None)], AT)
    assert list(seen.age_days.items()) == [("a", 9), ("b", 1)]


def test_throughput_is_counted_over_four_weeks() -> None:
    entries = [entry(f"c-{n}", AT - n * DAY) for n in range(OVER.days * 2)]
    assert view(entries, AT).published_a_day == 1.0


def test_the_backlog_is_ranked_by_impact_and_ease() -> None:
    waiting = [
        entry("a", None, impact=2, ease=3),
        entry("b", None, impact=5, ease=4),
        PortfolioEntry(campaign=campaign("c", impact=3, ease=2), written_at=AT - 9 * DAY),
        entry("live", impact=5, ease=5),
    ]
    assert view(waiting, AT).backlog == ("b", "c", "a")


def test_a_line_goes_from_the_first_version_to_the_last() -> None:
    made = [campaign("v1"), campaign("v2", parent="v1"), campaign("v3", parent="v2")]
    assert lines(made) == (("v1", "v2", "v3"),)
    assert lines([*made, campaign("v3b", parent="v2")]) == (
        ("v1", "v2", "v3"),
        ("v1", "v2", "v3b"),
    )


def test_who_goes_on_from_nobody_known_begins_a_line() -> None:
    made = [campaign("v2", parent="gone"), campaign("v3", parent="v2"), campaign("alone")]
    assert lines(made) == (("v2", "v3"),)


def test_a_circle_is_no_line_and_does_not_hang() -> None:
    circle = [campaign("a", parent="b"), campaign("b", parent="a"), campaign("c", parent="a")]
    assert lines(circle) == ()
