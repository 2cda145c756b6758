"""Facts on their way to the centre: each becomes one record of the outbox, in the caller's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from cloud_sync import outbox
from cloud_sync.envelope import Record, Stamp, build_track, canonical, type_of
from edge.domain.fact import Fact
from edge.storage import tombstones

# These travel in a lane of their own, before everything else.
_CONSENT_NAMES = frozenset({"Consent Granted", "Consent Withdrawn"})


def append(conn: sqlite3.Connection, facts: Iterable[Fact]) -> int:
    """Queue ``facts`` in their order; returns how many are new.

    A fact about an erased person is left out.
    """
    return outbox.append(
        conn, [record_of(fact) for fact in facts if not tombstones.holds(conn, fact.token)]
    )


def record_of(fact: Fact) -> Record:
    """The fact as the centre reads it: under the person's token where they share, else under the visit.

    A fact without a visit, such as a poster played to nobody, is anonymous under its own id.
    """
    visit = None if fact.token is not None else fact.visit or fact.id
    stamp = Stamp(id=fact.id, at=fact.at, token=fact.token, visit=visit)
    return Record(
        id=fact.id,
        stream="consents" if fact.name in _CONSENT_NAMES else "events",
        type=type_of(fact.name),
        time=fact.at,
        source=fact.source,
        subject=fact.token,
        durability="keep" if fact.must_keep else "drop-oldest",
        data=canonical(build_track(stamp, fact.name, fact.properties)),
    )
