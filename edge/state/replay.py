"""Stored decisions are made once more from what they were made from, and must come out as the same bytes.

The commands ``decisions replay`` and ``decisions what-if`` and the demo's audit call it; it reads files only.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import JsonValue, ValidationError

from edge.decision.codec import decode_inputs, encode_decision, odds_from
from edge.decision.flow import decide
from edge.decision.steps.context import Evidence
from edge.domain.catalogue import Catalogue
from edge.domain.creative import NO_ODDS, Odds
from edge.domain.decision import Decision, Inputs
from edge.domain.errors import NotReplayable, StorageFailed
from edge.domain.ids import DecisionId, digest_of
from edge.state.catalogue import catalogue_from
from edge.state.decider import prior_of
from edge.storage.decisions import decisions, snapshots
from edge.storage.decisions.decisions import StoredDecision
from edge.storage.timestamps import to_us
from models.errors import ModelsError
from models.features.profile import Profile
from models.offers.facts import NO_COUPONS, OfferHistory
from models.offers.wallet import Wallet
from models.serving.fallback import FrequentFallback
from models.serving.local_fallback import LocalFallback
from models.serving.ranker import Ranker
from models.serving.registry import BundleRegistry
from models.statistics.pairs import NO_PAIRS, KnownPairs, known_pairs
from models.statistics.trend import StoreTrend

K = TypeVar("K")
V = TypeVar("V")

# A day's decisions read from a few catalogues and some hundred habits and trends; this many of each stay open.
_OPEN = 256

Progress = Callable[[int, int], None]
"""Told how many decisions are done, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """What came out. ``different``: decision -> why it is not the same."""

    replayed: int
    identical: int
    different: Mapping[DecisionId, str] = field(default_factory=dict[DecisionId, str])

    def as_json(self) -> dict[str, JsonValue]:
        """For programs: ids of what differs, and the reasons beside them."""
        return {
            "replayed": self.replayed,
            "identical": self.identical,
            "different": list[JsonValue](self.different),
            "reasons": {str(id_): reason for id_, reason in self.different.items()},
        }


def replay(
    database: Path,
    bundles: BundleRegistry,
    since: datetime | None = None,
    *,
    progress: Progress = lambda _done, _of: None,
) -> ReplayReport:
    """Make every stored decision again.

    Args:
        database: The store's file, also a copy of it; it is only read, also while the service runs.
        bundles: Where the model bundles lie.
        since: Leave out decisions made before (business time).
        progress: Told after each decision.

    Raises:
        StorageFailed: the file cannot be read.
    """
    identical, different = 0, dict[DecisionId, str]()
    with closing(open_copy(database)) as conn:
        sources = Sources(conn, bundles)
        ids = ids_since(conn, since)
        for done, id_ in enumerate(ids, start=1):
            try:
                stored = stored_as(conn, id_)
                # Its term ended while others were made again: it is neither alike nor different.
                if stored is None:
                    continue
                if encode_decision(sources.again(stored)) == stored.output:
                    identical += 1
                else:
                    different[id_] = "the bytes differ"
            except NotReplayable as reason:
                different[id_] = str(reason)
            progress(done, len(ids))
    return ReplayReport(
        replayed=identical + len(different), identical=identical, different=different
    )


class Sources:
    """What decisions were made from, opened once and kept open while it is in use.

    Args:
        conn: The store's file, or a copy of it.
        bundles: Where the model bundles lie.
        lent: A ranker that is not on the shelf, to be found under its digest.
    """

    def __init__(
        self, conn: sqlite3.Connection, bundles: BundleRegistry, lent: Ranker | None = None
    ) -> None:
        self._conn = conn
        self._shelf = bundles
        self._lent = lent
        self.rankers = OpenedCache[str, Ranker](self._ranker)
        self.catalogues = OpenedCache[str, Catalogue](self._catalogue)
        self._profiles = OpenedCache[str, Profile](self._profile)
        self._coupons = OpenedCache[str, OfferHistory](self._history)
        self._odds = OpenedCache[str, Odds](self._odds_under)
        self._pairs = OpenedCache[tuple[str, str], KnownPairs](self._pairs_under)
        self._trends = OpenedCache[tuple[str, str], StoreTrend](self._trend)

    def again(self, stored: StoredDecision) -> Decision:
        """The decision, made from its inputs alone. Raises ``NotReplayable``."""
        inputs = inputs_of(stored)
        return self.decided(inputs, self.catalogues(inputs.catalogue), digest_of(stored.inputs))

    def decided(self, inputs: Inputs, catalogue: Catalogue, inputs_digest: str) -> Decision:
        """What ``inputs`` lead to under ``catalogue``. Raises ``NotReplayable``."""
        ranker, evidence = self.rankers(inputs.model), self.evidence(inputs)
        try:
            return decide(inputs, evidence, catalogue, ranker, inputs_digest)
        # A lookup fails where a placement of that time is no more.
        except (ModelsError, LookupError) as error:
            raise NotReplayable(f"it cannot be made: {type(error).__name__}") from error

    def evidence(self, inputs: Inputs) -> Evidence:
        """The habits, the coupons, the trend and the odds that the inputs name. Raises ``NotReplayable``."""
        return Evidence(
            profile=None if inputs.profile is None else self._profiles(inputs.profile),
            trend=self._trends((inputs.trend, inputs.model)),
            coupons=NO_COUPONS if inputs.coupons is None else self._coupons(inputs.coupons),
            odds=NO_ODDS if inputs.odds is None else self._odds(inputs.odds),
            pairs=self._counted("pairs", inputs.pairs),
            co_views=self._counted("co-views", inputs.co_views),
        )

    def _ranker(self, digest: str) -> Ranker:
        # These lie on no shelf: they come with the program.
        for ours in (LocalFallback, FrequentFallback):
            if digest == ours.digest:
                return ours()
        if self._lent is not None and digest == self._lent.digest:
            return self._lent
        try:
            return self._shelf.open(digest)
        except ModelsError as error:
            raise NotReplayable(
                f"model {digest[:12]} is not on the shelf, or damaged"
            ) from error

    def _catalogue(self, digest: str) -> Catalogue:
        body = self.body("catalogue", digest)
        try:
            return catalogue_from(body)
        except (ValueError, LookupError) as error:
            raise NotReplayable(f"catalogue {digest[:12]} cannot be read") from error

    def _profile(self, digest: str) -> Profile:
        try:
            return Profile.from_bytes(self.body("profile", digest))
        except ValueError as error:
            raise NotReplayable(f"profile {digest[:12]} cannot be read") from error

    def _history(self, digest: str) -> OfferHistory:
        try:
            return Wallet.from_bytes(self.body("coupons", digest)).history
        except ValueError as error:
            raise NotReplayable(f"coupons {digest[:12]} cannot be read") from error

    def _odds_under(self, digest: str) -> Odds:
        try:
            return odds_from(self.body("odds", digest))
        except ValueError as error:
            raise NotReplayable(f"odds {digest[:12]} cannot be read") from error

    def _counted(self, kind: str, digest: str | None) -> KnownPairs:
        return NO_PAIRS if digest is None else self._pairs((kind, digest))

    def _pairs_under(self, named: tuple[str, str]) -> KnownPairs:
        kind, digest = named
        try:
            return known_pairs(self.body(kind, digest))
        except ValueError as error:
            raise NotReplayable(f"{kind} {digest[:12]} cannot be read") from error

    def _trend(self, named: tuple[str, str]) -> StoreTrend:
        """A trend leans on what the model knows of the chain."""
        digest, model = named
        try:
            return StoreTrend.from_bytes(
                self.body("trend", digest), prior_of(self.rankers(model))
            )
        except ValueError as error:
            raise NotReplayable(f"trend {digest[:12]} cannot be read") from error

    def body(self, kind: str, digest: str) -> bytes:
        """The stored bytes of that kind and digest. Raises ``NotReplayable``."""
        body = snapshots.find(self._conn, digest)
        if body is None:
            raise NotReplayable(f"{kind} {digest[:12]} is not there, or damaged")
        return body


class OpenedCache(Generic[K, V]):
    """Opens things by name and keeps the latest of them."""

    def __init__(self, open_it: Callable[[K], V]) -> None:
        self._open = open_it
        self._kept: OrderedDict[K, V] = OrderedDict()

    def __call__(self, name: K) -> V:
        """The thing under ``name``. Raises what opening it raises."""
        if name not in self._kept:
            self._kept[name] = self._open(name)
        self._kept.move_to_end(name)
        while len(self._kept) > _OPEN:
            self._kept.popitem(last=False)
        return self._kept[name]


def open_copy(database: Path) -> sqlite3.Connection:
    """The file for reading only. Where no service left a log beside it, nothing is made beside it either."""
    log = database.with_name(f"{database.name}-wal")
    # Immutable only without a log: beside one it would leave out what was written last.
    how = "mode=ro" if log.exists() else "mode=ro&immutable=1"
    try:
        return _reading(f"{database.resolve().as_uri()}?{how}")
    except sqlite3.Error as error:
        raise StorageFailed(
            f"cannot read {database}: {error}", hint="copy the folder whole, with its -wal file"
        ) from error


def _reading(uri: str) -> sqlite3.Connection:
    conn = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        # SQLite opens any file: only a look tells whether this is one of ours.
        conn.execute("SELECT 1 FROM decisions LIMIT 1")
    except sqlite3.Error:
        conn.close()
        raise
    return conn


def inputs_of(stored: StoredDecision) -> Inputs:
    """What it was made from. Raises ``NotReplayable``."""
    try:
        return decode_inputs(stored.inputs)
    except ValidationError as error:
        raise NotReplayable("its inputs cannot be read") from error


def ids_since(conn: sqlite3.Connection, since: datetime | None) -> list[DecisionId]:
    """The decisions to make again, oldest first: neighbours in time share what they were made from."""
    rows = conn.execute(
        "SELECT id FROM decisions WHERE at_us >= ? ORDER BY at_us, seq",
        # Before any instant that a row can hold.
        (-(2**62) if since is None else to_us(since),),
    )
    return [DecisionId(row[0]) for row in rows]


def stored_as(conn: sqlite3.Connection, id_: DecisionId) -> StoredDecision | None:
    """The decision, if it was not let go meanwhile. Raises ``NotReplayable``."""
    try:
        return decisions.find(conn, id_)
    except (zlib.error, ValueError) as error:
        raise NotReplayable("its stored bytes are damaged") from error
