"""What the demo's chain promises beside its offers: triggers, a bonus challenge, the worth of near-term drivers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from edge.campaigns.triggers.library import SHIPPED, read_library
from edge.domain.driver_credit import Driver
from edge.lab.demo.shop import rfc3339

_WEEKS = timedelta(weeks=6)
# What an app, an address or a sign-up is worth in an invented chain, in cents.
_WORTH: Mapping[Driver, int] = {
    Driver.SIGNED_UP: 400,
    Driver.EMAIL_CAPTURED: 250,
    Driver.APP_INSTALLED: 600,
    Driver.LOGGED_IN: 20,
}


def promises(starts_at: datetime) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    """Stream, key and body of each, from business time ``starts_at`` on."""
    for written in read_library(SHIPPED).triggers:
        yield "triggers", written.id, written.row().model_dump(mode="json", exclude_none=True)
    yield "challenges", "three-this-week", {
        "id": "three-this-week",
        "headline": "Three this week: two of your usuals, one new",
        "starts_at": rfc3339(starts_at),
        "ends_at": rfc3339(starts_at + _WEEKS),
        "reward": {"points": 300},
    }  # fmt: skip
    for driver, cents in _WORTH.items():
        yield "bounties", driver.value, {"cents": cents}
