"""Which signals are taken or under way, and which single-use claims the one being handled uses up.

The intake asks before it handles a signal, and says when it is on disk.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from devices.messages import Receipt
from edge.domain.errors import SignalRefused
from edge.storage.database import Database
from edge.storage.people.used_claims import UsedClaim
from edge.storage.visits import processed_events

Key = tuple[str, str]
"""A signal's source and id."""


class UnderWay(NamedTuple):
    """A signal that is being written, and what its receipt will say."""

    written: asyncio.Future[bool]
    verdict: Receipt


class Deduplication:
    """Keeps a signal from being taken twice while its first time is still being written."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._under_way: dict[Key, UnderWay] = {}
        self._claims: dict[str, UsedClaim] = {}
        # Not among the held ones yet: a signal that is refused must not use up its claim.
        self._mine: list[UsedClaim] = []

    def under_way(self, key: Key) -> UnderWay | None:
        """The write of a signal that is not on disk yet: only when it resolves may a repeat be answered."""
        return self._under_way.get(key)

    def verdict(self, key: Key) -> Receipt | None:
        """What the receipt of a signal said that is on disk already, without its id; None for a new one."""
        said = self._database.read(lambda conn: processed_events.verdict(conn, *key))
        return None if said is None else Receipt.model_validate_json(said)

    def begin(self, *, essential: bool = False) -> None:
        """Start on a new signal; ``essential`` ones are taken on a full disk too.

        Raises:
            StorageFull: the disk would not take it. Said before memory follows the signal: memory must not
                count a line again each time that its till repeats it.
        """
        shortage = self._database.shortage
        if shortage is not None and not essential:
            raise shortage
        # A signal that was refused half-way has left some behind.
        self._mine = []

    def writing(self, key: Key, written: asyncio.Future[bool], verdict: Receipt) -> None:
        """The signal begun last is being written."""
        self._under_way[key] = UnderWay(written, verdict)

    def use(self, claim: UsedClaim) -> None:
        """Use up a claim for the signal begun last.

        Raises:
            SignalRefused: ``claim-invalid`` – another signal under way rests on it.
        """
        if claim.jti in self._claims:
            raise SignalRefused("claim-invalid")
        self._mine.append(claim)

    def claims(self) -> tuple[UsedClaim, ...]:
        """The claims of the signal begun last, held until ``end``."""
        for claim in self._mine:
            self._claims[claim.jti] = claim
        return tuple(self._mine)

    def end(self, key: Key, claims: tuple[UsedClaim, ...] = ()) -> None:
        """On disk, or not taken by it."""
        self._under_way.pop(key, None)
        # Written or not: a used claim is known on disk now, any other may come again.
        for claim in claims:
            self._claims.pop(claim.jti, None)
