from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

from cloud_sync import cursors, outbox
from edge.domain.ids import BasketId, DecisionId, ItemKey, Token, VisitId
from edge.storage import change_set, erased_people, erasure
from edge.storage.connection import open_connection, transaction
from edge.storage.database import Database
from edge.storage.operations import command_notifications
from edge.storage.operations.command_notifications import CommandNotification
from edge.storage.people import app_keys, beacon_keys, consents, coupons, customers, profiles
from edge.storage.people.reminders import Reminder
from tests.edge.storage import samples
from tests.edge.storage.samples import ANN, BEN, NOW, PROFILE_DIGEST, later
from tests.edge.storage.test_change_set import full_change_set


def plant(conn: sqlite3.Connection, token: Token) -> None:
    """Let every table that can know a person know this one."""
    name = token[2:5]
    stay = VisitId(f"v-{name}")
    shown = DecisionId(f"d-{name}")
    decision = replace(samples.decision(shown, token=token), visit=stay)
    change_set.save(
        conn,
        replace(
            full_change_set(),
            signal=("source", name),
            claims=(),
            customers=(samples.customer(token),),
            links=(samples.link(token, name),),
            consents=(
                samples.entry(f"{token}.1", token=token),
                samples.entry(f"{name}.2", token=token),
            ),
            visits=(samples.visit(stay, token),),
            baskets=(samples.basket(BasketId(f"b-{name}"), stay),),
            snapshots=(samples.snapshot(token, f"about {token}".encode()),),
            decisions=(replace(decision, output=f'{{"for":"{token}"}}'.encode()),),
            exposures=(samples.exposure(token),),
            profiles={token: f"profile of {token}".encode()},
            coupons={token: samples.WALLET},
            plays=(replace(samples.play(), decision=shown),),
            feedback=(replace(samples.reply(), decision=shown, value=f'"{token}"'),),
            responses=(samples.answer(token),),
            redemptions=(samples.redemption(token),),
            entrants=(samples.entrant(token),),
            messages=(samples.message(token, f"m-{name}"),),
            reminders=(Reminder(token=token, item=ItemKey(1), at=NOW),),
            kpi_updates=samples.kpi_updates(token, stay, shown),
            booked=(samples.booked(token, stay, BasketId(f"b-{name}")),),
            facts=(samples.fact(f"f-{name}", token),),
        ),
    )
    beacon_keys.put(conn, token, b"k" * 16)
    app_keys.put(conn, replace(samples.app_key(token), kid=name))
    command_notifications.notify(conn, CommandNotification.PERSON, token)
    cursors.refuse(conn, "customers", token, 7, NOW)


def raw_bytes(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


def test_the_receipt_counts_every_table(conn: sqlite3.Connection) -> None:
    plant(conn, ANN)
    receipt = erasure.forget(conn, ANN, NOW)
    assert all(receipt.values()), receipt
    assert receipt["consents"] == 2


def test_no_table_with_a_token_is_left_out_of_the_receipt(conn: sqlite3.Connection) -> None:
    named = conn.execute(
        "SELECT t.name FROM pragma_table_list AS t, pragma_table_info(t.name) AS c"
        " WHERE t.schema = 'main' AND c.name IN ('token', 'subject')"
    )
    tables = {name.removesuffix("_damaged") for (name,) in named}
    assert len(tables) > 8
    assert tables <= set(erasure.forget(conn, ANN, NOW))


def test_every_table_that_knows_a_token_is_erased(conn: sqlite3.Connection) -> None:
    plant(conn, ANN)
    erasure.forget(conn, ANN, NOW)
    assert ANN not in "\n".join(conn.iterdump())


def test_forgetting_one_leaves_the_others_as_they_were(conn: sqlite3.Connection) -> None:
    plant(conn, BEN)
    before = {line for line in conn.iterdump() if BEN in line}
    plant(conn, ANN)
    erasure.forget(conn, ANN, NOW)
    assert {line for line in conn.iterdump() if BEN in line} == before
    assert consents.verify_chain(conn)


def test_erasing_again_changes_nothing(conn: sqlite3.Connection) -> None:
    plant(conn, ANN)
    erasure.forget(conn, ANN, NOW)
    before = list(conn.iterdump())
    assert not any(erasure.forget(conn, ANN, later(60)).values())
    assert list(conn.iterdump()) == before


def test_an_erased_person_does_not_come_back(conn: sqlite3.Connection) -> None:
    plant(conn, ANN)
    erasure.forget(conn, ANN, NOW)
    cursors.forget(conn, ANN)
    for n in range(50):
        change_set.save(conn, replace(full_change_set(), signal=("late", str(n)), claims=()))
    consents.append(conn, [samples.entry(f"late-{n}") for n in range(50)])
    customers.upsert(conn, samples.customer(ANN))
    profiles.save(conn, ANN, b"late")
    coupons.save(conn, ANN, b"late", NOW)
    assert ANN not in "\n".join(conn.iterdump())


def test_queued_events_of_the_person_are_gone(conn: sqlite3.Connection) -> None:
    plant(conn, ANN)
    plant(conn, BEN)
    erasure.forget(conn, ANN, NOW)
    assert [record.subject for record in outbox.pending(conn, "events").records] == [BEN]


async def test_no_byte_of_the_person_stays_on_disk(path: Path) -> None:
    async with Database(path) as database:
        await database.write(lambda conn: plant(conn, ANN))
        assert await database.checkpoint()
        await database.write(lambda conn: plant(conn, BEN))
        assert ANN.encode() in raw_bytes(path)
        await database.write(lambda conn: erasure.forget(conn, ANN, NOW), essential=True)
        assert await database.checkpoint()
        assert raw_bytes(path).count(ANN.encode()) == 0
        assert BEN.encode() in raw_bytes(path)
        assert database.read(lambda conn: erased_people.holds(conn, ANN))


def test_a_command_can_erase_too(path: Path) -> None:
    conn = open_connection(path)
    with transaction(conn):
        plant(conn, ANN)
    with transaction(conn):
        erasure.forget(conn, ANN, NOW)
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert raw_bytes(path).count(ANN.encode()) == 0
    assert PROFILE_DIGEST.encode() not in raw_bytes(path)
    conn.close()
