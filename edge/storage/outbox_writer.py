"""Events on their way to the centre: each becomes one record of the outbox, in the caller's transaction.

`change_set` calls it for signals, triggers for messages sent, and consent and erasure for themselves; from the outbox
on `cloud_sync` takes over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import cast

from cloud_sync import deadlines, outbox
from cloud_sync.envelope import Record, Stamp, build_track, canonical, rfc3339, type_of
from cloud_sync.errors import RecordTooLarge
from edge.domain.event import StoreEvent
from edge.storage import erased_people

# These travel in a lane of their own, before everything else.
_CONSENT_NAMES = frozenset({"Consent Granted", "Consent Withdrawn"})


def append(conn: sqlite3.Connection, facts: Iterable[StoreEvent]) -> int:
    """Queue ``facts`` in their order; returns how many are new.

    A fact about an erased person is left out.
    """
    # Asked here as well as in each table: a late fact must not carry an erased person to the centre.
    told = [fact for fact in facts if not erased_people.holds(conn, fact.token)]
    for fact in told:
        # The deadline stands beside the queue in the same transaction: a record is never queued without its own.
        if fact.not_after is not None:
            deadlines.put(conn, fact.id, fact.not_after)
    return outbox.append(conn, [record_of(fact) for fact in told])


def record_of(fact: StoreEvent) -> Record:
    """The fact as the centre reads it: under the person's token where they share, else under the visit.

    A fact without a visit, such as a poster played to nobody, is anonymous under its own id. Of a basket too
    large for one event the products that fit go up, with how many were left out: each was told when scanned.
    """
    properties = dict(fact.properties)
    while True:
        try:
            return _record(fact, properties)
        except RecordTooLarge:
            products = properties.get("products")
            if not isinstance(products, list) or not products:
                raise
            # Halved until it fits: few rounds, however long the basket.
            kept = cast("list[object]", products)[: len(cast("list[object]", products)) // 2]
            everything = cast("list[object]", fact.properties["products"])
            properties |= {"products": kept, "products_left_out": len(everything) - len(kept)}


def _record(fact: StoreEvent, properties: Mapping[str, object]) -> Record:
    # One or the other: both would tie an anonymous stay to a person.
    visit = None if fact.token is not None else fact.visit or fact.id
    if fact.original_at is not None:
        repaired = {"time_repaired": True, "original_time": rfc3339(fact.original_at)}
        properties = {**properties, **repaired}
    stamp = Stamp(
        id=fact.id, at=fact.at, token=fact.token, visit=visit, original_at=fact.original_at
    )
    return Record(
        id=fact.id,
        stream="consents" if fact.name in _CONSENT_NAMES else "events",
        type=type_of(fact.name),
        time=fact.at,
        source=fact.source,
        subject=fact.token,
        # On long days without a line what may be lost is shed, oldest first; what must be kept never is.
        durability="keep" if fact.must_keep else "drop-oldest",
        data=canonical(build_track(stamp, fact.name, properties)),
    )
