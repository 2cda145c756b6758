"""What the centre sends down, checked and applied to the database: people, consents, erasures, and all that is sold.

The downlink calls a handler for each stream; ``storeside customers import`` goes the same way, so that both mean
the same. Memory follows once it is on disk.
"""

from __future__ import annotations

import json
import sqlite3
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from cloud_sync.downlink import Handler, StreamChange
from cloud_sync.errors import ChangeRefused
from edge.campaigns.authoring.campaign_body import CampaignBody, campaign_of
from edge.campaigns.authoring.offer_body import OfferBody, offer_of
from edge.domain.consent import ConsentEntry, ConsentState, Purpose
from edge.domain.customer import Customer
from edge.domain.errors import SettingsInvalid
from edge.domain.ids import OfferId, Sku, Token
from edge.domain.product_code import CodeRules, listed_as
from edge.state.product_codes import ProductCodes
from edge.storage import erasure as erase
from edge.storage import other_channel_sales
from edge.storage.catalogue import campaigns, offers, products, promotions, stock, triggers
from edge.storage.catalogue.challenges import know_challenge
from edge.storage.catalogue.products import CodeText
from edge.storage.catalogue.stock import StockRow
from edge.storage.catalogue.triggers import TriggerRow
from edge.storage.measurement.driver_credits import know_bounty
from edge.storage.operations import withdrawn_models
from edge.storage.people import (
    app_keys,
    beacon_keys,
    consents,
    customers,
    identifier_links,
    profiles,
)
from edge.storage.people.app_keys import AppKey
from edge.storage.people.coupons import CouponRow, know_coupons
from edge.storage.people.identifier_links import IdentifierLink
from models.features.profile import NOWHERE, Profile
from models.items import item_key, place_number

Short = Annotated[str, Field(min_length=1, max_length=128)]
TokenText = Annotated[str, Field(pattern=r"^c-[a-z0-9-]{4,64}$")]


class _Down(BaseModel):
    """A body from the centre; a field of a later version is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class LinkBody(_Down):
    """The keyed code of one identifier, made by `edge.domain.ids.link_code` with this store's key."""

    kind: Short
    code: Annotated[str, Field(pattern=r"^[a-z2-7]{16,64}$")]


class HabitBody(_Down):
    """How often one product was bought, where single trips are not known."""

    sku: CodeText
    trips: int = Field(ge=1, le=10_000)
    last_at: AwareDatetime


class TripBody(_Down):
    """One earlier trip with its products: in which ``store``, if told, and which of them were ``promoted`` there."""

    at: AwareDatetime
    skus: tuple[CodeText, ...] = Field(max_length=500)
    store: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")] | None = None
    promoted: tuple[CodeText, ...] = Field(default=(), max_length=500)


class CustomerBody(_Down):
    """Stream ``customers``. ``beacon_key``: 32 bytes as hex; ``app_key``: a public JSON Web Key with its ``kid``."""

    token: TokenText
    locale: Short = "en-US"
    segments: tuple[Short, ...] = Field(default=(), max_length=64)
    links: tuple[LinkBody, ...] = Field(default=(), max_length=16)
    beacon_key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    app_key: dict[str, str] | None = None
    history: tuple[HabitBody, ...] = Field(default=(), max_length=2_000)
    trips: tuple[TripBody, ...] = Field(default=(), max_length=1_000)
    coupons: tuple[CouponRow, ...] = Field(default=(), max_length=1_000)


class ConsentBody(_Down):
    """Stream ``consents``: one line of the ledger, under an id that is its own for ever."""

    id: Short
    token: TokenText
    purpose: Purpose
    state: ConsentState
    market: Short
    notice_id: Annotated[str, Field(max_length=128)] = ""
    given_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    channel: Short = "central"


Now = Callable[[], datetime]
"""The real instant: aware, UTC."""


class CentralChanges:
    """Applies changes. ``touched`` collects people whose memory must be refreshed once it is on disk."""

    def __init__(self, *, zone: ZoneInfo, now: Now, rules: CodeRules | None = None) -> None:
        """``zone`` is the store's own: habits count local days. ``rules``: how its own product codes are read."""
        self._zone = zone
        self._now = now
        self._rules = rules or CodeRules()
        # Deques, because handlers append on the writer's thread and the loop takes from the other end.
        self.touched: deque[Token] = deque()
        self.erased: deque[Token] = deque()

    def codes(self, conn: sqlite3.Connection) -> ProductCodes:
        """Reads product codes against what is sold on ``conn`` now."""
        return ProductCodes(partial(products.sku_of, conn), self._rules)

    def listed(self, code: str) -> Sku:
        """How a product is spelled that comes under ``code``: as it is told, but an element string's by its GTIN."""
        return listed_as(code, self._rules)

    def handlers(self) -> Mapping[str, Handler]:
        """One handler a stream; each runs inside the downlink's transaction and may run again."""
        return {
            "consents": self._each(self.consent),
            "erasures": self._each(self.erasure),
            "customers": self._each(self.customer),
            "products": self._products,
            "stock": self._each(self.stock),
            "campaigns": self._each(self.campaign),
            "offers": self._each(self.offer),
            "promotions": self._promotions,
            "triggers": self._each(self.trigger),
            "challenges": self._each(_keep(know_challenge)),
            "bounties": self._each(_keep(know_bounty)),
            "withdrawals": self._each(_keep(withdrawn_models.know)),
            "sales": self._each(_keep(other_channel_sales.know)),
        }

    def customer(self, conn: sqlite3.Connection, change: StreamChange) -> None:
        """Know a person, or know them no more."""
        if change.op == "delete":
            self._gone(conn, Token(change.key))
            return
        body = CustomerBody.model_validate(change.body)
        token = Token(body.token)
        # A deletion names the key alone: what came under a wrong one could not be taken back by it.
        if token != change.key:
            raise ChangeRefused("customers: the body is about somebody else than its key")
        known = Customer(token=token, locale=body.locale, segments=body.segments)
        customers.upsert(conn, known)
        for link in body.links:
            identifier_links.put(
                conn, IdentifierLink(code=link.code, token=token, kind=link.kind)
            )
        if body.beacon_key is not None:
            beacon_keys.put(conn, token, bytes.fromhex(body.beacon_key))
        if body.app_key is not None:
            _know_app(conn, token, body.app_key)
        # Without news of habits a person keeps those that they have.
        if body.history or body.trips:
            profiles.save(conn, token, self._profile(conn, token, body).to_bytes())
        if body.coupons:
            know_coupons(conn, token, body.coupons, self._day, self.codes(conn).key)
        self.touched.append(token)

    def consent(self, conn: sqlite3.Connection, change: StreamChange) -> None:
        """Put one line behind the ledger; lines are never taken away, so a deletion is refused."""
        if change.op == "delete":
            raise ChangeRefused("a consent line is withdrawn by a later line, never deleted")
        body = ConsentBody.model_validate(change.body)
        consents.append(conn, [entry_of(body)])
        self.touched.append(Token(body.token))

    def erasure(self, conn: sqlite3.Connection, change: StreamChange) -> None:
        """Forget a person for good; taking an erasure back does not bring anybody back."""
        if change.op == "upsert":
            self._gone(conn, Token(change.key))

    def stock(self, conn: sqlite3.Connection, change: StreamChange) -> None:
        """What is on hand as the centre counts it, in pieces or by weight."""
        if change.op == "delete":
            stock.delete(conn, [self.codes(conn).sku(change.key)])
            return
        row = StockRow.model_validate(change.body)
        stock.put(conn, self.codes(conn).sku(row.sku), row.on_hand, self._now(), row.unit)

    def offer(self, conn: sqlite3.Connection, change: StreamChange) -> None:
        """Know an offer, or propose it no more."""
        if change.op == "delete":
            offers.delete(conn, [OfferId(change.key)])
        else:
            # A centre of a later version may say more of an offer than this store knows.
            body = OfferBody.model_validate(change.body, extra="ignore")
            _about_its_key(change, body.id)
            offers.upsert(conn, [offer_of(body)])

    def campaign(self, conn: sqlite3.Connection, change: StreamChange) -> None:
        """Run a campaign, or run it no more."""
        if change.op == "delete":
            campaigns.delete(conn, [change.key])
        else:
            body = CampaignBody.model_validate(change.body, extra="ignore")
            _about_its_key(change, body.id)
            campaigns.upsert(conn, [campaign_of(body)])

    def trigger(self, conn: sqlite3.Connection, change: StreamChange) -> None:
        """Put a trigger in force, or out of it."""
        if change.op == "delete":
            triggers.withdraw(conn, change.key)
            return
        try:
            triggers.publish(conn, TriggerRow.model_validate(change.body), self._now())
        except SettingsInvalid as error:
            raise ChangeRefused(f"triggers: {error}") from None

    def _products(self, conn: sqlite3.Connection, changes: Sequence[StreamChange]) -> None:
        """Many at once: a whole assortment comes down in a few pages."""
        # A page may name a product twice: the newest word counts.
        sold = {c.key: c for c in changes}
        products.delete(conn, [self.listed(c.key) for c in sold.values() if c.op == "delete"])
        products.upsert(conn, [self._listed(c.body) for c in sold.values() if c.op == "upsert"])

    def _promotions(self, conn: sqlite3.Connection, changes: Sequence[StreamChange]) -> None:
        """Many at once, too: a week's leaflet names thousands of products."""
        told = {c.key: c for c in changes}
        promotions.delete(conn, [c.key for c in told.values() if c.op == "delete"])
        promotions.upsert(
            conn,
            {c.key: c.body for c in told.values() if c.op == "upsert"},
            self.codes(conn).key,
        )

    def _listed(self, body: Mapping[str, object]) -> Mapping[str, object]:
        sku = body.get("sku")
        return {**body, "sku": self.listed(sku)} if isinstance(sku, str) else body

    def _gone(self, conn: sqlite3.Connection, token: Token) -> None:
        erase.forget(conn, token, self._now())
        self.erased.append(token)

    def _profile(self, conn: sqlite3.Connection, token: Token, body: CustomerBody) -> Profile:
        """Habits with this history in them; a trip that is known already counts once."""
        stored = profiles.find(conn, token)
        profile = Profile.empty() if stored is None else Profile.from_bytes(stored)
        key_of = self.codes(conn).key
        for habit in body.history:
            profile.seed(key_of(habit.sku), habit.trips, self._day(habit.last_at))
        for trip in sorted(body.trips, key=lambda t: t.at):
            day, place = self._day(trip.at), _place_of(trip.store)
            for sku in trip.skus:
                profile.record(key_of(sku), day, place=place, promoted=sku in trip.promoted)
        return profile

    def _day(self, at: datetime) -> int:
        return at.astimezone(self._zone).date().toordinal() - datetime(1970, 1, 1).toordinal()  # noqa: DTZ001

    @staticmethod
    def _each(apply: Callable[[sqlite3.Connection, StreamChange], None]) -> Handler:
        def handler(conn: sqlite3.Connection, changes: Sequence[StreamChange]) -> None:
            for change in changes:
                try:
                    apply(conn, change)
                except ValidationError as error:
                    # The fields' names only: what they hold may tell of a person.
                    fields = ", ".join(".".join(map(str, e["loc"])) for e in error.errors())
                    raise ChangeRefused(f"{change.stream}: not valid: {fields}") from None

        return handler


def entry_of(body: ConsentBody) -> ConsentEntry:
    """The ledger line that a body states."""
    return ConsentEntry(
        id=body.id,
        token=Token(body.token),
        purpose=body.purpose,
        state=body.state,
        market=body.market,
        notice_id=body.notice_id,
        given_at=body.given_at,
        expires_at=body.expires_at,
        channel=body.channel,
    )


def _place_of(store: str | None) -> int:
    """The number of the store of a trip; a trip of which nobody says where counts as made here."""
    return NOWHERE if store is None else place_number(item_key(store))


def _about_its_key(change: StreamChange, id_: str) -> None:
    """A body under another's key could never be taken back."""
    if id_ != change.key:
        raise ChangeRefused(f"{change.stream}: the body is about another one than its key")


def _keep(know: Callable[..., None]) -> Callable[[sqlite3.Connection, StreamChange], None]:
    """Keep what ``know`` takes by its key, or know it no more."""
    return lambda conn, change: know(
        conn, change.key, change.body if change.op == "upsert" else None
    )


def _know_app(conn: sqlite3.Connection, token: Token, jwk: Mapping[str, str]) -> None:
    """Believe presence claims signed by this app."""
    kid = jwk.get("kid")
    if not kid:
        raise ChangeRefused("app_key: a kid is missing")
    app_keys.put(conn, AppKey(kid=kid, token=token, public_key=json.dumps(dict(jwk))))
