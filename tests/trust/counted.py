"""Counts caps, conflicts and rights afterwards, from the store's file and the devices' own notes alone."""

from __future__ import annotations

import sqlite3
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from edge.decision.codec import decode_decision
from edge.domain.decision import Decision, Rule
from edge.domain.offer import Offer
from edge.domain.placement import ARRIVAL, PLACEMENTS
from edge.storage.catalogue import campaigns, offers
from edge.storage.connection import open_reader
from tests.patience import patient
from tests.trust.cast import Notes
from tests.trust.watched import Seen, together

# The service says at one instant what two screens are to show; they hear of it so many seconds apart, and further
# apart where other work keeps them waiting.
_APART_S = 0.75
_CAPS = frozenset(
    {Rule.OFFER_CAPPED, Rule.OFFER_BACKED_OFF, Rule.CAMPAIGN_CAPPED, Rule.CATEGORY_CAPPED, Rule.PERSON_CAPPED}
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the settings allow one person in a week."""

    category: int
    person: int


@dataclass(slots=True)
class Counts:
    """What was found; the first seven must be nothing."""

    broken_on_disk: int = 0
    broken_on_devices: int = 0
    uncounted: int = 0
    conflicts: int = 0
    twice: int = 0
    overdrawn: int = 0
    shown: int = 0
    drawn: int = 0
    pairs: int = 0
    given: int = 0
    refused: int = 0
    capped: int = 0
    people: int = 0
    devices: set[str] = field(default_factory=set[str])
    worst: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class _Disk:
    """The file, read without the engine: decisions by id, the portfolio, and what was handed out."""

    decisions: dict[str, Decision]
    offers: dict[str, Offer]
    campaign_caps: dict[str, int | None]
    budgets: dict[str, int | None]
    exposures: set[tuple[str, str]]
    redemptions: list[tuple[str, str, str | None, int]]


def count(database: Path, seen: list[Seen], notes: Notes, limits: Limits) -> Counts:
    """Hold the devices' notes and the file against the limits."""
    with closing(open_reader(database)) as conn:
        disk = _read(conn)
    found = Counts()
    _caps(disk, limits, found, seen)
    _conflicts(disk, found, seen, patient(_APART_S))
    _rights(disk, found, notes)
    found.capped = sum(x.rule in _CAPS for d in disk.decisions.values() for x in d.losers)
    return found


def _read(conn: sqlite3.Connection) -> _Disk:
    rows = conn.execute("SELECT id, output FROM decisions")
    tests = campaigns.every(conn)
    return _Disk(
        decisions={id_: decode_decision(zlib.decompress(output)) for id_, output in rows},
        offers={o.id: o for o in offers.every(conn)},
        campaign_caps={c.id: c.weekly_cap for c in tests},
        budgets={c.id: c.budget_cents for c in tests},
        exposures=set(conn.execute("SELECT decision, offer FROM exposures WHERE ghost = 0")),
        redemptions=conn.execute(
            "SELECT offer, campaign, token, cents FROM redemptions"
        ).fetchall(),
    )


# Who was touched, in which visit, by which offer: once, on however many screens and redraws.
_Touch = tuple[str, str, str]


def _touches(decision: Decision) -> Iterator[_Touch]:
    """The touches of a decision's person; what an associate alone sees is none."""
    staff = PLACEMENTS[decision.placement].surface == "tablet"
    if decision.token is not None and decision.placement != ARRIVAL and not staff:
        for name in {choice.offer for choice in decision.choices if choice.offer}:
            yield decision.token, str(decision.visit), name


def _caps(disk: _Disk, limits: Limits, found: Counts, seen: Iterable[Seen]) -> None:
    on_disk = {touch for d in disk.decisions.values() for touch in _touches(d)}
    drawn = set[tuple[str, str]]()
    for one in seen:
        made = disk.decisions.get(one.decision)
        if made is None:
            found.uncounted += bool(one.offers)
        elif made.token is not None and one.offers:
            found.devices.add(one.device)
            drawn.update((one.decision, offer) for offer in one.offers)
    on_devices = {
        touch
        for d, offer in drawn
        for touch in _touches(disk.decisions[d])
        if touch[2] == offer
    }
    found.uncounted += len(drawn - disk.exposures)
    found.shown, found.drawn = len(on_disk), len(drawn)
    found.people = len({token for token, _, _ in on_devices})
    found.broken_on_disk = _broken(disk, limits, on_disk, found.worst)
    found.broken_on_devices = _broken(disk, limits, on_devices, found.worst)


def _broken(disk: _Disk, limits: Limits, touches: Iterable[_Touch], worst: list[str]) -> int:
    """How many counts are above their cap; all touches lie within one week."""
    times = Counter[tuple[str, str, str]]()
    for token, _, name in touches:
        offer = disk.offers[name]
        for kind, of in (
            ("offer", name), ("campaign", offer.campaign), ("category", offer.category), ("person", ""),
        ):  # fmt: skip
            times[token, kind, of] += 1
    above = 0
    for (token, kind, of), n in times.items():
        cap = _cap(disk, limits, kind, of)
        if cap is not None and n > cap:
            above += 1
            worst.append(f"{token[-6:]} {kind} {of}: {n} > {cap}")
    return above


def _cap(disk: _Disk, limits: Limits, kind: str, of: str) -> int | None:
    if kind == "offer":
        return disk.offers[of].weekly_cap
    if kind == "campaign":
        return disk.campaign_caps.get(of)
    return limits.category if kind == "category" else limits.person


def _conflicts(
    disk: _Disk, found: Counts, seen: Iterable[Seen], apart_s: float = _APART_S
) -> None:
    """Offers that contradict each other on two devices of one person, for longer than messages are apart."""
    of_person = defaultdict[str, list[Seen]](list)
    for one in seen:
        if _is_somebodys(disk, one):
            of_person[str(disk.decisions[one.decision].token)].append(one)
    boards = [one for one in seen if one.device.startswith("display")]
    for kiosk in [
        one for one in seen if one.device.startswith("kiosk") and _is_somebodys(disk, one)
    ]:
        # Whoever stands at a kiosk sees the display of its zone, whomever that speaks to.
        number = kiosk.device.rpartition("-")[2]
        beside = [
            b for b in boards if b.device.endswith(number) and b.decision in disk.decisions
        ]
        of_person[f"{kiosk.decision} with its display"] = [kiosk, *beside]
    for token, theirs in of_person.items():
        for one, other in together(theirs, apart_s):
            found.pairs += 1
            clash = [
                (a, b)
                for a in one.offers
                for b in other.offers
                if disk.offers[a].contradicts(disk.offers[b])
            ]
            if clash:
                found.conflicts += 1
                found.worst.append(f"{token[-6:]} {one} {other}")


def _is_somebodys(disk: _Disk, one: Seen) -> bool:
    made = disk.decisions.get(one.decision)
    return made is not None and made.token is not None


def _rights(disk: _Disk, found: Counts, notes: Notes) -> None:
    """One-time offers by what tills were told and by the table; stocks and budgets by the table."""
    told, events = Counter[tuple[str, str]](), set[str]()
    for one in notes.given:
        made = disk.decisions.get(one.decision)
        found.refused += one.receipt.reason in {"offer-used", "offer-spent"}
        # With a basket that was left behind, the right went back.
        given = one.receipt.accepted and not one.undone
        if made is None or not given or one.event in events:
            continue
        events.add(one.event)
        for choice in made.choices:
            if choice.offer and choice.sku == one.item and made.token:
                told[made.token, choice.offer] += 1
    kept = Counter((token, offer) for offer, _, token, _ in disk.redemptions if token)
    found.given = len(disk.redemptions)
    for times in (told, kept):
        for (_, name), n in times.items():
            limit = disk.offers[name].per_person
            found.twice += limit is not None and n > limit
    found.overdrawn = _overdrawn(disk)


def _overdrawn(disk: _Disk) -> int:
    given, cents = Counter[str](), Counter[str]()
    for offer, campaign, _, off in disk.redemptions:
        given[offer] += 1
        cents[campaign] += off
    stocks = sum(
        limit is not None and n > limit
        for name, n in given.items()
        if (limit := disk.offers[name].per_store) is not None
    )
    budgets = sum(
        (limit := disk.budgets.get(name)) is not None and n > limit for name, n in cents.items()
    )
    return stocks + budgets
