"""The evening: what the store's file says of the day, held against the generator's books."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from edge.domain.ids import Token
from edge.lab.bench.catalogue import token_of
from edge.storage.connection import open_reader
from edge.storage.people import profiles
from edge.storage.visits import baskets
from models.features.profile import Profile
from models.items import item_key
from tests.till_day.books import Books, Told
from tests.till_day.goods import ARTICLES, ON_HAND
from tests.till_day.plan import PEOPLE

_EPOCH = date(1970, 1, 1).toordinal()
_KEYS = {item_key(sku): sku for sku in ARTICLES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the store has of the day, in the same words as the books."""

    orders: Counter[Told]
    refunds: Counter[Told]
    cancelled: Counter[Told]
    kept: Counter[Told]
    voided: int
    habits: set[tuple[int, int, str]]
    taken_milli: Counter[str]
    redeemed: Counter[tuple[str, int | None]]


def found(database: Path, store_key: bytes, zone: str) -> Found:
    """Read the file of a store that is closed."""
    people = {str(token_of(n, store_key)): n for n in range(PEOPLE)}
    today = datetime.now(UTC).astimezone(ZoneInfo(zone)).date().toordinal() - _EPOCH
    with closing(open_reader(database)) as conn:
        return Found(
            orders=_told(conn, people, "order-completed", "revenue_cents", paid=True),
            refunds=_told(conn, people, "order-refunded", "refund_cents"),
            cancelled=_anywhere(_told(conn, people, "order-cancelled", "revenue_cents")),
            kept=Counter(
                Told(
                    till=one.device,
                    number=one.number,
                    person=None if one.token is None else people[one.token],
                    cents=one.total_cents,
                )
                for one in baskets.paid(conn)
            ),
            voided=conn.execute(
                "SELECT count(*) FROM baskets WHERE state = 'voided'"
            ).fetchone()[0],
            habits=_habits(conn, people, today),
            taken_milli=_taken(conn),
            redeemed=Counter(
                (offer, None if token is None else people[token])
                for offer, token in conn.execute("SELECT offer, token FROM redemptions")
            ),
        )


def differences(books: Books, seen: Found) -> tuple[str, ...]:
    """Everything in which the store's day is not the generator's, in words; empty: to the cent."""
    words = list[str]()
    for name, ours, theirs in (
        ("orders", books.orders, seen.orders),
        ("refunds", books.refunds, seen.refunds),
        ("cancelled orders", books.cancelled, seen.cancelled),
    ):
        words += _counts(name, ours, theirs)
    words += _sums(books, seen)
    words += _baskets(books, seen)
    missing, more = books.habits() - seen.habits, seen.habits - books.habits()
    if missing or more:
        words.append(
            f"habits: {len(missing)} missing {sorted(missing)[:3]},"
            f" {len(more)} too many {sorted(more)[:3]}"
        )
    if +books.redeemed != seen.redeemed:
        lost, double = books.redeemed - seen.redeemed, seen.redeemed - books.redeemed
        words.append(
            f"redemptions: {lost.total()} of {(+books.redeemed).total()} missing {list(lost)[:3]},"
            f" {double.total()} too many {list(double)[:3]}"
        )
    wrong = {
        sku: (books.taken_milli[sku], seen.taken_milli[sku])
        for sku in ARTICLES
        if books.taken_milli[sku] != seen.taken_milli[sku]
    }
    if wrong:
        words.append(f"stock: {len(wrong)} products differ, such as {list(wrong.items())[:3]}")
    return tuple(words)


def net_cents(orders: Counter[Told], refunds: Counter[Told], cancelled: Counter[Told]) -> int:
    """What the day came to."""
    return _sum(orders) - _sum(refunds) - _sum(cancelled)


def _counts(name: str, ours: Counter[Told], theirs: Counter[Told]) -> list[str]:
    lost, more = ours - theirs, theirs - ours
    if not lost and not more:
        return []
    words = f"{name}: {lost.total()} of {ours.total()} lost {list(lost)[:3]},"
    return [f"{words} {more.total()} too many {list(more)[:3]}"]


def _sums(books: Books, seen: Found) -> list[str]:
    """To the cent, in all and per person."""
    words = list[str]()
    for name, ours, theirs in (
        ("orders", books.orders, seen.orders),
        ("refunds", books.refunds, seen.refunds),
        ("cancelled orders", books.cancelled, seen.cancelled),
    ):
        by_person = [_by_person(side) for side in (ours, theirs)]
        wrong = [
            p
            for p in by_person[0].keys() | by_person[1].keys()
            if by_person[0][p] != by_person[1][p]
        ]
        if wrong:
            words.append(f"sums of {name}: {len(wrong)} people differ, in all"
                         f" {_sum(ours)} and {_sum(theirs)} cents")  # fmt: skip
    return words


def _baskets(books: Books, seen: Found) -> list[str]:
    """The kept baskets tell the same sum, and each sale is there once."""
    net = net_cents(books.orders, books.refunds, books.cancelled)
    words = list[str]()
    if _sum(seen.kept) != net:
        words.append(f"the baskets on disk come to {_sum(seen.kept)} cents, not {net}")
    kept = books.receipts - books.cancelled.total()
    if seen.kept.total() != kept:
        words.append(f"{seen.kept.total()} paid baskets on disk, not {kept}")
    if seen.voided != books.cancelled.total():
        words.append(f"{seen.voided} voided on disk, not {books.cancelled.total()}")
    return words


def _sum(told: Counter[Told]) -> int:
    return sum(one.cents * count for one, count in told.items())


def _by_person(told: Counter[Told]) -> Counter[int | None]:
    found = Counter[int | None]()
    for one, count in told.items():
        found[one.person] += one.cents * count
    return found


def _told(
    conn: sqlite3.Connection,
    people: Mapping[str, int],
    kind: str,
    amount: str,
    *,
    paid: bool = False,
) -> Counter[Told]:
    rows = conn.execute(
        "SELECT body, subject, source FROM outbox WHERE type = ?", (f"storeside.{kind}.v1",)
    )
    told = Counter[Told]()
    for body, subject, source in rows:
        properties: dict[str, Any] = json.loads(body)["properties"]
        told[
            Told(
                # Where it was paid: `sale_id` names the till at which it was opened.
                till=str(source).rpartition("/")[2],
                number=str(properties["order_id"]),
                person=None if subject is None else people[subject],
                cents=int(properties[amount]),
                to_pay=int(properties["total_cents"]) if paid else None,
            )
        ] += 1
    return told


def _anywhere(told: Counter[Told]) -> Counter[Told]:
    """The same, at whichever till it was."""
    found = Counter[Told]()
    for one, count in told.items():
        found[replace(one, till="")] += count
    return found


def _habits(
    conn: sqlite3.Connection, people: Mapping[str, int], today: int
) -> set[tuple[int, int, str]]:
    """What was learned of the last two days: person, days ago, product."""
    learned = set[tuple[int, int, str]]()
    for token, person in people.items():
        body = profiles.find(conn, Token(token))
        if body is None:
            continue
        kept = Profile.from_bytes(body)
        for slot, day in enumerate(kept.days):
            if today - day in {0, 1}:
                pairs = zip(kept.keys.tolist(), kept.masks.tolist(), strict=True)
                learned |= {
                    (person, today - day, _KEYS[key]) for key, mask in pairs if mask >> slot & 1
                }
    return learned


def _taken(conn: sqlite3.Connection) -> Counter[str]:
    rows = conn.execute("SELECT item, on_hand_milli FROM stock")
    return Counter({_KEYS[item]: ON_HAND * 1000 - milli for item, milli in rows})
