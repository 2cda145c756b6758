"""The seven published methods, with the settings that validation chose (``models.evaluation.tune``).

``evaluation.checks.bundle_lists`` ranks by all of them beside a bundle; no store does.
"""

from models.sources.journey import Journey
from models.statistics.tables import Tables
from models.strategies.g_topfreq import GTopFreq
from models.strategies.gp_topfreq import GPTopFreq
from models.strategies.item_cosine import ItemCosine
from models.strategies.p_topfreq import PTopFreq, PTopFreq25
from models.strategies.protocol import PublishedMethod, registered
from models.strategies.tifu_knn import TifuKnn
from models.strategies.trip_history import read_trip_history
from models.strategies.up_cf import UpCf


def published(journey: Journey, tables: Tables, cut_day: int) -> dict[str, PublishedMethod]:
    """Every method by name: what the chain knows frozen at ``cut_day``, the shopper's own past live.

    TIFU-KNN and UP-CF hold other households' purchases in memory: for measuring only, never for a
    bundle.
    """
    past = read_trip_history(journey, tables, cut_day)
    strategies: list[PublishedMethod] = [
        GTopFreq(tables=tables),
        PTopFreq(tables=tables),
        GPTopFreq(tables=tables),
        PTopFreq25(tables=tables),
        TifuKnn.over(past, tables),
        UpCf.over(past, tables),
        ItemCosine(tables=tables),
    ]
    return registered(strategies)
