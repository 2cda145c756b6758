"""The account of a demo: the published summary, and the same in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devices.simulator.tally import Tally, percentiles
from edge.demo.audit import HitRate
from edge.demo.evidence import Evidence
from edge.domain.decision import Kind

_NO_MODEL = "none"
_WORDS = """\
{visits} visits in {store}: {identified} recognised, {anonymous} anonymous.
{signals} signals, {receipts} receipts, {refused} refused; {decisions} decisions, {personal} personal; \
{shows} shown, {plays} played, {answers} answers at the till.
Bought one of ten items recommended at arrival: {hit_rate_at_10} of {hit_rate_visits} visits \
(one of the ten usual ones: {baseline_hit_rate_at_10}). Model: {model}.
Events on disk {events_on_disk}, at the centre {events_at_hub}; lost {lost}, double {duplicates}, \
without consent {consent_violations}, errors {errors}.
Everything is in {dir}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Everything counted from outside after a demo. ``central``: events that the centre keeps."""

    store: str
    tally: Tally
    evidence: Evidence
    identified: int
    hit_rate: HitRate
    central: int
    lost: int
    duplicates: int
    consent_violations: int
    errors: int
    rss_mb: float | None
    ready_s: float


def summary(count: Count, addresses: Mapping[str, str], folder: str) -> dict[str, object]:
    """The published shape, and some figures more."""
    tally, decisions = count.tally, count.evidence.decisions.values()
    rate = count.hit_rate
    return {
        "store": count.store,
        "visits": tally.visits,
        "identified": count.identified,
        "anonymous": tally.visits - count.identified,
        "signals": len(tally.sent) + tally.asks,
        "refused": tally.refusals.total(),
        "decisions": len(decisions),
        "personal": sum(one.kind is Kind.PERSONAL for one in decisions),
        "shows": tally.shows,
        "plays": tally.plays,
        "answers": tally.answers,
        "late_answers": tally.late_answers,
        "receipts": len(tally.accepted),
        "hit_rate_at_10": rate.share(rate.hits),
        "baseline_hit_rate_at_10": rate.share(rate.usual_hits),
        "hit_rate_visits": rate.visits,
        "decision_ms": percentiles([one.core_us / 1000 for one in decisions]),
        "signal_to_screen_ms": percentiles(tally.to_screen_ms),
        "signal_to_clear_ms": percentiles(tally.to_clear_ms),
        "answer_ms": percentiles(tally.answer_ms),
        "events_on_disk": len(count.evidence.told),
        "events_at_hub": count.central,
        "lost": count.lost,
        "duplicates": count.duplicates,
        "consent_violations": count.consent_violations,
        "errors": count.errors,
        "model": count.evidence.model or _NO_MODEL,
        "rss_mb": count.rss_mb,
        "ready_s": count.ready_s,
        "refusals": dict(sorted(tally.refusals.items())),
        "addresses": dict(addresses),
        "dir": folder,
    }


def in_words(found: Mapping[str, object]) -> str:
    """The summary as a few lines for people."""
    return _WORDS.format_map(found)
