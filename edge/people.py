"""People in reach: consents, habits and what they were shown, kept in memory while they are in the store."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from edge.domain.consent import ConsentEntry
from edge.domain.customer import Customer
from edge.domain.ids import ItemKey, OfferId, Token, digest_of
from models.counters import Profile

# Far more than are ever in a shop at once; the rest is one read of 0.03 ms away.
_IN_MIND = 2_000
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """A profile as it stood when its owner was recognised, with the digest of its bytes."""

    profile: Profile
    digest: str
    body: bytes


@dataclass(slots=True, kw_only=True)
class Person:
    """One person in mind. ``habits`` are frozen at recognition; ``profile`` goes on learning.

    ``shown`` holds the instants (business time) at which each offer was shown to them in the last week.
    """

    customer: Customer
    profile: Profile
    shown: dict[OfferId, list[datetime]] = field(default_factory=dict[OfferId, list[datetime]])
    habits: Habits | None = None

    def freeze(self) -> Habits:
        """Take the profile as it stands for the decisions of this visit."""
        if self.habits is None:
            body = self.profile.to_bytes()
            frozen = Profile.from_bytes(body)
            self.habits = Habits(profile=frozen, digest=digest_of(body), body=body)
        return self.habits

    def exposures(self, now: datetime) -> dict[OfferId, int]:
        """How often each offer was shown in the seven days before ``now`` (business time), by id."""
        since = now - _WEEK
        counts = {offer: sum(at > since for at in ats) for offer, ats in self.shown.items()}
        return {offer: n for offer, n in sorted(counts.items()) if n}


class Shelf(Protocol):
    """Where people are read from when they are not in mind."""

    def customer(self, token: Token) -> Customer | None:
        """The person with their whole consent ledger."""
        ...

    def profile(self, token: Token) -> bytes | None:
        """Their counters."""
        ...

    def shown(self, token: Token, since: datetime) -> dict[OfferId, list[datetime]]:
        """Offers shown to them since then (business time)."""
        ...


class People:
    """The people in mind; everybody else is read when met."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._known: OrderedDict[Token, Person] = OrderedDict()

    def meet(self, token: Token | None, now: datetime) -> Person | None:
        """The person behind ``token``, if the store knows them. ``now`` is business time."""
        if token is None:
            return None
        person = self._known.get(token)
        if person is None:
            person = self._read(token, now)
            if person is None:
                return None
            self._remember(person)
        self._known.move_to_end(token)
        return person

    def welcome(self, customer: Customer) -> Person:
        """Somebody who enrolled just now."""
        person = Person(customer=customer, profile=Profile.empty())
        self._remember(person)
        return person

    def heard(self, token: Token, entries: tuple[ConsentEntry, ...]) -> None:
        """New lines in a person's ledger hold from this instant."""
        person = self._known.get(token)
        if person is not None and entries:
            customer = person.customer
            person.customer = customer.with_consents(customer.consents.adding(entries))

    def refresh(self, token: Token, now: datetime) -> None:
        """Somebody else changed this person: read them again, and keep what this visit has added.

        What was learned, shown or said a moment ago may still be on its way to the disk.
        """
        before = self._known.pop(token, None)
        fresh = self.meet(token, now)
        if before is None or fresh is None:
            return
        fresh.habits = before.habits
        _go_on(fresh.profile, before.profile)
        fresh.customer = fresh.customer.with_consents(
            fresh.customer.consents.adding(before.customer.consents.entries)
        )
        for offer, ats in before.shown.items():
            fresh.shown[offer] = sorted({*ats, *fresh.shown.get(offer, ())})

    def part(self, token: Token | None) -> None:
        """Their visit is over: the next one starts from habits that hold today's basket."""
        person = None if token is None else self._known.get(token)
        if person is not None:
            person.habits = None

    def forget(self, token: Token) -> None:
        """Out of mind."""
        self._known.pop(token, None)

    def _read(self, token: Token, now: datetime) -> Person | None:
        customer = self._shelf.customer(token)
        if customer is None:
            return None
        stored = self._shelf.profile(token)
        return Person(
            customer=customer,
            profile=Profile.empty() if stored is None else Profile.from_bytes(stored),
            shown=self._shelf.shown(token, now - _WEEK),
        )

    def _remember(self, person: Person) -> None:
        self._known[person.customer.token] = person
        while len(self._known) > _IN_MIND:
            self._known.popitem(last=False)


def _go_on(fresh: Profile, before: Profile) -> None:
    """Take over the latest trip; only its lines can still be on their way to the disk."""
    for day in before.days[:1]:
        for key in before.bought_since(day).tolist():
            fresh.record(key, day)


def just_bought(habits: Profile, live: Profile, day: int, days: int) -> tuple[ItemKey, ...]:
    """Items bought in the last ``days`` days, today's basket included, ascending."""
    found = set(habits.bought_since(day - days).tolist()) | set(
        live.bought_since(day - days).tolist()
    )
    return tuple(sorted(ItemKey(key) for key in found))
