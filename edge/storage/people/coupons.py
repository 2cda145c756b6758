"""Each person's own coupons of the last year, as the bytes that chances of redemption are told from.

The centre sends earlier ones down (`know_coupons`), paid baskets here add to them, and the identity lookup reads them
at an arrival.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from edge.domain.ids import Token
from edge.storage import erased_people
from edge.storage.catalogue.products import CodeText
from edge.storage.table import Erasure, ExportReader, MigrationStep, Retention, Table
from edge.storage.timestamps import to_us
from models.items import item_key
from models.offers.wallet import Wallet

SCHEMA = """
CREATE TABLE coupons (
    token   TEXT PRIMARY KEY,
    body    BLOB NOT NULL,
    used_us INTEGER NOT NULL
) STRICT;
CREATE INDEX coupons_used ON coupons (used_us);
"""


class CouponRow(BaseModel):
    """One coupon that a person handed in, on its way down from the centre.

    ``skus``: the products that it was good for, where it was the grocer's own offer; nothing for a maker's.
    """

    # As with products an unknown key is left out: the centre may be a version ahead.
    model_config = ConfigDict(frozen=True, extra="ignore")

    at: AwareDatetime
    skus: tuple[CodeText, ...] = Field(default=(), max_length=1_000)


def know_coupons(
    conn: sqlite3.Connection,
    token: Token,
    told: Sequence[CouponRow],
    day_of: Callable[[datetime], int],
    key_of: Callable[[str], int] = item_key,
) -> bool:
    """Know these coupons, too; one that is known already counts once.

    ``day_of``: the store's local day; ``key_of``: the product that a code stands for.
    """
    stored = find(conn, token)
    wallet = Wallet() if stored is None else Wallet.from_bytes(stored)
    heard = Wallet()
    for day, count in Counter(day_of(row.at) for row in told).items():
        heard = heard.counting(day, count)
    for row in told:
        if row.skus:
            heard = heard.redeeming(day_of(row.at), [key_of(sku) for sku in row.skus])
    # The day of the last use and not of the telling: retention counts from use.
    latest = max(row.at for row in told)
    return save(conn, token, wallet.with_all_of(heard).to_bytes(), latest)


def save(conn: sqlite3.Connection, token: Token, body: bytes, at: datetime) -> bool:
    """Keep the person's wallet, over the older one; ``at`` is when they last used a coupon. False: they were erased."""
    if erased_people.holds(conn, token):
        return False
    # The later instant stays: coupons of the past that arrive late must not make the wallet look unused.
    conn.execute(
        "INSERT INTO coupons (token, body, used_us) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (token) DO UPDATE SET body = ?2, used_us = max(used_us, ?3)",
        (token, body, to_us(at)),
    )
    return True


def find(conn: sqlite3.Connection, token: Token) -> bytes | None:
    """The person's wallet."""
    row = conn.execute("SELECT body FROM coupons WHERE token = ?", (token,)).fetchone()
    return None if row is None else bytes(row[0])


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase the person's coupons."""
    return conn.execute("DELETE FROM coupons WHERE token = ?", (token,)).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of the coupons of at most ``limit`` people who used none since ``before``."""
    return conn.execute(
        "DELETE FROM coupons WHERE token IN"
        " (SELECT token FROM coupons WHERE used_us < ? ORDER BY used_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


def _told(conn: sqlite3.Connection, token: Token) -> JsonValue:
    """Coupons by day since 1970: how many the till counted, and offers redeemed, by the numbers of their items."""
    body = find(conn, token)
    if body is None:
        return None
    wallet = Wallet.from_bytes(body)
    return {
        "counted": [{"day": day, "coupons": count} for day, count in wallet.counted],
        "redeemed": [{"day": day, "items": list(items)} for day, items in wallet.redeemed],
    }


TABLE = Table(
    name="coupons",
    steps=(MigrationStep(release="0003-coupons", sql=SCHEMA),),
    erasure=Erasure(forget=forget),
    # A year without a coupon: what chances of redemption are told from.
    retention=Retention(data_class="coupons", days=365, sweep=sweep),
    export=ExportReader(read=_told, before="decisions"),
)
