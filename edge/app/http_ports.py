"""What the HTTP server asks of the running store: one service behind every door, each on the parts it uses.

`Bootstrap.ports` calls it once everything runs; `edge.api.server` serves the result.
"""

from __future__ import annotations

from pathlib import Path

import devices
from edge.api.devices.credentials import BrokerCredentials
from edge.api.devices.mqtt_session import BrokerAddress, BrokerLines
from edge.api.devices.page_gateway import StoreFacts
from edge.api.http.sse import ConsoleFeed
from edge.api.http.tickets import Tickets
from edge.api.server import Ports
from edge.api.services.decision_records import StoredRecords
from edge.api.services.device_lookup import FleetRoster
from edge.api.services.experiments import StoredExperiments
from edge.api.services.kpi_board import StoredFigures
from edge.api.services.overview import Desk
from edge.api.services.portfolio import StoredPortfolio
from edge.api.services.shopper_rights import ShopperRights
from edge.api.services.triggers import StoredTriggers
from edge.app.settings import Settings
from edge.campaigns.experiments.results import Holdout
from edge.domain.market import RecognitionMethod
from edge.pipeline.runtime import Runtime
from edge.pipeline.supervisor import Supervisor

_PAGES = Path(devices.__file__).parent / "web"


def http_ports(
    runtime: Runtime,
    settings: Settings,
    *,
    feed: ConsoleFeed,
    tickets: Tickets,
    supervisor: Supervisor,
) -> Ports:
    """Every port. ``tickets`` are those that kiosks are given by the sender, so that each is used up once."""
    mqtt = settings.mqtt
    address = BrokerAddress(host=mqtt.host, port=mqtt.port, ca=mqtt.ca)
    roster = FleetRoster(runtime.devices.fleet)
    desk = Desk(runtime, supervisor, settings.data_dir / "pages.json")
    portfolio = StoredPortfolio(runtime, settings.database)
    return Ports(
        store=_facts(runtime, settings),
        version=runtime.facts.version,
        clock=runtime.clock,
        pages=_PAGES,
        credentials=BrokerCredentials(address, roster),
        roster=roster,
        connect=BrokerLines(address, runtime.facts.store, runtime.clock),
        events=runtime.pipeline.intake,
        decisions=runtime.pipeline.decision_requests,
        overview=desk,
        records=StoredRecords(runtime),
        brake=desk,
        shoppers=ShopperRights(runtime),
        tickets=tickets,
        readiness=desk,
        experiments=_experiments(runtime, settings),
        kpis=StoredFigures(
            runtime.database,
            settings.database,
            runtime.state.catalogue,
            runtime.state.site,
            runtime.clock,
        ),
        triggers=StoredTriggers(runtime.database),
        portfolio=portfolio,
        library=portfolio,
        drafting=portfolio,
        feed=feed,
    )


def _facts(runtime: Runtime, settings: Settings) -> StoreFacts:
    market = runtime.facts.market
    return StoreFacts(
        id=runtime.facts.store,
        demo=runtime.facts.demo,
        currency=settings.store.currency,
        locale=settings.store.locale,
        notice=min(market.notice_ids),
        purposes=tuple(market.askable(RecognitionMethod.KIOSK_LOGIN)),
    )


def _experiments(runtime: Runtime, settings: Settings) -> StoredExperiments:
    """The tests, held against the global holdout as it is set."""
    decision = settings.decision
    holdout = Holdout(salt=decision.holdout_salt, pct=decision.holdout_pct)
    return StoredExperiments(runtime.database, settings.database, holdout, runtime.clock)
