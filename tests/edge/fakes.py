"""Stand-ins for what lies outside the core: time, the model, the broker's line and the disk's moods."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge.storage.connection import open_connection
from edge.storage.errors import StorageFull
from models.errors import BundleRefused
from models.features.profile import Profile
from models.features.request import ModelRequest
from models.items import Keys
from models.offers.facts import OfferHistory
from models.serving.ranker import COMPLEMENT, OFFER, OWN, RESUPPLY, TRENDING, Shortlist
from tests.patience import patient


class HandClock:
    """Real and business time, moved by hand; business time may lie in another year."""

    def __init__(self, at: datetime, *, business: datetime | None = None) -> None:
        self.at = at
        self._apart = timedelta() if business is None else business - at

    def now(self) -> datetime:
        return self.at

    def latest(self) -> datetime:
        return self.at

    def wall(self) -> datetime:
        return self.at

    def business(self, at: datetime) -> datetime:
        return at + self._apart

    def pass_by(self, seconds: float = 0, *, days: float = 0) -> None:
        self.at += timedelta(days=days, seconds=seconds)


class Rates:
    """A ranker of known chances. Habits double a chance, so that whoever reads them gives himself away."""

    label = "rates@1"
    digest = "ra7e5"

    def __init__(self, chances: Mapping[int, float]) -> None:
        self.chances = dict(chances)

    @classmethod
    def falling(cls, count: int) -> Rates:
        """Products 1 to ``count``, each a little less likely than the one before."""
        return cls({n: 0.4 - n / 100 for n in range(1, count + 1)})

    def shortlist(self, view: ModelRequest, limit: int, extra: Keys) -> Shortlist:
        offers = np.setdiff1d(extra, view.basket)
        fill = np.setdiff1d(np.array(sorted(self.chances), np.int64), view.basket)
        keys = np.union1d(offers, fill[: max(limit - len(offers), 0)])
        own = np.empty(0, np.int64) if view.profile is None else view.profile.keys
        bits = np.full(len(keys), TRENDING, np.uint16)
        bits[np.isin(keys, offers)] |= OFFER
        bits[np.isin(keys, own)] |= OWN | RESUPPLY
        if len(view.basket):
            bits |= COMPLEMENT
        return Shortlist(keys=keys, sources=bits)

    def score(self, view: ModelRequest, keys: Keys) -> npt.NDArray[np.float32]:
        own = (
            frozenset[int]() if view.profile is None else frozenset(view.profile.keys.tolist())
        )
        chances = [self.chances.get(k, 0.01) * (2 if k in own else 1) for k in keys.tolist()]
        return np.array(chances, np.float32)

    def by_strategy(self, view: ModelRequest, name: str, limit: int) -> Keys:
        """``backwards`` alone is known: the largest numbers first."""
        keys = np.setdiff1d(np.array(sorted(self.chances), np.int64), view.basket)
        return keys[::-1][:limit] if name == "backwards" else keys[:0]


class Redeemers(Rates):
    """Rates that may know offers: each coupon ever handed in adds a hundredth to the chance of every offer.

    ``redeem`` None: made without coupon data. ``asked``: how often it was asked for chances of offers.
    """

    def __init__(
        self, chances: Mapping[int, float], redeem: Mapping[tuple[int, ...], float] | None
    ) -> None:
        super().__init__(chances)
        self.redeem = redeem
        self.asked = 0

    def redemption(
        self,
        profile: Profile,
        offers: Sequence[tuple[int, ...]],
        history: OfferHistory,
        day: int,
    ) -> npt.NDArray[np.float32] | None:
        self.asked += 1
        if self.redeem is None:
            return None
        used = sum(when < day for when in history.coupons) / 100
        return np.array([self.redeem.get(one, 0.0) + used for one in offers], np.float32)


class BrokenRates(Rates):
    """A model that fails when it is asked."""

    def score(self, view: ModelRequest, keys: Keys) -> npt.NDArray[np.float32]:
        raise BundleRefused(reason="graph", detail="on purpose")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message that went to the broker."""

    topic: str
    body: Any  # JSON of every shape of the contract
    retain: bool
    expiry_s: int | None
    correlation: bytes | None

    @property
    def leaf(self) -> str:
        return self.topic.rpartition("/")[2]

    @property
    def device(self) -> str:
        return self.topic.split("/")[-2]


@dataclass(slots=True)
class Ears:
    """Stands for the broker's line: everything that was sent, in order."""

    sent: list[Sent] = field(default_factory=list)

    def publish(  # noqa: PLR0913 - the bus's own options
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        expiry_s: int | None = None,
        correlation: bytes | None = None,
        user: Mapping[str, str] | None = None,
    ) -> None:
        body = json.loads(payload) if payload else None
        self.sent.append(
            Sent(
                topic=topic,
                body=body,
                retain=retain,
                expiry_s=expiry_s,
                correlation=correlation,
            )
        )

    def on(self, leaf: str, device: str | None = None) -> list[Sent]:
        return [one for one in self.sent if one.leaf == leaf and device in (None, one.device)]

    def forget(self) -> None:
        self.sent.clear()


class Feed:
    """A console that looks, or does not."""

    def __init__(self, listeners: int = 1) -> None:
        self.listeners = listeners
        self.told: list[tuple[str, Mapping[str, Any]]] = []

    def tell(self, name: str, data: Mapping[str, object]) -> None:
        self.told.append((name, data))

    def named(self, name: str) -> list[Mapping[str, Any]]:
        return [data for told, data in self.told if told == name]


class Disk:
    """Room on the disk, and commits that can be held back: it is written only when the test lets it be."""

    def __init__(self) -> None:
        self.full = False
        self._go = threading.Event()
        self._go.set()

    def shortage(self) -> StorageFull | None:
        return StorageFull(free_bytes=0, floor_bytes=1) if self.full else None

    def connect(self, path: Path) -> sqlite3.Connection:
        disk = self

        class Held(sqlite3.Connection):
            def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
                if sql == "COMMIT":
                    disk._go.wait(patient(20))
                return super().execute(sql, *args)

        return open_connection(path, factory=Held)

    def release(self) -> None:
        """Let everything that waits be committed."""
        self._go.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing is committed inside; everything that waits is once it ends."""
        self._go.clear()
        try:
            yield
        finally:
            self._go.set()
