"""Making one decision for real: gather what it may read, run the flow, keep what is needed to run it again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from edge.assortment import Ages
from edge.domain.catalogue import Catalogue
from edge.domain.consent import Purpose
from edge.domain.decision import Decision, Inputs
from edge.domain.ids import DecisionId, ItemKey, OfferId, VisitId, digest_of
from edge.domain.placement import Placement
from edge.flow import decide
from edge.people import Habits, Person, just_bought
from edge.record import encode_inputs
from edge.steps.context import Evidence
from edge.storage.decisions import FreshDecision
from edge.storage.snapshots import Snapshot
from models.bundle import Bundle
from models.counters import NOWHERE, Profile
from models.errors import ModelsError
from models.ranker import Ranker
from models.trend import StoreTrend, TrendPrior

_DAY_S = 86_400
_EPOCH_ORDINAL = 719_163  # date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """For whom, where and with what at hand. ``purposes`` are those that hold right now.

    ``at`` is business time, ``limit`` at most the placement's.
    """

    id: DecisionId
    placement: Placement
    limit: int
    at: datetime
    visit: VisitId | None = None
    zone: str | None = None
    person: Person | None = None
    purposes: frozenset[Purpose] = frozenset()
    basket: tuple[ItemKey, ...] = ()
    elsewhere: tuple[OfferId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A decision with what has to be stored beside it, and what it read. ``core_us``: microseconds inside the flow."""

    decision: Decision
    inputs: Inputs
    evidence: Evidence
    stored: FreshDecision
    snapshots: tuple[Snapshot, ...]
    core_us: int


class Decider:
    """The decision maker: a ranker, a catalogue, the store's trend and stock, each replaceable while it runs."""

    def __init__(
        self,
        *,
        ranker: Ranker,
        fallback: Ranker,
        zone: ZoneInfo,
        ages: Ages,
        on_fallback: Callable[[], None],
        place: int = NOWHERE,
    ) -> None:
        """Args: ``zone`` and ``place`` are the store's own; ``on_fallback`` is told each time the ranker failed."""
        self.ranker = ranker
        self._fallback = fallback
        self._zone = zone
        self.place = place
        self._ages = ages
        self._on_fallback = on_fallback
        self._trend: Snapshot | None = None
        self._trends: dict[str, StoreTrend] = {}
        self._trend_edition: tuple[int, int] | None = None
        self.catalogue: Catalogue | None = None
        self.out_of_stock: tuple[ItemKey, ...] = ()

    def moment(self, at: datetime) -> tuple[int, int]:
        """Local day (since 1970) and hour 0..23 of a business instant."""
        local = at.astimezone(self._zone)
        return local.date().toordinal() - _EPOCH_ORDINAL, local.hour

    def begins(self, day: int) -> datetime:
        """The instant at which local day ``day`` (since 1970) begins."""
        return datetime.fromordinal(day + _EPOCH_ORDINAL).replace(tzinfo=self._zone)

    def follow(self, trend: StoreTrend) -> None:
        """Decide by this trend from now on; a copy is taken once an edition."""
        if self._trend_edition == (trend.day, trend.edition):
            return
        body = trend.to_bytes()
        self._trend = Snapshot(digest=digest_of(body), kind="trend", body=body)
        self._trends = {}
        self._trend_edition = (trend.day, trend.edition)

    def use(self, ranker: Ranker, trend: StoreTrend) -> None:
        """Decide with ``ranker`` from now on; the live trend leans on what it knows of the chain."""
        self.ranker = ranker
        trend.lean_on(prior_of(ranker))
        self._trends = {}

    def make(self, question: Question) -> Made:
        """Decide. A model that fails is answered for by the fallback, and the screen says nothing of it."""
        began = time.perf_counter_ns()
        try:
            return self._made(question, self.ranker, began)
        except ModelsError:
            self._on_fallback()
            return self._made(question, self._fallback, began)

    def _made(self, question: Question, ranker: Ranker, began: int) -> Made:
        assert self.catalogue is not None, "a catalogue is set before the first question"  # noqa: S101 - app's order
        assert self._trend is not None, "a trend is followed before the first question"  # noqa: S101 - app's order
        inputs, evidence, own = self._gather(question, ranker, self._trend)
        inputs_bytes = encode_inputs(inputs)
        decision = decide(inputs, evidence, self.catalogue, ranker, digest_of(inputs_bytes))
        core_us = (time.perf_counter_ns() - began) // 1_000
        fresh = FreshDecision(decision=decision, inputs=inputs_bytes, core_us=core_us)
        return Made(
            decision=decision,
            inputs=inputs,
            evidence=evidence,
            stored=fresh,
            snapshots=(self._trend, *own),
            core_us=core_us,
        )

    def _gather(
        self, question: Question, ranker: Ranker, trend_shot: Snapshot
    ) -> tuple[Inputs, Evidence, tuple[Snapshot, ...]]:
        """Collect the inputs; the person's, and snapshots of them, only where the placement's purpose holds."""
        assert self.catalogue is not None  # noqa: S101 - asked by the caller
        day, hour = self.moment(question.at)
        ages = self._ages.in_seconds(question.at)
        person = _permitted(question)
        habits = None if person is None else person.freeze()
        if habits is not None:
            ages["profile"] = _age_s(habits.profile, day)
        days = self.catalogue.tuning.just_bought_days
        inputs = Inputs(
            id=question.id,
            at=question.at,
            day=day,
            hour=hour,
            placement=question.placement.name,
            limit=min(question.limit, question.placement.limit),
            visit=question.visit,
            zone=question.zone,
            token=None if person is None else person.customer.token,
            purposes=() if person is None else (question.placement.purpose,),
            profile=None if habits is None else habits.digest,
            trend=trend_shot.digest,
            catalogue=self.catalogue.digest,
            model=ranker.digest,
            basket=question.basket,
            just_bought=() if person is None else _just_bought(person, day, days),
            out_of_stock=self.out_of_stock,
            exposures={} if person is None else person.exposures(question.at),
            elsewhere=question.elsewhere,
            ages_s=ages,
            place=self.place,
            coupons=None if habits is None else habits.coupons_digest,
        )
        evidence = _evidence(habits, self._trend_for(ranker, trend_shot))
        return inputs, evidence, () if person is None else _own(person)

    def _trend_for(self, ranker: Ranker, shot: Snapshot) -> StoreTrend:
        """The followed trend leaning on what ``ranker`` knows of the chain."""
        found = self._trends.get(ranker.digest)
        if found is None:
            found = self._trends[ranker.digest] = StoreTrend.from_bytes(
                shot.body, prior_of(ranker)
            )
        return found


def prior_of(ranker: Ranker) -> TrendPrior | None:
    """What a trained bundle knows of the chain's trend; the fallback knows nothing."""
    return ranker.prior if isinstance(ranker, Bundle) else None


def _permitted(question: Question) -> Person | None:
    """The person, where the placement's own purpose holds; else nobody, as if they had never come."""
    return question.person if question.placement.purpose in question.purposes else None


def _evidence(habits: Habits | None, trend: StoreTrend) -> Evidence:
    if habits is None:
        return Evidence(profile=None, trend=trend)
    return Evidence(profile=habits.profile, trend=trend, coupons=habits.coupons)


def _own(person: Person) -> tuple[Snapshot, ...]:
    """What a decision reads of a person."""
    habits, token = person.freeze(), person.customer.token
    profile = Snapshot(digest=habits.digest, kind="profile", body=habits.body, token=token)
    if habits.coupons_digest is None:
        return (profile,)
    body = habits.coupons_body
    coupons = Snapshot(digest=habits.coupons_digest, kind="coupons", body=body, token=token)
    return (profile, coupons)


def _just_bought(person: Person, day: int, days: int) -> tuple[ItemKey, ...]:
    return just_bought(person.freeze().profile, person.profile, day, days)


def _age_s(profile: Profile, day: int) -> int:
    """Seconds since the latest trip that the habits know of; without one they are empty, not old."""
    return max(0, day - profile.days[0]) * _DAY_S if profile.days else 0
