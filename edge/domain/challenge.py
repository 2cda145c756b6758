"""A bonus challenge: a few items in a week, two that somebody buys anyway and one they never had, for a reward.

`kpis.challenges` draws and fills the cards; storage keeps them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from edge.domain.ids import BasketId, DecisionId, OfferId, Sku, Token

# Usual items are drawn from so many of the most frequent, so that the next week's card is another one.
_USUAL_POOL = 6
# 1970-01-01 was a Thursday: with three days on top, a multiple of seven is a Monday.
_THURSDAY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeReward:
    """What a full card is worth: an offer of the store (``cents`` off), or points of the chain; never both."""

    offer: OfferId | None = None
    cents: int = 0
    points: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One challenge, open to everybody who agreed to personal content; each week one card a person.

    Units: ``usual`` and ``discoveries`` items a card. Source: the central stream ``challenges``.
    """

    id: str
    headline: str
    starts_at: datetime
    ends_at: datetime
    reward: ChallengeReward
    usual: int = 2
    discoveries: int = 1

    def is_live(self, at: datetime) -> bool:
        """Whether cards may be given out and filled at the business time ``at``; the end is not included."""
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeGoal:
    """One item of a card. ``new``: they never bought it before; ``basket``: the paid basket that held it."""

    sku: Sku
    new: bool = False
    basket: BasketId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeCard:
    """One person's challenge of one week. ``week`` counts Mondays since 1970 on the store's wall clock.

    ``until``: its first instant that no longer counts; ``decision``: the one that its new item was taken from.
    """

    token: Token
    challenge: str
    week: int
    headline: str
    goals: tuple[ChallengeGoal, ...]
    reward: ChallengeReward
    decision: DecisionId
    until: datetime
    rewarded_at: datetime | None = None

    def open_goals(self, basket: Collection[Sku] = ()) -> tuple[ChallengeGoal, ...]:
        """Items still missing, where those in an unpaid ``basket`` count as long as they are in it."""
        return tuple(g for g in self.goals if g.basket is None and g.sku not in basket)

    def paid(self, basket: BasketId, skus: Collection[Sku], at: datetime) -> ChallengeCard:
        """The card after a sale; the last missing item brings the reward, and nothing does so again."""
        if at >= self.until or self.rewarded_at is not None:
            return self
        goals = tuple(
            replace(g, basket=basket) if g.basket is None and g.sku in skus else g
            for g in self.goals
        )
        full = all(g.basket is not None for g in goals)
        return replace(self, goals=goals, rewarded_at=at if full else None)

    def paid_anew(self, sales: Sequence[CardSale]) -> ChallengeCard:
        """The card as if the first of ``sales`` had always been what it now is; the others followed it, in order."""
        # A full card was beyond the reach of all that came after it.
        if not sales or (self.rewarded_at is not None and self.rewarded_at < sales[0].at):
            return self
        again = {sale.basket for sale in sales}
        card = replace(
            self,
            goals=tuple(
                replace(g, basket=None) if g.basket in again else g for g in self.goals
            ),
            rewarded_at=None,
        )
        for sale in sales:
            card = card.paid(sale.basket, sale.skus, sale.at)
        return card


class CardSale(NamedTuple):
    """A sale as a card counts it; ``at``: business time."""

    basket: BasketId
    skus: frozenset[Sku]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCandidates:
    """What a card can be drawn from, best first: ``usual`` items of a person, and ``new`` ones for them."""

    usual: Sequence[Sku]
    new: Sequence[Sku]


def week_of(day: int) -> int:
    """The week that a local day (since 1970) lies in; it begins on Monday."""
    return (day + _THURSDAY) // 7


def first_day_of(week: int) -> int:
    """The Monday of a week, as a local day since 1970."""
    return week * 7 - _THURSDAY


def goals_of(
    challenge: Challenge, token: Token, week: int, stock: CardCandidates
) -> tuple[ChallengeGoal, ...]:
    """The items of a card, the same on every machine; none where there are not enough for a full one."""
    usual = _drawn(stock.usual[:_USUAL_POOL], f"{challenge.id}\x00{week}\x00{token}")
    new = [sku for sku in stock.new if sku not in stock.usual]
    chosen = (
        *(ChallengeGoal(sku=sku) for sku in usual[: challenge.usual]),
        *(ChallengeGoal(sku=sku, new=True) for sku in new[: challenge.discoveries]),
    )
    return chosen if len(chosen) == challenge.usual + challenge.discoveries else ()


def _drawn(skus: Iterable[Sku], salt: str) -> list[Sku]:
    # By a hash and not by chance: a card comes out the same on every machine and after a restart.
    return sorted(skus, key=lambda s: hashlib.sha256(f"{salt}\x00{s}".encode()).digest())
