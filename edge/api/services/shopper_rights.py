"""The rights of a person over their own data, while the store runs: on disk first, then in force everywhere.

The shopper's page calls it by `edge.api.shopper`; the writes are those of `edge.api.services.erasure_and_consent`.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog
from pydantic import JsonValue

from edge.api.services import data_export, erasure_and_consent
from edge.api.services.erasure_and_consent import Word
from edge.api.views.shopper import ConsentReceipt, ErasureReceipt, Known, MeView
from edge.decision.codec import decode_decision, decode_inputs
from edge.decision.explain import tell
from edge.domain.consent import ConsentEntry, Purpose
from edge.domain.customer import greeting_alias
from edge.domain.ids import DecisionId, Token, VisitId
from edge.domain.transitions.visit_end import recognition_withdrawn
from edge.pipeline.runtime import Runtime
from edge.storage.change_set import ChangeSet
from edge.storage.decisions import decisions
from edge.storage.decisions.decisions import StoredDecision
from edge.storage.people import consents
from models.features.profile import Profile

_CHANNEL: Final = "me"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# What a person can take in on a phone.
_DECISIONS: Final = 5
# Another process may be reading for a moment (a backup, a command); then the log cannot be emptied yet.
_TRIES: Final = 10
_AGAIN_S: Final = 0.1

_log = structlog.get_logger(__name__)


class ShopperRights:
    """What a person may see, take back, take along and have forgotten."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def of_visit(self, visit: VisitId) -> Token | None:
        """Whose stay this is, if it goes on and the person is known."""
        stay = self._runtime.in_store.presence.visit(visit)
        person = (
            None if stay is None else self._runtime.state.people.find(stay.token, self._at())
        )
        return None if person is None else person.customer.token

    async def about(self, token: Token) -> MeView:
        """All that the store knows of them, in words."""
        runtime = self._runtime
        ledger, latest = runtime.database.read(
            lambda conn: (consents.of(conn, token), _latest(conn, token))
        )
        person = runtime.state.people.find(token, self._at())
        return MeView(
            alias=greeting_alias(token),
            consents=dict(ledger.states(runtime.clock.now())),
            known=_known(Profile.empty() if person is None else person.profile),
            # Two screens told the same: it is said once.
            why=tuple(dict.fromkeys(_told(stored) for stored in latest)),
            receipts=tuple(_receipt(entry) for entry in ledger.entries),
        )

    async def withdraw(self, token: Token, purposes: tuple[Purpose, ...]) -> None:
        """Take consent back; returns when it is on disk and no screen stands on it any more."""
        runtime = self._runtime
        word = Word(
            token=token,
            purposes=purposes,
            market=runtime.facts.market.market,
            channel=_CHANNEL,
            now=runtime.clock.now(),
            at=self._at(),
        )
        # Essential: a withdrawal goes through on a nearly full disk too.
        await runtime.database.write(
            partial(erasure_and_consent.withdraw, word=word), essential=True
        )
        await self._recheck(token)
        # The centre is told at once, not when the uplink next looks.
        runtime.pipeline.executor.on_disk()

    async def erase(self, token: Token) -> ErasureReceipt:
        """Forget them: screens first, then the disk, then memory; returns when no byte is left."""
        runtime = self._runtime
        await self._part(token)
        receipt = await runtime.database.write(
            partial(
                erasure_and_consent.erase, token=token, now=runtime.clock.now(), at=self._at()
            ),
            essential=True,
        )
        # What their phone sends is recognised no more, from memory either.
        runtime.state.directory.refresh(token)
        # Who signed in again in the meantime is nobody's visit now.
        await self._recheck(token)
        runtime.state.people.forget(token)
        runtime.pipeline.takedown.forget(token)
        await self._shred()
        runtime.pipeline.executor.on_disk()
        return receipt

    async def export(self, token: Token) -> Mapping[str, JsonValue]:
        """Everything stored about them; gathered on the writer's thread, for it may be much."""
        now = self._runtime.clock.now()
        # Essential, because a full disk must not stand in the way of a right; nothing is written.
        return await self._runtime.database.write(
            partial(data_export.export, token=token, now=now), essential=True
        )

    async def _part(self, token: Token) -> None:
        """End their stay: every screen is cleared at once, and the basket goes on as nobody's."""
        runtime = self._runtime
        visit = runtime.in_store.presence.of_person(token)
        if visit is None:
            return
        baskets = runtime.in_store.presence.living_of(visit.id)
        transition = recognition_withdrawn(
            visit, baskets, self._at(), runtime.pipeline.takedown.new_visit_id()
        )
        await runtime.pipeline.executor.execute(transition, ChangeSet(at=self._at()))

    async def _recheck(self, token: Token) -> None:
        """Let memory and screens follow the disk."""
        following = self._runtime.pipeline.takedown.recheck(token)
        if following is not None:
            await following

    async def _shred(self) -> None:
        """Empty the database's log, so that erased bytes are gone from it too."""
        for _ in range(_TRIES):
            if await self._runtime.database.checkpoint():
                return
            await asyncio.sleep(_AGAIN_S)
        _log.warning("erased content stays in the log until another process stops reading")

    def _at(self) -> datetime:
        """Business time."""
        clock = self._runtime.clock
        return clock.business(clock.now())


def _latest(conn: sqlite3.Connection, token: Token) -> list[StoredDecision]:
    """The last decisions made for the person, newest first."""
    rows = conn.execute(
        "SELECT id FROM decisions WHERE token = ? ORDER BY at_us DESC, seq DESC LIMIT ?",
        (token, _DECISIONS),
    )
    found = (decisions.find(conn, DecisionId(row[0])) for row in rows.fetchall())
    return [one for one in found if one is not None]


def _told(stored: StoredDecision) -> str:
    return tell(decode_decision(stored.output), decode_inputs(stored.inputs))


def _known(profile: Profile) -> Known:
    since = _EPOCH + timedelta(days=profile.first_day) if profile.trips else None
    return Known(trips=profile.trips, items=len(profile), since=since)


def _receipt(entry: ConsentEntry) -> ConsentReceipt:
    return ConsentReceipt(
        id=entry.id,
        purpose=entry.purpose,
        state=entry.state,
        market=entry.market,
        notice_id=entry.notice_id,
        given_at=entry.given_at,
        expires_at=entry.expires_at,
        channel=entry.channel,
    )
