"""Which near-term drivers a transition brings, and whose: credited only under consents that hold at that moment.

`counting` calls it on every transition; who was credited before is credited no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from edge.domain.consent import Purpose
from edge.domain.driver_credit import Driver, DriverCredit, may_credit
from edge.domain.ids import VisitId
from edge.domain.market import RecognitionMethod
from edge.domain.transitions.transition import Transition
from edge.domain.visit import Visit
from edge.storage.change_set import ChangeSet

# A fact about somebody that is a driver by itself.
_BY_FACT: Mapping[str, Driver] = {
    "Customer Enrolled": Driver.SIGNED_UP,
    "Signed In": Driver.LOGGED_IN,
    # Only a rotating id or a signed claim of the app stands for a person.
    "Zone Seen": Driver.APP_INSTALLED,
}


def bounties(
    transition: Transition,
    change_set: ChangeSet,
    purposes: Mapping[VisitId, frozenset[Purpose]],
    at: datetime,
) -> tuple[DriverCredit, ...]:
    """What may be credited of a transition; whether it was before, the table knows."""
    found = {
        (visit.token, driver)
        for visit in transition.visits
        if visit.token is not None and may_credit(purposes.get(visit.id, frozenset()))
        for driver in _brought(transition, change_set, visit)
    }
    # Sorted, since a set's order differs from process to process.
    return tuple(DriverCredit(token=t, driver=d, at=at) for t, d in sorted(found))


def _brought(transition: Transition, change_set: ChangeSet, visit: Visit) -> Iterator[Driver]:
    for fact in transition.facts:
        if fact.visit == visit.id and fact.token == visit.token and fact.name in _BY_FACT:
            yield _BY_FACT[fact.name]
    # A card's number is a link as well, and no address.
    if any(link.kind == "email" and link.token == visit.token for link in change_set.links):
        yield Driver.EMAIL_CAPTURED
    if change_set.claims:
        yield Driver.APP_INSTALLED
    if visit.method is RecognitionMethod.RECEIPT_QR:
        yield Driver.E_RECEIPT
