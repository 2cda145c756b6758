"""What the store's tables say of each campaign, beside the truth: the planted effect must be found again.

``edge.cli.simulate`` asks for them after the run, and ``summary`` sets them beside the truth of
``response_model``.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection

import numpy as np
import numpy.typing as npt

from edge.domain.campaign import Campaign
from edge.domain.experiment import Arm, Design, SwitchbackSchedule
from edge.lab.simulate.portfolio import SHELVES, SimulatedPortfolio
from edge.lab.simulate.response_model import PurchaseChance
from edge.lab.simulate.store import STORE
from edge.storage.timestamps import to_us
from edge.storage.visits import baskets
from models.causal.estimate import Estimate, student_interval
from models.items import item_key, place_number

HORIZON_US = 2 * 3600 * 1_000_000
"""What is paid within two hours of the first showing is put down to that visit."""

# The unit that is drawn in a switchback.
_PLACE = str(place_number(item_key(STORE)))
_HELD_OUT = Arm.HELD_OUT.value
# Fewer people, or fewer pieces sold, in either arm: a ratio of means has no interval worth the name.
_LEAST_PEOPLE, _LEAST_PIECES, _LEAST_PAIRS = 20, 5, 4

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedEffect:
    """One arm beside those who were held out (or, in a switchback, time on beside time off).

    ``lift``: relative, 0 = nothing; its interval is for one look, at the end. ``truth``: what it should be, by
    the town's own chances; None where nobody was there. ``units``: people of both arms, or pairs of stretches.
    """

    campaign: str
    arm: str
    lift: Estimate
    truth: float | None
    units: tuple[int, int]

    def as_json(self) -> dict[str, object]:
        """In per cent; a bound that cannot be told is null."""
        return {
            "lift_pct": _pct(self.lift.value),
            "low_pct": _pct(self.lift.low),
            "high_pct": _pct(self.lift.high),
            "true_pct": None if self.truth is None else _pct(self.truth),
            "holds": None
            if self.truth is None or not self.lift.told
            else self.lift.holds(self.truth),
            "arm": self.arm,
            "units": list(self.units),
        }


Entered = dict[str, dict[str, int]]
"""Arm -> person -> the instant of their first showing, in microseconds; the arm to compare with comes first."""
Items = frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sale:
    """A paid basket: when, and how many pieces of each product."""

    at_us: int
    pieces: Mapping[str, int]

    def of(self, items: Items) -> int:
        """Pieces of these products; None = of all."""
        return sum(n for sku, n in self.pieces.items() if items is None or sku in items)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sales:
    """All paid baskets, and those of each person."""

    everybody: Sequence[_Sale]
    by_person: Mapping[str, Sequence[_Sale]]

    def pieces(self, token: str, first_us: int, items: Items) -> int:
        """What a person bought of ``items`` on the visit of their first showing."""
        own = self.by_person.get(token, ())
        return sum(sale.of(items) for sale in own if _in_visit(sale.at_us, first_us))


def findings(
    conn: Connection, portfolio: SimulatedPortfolio, truth: Sequence[PurchaseChance]
) -> tuple[SimulatedEffect, ...]:
    """Every running campaign, arm by arm."""
    sales = _sales(conn)
    found = list[SimulatedEffect]()
    for campaign in portfolio.current:
        items = portfolio.items_of(campaign.id)
        own = [chance for chance in truth if chance.campaign == campaign.id]
        if campaign.id == SHELVES:
            # A strategy may propose anything, so all that was bought counts.
            found += _compared(campaign, _before_lists(conn, campaign), sales, truth, None)
        elif campaign.design is Design.SWITCHBACK:
            found.append(_switched(campaign, items, sales.everybody, own))
        else:
            found += _compared(campaign, _drawn_people(conn, campaign), sales, own, items)
    return tuple(found)


def _drawn_people(conn: Connection, campaign: Campaign) -> Entered:
    """Who was shown the campaign, or would have been, first when, by arm."""
    # With a lone min() SQLite takes the arm from the row of that first showing.
    rows = conn.execute(
        "SELECT token, arm, min(at_us) FROM exposures WHERE campaign = ? GROUP BY token ORDER BY token",
        (campaign.id,),
    )
    # First, since all others are compared with it.
    entered: Entered = {_HELD_OUT: {}}
    for token, arm, at_us in rows:
        entered.setdefault(arm, {})[token] = at_us
    return entered


def _before_lists(conn: Connection, campaign: Campaign) -> Entered:
    """Who got a list of their own at a kiosk, first when, by the strategy that they are drawn for."""
    rows = conn.execute(
        "SELECT token, min(at_us) FROM decisions WHERE placement = 'kiosk-home'"
        " AND token IS NOT NULL GROUP BY token ORDER BY token"
    )
    entered: Entered = {variant.name: {} for variant in campaign.variants}
    for token, at_us in rows:
        variant = campaign.variant(token)
        if variant is not None:
            entered[variant.name][token] = at_us
    return entered


def _compared(
    campaign: Campaign,
    entered: Entered,
    sales: _Sales,
    truth: Sequence[PurchaseChance],
    items: Items,
) -> Iterable[SimulatedEffect]:
    """Every other arm beside the first, by pieces of ``items`` (None = of anything) on the visit of the showing."""
    pieces = {
        arm: np.array(
            [sales.pieces(token, at, items) for token, at in first.items()], np.float64
        )
        for arm, first in entered.items()
    }
    # Cut to the same visits as the sales, or the two would tell of different days.
    factor = {
        arm: _true_of(c for c in truth if _counts(c, first)) for arm, first in entered.items()
    }
    against, *others = entered
    for arm in sorted(others):
        yield SimulatedEffect(
            campaign=campaign.id,
            arm=arm,
            lift=ratio_of_means(pieces[arm], pieces[against]),
            truth=_beside(factor[arm], factor[against] or 0.0),
            units=(len(pieces[arm]), len(pieces[against])),
        )


def _in_visit(at_us: int, first_us: int) -> bool:
    return 0 <= at_us - first_us < HORIZON_US


def _counts(chance: PurchaseChance, first: Mapping[str, int]) -> bool:
    at_us = first.get(chance.token)
    return at_us is not None and _in_visit(to_us(chance.paid_at), at_us)


def _switched(
    campaign: Campaign,
    items: frozenset[str],
    sales: Sequence[_Sale],
    truth: Sequence[PurchaseChance],
) -> SimulatedEffect:
    """Baskets of stretches with the shared screen on beside stretches without, wash-out left out."""
    rota = campaign.rota or SwitchbackSchedule()
    cells = defaultdict[int, list[int]](list)
    for sale in sales:
        # Just after a switch people still answer to what stood there before.
        if not _washed(rota, sale.at_us):
            cells[_stretch(rota, sale.at_us)].append(sale.of(items))
    by_on = {n: float(np.mean(found)) for n, found in cells.items()}
    # Whole pairs only: a stretch without its neighbour would compare one hour with another.
    pairs = sorted({n // 2 for n in by_on if n // 2 * 2 in by_on and n // 2 * 2 + 1 in by_on})
    first_on = [_is_on(campaign, rota, 2 * pair) for pair in pairs]
    on = [by_on[2 * p + (not first)] for p, first in zip(pairs, first_on, strict=True)]
    off = [by_on[2 * p + first] for p, first in zip(pairs, first_on, strict=True)]
    factor = {
        state: _true_of(c for c in truth if _is_measured(campaign, rota, c, on=state))
        for state in (True, False)
    }
    return SimulatedEffect(
        campaign=campaign.id,
        arm="on",
        lift=ratio_of_pairs(np.array(on, np.float64), np.array(off, np.float64)),
        truth=_beside(factor[True], factor[False]),
        units=(len(pairs), len(pairs)),
    )


def _is_measured(
    campaign: Campaign, rota: SwitchbackSchedule, chance: PurchaseChance, *, on: bool
) -> bool:
    at_us = to_us(chance.paid_at)
    stretch = _stretch(rota, at_us)
    return not _washed(rota, at_us) and _is_on(campaign, rota, stretch) is on


def _beside(one: float | None, other: float | None) -> float | None:
    """A true lift beside another, as a lift."""
    return None if one is None or other is None else (1 + one) / (1 + other) - 1


def ratio_of_pairs(on: Doubles, off: Doubles) -> Estimate:
    """How much more was bought while on than while off, stretch beside stretch; shapes (n,), pair by pair.

    Student's interval on the logarithm of the ratio: a day that is busy in both halves moves neither.
    """
    # Without any sale on one side the ratio has no logarithm.
    if len(on) < _LEAST_PAIRS or not on.sum() or not off.sum():
        return Estimate(value=0.0)
    value = float(on.mean() / off.mean())
    apart = on / on.mean() - off / off.mean()
    error = float(apart.std(ddof=1)) / math.sqrt(len(on))
    log = student_interval(math.log(value), error, len(on) - 1, 0.95)
    return Estimate(value=value - 1, low=math.exp(log.low) - 1, high=math.exp(log.high) - 1)


def ratio_of_means(treated: Doubles, held: Doubles) -> Estimate:
    """How much more the treated bought than the held-out, as a part of these; shapes (n,) and (m,).

    The interval is Student's on the logarithm of the ratio, which is nearly normal long before the ratio is.
    """
    if not len(treated) or not len(held) or not held.sum() or not treated.sum():
        return Estimate(value=0.0)
    value = float(treated.mean() / held.mean())
    few = min(len(treated), len(held)) < _LEAST_PEOPLE
    if few or min(treated.sum(), held.sum()) < _LEAST_PIECES:
        return Estimate(value=value - 1)
    parts = [
        float(arm.var(ddof=1)) / len(arm) / float(arm.mean()) ** 2 for arm in (treated, held)
    ]
    # Welch's degrees of freedom, for the arms differ in size and spread.
    freedom = sum(parts) ** 2 / sum(
        part**2 / (len(arm) - 1) for part, arm in zip(parts, (treated, held), strict=True)
    )
    log = student_interval(math.log(value), math.sqrt(sum(parts)), freedom, 0.95)
    return Estimate(value=value - 1, low=math.exp(log.low) - 1, high=math.exp(log.high) - 1)


def _sales(conn: Connection) -> _Sales:
    """Paid baskets by person, and all of them."""
    by_token, everybody = defaultdict[str, list[_Sale]](list), list[_Sale]()
    for basket in baskets.paid(conn):
        pieces = defaultdict[str, int](int)
        for line in basket.sold:
            pieces[line.sku] += line.pieces
        sale = _Sale(at_us=to_us(basket.closed_at) or 0, pieces=pieces)
        everybody.append(sale)
        if basket.token is not None:
            by_token[basket.token].append(sale)
    return _Sales(everybody=everybody, by_person=by_token)


def _true_of(chances: Iterable[PurchaseChance]) -> float | None:
    plain = moved = 0.0
    for chance in chances:
        plain += chance.plain
        moved += chance.moved
    return moved / plain - 1 if plain else None


def _stretch(rota: SwitchbackSchedule, at_us: int) -> int:
    return at_us // (rota.period_minutes * 60_000_000)


def _is_on(campaign: Campaign, rota: SwitchbackSchedule, stretch: int) -> bool:
    begins = datetime.fromtimestamp(stretch * rota.period_minutes * 60, UTC)
    return rota.is_on(campaign.salt, _PLACE, begins)


def _washed(rota: SwitchbackSchedule, at_us: int) -> bool:
    into_us = at_us % (rota.period_minutes * 60_000_000)
    return into_us < timedelta(minutes=rota.washout_minutes) // timedelta(microseconds=1)


def _pct(part: float) -> float | None:
    return round(part * 100, 1) if math.isfinite(part) else None
