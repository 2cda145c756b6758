"""The independent count after a demo: what was lost, doubled, or done without consent. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from devices.simulator.tally import Shown
from devices.simulator.trip import Trip
from devices.topics import DeviceClass
from edge.demo.evidence import Evidence, Recommended, Told
from edge.domain.consent import Purpose
from edge.domain.decision import Kind
from edge.domain.ids import Token
from edge.domain.placement import PLACEMENTS

# Business time may run on a little while messages are on their way; nobody comes twice a day.
_SLACK = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class HitRate:
    """Of ``visits`` identified with purchases still to come: hits of the model's ten and of the usual ten."""

    visits: int
    hits: int
    usual_hits: int

    def share(self, hits: int) -> float | None:
        """``hits`` of the visits, None without any."""
        return round(hits / self.visits, 4) if self.visits else None


def lost(receipted: Iterable[str], evidence: Evidence, central: Collection[str]) -> int:
    """Receipted events that are not on disk, and facts on disk that are not at the centre."""
    at_centre = set(central)
    return sum(id_ not in evidence.seen for id_ in receipted) + sum(
        told.id not in at_centre for told in evidence.told
    )


def doubled(central: Sequence[str]) -> int:
    """Ids that the centre keeps more than once."""
    return len(central) - len(set(central))


def without_consent(evidence: Evidence, allowed: Mapping[Token, frozenset[Purpose]]) -> int:
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
    untold = (id_ for id_ in evidence.decisions if id_ not in judged)
    return wrong + sum(not _permitted(id_, evidence, now) for id_ in untold)


def _follow(allowed: set[Purpose], told: Told) -> None:
    named = told.properties.get("purposes")
    purposes = {Purpose(str(p)) for p in named} if isinstance(named, list) else set[Purpose]()
    if told.name == "Consent Granted":
        allowed |= purposes
    else:
        allowed -= purposes


def _permitted(id_: str, evidence: Evidence, now: Mapping[Token, Collection[Purpose]]) -> bool:
    decision = evidence.decisions.get(id_)
    if decision is None:
        return True
    if decision.token is None:
        return decision.kind is not Kind.PERSONAL
    holds = now.get(decision.token, ())
    return Purpose.RECOGNISE in holds and PLACEMENTS[decision.placement].purpose in holds


def wrongly_shown(shown: Iterable[Shown], evidence: Evidence) -> int:
    """Personal content that reached a public display, or that no decision on disk stands behind."""
    return sum(
        one.kind == "personal"
        and (one.device_class is DeviceClass.DISPLAY or not _is_backed(one, evidence))
        for one in shown
    )


def _is_backed(shown: Shown, evidence: Evidence) -> bool:
    decision = evidence.decisions.get(shown.decision_id)
    return decision is not None and decision.token is not None


def identified(trips: Iterable[Trip], evidence: Evidence, tokens: Mapping[str, Token]) -> int:
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


def hit_rate(paid: Iterable[Trip], evidence: Evidence, tokens: Mapping[str, Token]) -> HitRate:
    """Hold what was recommended at arrival against what was then really bought, once a paid trip."""
    by_token: dict[Token, list[Recommended]] = {}
    for one in evidence.arrivals:
        by_token.setdefault(one.token, []).append(one)
    counts = Counter[str]()
    for trip in paid:
        recommended = _first_during(trip, by_token.get(tokens[trip.household], ()))
        bought = trip.skus - recommended.basket if recommended else frozenset[str]()
        if recommended is not None and bought:
            counts["visits"] += 1
            counts["hits"] += not bought.isdisjoint(recommended.skus)
            counts["usual"] += not bought.isdisjoint(recommended.usual)
    return HitRate(visits=counts["visits"], hits=counts["hits"], usual_hits=counts["usual"])


def _first_during(trip: Trip, arrivals: Iterable[Recommended]) -> Recommended | None:
    times = (trip.arrives_at - _SLACK, trip.leaves_at + _SLACK)
    during = [one for one in arrivals if times[0] <= one.at <= times[1]]
    return min(during, key=lambda one: one.at, default=None)
