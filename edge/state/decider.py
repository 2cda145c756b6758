"""One decision for real: gather what it may read, run the flow, keep what is needed to run it again.

`ContentComposer` asks with a `DecisionRequest`; `edge.decision.flow` decides; the executor stores what comes of it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypedDict, TypeVar

from edge.decision.codec import encode_inputs, odds_from
from edge.decision.flow import decide
from edge.decision.steps.context import Evidence
from edge.domain.catalogue import Catalogue
from edge.domain.consent import Purpose
from edge.domain.creative import NO_ODDS, Odds
from edge.domain.decision import Decision, Inputs
from edge.domain.ids import DecisionId, ItemKey, OfferId, VisitId, digest_of
from edge.domain.offer import Offer
from edge.domain.placement import Placement
from edge.domain.store_site import StoreSite
from edge.state.catalogue import Ages, CurrentCatalogue
from edge.state.customers import Person, just_bought
from edge.storage.decisions.decisions import FreshDecision
from edge.storage.decisions.snapshots import Snapshot
from models.errors import ModelsError
from models.features.profile import Profile
from models.serving.coverage import known_share
from models.serving.open_bundle import Bundle
from models.serving.ranker import Ranker
from models.statistics.pairs import NO_PAIRS, KnownPairs, PairCounts, known_pairs
from models.statistics.trend import StoreTrend, TrendPrior

K = TypeVar("K", bound=str)

_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRequest:
    """For whom, where and with what at hand. ``purposes`` are those that hold right now.

    ``at`` is business time, by ``doubt_s`` seconds wrong at most; ``limit`` at most the placement's.
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
    doubt_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeDecision:
    """A decision with what has to be stored beside it, and what it read. ``core_us``: microseconds inside the flow.

    ``offers``: those that the catalogue knew then, by id.
    """

    decision: Decision
    inputs: Inputs
    evidence: Evidence
    stored: FreshDecision
    snapshots: tuple[Snapshot, ...]
    core_us: int
    offers: Mapping[OfferId, Offer] = field(default_factory=dict[OfferId, Offer])


@dataclass(slots=True)
class _FollowedPairs:
    """Counts of pairs as decisions read them: a copy an edition."""

    kind: str
    shot: Snapshot | None = None
    known: KnownPairs = NO_PAIRS
    edition: int | None = None

    @property
    def digest(self) -> str | None:
        return None if self.shot is None else self.shot.digest

    def follow(self, counts: PairCounts) -> None:
        if self.edition == counts.edition:
            return
        body = counts.to_bytes()
        self.shot = Snapshot(digest=digest_of(body), kind=self.kind, body=body)
        self.known = known_pairs(body)
        self.edition = counts.edition


class Decider:
    """The decision maker: a ranker over the current catalogue and the store's trend, each replaceable while it runs."""

    def __init__(
        self,
        *,
        ranker: Ranker,
        fallback: Ranker,
        site: StoreSite,
        catalogue: CurrentCatalogue,
        ages: Ages,
        on_fallback: Callable[[], None],
    ) -> None:
        """``on_fallback`` is told each time the ranker failed and ``fallback`` answered for it."""
        self.ranker = ranker
        self._fallback = fallback
        self.site = site
        self.catalogue = catalogue
        self._ages = ages
        self._on_fallback = on_fallback
        # 0..1: of what is sold here the ranker must know this part, or the fallback answers.
        self.least_known = 0.0
        self._coverage: tuple[str, str, float | None] = ("", "", None)
        self._trend: Snapshot | None = None
        self._trends: dict[str, StoreTrend] = {}
        self._trend_edition: tuple[int, int] | None = None
        self._pairs, self._co_views = _FollowedPairs("pairs"), _FollowedPairs("co-views")
        self._opened: tuple[str, Odds] = ("", NO_ODDS)

    def follow(self, trend: StoreTrend) -> None:
        """Decide by this trend from now on; a copy is taken once an edition."""
        if self._trend_edition == (trend.day, trend.edition):
            return
        body = trend.to_bytes()
        self._trend = Snapshot(digest=digest_of(body), kind="trend", body=body)
        self._trends = {}
        self._trend_edition = (trend.day, trend.edition)

    def pair(self, pairs: PairCounts) -> None:
        """Decide by what is sold together from now on; a copy is taken once an edition."""
        self._pairs.follow(pairs)

    def pair_views(self, views: PairCounts) -> None:
        """The same of what is looked at together; while nobody may read of it, inputs name nothing."""
        if views.edition:
            self._co_views.follow(views)

    def use(self, ranker: Ranker, trend: StoreTrend) -> None:
        """Decide with ``ranker`` from now on; the live trend leans on what it knows of the chain."""
        self.ranker = ranker
        trend.lean_on(prior_of(ranker))
        self._trends = {}

    @property
    def coverage(self) -> float | None:
        """The part of what is sold here that the ranker knows, 0..1; None where there is nothing to know."""
        sold = self.catalogue.in_force
        if sold is None:
            return None
        named = (self.ranker.digest, sold.digest)
        # Worked out once a catalogue: a decision cannot wait for it.
        if self._coverage[:2] != named:
            self._coverage = (*named, known_share(self.ranker, sold.products))
        return self._coverage[2]

    @property
    def answering(self) -> Ranker:
        """The ranker, or the store's own counts where it knows too little of what is sold here."""
        known = self.coverage
        return self.ranker if known is None or known >= self.least_known else self._fallback

    def make(self, question: DecisionRequest) -> MadeDecision:
        """Decide. A model that fails is answered for by the fallback, and the screen says nothing of it."""
        # Once for both tries: whoever asked has waited for the first one, too.
        began = time.perf_counter_ns()
        try:
            return self._made(question, self.answering, began)
        except ModelsError:
            self._on_fallback()
            return self._made(question, self._fallback, began)

    def _made(self, question: DecisionRequest, ranker: Ranker, began: int) -> MadeDecision:
        sold, odds = self.catalogue.in_force, self.catalogue.odds
        assert sold is not None, "a catalogue is set before the first question"  # noqa: S101 - app's order
        assert self._trend is not None, "a trend is followed before the first question"  # noqa: S101 - app's order
        inputs, evidence, own = self._gather(question, ranker, sold, self._trend)
        counted = (self._trend, self._pairs.shot, self._co_views.shot)
        shots = tuple(shot for shot in counted if shot is not None)
        # Into bytes first: the decision carries their digest, and a replay starts from them.
        inputs_bytes = encode_inputs(inputs)
        decision = decide(inputs, evidence, sold, ranker, digest_of(inputs_bytes))
        core_us = (time.perf_counter_ns() - began) // 1_000
        fresh = FreshDecision(decision=decision, inputs=inputs_bytes, core_us=core_us)
        return MadeDecision(
            decision=decision,
            inputs=inputs,
            evidence=evidence,
            stored=fresh,
            # Handed on every time: the table keeps each one once.
            snapshots=(*shots, *own, *(() if odds is None else (odds,))),
            core_us=core_us,
            offers=sold.offers_by_id,
        )

    def _gather(
        self, question: DecisionRequest, ranker: Ranker, sold: Catalogue, trend_shot: Snapshot
    ) -> tuple[Inputs, Evidence, tuple[Snapshot, ...]]:
        """Collect the inputs: everybody's, and on top of them the person's, where the placement's purpose holds."""
        inputs = self._everybodys(question, ranker, sold, trend_shot)
        everybodys = Evidence(
            profile=None,
            trend=self._trend_for(ranker, trend_shot),
            odds=self._odds(),
            pairs=self._pairs.known,
            co_views=self._co_views.known,
        )
        person = _permitted(question)
        # The anonymous inputs, bit for bit: nothing in them may tell that somebody was there.
        if person is None:
            return inputs, everybodys, ()
        habits = person.freeze()
        inputs = replace(
            _persons(inputs, question, person, sold.tuning.just_bought_days),
            **remembered(person, question.at, question.visit),
        )
        evidence = replace(everybodys, profile=habits.profile, coupons=habits.coupons)
        return inputs, evidence, _own(person)

    def _everybodys(
        self, question: DecisionRequest, ranker: Ranker, sold: Catalogue, trend_shot: Snapshot
    ) -> Inputs:
        """What is the same whoever stands there."""
        day, hour = self.site.moment(question.at)
        ages = self._ages.in_seconds(question.at) | {"clock": question.doubt_s}
        odds = self.catalogue.odds
        return Inputs(
            id=question.id,
            at=question.at,
            day=day,
            hour=hour,
            placement=question.placement.name,
            # A device may ask for less than its place holds, never for more.
            limit=min(question.limit, question.placement.limit),
            visit=question.visit,
            zone=question.zone,
            token=None,
            purposes=(),
            profile=None,
            trend=trend_shot.digest,
            catalogue=sold.digest,
            model=ranker.digest,
            basket=question.basket,
            out_of_stock=self.catalogue.out_of_stock,
            elsewhere=question.elsewhere,
            # Sorted, as all mappings here: equal questions must make equal bytes.
            ages_s=dict(sorted(ages.items())),
            place=self.site.place,
            spent=self.catalogue.spending.over(sold),
            odds=None if odds is None else odds.digest,
            locale=self.site.locale,
            currency=self.site.currency.code,
            pairs=self._pairs.digest,
            co_views=self._co_views.digest,
        )

    def _odds(self) -> Odds:
        """What the snapshot in force says of creatives; opened once."""
        odds = self.catalogue.odds
        if odds is None:
            return NO_ODDS
        if self._opened[0] != odds.digest:
            self._opened = (odds.digest, odds_from(odds.body))
        return self._opened[1]

    def _trend_for(self, ranker: Ranker, shot: Snapshot) -> StoreTrend:
        """The followed trend leaning on what ``ranker`` knows of the chain."""
        # By ranker: the fallback, which may answer in between, leans on no chain.
        found = self._trends.get(ranker.digest)
        if found is None:
            found = self._trends[ranker.digest] = StoreTrend.from_bytes(
                shot.body, prior_of(ranker)
            )
        return found


def prior_of(ranker: Ranker) -> TrendPrior | None:
    """What a trained bundle knows of the chain's trend; the fallback knows nothing."""
    return ranker.prior if isinstance(ranker, Bundle) else None


def _persons(
    inputs: Inputs, question: DecisionRequest, person: Person, just_bought_days: int
) -> Inputs:
    """``inputs`` with who the person is and how they shop."""
    habits = person.freeze()
    ages = {**inputs.ages_s, "profile": _age_s(habits.profile, inputs.day)}
    return replace(
        inputs,
        token=person.customer.token,
        # The one that this decision stands on, not all that hold.
        purposes=(question.placement.purpose,),
        profile=habits.digest,
        coupons=habits.coupons_digest,
        just_bought=_just_bought(person, inputs.day, just_bought_days),
        ages_s=dict(sorted(ages.items())),
        segments=person.customer.segments,
        locale=person.customer.locale,
    )


def _permitted(question: DecisionRequest) -> Person | None:
    """The person, where the placement's own purpose holds; else nobody, as if they had never come."""
    return question.person if question.placement.purpose in question.purposes else None


class Remembered(TypedDict):
    """The fields of ``Inputs`` that come of what a person was shown and said."""

    exposures: Mapping[OfferId, int]
    campaign_exposures: Mapping[str, int]
    category_exposures: Mapping[str, int]
    ignored: Mapping[OfferId, int]
    given: Mapping[OfferId, int]
    rejected: tuple[ItemKey, ...]
    disliked: Mapping[str, int]
    promised: tuple[OfferId, ...]
    viewed: tuple[ItemKey, ...]


def remembered(person: Person, at: datetime, visit: VisitId | None = None) -> Remembered:
    """What a decision at ``at`` (business time), in ``visit``, reads of what the person was shown and said."""
    memory = person.memory
    lately = memory.lately(at)
    return Remembered(
        exposures=_counts(touch.offer for touch in lately),
        campaign_exposures=_counts(touch.campaign for touch in lately),
        category_exposures=_counts(touch.category for touch in lately),
        ignored=memory.ignored(at),
        given=_counts(memory.given.elements()),
        rejected=memory.rejected(at),
        disliked=memory.disliked(at),
        promised=memory.promised(visit),
        viewed=memory.viewed(at),
    )


def _counts(names: Iterable[K]) -> dict[K, int]:
    return dict(sorted(Counter(names).items()))


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
