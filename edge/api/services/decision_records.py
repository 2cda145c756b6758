"""What the store remembers, as the console may see it: invented names, never a token.

The console's routes call it; ``storeside explain`` tells a decision from the file itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import JsonValue

from edge.api.services.device_lookup import FleetRoster
from edge.api.services.overview import devices_of
from edge.api.views.overview import DeviceView
from edge.api.views.records import DecisionRecord, OfferView, ShelfView, VisitView
from edge.decision.codec import decode_decision, decode_inputs, in_rows
from edge.decision.explain import explain, names_in
from edge.domain.catalogue import Catalogue
from edge.domain.currency import StoreCurrency
from edge.domain.customer import who
from edge.domain.ids import DecisionId, Token, label
from edge.domain.offer import Offer
from edge.domain.visit import Visit
from edge.pipeline.runtime import Runtime
from edge.storage.catalogue import offers
from edge.storage.decisions import decisions
from edge.storage.decisions.decisions import StoredDecision
from edge.storage.visits import visits
from models.serving.registry import BundleRegistry, StoredBundle

# More than a shop holds at once and a console can show.
_VISITS = 200


class StoredRecords:
    """Decisions, visits, devices, offers and bundles, from the database, the fleet and the shelf."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._roster = FleetRoster(runtime.devices.fleet)

    async def decision(self, decision: DecisionId) -> DecisionRecord | None:
        """One stored decision with its reasons, or None."""
        state = self._runtime.state
        found = self._runtime.database.read(lambda conn: decisions.find(conn, decision))
        return (
            None
            if found is None
            else record_of(found, state.catalogue.in_force, state.site.currency)
        )

    async def visits(self) -> Sequence[VisitView]:
        """Open and recent visits, latest first."""
        return [
            _visit(v) for v in self._runtime.database.read(lambda c: visits.recent(c, _VISITS))
        ]

    async def devices(self) -> Sequence[DeviceView]:
        """Every provisioned device, with what it last said of itself."""
        return devices_of(
            self._roster.devices,
            self._runtime.devices.device_registry.all,
            self._runtime.state.device_clocks.all(),
        )

    async def offers(self) -> Sequence[OfferView]:
        """Every offer, and whether it may be proposed at this moment of business time."""
        clock = self._runtime.clock
        at = clock.business(clock.now())
        return [_offer(offer, at) for offer in self._runtime.database.read(offers.every)]

    async def models(self) -> Sequence[ShelfView]:
        """The model bundles on the shelf."""
        # The shelf is a folder: looking into it may wait for the disk.
        return await asyncio.to_thread(_bundles, self._runtime.bundles)


def record_of(
    stored: StoredDecision, catalogue: Catalogue | None, currency: StoreCurrency
) -> DecisionRecord:
    """The record of a decision; products that ``catalogue`` does not know go by their number."""
    decision, inputs = decode_decision(stored.output), decode_inputs(stored.inputs)
    names = {} if catalogue is None else names_in(catalogue, decision)
    return DecisionRecord(
        decision=_untold(in_rows(decision), decision.token),
        words=explain(decision, inputs, names, currency),
        inputs=_untold(stored.inputs, inputs.token),
        timing={"core_ms": stored.core_us / 1_000, "total_ms": stored.total_us / 1_000},
    )


def _untold(stored: bytes, token: Token | None) -> dict[str, JsonValue]:
    """The stored JSON with an invented name where the token was."""
    told: dict[str, JsonValue] = json.loads(stored)
    told.pop("token", None)
    return {**told, "who": who(token)}


def _visit(visit: Visit) -> VisitView:
    return VisitView(
        visit=label(visit.id),
        who=who(visit.token),
        method=visit.method.value,
        zone=visit.zone,
        opened_at=visit.opened_at,
        seen_at=visit.seen_at,
        ended_at=visit.ended_at,
        ended=None if visit.ended is None else visit.ended.value,
    )


def _offer(offer: Offer, at: datetime) -> OfferView:
    return OfferView(
        id=offer.id,
        headline=offer.headline,
        category=offer.category,
        discount_cents=offer.discount_cents,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        campaign=offer.campaign,
        items=len(offer.items),
        live=offer.is_live(at),
    )


def _bundles(bundles: BundleRegistry) -> tuple[ShelfView, ...]:
    """Every bundle; one that cannot be used says so by its label."""
    return tuple(_bundle(stored) for stored in bundles.list())


def _bundle(stored: StoredBundle) -> ShelfView:
    """``created_at`` is when the bundle came onto this shelf."""
    came = stored.path.stat().st_mtime
    return ShelfView(
        label=stored.label,
        digest=stored.digest,
        active=stored.active,
        created_at=datetime.fromtimestamp(came, UTC),
    )
