"""How well chances of redemption order and how far they can be believed, with intervals.

``training.train`` puts the figures into the manifest, ``evaluate`` into the report.

These figures say who redeems. They say nothing of what a campaign causes.
"""

from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.evaluation.metrics import reliability
from models.items import Items, Keys
from models.offers.examples import OfferExamples, collect_offers
from models.offers.learning import OfferModel, learn_offers, out_of_fold
from models.sources.journey import Journey
from models.statistics.tables import Floats

_Flags = npt.NDArray[np.bool_]

# The public data's campaigns that began from this day on are for the one test report a release.
PUBLIC_SPLIT = date(2017, 9, 25)

_DRAWS = 500


def judge_offers(
    model: OfferModel, examples: OfferExamples, *, seed: int = 0
) -> dict[str, float]:
    """Figures on rows that ``model`` did not learn from; empty unless both outcomes occur.

    ``*_low`` and ``*_high`` bound 95 % of a bootstrap over households.
    """
    if not examples.redeemed.any() or examples.redeemed.all():
        return {}
    chances = model.chances(examples.features)
    figures = _ordering(chances, examples.redeemed, examples.campaign)
    believed = reliability(chances, examples.redeemed)
    drawn = [
        _ordering(chances[rows], examples.redeemed[rows], examples.campaign[rows])
        for rows in _resamples(examples.household, seed)
        if examples.redeemed[rows].any()
    ]
    for name in tuple(figures):
        low, high = np.percentile([one[name] for one in drawn], [2.5, 97.5])
        figures |= {f"{name}_low": float(low), f"{name}_high": float(high)}
    figures |= {
        "rows": len(examples),
        "redeemed": int(examples.redeemed.sum()),
        "base_rate": believed.rate,
        "mean_chance": believed.mean_chance,
        "calibration_error": believed.error,
    }
    return {name: round(value, 5) for name, value in figures.items()}


def judge_out_of_fold(examples: OfferExamples) -> dict[str, float]:
    """Figures inside the training window: each campaign ordered by a model of all others."""
    logits = out_of_fold(examples).astype(np.float32)
    ordered = _ordering(logits, examples.redeemed, examples.campaign)
    figures = {f"oof_{name}": round(value, 5) for name, value in ordered.items()}
    counts = {"rows": len(examples), "redeemed": int(examples.redeemed.sum())}
    return {**counts, "base_rate": round(float(examples.redeemed.mean()), 5), **figures}


def judge_split(
    source: str | Path, journey: Journey, items: Items, split_day: int, known_day: int
) -> dict[str, float]:
    """Learn from what was known before ``split_day``, judge on the campaigns that began from then on.

    Outcomes after local day ``known_day`` are not looked at. Empty if there is too little to learn
    from or to judge on.
    """
    learnt = learn_offers(source, journey, items, split_day - 1)
    if learnt.model is None:
        return {}
    later = collect_offers(source, journey, items, (split_day, known_day + 1), known_day)
    return judge_offers(learnt.model, later)


def judge_test(
    source: str | Path, journey: Journey, items: Items, end_day: int
) -> dict[str, float]:
    """The figures of the one test report a release, with ``PUBLIC_SPLIT`` between learning and judging.

    Empty unless ``end_day``, the last that is judged on, is the end of the public data: nothing else may look.
    """
    if str(source) != "completejourney" or end_day < journey.last_day:
        return {}
    split_day = (PUBLIC_SPLIT - date(1970, 1, 1)).days
    return judge_split(source, journey, items, split_day, journey.last_day)


def area_under_roc(chances: Floats, redeemed: _Flags) -> float:
    """Share of pairs (redeemed, not) that the chances order rightly; a tie is half. NaN without pairs."""
    ours, others = np.sort(chances[redeemed]), chances[~redeemed]
    above = len(ours) - np.searchsorted(ours, others, side="right")
    level = np.searchsorted(ours, others, side="right") - np.searchsorted(ours, others)
    pairs = len(ours) * len(others)
    return float((above + level / 2).sum() / pairs) if pairs else float("nan")


def average_precision(chances: Floats, redeemed: _Flags) -> float:
    """Area under precision and recall, step by step; equal chances are one step."""
    order = np.argsort(-chances, kind="stable")
    hits = np.cumsum(redeemed[order])
    ends = np.append(np.flatnonzero(np.diff(chances[order])), len(order) - 1)
    gained = np.diff(hits[ends], prepend=0)
    return float((gained * hits[ends] / (ends + 1)).sum() / hits[-1])


def area_within_campaigns(chances: Floats, redeemed: _Flags, campaign: Keys) -> float:
    """The mean of each campaign's area under ROC, weighted by its redeemers; NaN without any."""
    areas: list[float] = []
    weights: list[int] = []
    for number in np.unique(campaign):
        rows = campaign == number
        area = area_under_roc(chances[rows], redeemed[rows])
        if np.isfinite(area):
            areas.append(area)
            weights.append(int(redeemed[rows].sum()))
    return float(np.average(areas, weights=weights)) if areas else float("nan")


def _ordering(chances: Floats, redeemed: _Flags, campaign: Keys) -> dict[str, float]:
    return {
        "auc": area_under_roc(chances, redeemed),
        "pr_auc": average_precision(chances, redeemed),
        "within_campaign_auc": area_within_campaigns(chances, redeemed, campaign),
    }


def _resamples(household: Keys, seed: int) -> list[npt.NDArray[np.intp]]:
    """Row numbers of ``_DRAWS`` samples of whole households."""
    draw = np.random.default_rng(seed)
    # Whole households: rows of one are alike, and drawn singly would make intervals too narrow.
    order = np.argsort(household, kind="stable")
    _, starts = np.unique(household[order], return_index=True)
    rows_of = np.split(order, starts[1:])
    found: list[npt.NDArray[np.intp]] = []
    for _ in range(_DRAWS):
        chosen: list[int] = draw.integers(0, len(rows_of), len(rows_of)).tolist()
        found.append(np.concatenate([rows_of[one] for one in chosen]))
    return found
