"""A shop of invented goods whose till has sold for six weeks: kept in its database as its service keeps sales.

Who buys what when is real: people of the public grocer's data, their products under invented numbers and names.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np

from edge.domain.booked_sale import BookedSale, SaleDays, SoldLine
from edge.domain.consent import ConsentEntry, ConsentState, Purpose
from edge.domain.ids import BasketId, Sku, Token, VisitId
from edge.storage import change_set
from edge.storage.catalogue import products
from edge.storage.change_set import ChangeSet
from edge.storage.connection import open_connection, transaction
from edge.storage.people import consents
from models.sources.journey import read_journey

SKUS = 200
PEOPLE = 40
DAYS = 42
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_KEY = 700_001


@cache
def real_baskets() -> list[tuple[int, int, int, list[int]]]:
    """Day 0 to ``DAYS`` less one, hour, person and things of each trip of the busiest people, oldest first."""
    journey = read_journey("completejourney")
    trips = journey.trips
    begin = int(trips.day.min()) + 7
    inside = (trips.day >= begin) & (trips.day < begin + DAYS)
    people, times = np.unique(trips.household[inside], return_counts=True)
    chosen = people[np.argsort(-times, kind="stable")[:PEOPLE]].tolist()
    found = [
        (int(trips.day[trip]) - begin, int(trips.hour[trip]), chosen.index(household), trip)
        for trip, household in enumerate(trips.household.tolist())
        if inside[trip] and household in chosen
    ]
    bought = np.concatenate([trips.of(trip) for *_, trip in found])
    items, counts = np.unique(bought, return_counts=True)
    things = items[np.argsort(-counts, kind="stable")[:SKUS]].tolist()
    numbered = {item: number for number, item in enumerate(things)}
    return [
        (day, hour, who, own)
        for day, hour, who, trip in sorted(found)
        if (own := [numbered[i] for i in trips.of(trip).tolist() if i in numbered])
    ]


def sku(number: int) -> Sku:
    return Sku(str(_FIRST_KEY + number))


def person(number: int) -> Token:
    return Token(f"c-{number:04d}")


@dataclass
class CornerShop:
    """What its till sells. ``today``: the last local day with sales; each day has a third of the people."""

    folder: Path
    today: int = field(
        default_factory=lambda: (datetime.now(UTC) - _EPOCH).days - 1,
    )
    sold: int = 0

    def open(self, *, allowed: Iterable[int] = range(PEOPLE)) -> None:
        """List the goods, and have these people agree to train."""
        rows = [
            {
                "sku": sku(n),
                "name": f"Thing {n}",
                "category": f"shelf {n % 6}",
                "department": "shop",
                "kind": f"kind {n // 2}",
                "price_cents": 100 + n,
            }
            for n in range(SKUS)
        ]
        since = _EPOCH + timedelta(days=self.today - 2 * DAYS)
        with closing(open_connection(self.folder / "storeside.db")) as conn, transaction(conn):
            products.upsert(conn, rows)
            consents.append(conn, [_yes(person(n), since) for n in allowed])

    def sell(self, days: int = DAYS, *, until: int | None = None) -> None:
        """Real baskets: the last ``days`` up to local day ``until`` of the six weeks that end today."""
        last = self.today if until is None else until
        # Only so many of the recorded days as there are between: a later call goes on where this one ended.
        shift = self.today - DAYS + 1
        self.book(
            (day + shift, hour, person(who), things)
            for day, hour, who, things in real_baskets()
            if last - days < day + shift <= last
        )

    def book(self, sales: Iterable[tuple[int, int, Token | None, Iterable[int]]]) -> None:
        """Day, hour, buyer and things of each sale, written as a paid basket is."""
        with closing(open_connection(self.folder / "storeside.db")) as conn, transaction(conn):
            for day, hour, buyer, things in sales:
                self.sold += 1
                at = _EPOCH + timedelta(days=day, hours=hour)
                sale = BookedSale(
                    id=BasketId(f"b-{self.sold}"),
                    number=str(self.sold),
                    visit=VisitId(f"v-{self.sold}"),
                    at=at,
                    days=SaleDays(day, day, day, day, hour),
                    token=buyer,
                    lines=tuple(_line(n) for n in sorted(set(things))),
                )
                assert change_set.save(conn, ChangeSet(at=at, booked=(sale,)))


def _line(number: int) -> SoldLine:
    one = Decimal(1)
    return SoldLine(sku=sku(number), quantity=one, amount_cents=199, sold=one, sold_cents=199)


def _yes(token: Token, at: datetime) -> ConsentEntry:
    return ConsentEntry(
        id=f"train-{token}",
        token=token,
        purpose=Purpose.TRAIN,
        state=ConsentState.GIVEN,
        market="US",
        notice_id="notice-1",
        given_at=at,
        expires_at=at + timedelta(days=395),
        channel="kiosk",
    )
