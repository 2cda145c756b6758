"""A campaign: offers with one aim, who is held out of it, in which arms it is tested, and when it may speak.

Authoring and the stream write it, the catalogue holds it, offer rules and experiments obey it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edge.domain.experiment import (
    Arm,
    Design,
    Layer,
    SwitchbackSchedule,
    Variant,
    held_out,
    variant_of,
    within,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Hours of a day in which a campaign may speak: ``first_hour`` included, ``last_hour`` not; on ``days``.

    ``days`` are 1 (Monday) to 7; a window with ``first_hour`` above ``last_hour`` goes over midnight.
    """

    first_hour: int = 0
    last_hour: int = 24
    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)

    def holds(self, weekday: int, hour: int) -> bool:
        """Whether ``hour`` (0..23) of ``weekday`` (1..7), on the store's wall clock, lies in it."""
        if self.first_hour <= self.last_hour:
            return weekday in self.days and self.first_hour <= hour < self.last_hour
        # Over midnight: the evening belongs to its own day,
        if hour >= self.first_hour:
            return weekday in self.days
        # and the morning to the day before, on which the window opened; before Monday comes Sunday.
        return hour < self.last_hour and (weekday - 2) % 7 + 1 in self.days


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """Offers with one aim.

    ``salt`` draws who is held out and who is in which arm; a new salt draws anew. ``design`` says whether
    people or stretches of time are drawn. ``bandit``: creatives are chosen by what has worked, with a floor;
    else evenly. ``parent``: the campaign of which this is the next iteration.

    Units: ``holdout_pct`` 0..100 of the people in its layer; ``weekly_cap`` showings of all its offers to one
    person in seven days; ``budget_cents`` of discounts that this store may give away; ``priority_pct`` 100 =
    as it is, more = worth more in arbitration; ``impact`` and ``ease`` 1..5, for the backlog.
    Source: the central stream ``campaigns``, or the store's own portfolio.
    """

    id: str
    name: str
    starts_at: datetime
    ends_at: datetime
    salt: str
    holdout_pct: int = 10
    layer: Layer | None = None
    design: Design = Design.PERSON
    rota: SwitchbackSchedule | None = None
    variants: tuple[Variant, ...] = ()
    bandit: bool = False
    windows: tuple[Window, ...] = ()
    weekly_cap: int | None = None
    budget_cents: int | None = None
    priority_pct: int = 100
    paused: bool = False
    parent: str | None = None
    impact: int = 3
    ease: int = 3

    def is_live(self, now: datetime) -> bool:
        """Whether it runs at ``now``; the end is not included."""
        return not self.paused and self.starts_at <= now < self.ends_at

    def speaks(self, weekday: int, hour: int) -> bool:
        """Whether it may be shown at this hour; without windows always."""
        return not self.windows or any(window.holds(weekday, hour) for window in self.windows)

    def arm(self, token: str | None, store: str, at: datetime) -> Arm:
        """What the person ``token`` (or, in a switchback, this stretch of the store's time) gets."""
        if self.design is Design.SWITCHBACK:
            rota = self.rota or SwitchbackSchedule()
            return Arm.TREATED if rota.is_on(self.salt, store, at) else Arm.HELD_OUT
        # Outside is not held out: who belongs to another test of the layer is no control of this one.
        if token is None or not within(self.layer, token):
            return Arm.OUTSIDE
        return Arm.HELD_OUT if held_out(self.salt, token, self.holdout_pct) else Arm.TREATED

    def variant(self, token: str | None) -> Variant | None:
        """The arm of the A/B/n test that ``token`` is in; nobody in particular gets the first one."""
        if token is None:
            return self.variants[0] if self.variants else None
        return variant_of(self.salt, token, self.variants)
