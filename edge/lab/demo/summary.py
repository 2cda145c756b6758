"""The account of a demo: the published summary, and the same in words.

``closing`` fills the count, and ``run`` prints both forms of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devices.simulator.tally import ReplayTally, percentiles
from edge.domain.complement import MethodComparison
from edge.domain.decision import ContentKind
from edge.lab.demo.evidence import AuditEvidence
from edge.lab.demo.paired_outcomes import lift
from edge.state.counters import ComplementCounter, Complements, HitCounter

_NO_MODEL = "none"
_WORDS = """\
{visits} visits in {store}: {identified} recognised, {anonymous} anonymous.
{signals} signals, {receipts} receipts, {refused} refused; {decisions} decisions, {personal} personal; \
{shows} shown, {plays} played, {answers} answers at the till.
Bought one of ten items recommended at arrival: {hit_rate_at_10} of {hit_rate_visits} visits \
(one of the ten usual ones: {baseline_hit_rate_at_10}, of the store's ten best sellers: {popular_hit_rate_at_10}).
Scanned one of the three shown at the till before the last quarter: {complement_rate} of {complement_baskets} baskets \
(of the three usual ones: {baseline_complement_rate}, of the three best sellers: {popular_complement_rate}).
Model: {model}.
Events on disk {events_on_disk}, at the centre {events_at_hub}; lost {lost}, double {duplicates}, \
without consent {consent_violations}, errors {errors}.
Everything is in {dir}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCount:
    """Everything counted from outside after a demo. ``central``: events that the centre keeps.

    ``arrivals`` and ``tills``: what came of each trip, as ``paired_outcomes`` writes it.
    """

    store: str
    counters: ReplayTally
    evidence: AuditEvidence
    identified: int
    hit_rate: HitCounter
    complements: Complements
    arrivals: str
    tills: str
    central: int
    lost: int
    duplicates: int
    consent_violations: int
    errors: int
    rss_mb: float | None
    ready_s: float


def summary(count: DemoCount, addresses: Mapping[str, str], folder: str) -> dict[str, object]:
    """The published shape, and some figures more."""
    counters, decisions = count.counters, count.evidence.decisions.values()
    return {
        "store": count.store,
        "visits": counters.visits,
        "identified": count.identified,
        "anonymous": counters.visits - count.identified,
        "signals": len(counters.sent) + counters.asks,
        "refused": counters.refusals.total(),
        "decisions": len(decisions),
        "personal": sum(one.kind is ContentKind.PERSONAL for one in decisions),
        "shows": counters.shows,
        "plays": counters.plays,
        "answers": counters.answers,
        "late_answers": counters.late_answers,
        "receipts": len(counters.accepted),
        **_rates(count.hit_rate, count.complements),
        "hit_rate_lift": _gain(count.arrivals),
        "complement_lift": _gain(count.tills),
        "arrivals_by_person": count.arrivals,
        "tills_by_person": count.tills,
        "decision_ms": percentiles([one.core_us / 1000 for one in decisions]),
        "signal_to_screen_ms": percentiles(counters.to_screen_ms),
        "signal_to_clear_ms": percentiles(counters.to_clear_ms),
        "answer_ms": percentiles(counters.answer_ms),
        "events_on_disk": len(count.evidence.told),
        "events_at_hub": count.central,
        "lost": count.lost,
        "duplicates": count.duplicates,
        "consent_violations": count.consent_violations,
        "errors": count.errors,
        "model": count.evidence.model or _NO_MODEL,
        "rss_mb": count.rss_mb,
        "ready_s": count.ready_s,
        "refusals": dict(sorted(counters.refusals.items())),
        "addresses": dict(addresses),
        "dir": folder,
    }


def _rates(arrival: HitCounter, till: Complements) -> dict[str, object]:
    """How often we were right at arrival and at the till, each beside the two simple methods."""
    return {
        **_beside("hit_rate_at_10", arrival.shares),
        "hit_rate_visits": arrival.visits,
        **_beside("complement_rate", till.both.shares),
        "complement_baskets": till.both.baskets,
        "complements": {
            "all": _in_full(till.both),
            "identified": _in_full(till.identified),
            "anonymous": _in_full(till.anonymous),
        },
    }


def _gain(trips: str) -> dict[str, float] | None:
    """By how much ours did better than the usual method on the same trips, with its interval."""
    found = lift(trips)
    return None if found is None else dict(found._asdict())


def _beside(rate: str, shares: MethodComparison[float | None]) -> dict[str, object]:
    return {
        rate: shares.ours,
        f"baseline_{rate}": shares.usual,
        f"popular_{rate}": shares.popular,
    }


def _in_full(rate: ComplementCounter) -> dict[str, object]:
    """One rate beside its baselines: of all that was shown, of the last three alone, and how much was shown."""
    return {
        "baskets": rate.baskets,
        "any": rate.shares._asdict(),
        "last_three": rate.a_basket(rate.last_hits)._asdict(),
        "products_shown": rate.a_basket(rate.products)._asdict(),
    }


def in_words(found: Mapping[str, object]) -> str:
    """The summary as a few lines for people."""
    return _WORDS.format_map(found)
