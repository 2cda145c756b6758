"""The board in the words of its document: the same for the command line and for the console.

``GET /v1/kpis`` and ``storeside kpis --json`` answer with it.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, JsonValue

from devices.messages.fields import Time
from edge.campaigns.kpis.board import KpiBoard


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class FigureView(_Told):
    """One key figure; ``value`` is null where there is too little to tell, ``n`` what it is a mean or share of."""

    name: str
    value: float | None
    unit: str
    n: int
    stage: str
    says: str


class DriverView(_Told):
    """One near-term driver: people credited, at what they were worth, and what one is worth now."""

    driver: str
    people: int
    cents: int
    value_cents: int


class TabletView(_Told):
    """One associates' tablet, by verified sales only; ``sold_pct``: of the customers contacted."""

    device: str
    contacted: int
    sold_to: int
    sold_pct: float
    pieces: int
    cents: int


class ChallengeView(_Told):
    """How one bonus challenge goes."""

    challenge: str
    cards: int
    begun: int
    rewarded: int


class BoardView(_Told):
    """Key figures of the last ``days`` days, from ``since`` on; nobody is named in them."""

    since: Time
    days: int
    figures: tuple[FigureView, ...]
    drivers: tuple[DriverView, ...]
    tablets: tuple[TabletView, ...]
    challenges: tuple[ChallengeView, ...]


def view_of(board: KpiBoard) -> BoardView:
    """The board as it is told."""
    return BoardView(
        since=board.since,
        days=board.days,
        figures=tuple(FigureView.model_validate(one) for one in board.figures),
        drivers=tuple(DriverView.model_validate(one) for one in board.drivers),
        tablets=tuple(
            TabletView(
                device=one.device,
                contacted=one.contacted,
                sold_to=one.sold_to,
                # On the board is only who has a tip in a visit that ended in a sale, so this is one at least.
                sold_pct=round(100 * one.sold_to / one.contacted, 1),
                pieces=one.pieces,
                cents=one.cents,
            )
            for one in board.tablets
        ),
        challenges=tuple(ChallengeView.model_validate(one) for one in board.challenges),
    )


def document_of(board: KpiBoard) -> dict[str, JsonValue]:
    """The same as JSON."""
    told: dict[str, JsonValue] = view_of(board).model_dump(mode="json")
    return told
