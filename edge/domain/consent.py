"""What a person has allowed: an append-only ledger where withdrawal wins and doubt means no.

`identity` asks it for every signal, storage keeps its lines, and sending asks once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from edge.domain.ids import Token


class Purpose(StrEnum):
    """What personal data may be used for; each is asked and answered on its own."""

    RECOGNISE = "recognise"
    PERSONALISE_PRIVATE = "personalise-private"
    PERSONALISE_PUBLIC = "personalise-public"
    ASSOCIATE_ASSIST = "associate-assist"
    CHECKOUT_OFFER = "checkout-offer"
    MEASURE = "measure"
    TRAIN = "train"
    SHARE = "share"


class ConsentState(StrEnum):
    """One answer in the ledger."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


# A device clock may run this far ahead before its consent is doubted.
CLOCK_TOLERANCE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEntry:
    """One line of the ledger: never changed, only followed by later lines.

    Source: a kiosk or app of this store, or the central stream ``consents``.
    """

    id: str
    token: Token
    purpose: Purpose
    state: ConsentState
    market: str
    notice_id: str
    given_at: datetime
    expires_at: datetime | None = None
    channel: str = "central"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consents:
    """All ledger lines of one person, and the one question asked of them."""

    entries: tuple[ConsentEntry, ...] = ()

    def covers(self, purpose: Purpose, now: datetime) -> bool:
        """Whether the latest answer for ``purpose`` is a yes that holds at ``now``."""
        entry = _effective(e for e in self.entries if e.purpose is purpose)
        return entry is not None and _holds(entry, now)

    def allowed(self, now: datetime) -> frozenset[Purpose]:
        """Every purpose covered at ``now``."""
        return frozenset(p for p in Purpose if self.covers(p, now))

    def states(self, now: datetime) -> Mapping[Purpose, bool]:
        """Each purpose with its effective answer, for the shopper's own page."""
        return {p: self.covers(p, now) for p in Purpose}

    def adding(self, entries: Iterable[ConsentEntry]) -> Consents:
        """The ledger with ``entries`` behind it; a line already there is not repeated."""
        # A line may come by the stream, from a kiosk and from the disk; its id is its own for ever.
        known = {e.id for e in self.entries}
        return Consents(entries=self.entries + tuple(e for e in entries if e.id not in known))


NOTHING_ALLOWED = Consents()


def taken_back(entries: Iterable[ConsentEntry], purpose: Purpose) -> frozenset[Token]:
    """Who says no to ``purpose`` in these lines: what stood on it goes."""
    return frozenset(
        entry.token
        for entry in entries
        # A refusal takes back like a withdrawal.
        if entry.purpose is purpose and entry.state is not ConsentState.GIVEN
    )


def _effective(entries: Iterable[ConsentEntry]) -> ConsentEntry | None:
    """The latest line; at the same instant anything but a yes wins, then the yes that ends first."""
    return max(entries, key=_precedence, default=None)


def _precedence(entry: ConsentEntry) -> tuple[datetime, bool, timedelta]:
    forever = datetime.max.replace(tzinfo=UTC)
    # Turned round because the largest wins: the yes that ends first must be the larger.
    sooner = forever - (entry.expires_at or forever)
    return entry.given_at, entry.state is not ConsentState.GIVEN, sooner


def _holds(entry: ConsentEntry, now: datetime) -> bool:
    if entry.state is not ConsentState.GIVEN:
        return False
    if entry.given_at > now + CLOCK_TOLERANCE:
        return False
    return entry.expires_at is None or now < entry.expires_at
