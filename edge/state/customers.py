"""The people the store met lately: consents, habits, coupons and what they were shown, kept in memory.

Signal handlers, the consent gate and triggers find people here; who is not in memory is read from the database.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np

from edge.domain.consent import ConsentEntry
from edge.domain.customer import Customer
from edge.domain.exposure_memory import MEMORY, ExposureMemory
from edge.domain.ids import ItemKey, Token, digest_of
from models.features.profile import Profile
from models.offers.facts import NO_COUPONS, OfferHistory
from models.offers.wallet import Wallet

# Far more than are ever in a shop at once; the rest is one read of 0.03 ms away.
_IN_MIND = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """Profile and coupons as they stood when their owner was recognised, with the digests of their bytes.

    Who never used a coupon has ``NO_COUPONS`` and no bytes of them.
    """

    profile: Profile
    digest: str
    body: bytes
    coupons: OfferHistory = NO_COUPONS
    coupons_digest: str | None = None
    coupons_body: bytes = b""


@dataclass(slots=True, kw_only=True)
class Person:
    """One person in mind. ``habits`` are frozen at recognition; ``profile`` and ``wallet`` go on learning.

    ``memory``: what they were shown and said of it, over all surfaces.
    """

    customer: Customer
    profile: Profile
    wallet: Wallet = field(default_factory=Wallet)
    memory: ExposureMemory = field(default_factory=ExposureMemory)
    habits: Habits | None = None

    def freeze(self) -> Habits:
        """Take profile and coupons as they stand for the decisions of this visit."""
        if self.habits is None:
            body = self.profile.to_bytes()
            coupons = self.wallet.to_bytes() if self.wallet else b""
            self.habits = Habits(
                # Read back from the bytes: this copy learns no more, and is what a replay will read.
                profile=Profile.from_bytes(body),
                digest=digest_of(body),
                body=body,
                coupons=self.wallet.history if self.wallet else NO_COUPONS,
                coupons_digest=digest_of(coupons) if coupons else None,
                coupons_body=coupons,
            )
        return self.habits


class CustomerSource(Protocol):
    """Where people are read from when they are not in mind."""

    def customer(self, token: Token) -> Customer | None:
        """The person with their whole consent ledger."""
        ...

    def profile(self, token: Token) -> bytes | None:
        """Their counters."""
        ...

    def coupons(self, token: Token) -> bytes | None:
        """Their wallet."""
        ...

    def memory(self, token: Token, since: datetime) -> ExposureMemory:
        """What they were shown and said since then (business time), and what they ever redeemed."""
        ...


class CustomerCache:
    """The people the store met lately; everybody else is read when asked for."""

    def __init__(self, source: CustomerSource) -> None:
        self._source = source
        self._known: OrderedDict[Token, Person] = OrderedDict()

    def find(self, token: Token | None, now: datetime) -> Person | None:
        """The person behind ``token``, if the store knows them. ``now`` is business time."""
        if token is None:
            return None
        person = self._known.get(token)
        if person is None:
            person = self._read(token, now)
            if person is None:
                return None
            self._remember(person)
        # Who was met longest ago is the first to go out of mind.
        self._known.move_to_end(token)
        return person

    def enrol(self, customer: Customer) -> Person:
        """Somebody who enrolled just now."""
        # Not read: their row may still be on its way to the disk.
        person = Person(customer=customer, profile=Profile.empty())
        self._remember(person)
        return person

    def add_consents(self, token: Token, entries: tuple[ConsentEntry, ...]) -> None:
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
        fresh = self.find(token, now)
        if before is None or fresh is None:
            return
        # The visit goes on by the habits that it began with.
        fresh.habits = before.habits
        _go_on(fresh.profile, before.profile)
        fresh.wallet = fresh.wallet.with_all_of(before.wallet)
        # A line said at a kiosk a moment ago may not be on disk yet; by its id it never counts twice.
        fresh.customer = fresh.customer.with_consents(
            fresh.customer.consents.adding(before.customer.consents.entries)
        )
        fresh.memory = fresh.memory.with_all_of(before.memory)

    def visit_ended(self, token: Token | None) -> None:
        """Their visit is over: the next one starts from habits that hold today's basket."""
        person = None if token is None else self._known.get(token)
        if person is not None:
            person.habits = None

    def forget(self, token: Token) -> None:
        """Out of mind."""
        self._known.pop(token, None)

    def _read(self, token: Token, now: datetime) -> Person | None:
        customer = self._source.customer(token)
        if customer is None:
            return None
        stored, coupons = self._source.profile(token), self._source.coupons(token)
        return Person(
            customer=customer,
            profile=Profile.empty() if stored is None else Profile.from_bytes(stored),
            wallet=Wallet() if coupons is None else Wallet.from_bytes(coupons),
            memory=self._source.memory(token, now - MEMORY),
        )

    def _remember(self, person: Person) -> None:
        self._known[person.customer.token] = person
        while len(self._known) > _IN_MIND:
            self._known.popitem(last=False)


def _go_on(fresh: Profile, before: Profile) -> None:
    """Take over the latest trip; only its lines can still be on their way to the disk."""
    for day, place in zip(before.days[:1], before.places, strict=False):
        # Bit 0 is the latest trip, in both masks.
        latest = before.masks & np.uint64(1) != 0
        promoted = before.promoted[latest] & np.uint32(1) != 0
        for key, on_promotion in zip(
            before.keys[latest].tolist(), promoted.tolist(), strict=True
        ):
            # What the disk has by now is not counted again: a product counts once a trip.
            fresh.record(key, day, place=place, promoted=on_promotion)


def just_bought(habits: Profile, live: Profile, day: int, days: int) -> tuple[ItemKey, ...]:
    """Items bought in the last ``days`` days, today's basket included, ascending."""
    found = set(habits.bought_since(day - days).tolist()) | set(
        live.bought_since(day - days).tolist()
    )
    return tuple(sorted(ItemKey(key) for key in found))
