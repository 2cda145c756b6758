"""A ridge logistic regression on past campaigns, calibrated on campaigns it had not seen.

``training.train`` calls ``learn_from``; ``graph`` then writes what was learnt.

Few redemptions decide: with the same columns, boosted trees and small perceptrons ordered worse.
What is learnt is the chance of redemption, never an uplift.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.items import Items
from models.offers.examples import OfferExamples, collect_offers
from models.offers.features import LOGGED_OFFER_FEATURES
from models.sources.journey import Journey
from models.statistics.ridge_logistic import ridge_logistic
from models.statistics.tables import Floats

_Doubles = npt.NDArray[np.float64]

# The prior of each standardised weight: normal around nought with a variance of a thirtieth.
# Chosen by cross-validation over campaigns; 10 to 100 differ by less than 0.003 in PR-AUC.
_RIDGE = 30.0
# The two numbers of the calibration want next to no prior.
_RIDGE_CALIBRATION = 1e-3
# A column that never varies is divided by this instead of by nothing.
_SPREAD_MIN = 1e-6
# Fewer would calibrate nothing.
_REDEEMED_MIN = 50
_CAMPAIGNS_MIN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferModel:
    """``weights`` (F,) and ``bias`` (1,), float32, of the logged columns; standardisation folded in."""

    weights: Floats
    bias: Floats

    def chances(self, features: Floats) -> Floats:
        """The calibrated chance of redemption of each row: what the graph answers. (n,) float32."""
        logits: Floats = logged(features) @ self.weights + self.bias
        chances: Floats = (1 / (1 + np.exp(-logits))).astype(np.float32)
        return chances


@dataclass(frozen=True, slots=True, kw_only=True)
class LearntOffers:
    """A model, or None and in ``reason`` a sentence why; from ``rows`` with ``redeemed`` of them."""

    model: OfferModel | None
    reason: str
    rows: int
    redeemed: int


def learn_offers(
    source: str | Path, journey: Journey, items: Items, until_day: int
) -> LearntOffers:
    """Learn from all campaigns whose outcome shows by the end of local day ``until_day``.

    ``items`` is the vocabulary that will serve (``tables.items``). Equal input, equal model.
    """
    return learn_from(collect_offers(source, journey, items, (0, until_day + 1), until_day))


def learn_from(examples: OfferExamples) -> LearntOffers:
    """Fit and calibrate; too few campaigns or redemptions give no model."""
    redeemed = int(examples.redeemed.sum())
    numbers, counts = np.unique(examples.campaign[examples.redeemed], return_counts=True)
    reason = ""
    if not len(examples):
        reason = "the source tells of no campaign with a known outcome"
    elif (
        min(redeemed, len(examples) - redeemed) < _REDEEMED_MIN or len(numbers) < _CAMPAIGNS_MIN
    ):
        reason = (
            f"{redeemed} of {len(examples)} rows redeemed in {len(counts)} campaigns; at least "
            f"{_REDEEMED_MIN} on either side and {_CAMPAIGNS_MIN} campaigns are needed"
        )
    model = None if reason else _calibrated(examples)
    if model is None and not reason:
        reason = "what was learnt from some campaigns does not tell who redeems in the others"
    return LearntOffers(model=model, reason=reason, rows=len(examples), redeemed=redeemed)


def logged(features: Floats) -> Floats:
    """The log of the counted columns, the others as they are: what the graph does too."""
    values = features.copy()
    counted = values[:, :LOGGED_OFFER_FEATURES]
    np.log1p(counted, out=counted)
    return values


def out_of_fold(examples: OfferExamples) -> _Doubles:
    """Each row's logit from a model of all other campaigns. Shape (n,)."""
    values = logged(examples.features).astype(np.float64)
    logits = np.zeros(len(examples))
    for number in np.unique(examples.campaign):
        held = examples.campaign == number
        weights, bias = _fit(values[~held], examples.redeemed[~held])
        logits[held] = values[held] @ weights + bias
    return logits


def _calibrated(examples: OfferExamples) -> OfferModel | None:
    """Platt's scaling of the out-of-fold logits, folded into the weights; None if it turns them."""
    slope, shift = ridge_logistic(
        out_of_fold(examples)[:, None], examples.redeemed, _RIDGE_CALIBRATION
    )
    if slope <= 0:
        return None
    values = logged(examples.features).astype(np.float64)
    weights, bias = _fit(values, examples.redeemed)
    return OfferModel(
        weights=(slope * weights).astype(np.float32),
        bias=np.array([slope * bias + shift], np.float32),
    )


def _fit(values: _Doubles, redeemed: npt.NDArray[np.bool_]) -> tuple[_Doubles, float]:
    """Weights and bias for unstandardised ``values``."""
    mean, scale = values.mean(axis=0), np.maximum(values.std(axis=0), _SPREAD_MIN)
    found = ridge_logistic((values - mean) / scale, redeemed, _RIDGE)
    weights = found[:-1] / scale
    return weights, float(found[-1] - weights @ mean)
