"""Bonus challenges: what the chain offers, each person's card of a week, and that a reward is given once.

A challenge comes from the centre (`know_challenge`) or a command; `edge.campaigns.kpis` draws cards from it at an
arrival, a paid basket fills them, and the reward of a full one is put among the redemptions here.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from cloud_sync.errors import ChangeRefused
from edge.domain.challenge import Challenge, ChallengeCard, ChallengeGoal, ChallengeReward
from edge.domain.consent import ConsentEntry, Purpose, taken_back
from edge.domain.ids import BasketId, DecisionId, OfferId, Sku, Token
from edge.storage import erased_people
from edge.storage.decisions import redemptions
from edge.storage.decisions.redemptions import Redemption
from edge.storage.table import Erasure, ExportQuery, MigrationStep, Retention, Table, Unlimited
from edge.storage.timestamps import from_us, from_us_or_none, to_us

SCHEMA = """
CREATE TABLE challenges (
    id           TEXT PRIMARY KEY,
    headline     TEXT NOT NULL,
    starts_us    INTEGER NOT NULL,
    ends_us      INTEGER NOT NULL,
    offer        TEXT,
    points       INTEGER NOT NULL,
    usual        INTEGER NOT NULL,
    discoveries  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

CARDS = """
CREATE TABLE cards (
    token       TEXT NOT NULL,
    challenge   TEXT NOT NULL,
    week        INTEGER NOT NULL,
    headline    TEXT NOT NULL,
    goals       TEXT NOT NULL,
    offer       TEXT,
    cents       INTEGER NOT NULL,
    points      INTEGER NOT NULL,
    decision    TEXT NOT NULL,
    until_us    INTEGER NOT NULL,
    rewarded_us INTEGER,
    PRIMARY KEY (token, challenge, week)
) STRICT, WITHOUT ROWID;
CREATE INDEX cards_until ON cards (until_us);
"""

Name = Annotated[str, Field(min_length=1, max_length=128)]

_CARD = (
    "SELECT token, challenge, week, headline, goals, offer, cents, points, decision, until_us,"
    " rewarded_us FROM cards"
)
_Row = tuple[str, str, int, str, str, str | None, int, int, str, int, int | None]


class _Body(BaseModel):
    """A body from the centre; a field of a later version is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class RewardRow(_Body):
    """What a full card brings: ``offer``, by its id, or ``points``."""

    offer: Name | None = None
    points: int = Field(default=0, ge=0, le=1_000_000)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.offer is None) is (self.points == 0):
            raise ValueError("a reward is an offer or points")
        return self


class ChallengeRow(_Body):
    """Stream ``challenges``: a card of ``usual`` items and ``discoveries``, each week while it lasts."""

    id: Name
    headline: Annotated[str, Field(min_length=1, max_length=200)]
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    reward: RewardRow
    usual: int = Field(default=2, ge=1, le=5)
    discoveries: int = Field(default=1, ge=0, le=3)

    @model_validator(mode="after")
    def _after_its_start(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("a challenge ends after it has started")
        return self

    def challenge(self) -> Challenge:
        """The challenge that this states."""
        offer = None if self.reward.offer is None else OfferId(self.reward.offer)
        return Challenge(
            id=self.id,
            headline=self.headline,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            reward=ChallengeReward(offer=offer, points=self.reward.points),
            usual=self.usual,
            discoveries=self.discoveries,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeProgress:
    """How one challenge goes: ``cards`` given out, those ``begun`` and those ``rewarded``."""

    challenge: str
    cards: int
    begun: int
    rewarded: int


def know_challenge(
    conn: sqlite3.Connection, key: str, body: Mapping[str, object] | None
) -> None:
    """Know the challenge ``key``, or, without a body, know it no more.

    Raises:
        ValidationError: the body is none of a challenge.
        ChangeRefused: it is about another one.
    """
    if body is None:
        delete(conn, key)
        return
    challenge = ChallengeRow.model_validate(body).challenge()
    # Taking the key away later would otherwise leave the challenge in force.
    if challenge.id != key:
        raise ChangeRefused("challenges: the body is about another one than its key")
    put(conn, challenge)


def put(conn: sqlite3.Connection, challenge: Challenge) -> None:
    """Know a challenge, over an older one of its id; cards given out already stay as they are."""
    conn.execute(
        "INSERT OR REPLACE INTO challenges (id, headline, starts_us, ends_us, offer, points,"
        " usual, discoveries) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            challenge.id,
            challenge.headline,
            to_us(challenge.starts_at),
            to_us(challenge.ends_at),
            challenge.reward.offer,
            challenge.reward.points,
            challenge.usual,
            challenge.discoveries,
        ),
    )


def delete(conn: sqlite3.Connection, challenge: str) -> None:
    """Give out no more cards of it."""
    conn.execute("DELETE FROM challenges WHERE id = ?", (challenge,))


def every(conn: sqlite3.Connection) -> tuple[Challenge, ...]:
    """All challenges, by id."""
    rows = conn.execute(
        "SELECT id, headline, starts_us, ends_us, offer, points, usual, discoveries"
        " FROM challenges ORDER BY id"
    )
    return tuple(
        Challenge(
            id=id_,
            headline=headline,
            starts_at=from_us(starts_us),
            ends_at=from_us(ends_us),
            reward=ChallengeReward(
                offer=None if offer is None else OfferId(offer), points=points
            ),
            usual=usual,
            discoveries=discoveries,
        )
        for id_, headline, starts_us, ends_us, offer, points, usual, discoveries in rows
    )


def save(conn: sqlite3.Connection, card: ChallengeCard) -> bool:
    """Keep the card as it now stands; its reward, once it is full, is redeemed here and never again.

    Returns:
        False when the person was erased.
    """
    if erased_people.holds(conn, card.token):
        return False
    key = (card.token, card.challenge, card.week)
    found = conn.execute(
        "SELECT rewarded_us FROM cards WHERE token = ? AND challenge = ? AND week = ?", key
    ).fetchone()
    # Rewarded: nothing told later may change the card, or its reward would be given twice.
    if found is not None and found[0] is not None:
        return True
    conn.execute(
        "INSERT OR REPLACE INTO cards (token, challenge, week, headline, goals, offer, cents,"
        " points, decision, until_us, rewarded_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *key,
            card.headline,
            _goals(card),
            card.reward.offer,
            card.reward.cents,
            card.reward.points,
            card.decision,
            to_us(card.until),
            to_us(card.rewarded_at),
        ),
    )
    if card.rewarded_at is not None and card.reward.offer is not None:
        _redeem(conn, card, card.reward.offer, card.rewarded_at)
    return True


def correct(conn: sqlite3.Connection, card: ChallengeCard) -> bool:
    """Write the card over what is kept of it, its reward too: taken back, given, or given at another time.

    Returns:
        False where there is no such card any more.
    """
    key = (card.token, card.challenge, card.week)
    found = conn.execute(
        "SELECT rewarded_us FROM cards WHERE token = ? AND challenge = ? AND week = ?", key
    ).fetchone()
    if found is None:
        return False
    conn.execute(
        "UPDATE cards SET goals = ?4, rewarded_us = ?5 WHERE token = ?1 AND challenge = ?2 AND week = ?3",
        (*key, _goals(card), to_us(card.rewarded_at)),
    )
    offer = card.reward.offer
    if offer is not None and found[0] != to_us(card.rewarded_at):
        if found[0] is not None:
            redemptions.take_back_reward(conn, card.token, card.decision, offer)
        if card.rewarded_at is not None:
            _redeem(conn, card, offer, card.rewarded_at)
    return True


def of(conn: sqlite3.Connection, token: Token, at: datetime) -> tuple[ChallengeCard, ...]:
    """The person's cards that still count at ``at``, full ones among them."""
    return _cards(
        conn.execute(
            f"{_CARD} WHERE token = ? AND until_us > ? ORDER BY challenge, week",
            (token, to_us(at)),
        )
    )


def progress(conn: sqlite3.Connection, since: datetime) -> tuple[ChallengeProgress, ...]:
    """How each challenge goes, of cards that counted at ``since`` or later."""
    # The third place of a goal is the basket that reached it.
    rows = conn.execute(
        "SELECT challenge, count(*), sum(EXISTS (SELECT 1 FROM json_each(goals)"
        " WHERE json_extract(value, '$[2]') IS NOT NULL)), count(rewarded_us)"
        " FROM cards WHERE until_us > ? GROUP BY challenge ORDER BY challenge",
        (to_us(since),),
    )
    return tuple(
        ChallengeProgress(challenge=name, cards=cards, begun=begun, rewarded=rewarded)
        for name, cards, begun, rewarded in rows
    )


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase the person's cards."""
    return conn.execute("DELETE FROM cards WHERE token = ?", (token,)).rowcount


def withdraw(conn: sqlite3.Connection, entries: Iterable[ConsentEntry]) -> int:
    """Who takes back the consent to personal content has no cards to fill; returns how many went.

    A card whose reward was given stays its days: without it a new one of the week would give it again.
    """
    return sum(
        conn.execute(
            "DELETE FROM cards WHERE token = ? AND rewarded_us IS NULL", (token,)
        ).rowcount
        for token in taken_back(entries, Purpose.PERSONALISE_PRIVATE)
    )


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` cards that ended before ``before``."""
    return conn.execute(
        "DELETE FROM cards WHERE (token, challenge, week) IN"
        " (SELECT token, challenge, week FROM cards WHERE until_us < ? ORDER BY until_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


def _redeem(
    conn: sqlite3.Connection, card: ChallengeCard, offer: OfferId, at: datetime
) -> None:
    nth = redemptions.given_to(conn, card.token)[offer] + 1
    redemptions.add(
        conn,
        Redemption(
            offer=offer,
            campaign=card.challenge,
            cents=card.reward.cents,
            decision=card.decision,
            at=at,
            token=card.token,
            nth=nth,
        ),
    )


def _goals(card: ChallengeCard) -> str:
    # By place: `progress` looks for the third, the basket that reached the goal.
    return json.dumps([[g.sku, g.new, g.basket] for g in card.goals])


def _cards(rows: Iterable[_Row]) -> tuple[ChallengeCard, ...]:
    return tuple(
        ChallengeCard(
            token=Token(row[0]),
            challenge=row[1],
            week=row[2],
            headline=row[3],
            goals=tuple(
                ChallengeGoal(
                    sku=Sku(sku), new=new, basket=None if basket is None else BasketId(basket)
                )
                for sku, new, basket in json.loads(row[4])
            ),
            reward=ChallengeReward(
                offer=None if row[5] is None else OfferId(row[5]), cents=row[6], points=row[7]
            ),
            decision=DecisionId(row[8]),
            until=from_us(row[9]),
            rewarded_at=from_us_or_none(row[10]),
        )
        for row in rows
    )


TABLES = (
    Table(
        name="challenges",
        steps=(MigrationStep(release="0008-kpis", sql=SCHEMA),),
        retention=Unlimited(note="what the chain offers now: the centre adds and takes away"),
    ),
    Table(
        name="cards",
        steps=(MigrationStep(release="0008-kpis", sql=CARDS),),
        erasure=Erasure(forget=forget),
        # Counted from a card's last day: a month in which its reward can still be asked after.
        retention=Retention(data_class="cards", days=31, sweep=sweep),
        export=ExportQuery(
            sql=(
                "SELECT challenge, week, headline, goals, offer, cents, points, until_us, rewarded_us"
                " FROM cards WHERE token = ? ORDER BY until_us"
            ),
            json=frozenset({"goals"}),
        ),
    ),
)
