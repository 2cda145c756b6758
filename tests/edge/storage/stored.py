"""What stands in the tables, read by tests where no product code looks."""

from __future__ import annotations

import sqlite3

from edge.domain.associate_tip import AssociateTip
from edge.domain.consent import Purpose
from edge.domain.driver_credit import Driver
from edge.domain.ids import DecisionId, DeviceId, ItemKey, OfferId, Sku, Token, VisitId
from edge.domain.trigger import MessageState, SuppressionReason, TriggerMessage
from edge.domain.visit import Visit
from edge.storage.measurement.audit_log import AuditEntry
from edge.storage.timestamps import from_us, from_us_or_none
from edge.storage.visits import visits


def count(conn: sqlite3.Connection, table: str) -> int:
    """How many rows ``table`` has."""
    query = f"SELECT count(*) FROM {table}"  # noqa: S608  # a name that a test wrote
    rows: int = conn.execute(query).fetchone()[0]
    return rows


def visit(conn: sqlite3.Connection, id_: VisitId) -> Visit | None:
    """The stay named ``id_``, open or ended."""
    return next((one for one in visits.recent(conn, 1_000) if one.id == id_), None)


def message(conn: sqlite3.Connection, id_: str) -> TriggerMessage | None:
    """A trigger's message, whatever became of it."""
    row = conn.execute(
        "SELECT token, trigger_id, version, occasion, purpose, reason, fired_us, due_us, expires_us,"
        " headline, text, offer, item, state, hush FROM messages WHERE id = ?",
        (id_,),
    ).fetchone()
    if row is None:
        return None
    return TriggerMessage(
        id=id_,
        token=Token(row[0]),
        trigger=row[1],
        version=row[2],
        occasion=row[3],
        purpose=Purpose(row[4]),
        reason=row[5],
        fired_at=from_us(row[6]),
        due_at=from_us(row[7]),
        expires_at=from_us(row[8]),
        headline=row[9],
        text=row[10],
        offer=None if row[11] is None else OfferId(row[11]),
        item=None if row[12] is None else ItemKey(row[12]),
        state=MessageState(row[13]),
        suppressed_by=None if row[14] is None else SuppressionReason(row[14]),
    )


def tips(conn: sqlite3.Connection, visit_id: VisitId) -> tuple[AssociateTip, ...]:
    """What associates said to one visit, oldest first."""
    rows = conn.execute(
        "SELECT device, sku, decision, at_us, in_basket, paid_us, pieces, cents FROM tips"
        " WHERE visit = ? ORDER BY at_us, device, sku",
        (visit_id,),
    )
    return tuple(
        AssociateTip(
            visit=visit_id,
            device=DeviceId(device),
            sku=Sku(sku),
            decision=DecisionId(decision),
            at=from_us(at_us),
            in_basket=bool(in_basket),
            paid_at=from_us_or_none(paid_us),
            pieces=pieces,
            cents=cents,
        )
        for device, sku, decision, at_us, in_basket, paid_us, pieces, cents in rows
    )


def drivers(conn: sqlite3.Connection, token: Token) -> tuple[Driver, ...]:
    """What the person was credited for."""
    rows = conn.execute("SELECT driver FROM bounties WHERE token = ? ORDER BY driver", (token,))
    return tuple(Driver(driver) for (driver,) in rows)


def replies(conn: sqlite3.Connection) -> dict[str, int]:
    """How many answers there are, by action."""
    return dict(
        conn.execute("SELECT action, count(*) FROM replies GROUP BY action ORDER BY action")
    )


def out_of_stock(conn: sqlite3.Connection) -> tuple[int, ...]:
    """Products counted down to none, ascending."""
    rows = conn.execute("SELECT item FROM stock WHERE on_hand_milli <= 0 ORDER BY item")
    return tuple(item for (item,) in rows)


def acts(conn: sqlite3.Connection, object_: str) -> tuple[AuditEntry, ...]:
    """What was done to ``object_``, oldest first."""
    rows = conn.execute(
        "SELECT at_us, who, act, before, after FROM audit WHERE object = ? ORDER BY seq",
        (object_,),
    )
    return tuple(
        AuditEntry(
            at=from_us(at_us), who=who, act=act, object=object_, before=before, after=after
        )
        for at_us, who, act, before, after in rows
    )
