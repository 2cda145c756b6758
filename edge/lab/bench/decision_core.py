"""The decision's core alone, in this process: the whole, its two questions to the model, and the bare graph.

``suite`` calls ``core_alone`` beside the figures of the running service, to tell the decision from the way to
it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from edge.domain.catalogue import Tuning
from edge.domain.consent import Purpose
from edge.domain.customer import Customer
from edge.domain.ids import DecisionId, VisitId
from edge.domain.placement import PLACEMENTS
from edge.domain.store_site import StoreSite
from edge.lab.bench.catalogue import TIME_ZONE, token_of
from edge.lab.bench.figures import percentile
from edge.state.catalogue import Ages, CatalogueParts, CurrentCatalogue, catalogue_of
from edge.state.customers import Person
from edge.state.decider import Decider, DecisionRequest, prior_of
from edge.storage.catalogue import offers, products, trend
from edge.storage.connection import open_reader
from edge.storage.people import profiles
from models.bundle.manifest import GRAPH
from models.bundle.scorer import Scorer
from models.features.profile import Profile
from models.features.request import ModelRequest
from models.moment import Moment
from models.serving.local_fallback import LocalFallback
from models.serving.open_bundle import Bundle, open_bundle
from models.serving.ranker import Ranker
from models.serving.registry import SHIPPED_BUNDLE
from models.statistics.trend import StoreTrend

# The first calls fill the memos of profile and trend, which a running store has.
_WARM_UP = 20
_SITE = StoreSite(zone=ZoneInfo(TIME_ZONE))


def core_alone(
    database: Path, store_key: bytes, shortlist: int, repeats: int
) -> dict[str, object]:
    """Milliseconds of each part, one after the other in turns so that a busy neighbour hits all alike."""
    ranker: Ranker = open_bundle(SHIPPED_BUNDLE) if _is_shipped() else LocalFallback()
    decider, question, profile, live = _scene(database, store_key, ranker, shortlist)
    day, hour = _SITE.moment(question.at)
    # The request that the decider makes for itself, so that the parts add up to the whole.
    view = ModelRequest(profile=profile, trend=live, moment=Moment(day=day, hour=hour))
    nothing = np.empty(0, np.int64)
    keys = ranker.shortlist(view, shortlist, nothing).keys
    parts: dict[str, Callable[[], object]] = {
        "decision": lambda: decider.make(question),
        "shortlist": lambda: ranker.shortlist(view, shortlist, nothing),
        "score": lambda: ranker.score(view, keys),
    }
    if isinstance(ranker, Bundle):
        scorer, rows = (
            Scorer((SHIPPED_BUNDLE / GRAPH).read_bytes()),
            ranker.features(view, keys),
        )
        parts["graph"] = lambda: scorer.score(rows)
    return {"candidates": len(keys), "model": ranker.label, **_timed(parts, repeats)}


def _timed(
    parts: Mapping[str, Callable[[], object]], repeats: int
) -> dict[str, dict[str, float]]:
    taken = {name: list[int]() for name in parts}
    for number in range(_WARM_UP + repeats):
        for name, part in parts.items():
            began = time.perf_counter_ns()
            part()
            if number >= _WARM_UP:
                taken[name].append((time.perf_counter_ns() - began) // 1_000)
    return {
        name: {"p50_ms": percentile(us, 50), "p99_ms": percentile(us, 99)}
        for name, us in taken.items()
    }


def _scene(
    database: Path, store_key: bytes, ranker: Ranker, shortlist: int
) -> tuple[Decider, DecisionRequest, Profile, StoreTrend]:
    """The store's own shelves, trend and first customer."""
    with closing(open_reader(database)) as conn:
        goods = CatalogueParts(products=products.every(conn), offers=offers.every(conn))
        catalogue, _ = catalogue_of(goods, Tuning(shortlist=shortlist))
        token = token_of(0, store_key)
        profile = Profile.from_bytes(profiles.find(conn, token) or Profile.empty().to_bytes())
        stored = trend.find(conn)
    prior = prior_of(ranker)
    live = StoreTrend(prior) if stored is None else StoreTrend.from_bytes(stored, prior)
    now = datetime.now(UTC)
    # All heard just now, or an old input would be dropped and its step cost nothing.
    ages = Ages()
    for name in ("prices", "offers", "promotions", "stock", "trend"):
        ages.heard(name, now)
    decider = Decider(
        ranker=ranker,
        fallback=LocalFallback(),
        site=_SITE,
        catalogue=CurrentCatalogue(catalogue),
        ages=ages,
        on_fallback=lambda: None,
    )
    decider.follow(live)
    question = DecisionRequest(
        id=DecisionId("d-bench"),
        placement=PLACEMENTS["kiosk-home"],
        limit=6,
        at=now,
        visit=VisitId("v-bench"),
        person=Person(customer=Customer(token=token), profile=profile),
        purposes=frozenset(Purpose),
    )
    return decider, question, profile, live


def _is_shipped() -> bool:
    return (SHIPPED_BUNDLE / "manifest.json").is_file()
