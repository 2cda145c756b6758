"""Which signals are taken or under way, and which single-use claims the one being met uses up."""

from __future__ import annotations

from edge.errors import SignalRefused
from edge.storage import seen
from edge.storage.claims import Claim
from edge.storage.database import Database

Key = tuple[str, str]
"""A signal's source and id."""


class Ledger:
    """Keeps a signal from being taken twice while its first time is still being written."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._under_way: set[Key] = set()
        self._claims: dict[str, Claim] = {}
        self._mine: list[Claim] = []

    def begin(self, key: Key) -> None:
        """Start on a signal.

        Raises:
            SignalRefused: ``duplicate`` – it is on disk, or about to be.
        """
        if key in self._under_way or self._database.read(lambda conn: seen.known(conn, *key)):
            raise SignalRefused("duplicate")
        self._under_way.add(key)
        self._mine = []

    def use(self, claim: Claim) -> None:
        """Use up a claim for the signal begun last.

        Raises:
            SignalRefused: ``claim-invalid`` – another signal under way rests on it.
        """
        if claim.jti in self._claims:
            raise SignalRefused("claim-invalid")
        self._mine.append(claim)

    def claims(self) -> tuple[Claim, ...]:
        """The claims of the signal begun last, held until ``end``."""
        for claim in self._mine:
            self._claims[claim.jti] = claim
        return tuple(self._mine)

    def end(self, key: Key, claims: tuple[Claim, ...] = ()) -> None:
        """On disk, or refused."""
        self._under_way.discard(key)
        for claim in claims:
            self._claims.pop(claim.jti, None)
