"""Newer counts for a bundle that has learnt: same network, same vocabulary, tables up to a later day.

``edge.cli.model_training`` calls it where counts have grown old and the network has not.
"""

from datetime import date
from pathlib import Path

from models.bundle.manifest import GOLDEN, GRAPH, OFFERS, OFFERS_GOLDEN, Manifest
from models.bundle.signature import OWN_WORK
from models.serving.open_bundle import open_bundle
from models.serving.verify import read_sealed
from models.sources.journey import LOCAL_OFFSET_S, read_journey
from models.statistics.tables import rounded
from models.statistics.tabulate import TablePlan, tabulate
from models.training.train import EPOCH, OfferPart, OnProgress, TrainingFacts, write_bundle


def refresh(  # noqa: PLR0913  # the options of one command
    source: str | Path,
    bundle: Path,
    out: Path,
    until: date | None,
    on_progress: OnProgress,
    *,
    utc_offset_hours: float = LOCAL_OFFSET_S / 3600,
    own_items: int | None = None,
) -> Manifest:
    """Write ``bundle`` anew into ``out`` with tables of all trips up to ``until``; None = of all trips.

    What the chain does between two trainings, every week: seconds instead of minutes. The figures stay
    those of the training. ``own_items``: the vocabulary is the source's items with so many trips, not the
    bundle's: the network then ranks an assortment that it has never seen, and nobody knows figures for it.
    Raises ``BundleRefused``, ``SourceUnreadable``, ``TooLittleData``.
    """
    on_progress("reading", 0.0)
    opened = open_bundle(bundle, OWN_WORK)
    journey = read_journey(source, utc_offset_hours)
    until_day = journey.last_day if until is None else (until - EPOCH).days
    on_progress("tabulating", 0.2)
    learnt = opened.manifest
    foreign = own_items is not None
    plan = TablePlan() if own_items is None else TablePlan(trips_min=own_items)
    vocabulary = None if foreign else opened.items.keys
    tables = rounded(tabulate(journey, until_day, plan, learnt.seed, vocabulary=vocabulary))
    on_progress("sealing", 0.9)
    # The very bytes of what was learnt: an opened bundle keeps none of them.
    files = read_sealed(bundle, OWN_WORK).files
    # How offers are redeemed elsewhere says nothing of these people.
    parts = (GRAPH, GOLDEN) if foreign else (GRAPH, GOLDEN, OFFERS, OFFERS_GOLDEN)
    kept = {name: files[name] for name in parts if name in files}
    facts = TrainingFacts(
        source=source,
        first_day=int(journey.lines.day.min()),
        until_day=until_day,
        seed=learnt.seed,
        name=learnt.name,
        offers=OfferPart(features=() if foreign else learnt.offer_features),
        answer=learnt.answer,
    )
    manifest = write_bundle(tables, kept, facts, {} if foreign else learnt.metrics, out)
    on_progress("done", 1.0)
    return manifest
