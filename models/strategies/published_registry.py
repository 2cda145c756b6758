"""The seven published methods, with the settings that validation chose (``models.evaluation.tune``).

``evaluation.checks.bundle_lists`` ranks by all of them beside a bundle; no store does.
"""

from dataclasses import dataclass

from models.sources.journey import Journey
from models.statistics.tables import Tables
from models.strategies.g_topfreq import GTopFreq
from models.strategies.gp_topfreq import GPTopFreq
from models.strategies.item_cosine import TUNED as TUNED_COSINE
from models.strategies.item_cosine import CosineSettings, ItemCosine
from models.strategies.p_topfreq import PTopFreq, PTopFreq25
from models.strategies.protocol import PublishedMethod, registered
from models.strategies.tifu_knn import TUNED as TUNED_TIFU
from models.strategies.tifu_knn import TifuKnn, TifuSettings
from models.strategies.trip_history import read_trip_history
from models.strategies.up_cf import TUNED as TUNED_UP
from models.strategies.up_cf import UpCf, UpSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSettings:
    """Of the methods that have any; what validation on the public grocer chose, if nothing else is given."""

    tifu: TifuSettings = TUNED_TIFU
    up: UpSettings = TUNED_UP
    cosine: CosineSettings = TUNED_COSINE


def published(
    journey: Journey,
    tables: Tables,
    cut_day: int,
    settings: PublishedSettings | None = None,
) -> dict[str, PublishedMethod]:
    """Every method by name: what the chain knows frozen at ``cut_day``, the shopper's own past live.

    TIFU-KNN and UP-CF hold other households' purchases in memory: for measuring only, never for a
    bundle.
    """
    chosen = settings or PublishedSettings()
    past = read_trip_history(journey, tables, cut_day)
    strategies: list[PublishedMethod] = [
        GTopFreq(tables=tables),
        PTopFreq(tables=tables),
        GPTopFreq(tables=tables),
        PTopFreq25(tables=tables),
        TifuKnn.over(past, tables, chosen.tifu),
        UpCf.over(past, tables, chosen.up),
        ItemCosine(tables=tables, settings=chosen.cosine),
    ]
    return registered(strategies)
