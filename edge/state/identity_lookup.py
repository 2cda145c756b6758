"""Who is who in this store's database: people by code, beacon and claim, and what is stored of them.

`SignalHandlers` finds people through `StoredDirectory`, `CustomerCache` reads them through `StoredPeople`.
"""

from __future__ import annotations

import json
from datetime import datetime

from devices.beacons import Resolver, claim_kid, key_from, verify_claim
from devices.errors import MessageRefused
from edge.decision.codec import decode_decision
from edge.domain.basket import TillBasket
from edge.domain.customer import Customer
from edge.domain.decision import Decision
from edge.domain.errors import SignalRefused
from edge.domain.exposure_memory import ExposureMemory
from edge.domain.ids import BasketId, DecisionId, DeviceId, Token, VisitId
from edge.domain.visit import Visit
from edge.state.deduplication import Deduplication
from edge.storage.database import Database
from edge.storage.decisions import decisions, exposures, redemptions, responses
from edge.storage.people import (
    app_keys,
    beacon_keys,
    coupons,
    customers,
    identifier_links,
    profiles,
    used_claims,
)
from edge.storage.people.used_claims import UsedClaim
from edge.storage.visits import baskets, visits


class StoredPeople:
    """Reads people; fits `CustomerSource`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def customer(self, token: Token) -> Customer | None:
        """The person with their ledger; nobody who was erased."""
        return self._database.read(lambda conn: customers.find(conn, token))

    def profile(self, token: Token) -> bytes | None:
        """Their counters."""
        return self._database.read(lambda conn: profiles.find(conn, token))

    def coupons(self, token: Token) -> bytes | None:
        """Their wallet."""
        return self._database.read(lambda conn: coupons.find(conn, token))

    def memory(self, token: Token, since: datetime) -> ExposureMemory:
        """What they were shown and said since then (business time), and what they ever redeemed."""
        return self._database.read(
            lambda conn: ExposureMemory(
                touches=exposures.touches(conn, token, since),
                responses=responses.of(conn, token, since),
                given=redemptions.given_to(conn, token),
            )
        )


class StoredDirectory:
    """Finds people by code, beacon and claim, and what was stored of visits; fits the signal handlers' `Directory`."""

    def __init__(self, database: Database, deduplication: Deduplication, *, store: str) -> None:
        self._database = database
        self._deduplication = deduplication
        self._store = store
        self._beacons = Resolver(
            {str(t): key for t, key in database.read(beacon_keys.everyone).items()}
        )

    def by_code(self, code: str) -> Token | None:
        """The person whose identifier has this keyed code."""
        return self._database.read(lambda conn: identifier_links.find(conn, code))

    def by_beacon(self, rotating_id: str, now: datetime) -> Token | None:
        """The person whose app broadcasts this id around the real instant ``now``."""
        found = self._beacons.resolve(rotating_id, now)
        return None if found is None else Token(found)

    def by_claim(self, claim: str, now: datetime) -> Token | None:
        """The person who signed this claim, which is used up by it.

        Raises:
            SignalRefused: ``claim-invalid``, or ``unknown-beacon`` for a key that is nobody's here.
        """
        try:
            # Not believed yet: it only says by whose key the claim is to be checked.
            kid = claim_kid(claim)
            known = self._database.read(lambda conn: app_keys.find(conn, kid))
            if known is None:
                # Nobody's key reads like a stranger's beacon.
                raise SignalRefused("unknown-beacon")
            found = verify_claim(
                claim, key_from(json.loads(known.public_key)), now, self._store
            )
        except MessageRefused as refused:
            raise SignalRefused(refused.reason.value) from None
        used = UsedClaim(jti=found.jti, expires_at=found.expires_at)
        if self._database.read(lambda conn: used_claims.spent(conn, used.jti)):
            raise SignalRefused("claim-invalid")
        # The disk knows the claims of the past, this those of signals that are still being written.
        self._deduplication.use(used)
        return known.token

    def decision(self, decision: DecisionId) -> Decision | None:
        """A stored decision."""
        found = self._database.read(lambda conn: decisions.find(conn, decision))
        return None if found is None else decode_decision(found.output)

    def baskets(self, device: DeviceId, number: str) -> tuple[TillBasket, ...]:
        """The stored baskets to which a till gave this number, the latest first; also those closed long ago."""
        return self._database.read(lambda conn: baskets.numbered(conn, device, number))

    def basket(self, basket: BasketId) -> TillBasket | None:
        """A stored basket."""
        return self._database.read(lambda conn: baskets.find(conn, basket))

    def stay(self, visit: VisitId) -> Visit | None:
        """A stored visit, also one that is over."""
        return self._database.read(lambda conn: visits.find(conn, visit))

    def enrolling(self, code: str) -> Token:
        """The pseudonym for somebody first met under ``code``; a new one for who was erased before."""
        return self._database.read(lambda conn: identifier_links.pseudonym_for(conn, code))

    def refresh(self, token: Token) -> None:
        """The person's app key may have changed, or gone with them."""
        key = self._database.read(lambda conn: beacon_keys.find(conn, token))
        if key is None:
            self._beacons.forget(token)
        else:
            self._beacons.put(token, key)

    def warm(self, now: datetime) -> bool:
        """Make some of the ids that will soon be broadcast; True when all are there."""
        return self._beacons.warm(now)
