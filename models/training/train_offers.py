"""The part of a bundle that knows offers: its graph, golden rows and figures, or the reason why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.bundle.manifest import OFFERS, OFFERS_GOLDEN
from models.evaluation.offers import judge_out_of_fold
from models.items import Items
from models.offers.examples import OfferExamples, collect_offers
from models.offers.features import OFFER_FEATURES
from models.offers.graph import write_offer_graph
from models.offers.learning import learn_from
from models.serving.verify import write_golden
from models.sources.journey import Journey
from models.statistics.tables import Floats
from models.training.graph import OPSET

_GOLDEN_ROWS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPart:
    """``files``, ``features`` and ``figures`` are empty where ``reason`` says why nothing was learnt."""

    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    features: tuple[str, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict[str, float])
    reason: str = ""


def train_offers(
    source: str | Path, journey: Journey, items: Items, until_day: int
) -> OfferPart:
    """Learn from the campaigns whose outcome shows by the end of local day ``until_day``.

    ``items`` is the vocabulary that will serve. The figures are cross-validated inside that window.
    """
    examples = collect_offers(source, journey, items, (0, until_day + 1), until_day)
    learnt = learn_from(examples)
    if learnt.model is None:
        return OfferPart(reason=learnt.reason)
    golden = _golden_rows(examples)
    return OfferPart(
        files={
            OFFERS: write_offer_graph(learnt.model, OPSET),
            OFFERS_GOLDEN: write_golden(golden, learnt.model.chances(golden)),
        },
        features=OFFER_FEATURES,
        figures={f"offers_{name}": it for name, it in judge_out_of_fold(examples).items()},
    )


def _golden_rows(examples: OfferExamples) -> Floats:
    rows = np.linspace(0, len(examples) - 1, _GOLDEN_ROWS).astype(np.int64)
    return examples.features[rows]
