"""What the chain promises – a bonus challenge, a value for a driver – as it comes down, checked before it is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from cloud_sync.errors import ChangeRefused
from edge.domain.challenge import Challenge, ChallengeReward
from edge.domain.driver_credit import Driver
from edge.domain.ids import OfferId
from edge.storage.catalogue import challenges
from edge.storage.measurement import driver_credits

Name = Annotated[str, Field(min_length=1, max_length=128)]


class _Row(BaseModel):
    """A body from the centre; a field of a later version is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class RewardRow(_Row):
    """What a full card brings: ``offer``, by its id, or ``points``."""

    offer: Name | None = None
    points: int = Field(default=0, ge=0, le=1_000_000)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.offer is None) is (self.points == 0):
            raise ValueError("a reward is an offer or points")
        return self


class ChallengeRow(_Row):
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


class BountyRow(_Row):
    """Stream ``driver_credits``, its key a driver: what that driver is worth to the chain, in cents."""

    cents: int = Field(ge=0, le=1_000_000)


def know_challenge(
    conn: sqlite3.Connection, key: str, body: Mapping[str, object] | None
) -> None:
    """Know the challenge ``key``, or, without a body, know it no more.

    Raises:
        ValidationError: the body is none of a challenge.
        ChangeRefused: it is about another one.
    """
    if body is None:
        challenges.delete(conn, key)
        return
    challenge = ChallengeRow.model_validate(body).challenge()
    if challenge.id != key:
        raise ChangeRefused("challenges: the body is about another one than its key")
    challenges.put(conn, challenge)


def know_bounty(conn: sqlite3.Connection, key: str, body: Mapping[str, object] | None) -> None:
    """Value the driver ``key``; one that this version has not heard of is left alone. Raises ``ValidationError``."""
    if key not in set(Driver):
        return
    if body is None:
        driver_credits.drop_value(conn, Driver(key))
    else:
        driver_credits.put_value(conn, Driver(key), BountyRow.model_validate(body).cents)
