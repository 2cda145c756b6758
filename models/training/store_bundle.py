"""A store's own bundle: tables counted from its own till, under a network that ranks any assortment.

``edge.app.learning`` calls it every night; the bundle is then signed with the store's own key and judged.
"""

from pathlib import Path

from models.bundle.manifest import GOLDEN, GRAPH, Manifest
from models.bundle.signature import Trust
from models.serving.verify import check_sealed, read_sealed
from models.sources.journey import Journey
from models.statistics.tables import rounded
from models.statistics.tabulate import LOCAL_PLAN, TablePlan, tabulate
from models.training.train import OfferPart, TrainingFacts, write_bundle


def store_bundle(  # noqa: PLR0913 - what it is made of, and what it is called
    journey: Journey,
    starter: Path,
    out: Path,
    until_day: int,
    *,
    name: str,
    seed: int,
    plan: TablePlan = LOCAL_PLAN,
    trust: Trust | None = None,
) -> Manifest:
    """Write a bundle of ``journey``'s trips up to local day ``until_day`` (since 1970) into ``out``, unsigned.

    Its vocabulary is everything that is or was sold in the store by then or that the catalogue lists; graph and golden
    rows are those of ``starter``, signed by a release or by whom ``trust`` names. The same trips, plan and
    seed give the same bytes. Raises ``BundleRefused`` for the starter, ``TooLittleData`` without a trip.
    """
    sealed = read_sealed(starter, trust)
    check_sealed(sealed)
    tables = rounded(tabulate(journey, until_day, plan, seed, vocabulary=journey.items.keys))
    facts = TrainingFacts(
        source="till",
        first_day=int(journey.lines.day.min()),
        until_day=until_day,
        seed=seed,
        name=name,
        # How offers are redeemed here nobody has learnt yet.
        offers=OfferPart(reason="it was counted from the store's own till"),
    )
    made = {part: sealed.files[part] for part in (GRAPH, GOLDEN)}
    return write_bundle(tables, made, facts, {}, out)
