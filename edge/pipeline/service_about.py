"""What the service says of itself, retained for every device: placements, notices, purposes, currency and languages.

`edge.app.bootstrap` makes it; it is told at each connection to the broker, and anew when it has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from devices.messages import PlacementFacts, Purpose, ServiceAbout, encode
from devices.topics import service_about_topic
from edge.domain.currency import StoreCurrency
from edge.domain.market import MarketPolicy
from edge.domain.placement import SCREENS
from edge.state.catalogue import CurrentCatalogue
from edge.state.device_registry import Publish

# New offers may speak another language; nobody waits for it.
_LOOK_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAboutJob:
    """Publishes it. ``contract``: the version of what is published; ``locale``: the store's own language."""

    store: str
    contract: str
    market: MarketPolicy
    currency: StoreCurrency
    locale: str
    catalogue: CurrentCatalogue
    bus: Publish

    @property
    def present(self) -> ServiceAbout:
        """It as it is now; nothing of it is about anybody."""
        return ServiceAbout(
            contract=self.contract,
            placements=tuple(
                PlacementFacts.model_validate(
                    {
                        "name": one.name,
                        "class": one.surface,
                        "limit": one.limit,
                        "public": one.public,
                    }
                )
                for one in SCREENS.values()
            ),
            notices=tuple(sorted(self.market.notice_ids)),
            purposes=tuple(Purpose(one.value) for one in self.market.purposes),
            currency=self.currency.code,
            currency_exponent=self.currency.exponent,
            languages=tuple(dict.fromkeys(self._languages())),
        )

    def tell(self) -> ServiceAbout:
        """Publish it now; also at each connection, for a broker may have lost what it kept."""
        said = self.present
        self.bus.publish(service_about_topic(self.store), encode(said), retain=True)
        return said

    async def publish(self) -> None:
        """Tell it at the start and when it has changed, for ever."""
        said: ServiceAbout | None = None
        while True:
            if said != self.present:
                said = self.tell()
            await asyncio.sleep(_LOOK_S)

    def _languages(self) -> Iterator[str]:
        """The store's own first, then those in which its offers are worded."""
        yield self.locale
        yield from sorted(
            language
            for offer in self.catalogue.offers.values()
            for creative in offer.creatives
            for language in creative.modules
        )
