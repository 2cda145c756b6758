"""After the shoppers: wait until everything has arrived, then count it from outside.

``run`` calls ``count`` after the replay, while every process still runs; ``audit`` counts and ``summary``
tells it.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack
from pathlib import Path

from devices.messages import Command, Show
from devices.simulator.floor import SimulatedFloor
from devices.simulator.station import Connect
from edge.domain.consent import Purpose
from edge.domain.errors import NotProvisioned
from edge.domain.ids import Token
from edge.lab.demo import audit
from edge.lab.demo.evidence import read_evidence, waiting
from edge.lab.demo.opening import OpenStore
from edge.lab.demo.paired_outcomes import written
from edge.lab.demo.replaying import ReplayedDay, lines_of
from edge.lab.demo.seed import DemoSeed
from edge.lab.demo.shoppers import identifiers, purposes_of
from edge.lab.demo.summary import DemoCount
from edge.lab.local_server import LocalServer, central_ids
from edge.lab.processes import until
from models.serving.registry import BundleRegistry

_DRAIN_WITHIN_S = 30.0
# A retained message comes with the subscription; this is long after.
_RETAINED_COMES_S = 0.3
# Raw identifiers as the demo invents them; none may be anywhere in the folder.
_RAW = re.compile(rb"household\.\d+@example\.org|\+1555\d{7}(?!\d)|(?<!\d)41\d{8}(?!\d)")
_ERROR = re.compile(rb'"level": ?"(error|critical)"|Traceback \(most recent call last\)')


async def drain(opened: OpenStore) -> bool:
    """Wait until the outbox is empty; whether it is."""
    return await until(lambda: waiting(opened.folder.database) == 0, _DRAIN_WITHIN_S)


async def count(opened: OpenStore, played: ReplayedDay) -> DemoCount:
    """The whole account of a demo, while its processes still run.

    The service's own word is asked for nothing but its memory.
    """
    # First, while what the broker keeps is as the replay has left it.
    retained = await retained_personal(opened.equipment.floor, lines_of(opened))
    drained = await drain(opened)
    bundles = BundleRegistry(opened.folder.path / "models")
    evidence = await asyncio.to_thread(read_evidence, opened.folder.database, bundles)
    # The store goes on telling while it is read: what the disk held by then is lost only if it has not arrived
    # once the outbox has been empty again.
    drained = await drain(opened) and drained
    central = await at_centre(opened.hub)
    raw = await asyncio.to_thread(raw_identifiers, opened.folder.path, opened.seed)
    # By household, as the trips name people; the store knows them by pseudonym only.
    tokens = {str(household): token for token, household in opened.seed.people.items()}
    counters, trips = played.counters, opened.seed.trips
    hit_rate, arrivals = audit.hit_rate(played.paid, evidence, tokens)
    complements, tills = audit.complements(played.paid, counters.shown, evidence)
    violations = (
        audit.without_consent(evidence, allowed_before(opened.seed))
        + audit.wrongly_shown(counters.shown, evidence)
        + retained
        + raw
    )
    return DemoCount(
        store=opened.seed.shop.id,
        counters=counters,
        evidence=evidence,
        identified=audit.identified(played.entered, evidence, tokens),
        hit_rate=hit_rate,
        complements=complements,
        arrivals=written(trips, arrivals),
        tills=written(trips, tills),
        central=len(central),
        lost=audit.lost((sent.id for sent in counters.accepted), evidence, central),
        duplicates=audit.doubled(central),
        consent_violations=violations,
        errors=_errors(opened, played) + (not drained),
        rss_mb=opened.service_process.memory_mb(),
        ready_s=opened.ready_s,
    )


def allowed_before(seed: DemoSeed) -> dict[Token, frozenset[Purpose]]:
    """What everybody allowed before the first visitor; nobody else has allowed anything."""
    return {
        token: purposes_of(household)
        for token, household in seed.people.items()
        if household in set(seed.shop.households())
    }


def raw_identifiers(folder: Path, seed: DemoSeed) -> int:
    """How many e-mail addresses, telephone and loyalty numbers of these people lie anywhere in the folder."""
    own = set[bytes]()
    for household in seed.people.values():
        carried = identifiers(household)
        own |= {value.encode() for value in (carried.loyalty, carried.email, carried.phone)}
    # A link could lead out of the folder.
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(found in own for path in files for found in _RAW.findall(path.read_bytes()))


async def retained_personal(floor: SimulatedFloor, connect: Connect) -> int:
    """How many screens find somebody's content waiting for them when they come back."""
    found = list[Show]()
    async with AsyncExitStack() as stack:
        for spot in floor.spots:
            # Only screens are shown anything that could be kept.
            if spot.device_class.is_screen:
                await stack.enter_async_context(connect(spot, found.append, _ignored))
        await asyncio.sleep(_RETAINED_COMES_S)
    return sum(show.kind == "personal" for show in found)


async def at_centre(hub: LocalServer) -> list[str]:
    """The centre's ids; none if it is away, which the count then shows as lost."""
    try:
        return await central_ids(hub)
    except NotProvisioned:
        return []


def _errors(opened: OpenStore, played: ReplayedDay) -> int:
    """Processes that died, errors in their logs, and what went wrong at the devices."""
    logs = (opened.folder.path / name for name in ("service.log", "hub.log"))
    logged = sum(len(_ERROR.findall(log.read_bytes())) for log in logs)
    counters = played.counters
    return opened.restarts + logged + counters.errors.total() + len(counters.waiting)


def _ignored(_command: Command) -> None:
    """Orders are of no interest here."""
