"""Everything that the store has on one person, as JSON to take along, table by table."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from pydantic import JsonValue

from edge.domain.customer import greeting_alias
from edge.domain.ids import Token
from edge.storage.decisions import decisions
from edge.storage.people import coupons, profiles
from edge.storage.timestamps import from_us
from models.features.profile import Profile
from models.offers.wallet import Wallet

# One question a table; a column that ends in _us holds microseconds since 1970.
_ROWS = {
    "customers": "SELECT locale, segments FROM customers WHERE token = ?",
    "links": "SELECT kind, code FROM links WHERE token = ? ORDER BY kind, code",
    "beacon_keys": "SELECT hex(key) AS key FROM beacon_keys WHERE token = ?",
    "app_keys": "SELECT kid, public_key FROM app_keys WHERE token = ? ORDER BY kid",
    "consents": (
        "SELECT id, purpose, state, market, notice_id, given_us, expires_us, channel FROM consents"
        " WHERE token = ? ORDER BY seq"
    ),
    "visits": (
        "SELECT id, opened_us, seen_us, method, zone, kiosk, ended_us, ended FROM visits"
        " WHERE token = ? ORDER BY opened_us, seq"
    ),
    "baskets": (
        "SELECT b.id, b.visit, b.device, b.state, b.lines, b.saved_us FROM baskets AS b"
        " JOIN visits AS v ON v.id = b.visit WHERE v.token = ? ORDER BY b.seq"
    ),
    "plays": (
        "SELECT p.decision, p.creative, p.device, p.started_us, p.duration_ms, p.completed"
        " FROM plays AS p JOIN decisions AS d ON d.id = p.decision WHERE d.token = ? ORDER BY p.seq"
    ),
    "replies": (
        "SELECT r.decision, r.item, r.action, r.value, r.device, r.at_us FROM replies AS r"
        " JOIN decisions AS d ON d.id = r.decision WHERE d.token = ? ORDER BY r.seq"
    ),
    "snapshots": (
        "SELECT digest, kind, used_us FROM snapshots WHERE token = ? ORDER BY used_us, seq"
    ),
    "exposures": (
        "SELECT offer, campaign, arm, ghost, creative, surface, at_us, decision FROM exposures"
        " WHERE token = ? ORDER BY at_us, seq"
    ),
    "responses": (
        "SELECT at_us, liked, category, item, offer FROM responses WHERE token = ? ORDER BY at_us, seq"
    ),
    "redemptions": (
        "SELECT offer, campaign, cents, decision, at_us FROM redemptions WHERE token = ? ORDER BY seq"
    ),
    "outcomes": (
        "SELECT campaign, arm, first_us, visit_cents, visit_items, month_cents, month_trips"
        " FROM outcomes WHERE token = ? ORDER BY seq"
    ),
    "trips": "SELECT day, baskets, cents, paid_us FROM trips WHERE token = ? ORDER BY day",
    "tips": (
        "SELECT t.visit, t.device, t.sku, t.decision, t.at_us, t.pieces, t.cents FROM tips AS t"
        " JOIN visits AS v ON v.id = t.visit WHERE v.token = ? ORDER BY t.at_us"
    ),
    "cards": (
        "SELECT challenge, week, headline, goals, offer, cents, points, until_us, rewarded_us"
        " FROM cards WHERE token = ? ORDER BY until_us"
    ),
    "bounties": "SELECT driver, cents, at_us FROM bounties WHERE token = ? ORDER BY seq",
    "messages": (
        "SELECT trigger_id, reason, headline, text, offer, fired_us, state FROM messages"
        " WHERE token = ? ORDER BY seq"
    ),
    "reminders": "SELECT item, asked_us FROM reminders WHERE token = ? ORDER BY item",
    "outbox": "SELECT type, time, body, sent_at FROM outbox WHERE subject = ? ORDER BY seq",
    "sync_refused": "SELECT stream, refused_at FROM sync_refused WHERE key = ? ORDER BY stream",
}
# Columns that hold JSON as text or bytes.
_JSON = frozenset({"segments", "lines", "body", "goals"})


def export(conn: sqlite3.Connection, token: Token, now: datetime) -> dict[str, JsonValue]:
    """Everything stored about the person at ``now``; for somebody unknown every table is empty."""
    found: dict[str, JsonValue] = {
        "token": token,
        "alias": greeting_alias(token),
        "exported_at": _stamp(now),
    }
    for table, question in _ROWS.items():
        found[table] = _rows(conn.execute(question, (token,)))
    found["profiles"] = _profile(profiles.find(conn, token))
    found["coupons"] = _coupons(coupons.find(conn, token))
    found["decisions"] = [
        {"inputs": json.loads(one.inputs), "output": json.loads(one.output)}
        for one in decisions.of(conn, token)
    ]
    return found


def _rows(cursor: sqlite3.Cursor) -> list[JsonValue]:
    names = [column[0] for column in cursor.description]
    rows: Iterable[tuple[str | int | bytes | None, ...]] = cursor
    return [dict(_cell(n, v) for n, v in zip(names, row, strict=True)) for row in rows]


def _cell(name: str, value: str | int | bytes | None) -> tuple[str, JsonValue]:
    if name.endswith("_us"):
        return f"{name[:-3]}_at", _stamp(from_us(value)) if isinstance(value, int) else None
    if isinstance(value, bytes) or name in _JSON:
        return name, json.loads(value) if isinstance(value, bytes | str) else None
    return name, value


def _profile(body: bytes | None) -> JsonValue:
    """Counters in words. Items go by the number that the model knows them by, days count from 1970."""
    if body is None:
        return None
    profile = Profile.from_bytes(body)
    columns = (profile.keys, profile.counts, profile.first_days, profile.last_days)
    return {
        "trips": profile.trips,
        "days": [int(day) for day in profile.days],
        "items": [
            {"item": item, "trips": trips, "first_day": first, "last_day": last}
            for item, trips, first, last in zip(*(c.tolist() for c in columns), strict=True)
        ],
    }


def _coupons(body: bytes | None) -> JsonValue:
    """Coupons by day since 1970: how many the till counted, and offers redeemed, by the numbers of their items."""
    if body is None:
        return None
    wallet = Wallet.from_bytes(body)
    return {
        "counted": [{"day": day, "coupons": count} for day, count in wallet.counted],
        "redeemed": [{"day": day, "items": list(items)} for day, items in wallet.redeemed],
    }


def _stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
