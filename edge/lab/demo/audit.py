"""The independent count after a demo: what was lost, doubled, or done without consent. Pure.

``closing`` calls each count with what ``evidence`` read, once the shoppers are gone; ``summary`` tells the
result.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta

from devices.simulator.script import basket_id
from devices.simulator.tally import ReceivedContent
from devices.simulator.trip import Trip
from edge.domain.complement import TillShowing, outcome
from edge.domain.consent import Purpose
from edge.domain.decision import ContentKind
from edge.domain.ids import Token, VisitId
from edge.domain.placement import PLACEMENTS
from edge.lab.demo.evidence import AuditEvidence, OutboxRow, Recommended
from edge.lab.demo.paired_outcomes import PairedOutcome
from edge.state.counters import Complements, HitCounter
from models.items import item_key

# Business time may run on a little while messages are on their way; nobody comes twice a day.
_SLACK = timedelta(hours=2)


def lost(receipted: Iterable[str], evidence: AuditEvidence, central: Collection[str]) -> int:
    """Receipted events that are not on disk, and facts on disk that are not at the centre."""
    at_centre = set(central)
    return sum(id_ not in evidence.seen for id_ in receipted) + sum(
        told.id not in at_centre for told in evidence.told
    )


def doubled(central: Sequence[str]) -> int:
    """Ids that the centre keeps more than once."""
    return len(central) - len(set(central))


def without_consent(
    evidence: AuditEvidence, allowed: Mapping[Token, frozenset[Purpose]]
) -> int:
    """Decisions made with somebody's data for a purpose that they did not allow at that point.

    ``allowed`` is the truth before the first visitor. Grants and withdrawals are followed in the order in
    which they became true on disk; a decision counts where it stands between them.
    """
    now = {token: set(purposes) for token, purposes in allowed.items()}
    wrong, judged = 0, set[str]()
    for told in evidence.told:
        if told.name in {"Consent Granted", "Consent Withdrawn"} and told.subject is not None:
            _follow(now.setdefault(Token(told.subject), set()), told)
        elif told.name == "Decision Made":
            decision = str(told.properties.get("decision_id"))
            judged.add(decision)
            wrong += not _permitted(decision, evidence, now)
    # Not every decision has a fact of its own; such a one is judged by what held in the end.
    untold = (id_ for id_ in evidence.decisions if id_ not in judged)
    return wrong + sum(not _permitted(id_, evidence, now) for id_ in untold)


def _follow(allowed: set[Purpose], told: OutboxRow) -> None:
    named = told.properties.get("purposes")
    purposes = {Purpose(str(p)) for p in named} if isinstance(named, list) else set[Purpose]()
    if told.name == "Consent Granted":
        allowed |= purposes
    else:
        allowed -= purposes


def _permitted(
    id_: str, evidence: AuditEvidence, now: Mapping[Token, Collection[Purpose]]
) -> bool:
    decision = evidence.decisions.get(id_)
    if decision is None:
        # Erased since: what is gone proves nothing either way.
        return True
    if decision.token is None:
        # Nobody's decision may be anything but personal.
        return decision.kind is not ContentKind.PERSONAL
    holds = now.get(decision.token, ())
    # Recognition comes before every purpose: without it nobody should have been known.
    return Purpose.RECOGNISE in holds and PLACEMENTS[decision.placement].purpose in holds


def wrongly_shown(shown: Iterable[ReceivedContent], evidence: AuditEvidence) -> int:
    """Personal content that reached a public display, or that no decision on disk stands behind."""
    return sum(
        one.kind == "personal"
        and (one.device_class.facts.public or not _is_backed(one, evidence))
        for one in shown
    )


def _is_backed(shown: ReceivedContent, evidence: AuditEvidence) -> bool:
    decision = evidence.decisions.get(shown.decision_id)
    return decision is not None and decision.token is not None


def identified(
    trips: Iterable[Trip], evidence: AuditEvidence, tokens: Mapping[str, Token]
) -> int:
    """How many of the replayed trips the store knew by their person. ``tokens`` are by household."""
    stays: dict[Token, list[tuple[float, float]]] = {}
    for stay in evidence.stays:
        times = (stay.opened_at.timestamp(), stay.seen_at.timestamp())
        stays.setdefault(stay.token, []).append(times)
    slack_s = _SLACK.total_seconds()
    return sum(
        any(
            opened <= trip.leaves_at.timestamp() + slack_s
            and seen >= trip.arrives_at.timestamp() - slack_s
            for opened, seen in stays.get(tokens[trip.household], ())
        )
        for trip in trips
    )


def hit_rate(
    paid: Iterable[Trip], evidence: AuditEvidence, tokens: Mapping[str, Token]
) -> tuple[HitCounter, dict[str, PairedOutcome]]:
    """Hold what was recommended at arrival against what was then really bought, once a paid trip.

    Beside the rate the outcome of each trip by its key. Who withdrew in mid-visit is a stranger from then on: what
    they bought is held against nothing.
    """
    by_token: dict[Token, list[Recommended]] = {}
    for one in evidence.arrivals:
        by_token.setdefault(one.token, []).append(one)
    rate, found = HitCounter(), dict[str, PairedOutcome]()
    for trip in paid:
        recommended = _first_during(trip, by_token.get(tokens[trip.household], ()))
        if recommended is None or trip.withdraws:
            continue
        # What lay in the basket before could not be foreseen any more.
        bought = {item_key(sku) for sku in trip.skus} - recommended.basket
        # Known only after the last line: there was nothing left to recommend.
        if bought:
            ten = recommended.ten
            rate.add(ten, bought)
            found[trip.key] = PairedOutcome(
                not bought.isdisjoint(ten.ours), not bought.isdisjoint(ten.usual)
            )
    return rate, found


def complements(
    paid: Iterable[Trip], shown: Iterable[ReceivedContent], evidence: AuditEvidence
) -> tuple[Complements, dict[str, PairedOutcome]]:
    """Hold what tills really showed in mid-basket against the basket that was then paid, once a paid visit.

    Beside the rate the outcome of each trip by its key.
    """
    keys = {basket_id(trip): trip.key for trip in paid}
    # A decision without products, or one that never reached its till, showed nothing.
    reached = {one.decision_id for one in shown if one.products}
    by_visit: dict[VisitId, list[TillShowing]] = {}
    for one in evidence.tills:
        if one.decision in reached:
            by_visit.setdefault(one.visit, []).append(one.showing)
    rate, found = Complements(), dict[str, PairedOutcome]()
    for visit, bought in evidence.paid.items():
        came = outcome(by_visit.get(visit, ()), bought)
        if came is None:
            continue
        rate.add(came)
        key = keys.get(evidence.numbers[visit])
        if key is not None:
            found[key] = PairedOutcome(came.hit.ours, came.hit.usual)
    return rate, found


def _first_during(trip: Trip, arrivals: Iterable[Recommended]) -> Recommended | None:
    times = (trip.arrives_at - _SLACK, trip.leaves_at + _SLACK)
    during = [one for one in arrivals if times[0] <= one.at <= times[1]]
    return min(during, key=lambda one: one.at, default=None)
