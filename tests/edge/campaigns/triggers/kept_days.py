"""Days that a store has kept, and a dry run over them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC
from pathlib import Path
from typing import Any

from edge.app.market_policies import SHIPPED, read_policy
from edge.campaigns.triggers.dryrun import DryRun, StoredDays, dry_run
from edge.campaigns.triggers.library import TriggerLibrary
from edge.domain.basket import BasketState
from edge.domain.consent import Purpose
from edge.domain.ids import BasketId, Token
from edge.domain.trigger import Trigger
from edge.domain.visit import EndReason
from edge.storage.catalogue import products
from edge.storage.catalogue.triggers import TriggerRow
from edge.storage.connection import open_connection
from edge.storage.people import consents, customers, profiles
from edge.storage.visits import baskets, visits
from tests.edge.builders import NOW, basket, customer, later, line, profile, visit
from tests.edge.fakes import Rates


def open_kept(path: Path) -> sqlite3.Connection:
    """A store's file with four products and no day yet."""
    found = open_connection(path)
    rows = [
        {"sku": str(n), "name": f"Product {n}", "category": "dairy", "department": "x", "price_cents": 100}
        for n in range(1, 5)
    ]  # fmt: skip
    products.upsert(found, rows)
    return found


def knows(conn: sqlite3.Connection, token: Token, *purposes: Purpose) -> None:
    person = customer(token, purposes or tuple(Purpose))
    customers.upsert(conn, person)
    consents.append(conn, person.consents.entries)
    profiles.save(conn, token, profile(1, 2).to_bytes())


def came(conn: sqlite3.Connection, token: Token, day: int, *items: int) -> None:
    """One stay of ten minutes that was paid."""
    name = f"{token[2:5]}-{day}"
    carried = basket(name, f"v-{name}", *map(line, items)).closing(BasketState.COMPLETE)
    stay = visit(f"v-{name}", token, opened_at=later(days=day), basket=BasketId(name))
    visits.save(conn, stay.closing(EndReason.PAID, later(600, days=day)))
    baskets.save(conn, carried, later(600, days=day))


def ran(conn: sqlite3.Connection, *written: dict[str, Any], days: int = -30) -> DryRun:
    return ran_by(conn, (TriggerRow.model_validate(body).trigger() for body in written), days)


def ran_by(conn: sqlite3.Connection, triggers: Iterable[Trigger], days: int = -30) -> DryRun:
    policy = read_policy(SHIPPED / "us.yaml")
    kept = StoredDays(conn=conn, policy=policy, zone=UTC, now=NOW, ranker=Rates.falling(4))
    return dry_run(TriggerLibrary.of(triggers), kept, later(days=days))
