"""A few small multilayer perceptrons in numpy that learn the chance of each candidate, and speak as one.

``train`` calls ``learn``; ``graph`` then writes the network down.

The loss of a view is the log loss of its rows plus, with a weight, the cross-entropy of the list as a
whole: the first makes chances of the scores, the second puts them in order. The members start from
different weights; the mean of their logits, stretched to fit what was bought, is the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from models.features.features import LOGGED_FEATURES
from models.statistics.tables import Floats
from models.training.examples import Examples
from models.training.platt import check, platt

_ROUNDS_MIN = 2
# Adam's usual constants.
_BETA_MEAN, _BETA_SQUARE, _TINY = 0.9, 0.999, 1e-8

# A column that never varies must not blow up when it does.
_SPREAD_MIN = 1e-3
_SLICE = 100_000
# Below it a chance is none at all, and its odds would overflow single precision.
_LEAST = -80.0
# A long trip counts like one of ten purchases; a list's loss is brought to the size of a row's.
_ROW = 0.02
_LONG_TRIP = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlan:
    """Shape and schedule of the training. ``listwise``: weight of the list's loss beside the rows'.

    ``rounds``: at most; one for every ``purchases_a_round`` among the rows, two at least.
    """

    members: int = 1
    hidden: tuple[int, ...] = (64, 32)
    rounds: int = 6
    purchases_a_round: int = 50_000
    listwise: float = 0.4
    views_a_step: int = 64
    rate: float = 2e-3
    decay: float = 1e-4


# Any: single or double precision.
Numbers = npt.NDArray[Any]
Layers = tuple[tuple[Floats, Floats], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """``members``: each (weights (in, out), bias (out,)) float32 a layer, ReLU between.

    ``mean`` and ``scale`` (F,) standardise; ``stretch`` and ``shift`` make the mean logit a chance's.
    """

    mean: Floats
    scale: Floats
    members: tuple[Layers, ...]
    stretch: float = 1.0
    shift: float = 0.0

    def logits(self, features: Floats) -> Floats:
        """The chance's logit of each row. Shape (n,)."""
        values = prepared(features.copy(), self.mean, self.scale)
        return self.of_prepared(values)

    def of_prepared(self, values: Floats) -> Floats:
        """The same from standardised columns."""
        logits = np.stack([_through(values, layers) for layers in self.members])
        mean: Floats = logits.mean(axis=0)
        return mean * np.float32(self.stretch) + np.float32(self.shift)

    def chances(self, features: Floats) -> Floats:
        """What the graph answers. Shape (n,), float32."""
        return _sigmoid(self.logits(features)).astype(np.float32)


def _through(values: Floats, layers: Layers) -> Floats:
    for weights, bias in layers[:-1]:
        values = np.maximum(values @ weights + bias, 0)
    weights, bias = layers[-1]
    logits: Floats = values @ weights + bias
    return logits[:, 0]


def _sigmoid(logits: Numbers) -> Numbers:
    chances: Numbers = 1 / (1 + np.exp(-np.maximum(logits, _LEAST)))
    return chances


def prepared(features: Floats, mean: Floats, scale: Floats) -> Floats:
    """Log of the counted columns, then standardised, in place: what the graph does too."""
    counted = features[:, :LOGGED_FEATURES]
    np.log1p(counted, out=counted)
    features -= mean
    features /= scale
    return features


def learn(
    examples: Examples, plan: NetworkPlan, seed: int, on_round: Callable[[float], None]
) -> Network:
    """Fit by Adam with a cosine schedule; equal inputs give equal networks.

    Consumes ``examples.features``: a copy of them would not fit into memory. Raises ``LearningFailed``
    if what was learnt gives no chances.
    """
    purchases = int(examples.bought.sum())
    # What few have bought is soon learnt by heart: on a thin grocer six rounds order worse than two.
    rounds = min(plan.rounds, max(purchases // plan.purchases_a_round, _ROUNDS_MIN))
    plan = replace(plan, rounds=rounds)
    mean, scale = _moments(examples.features)
    values = prepared(examples.features, mean, scale)
    members = tuple(
        _member(
            values,
            examples,
            plan,
            np.random.default_rng([seed, number]),
            partial(_part_done, on_round, number, plan.members),
        )
        for number in range(plan.members)
    )
    bare = Network(mean=mean, scale=scale, members=members)
    logits = _logits(bare, values)
    stretch, shift = platt(logits, examples.bought, examples.weight)
    scaled = logits * np.float32(stretch) + np.float32(shift)
    check(_sigmoid(scaled), examples.bought, examples.weight)
    return replace(bare, stretch=stretch, shift=shift)


def _part_done(on_round: Callable[[float], None], number: int, of: int, done: float) -> None:
    on_round((number + done) / of)


def _member(
    values: Floats,
    examples: Examples,
    plan: NetworkPlan,
    draw: np.random.Generator,
    on_round: Callable[[float], None],
) -> Layers:
    parameters = _start(values.shape[1], plan.hidden, draw, examples)
    state = [(np.zeros_like(part), np.zeros_like(part)) for part in parameters]
    views = len(examples.bounds) - 1
    steps = plan.rounds * -(-views // plan.views_a_step)
    step = 0
    for number in range(plan.rounds):
        order = draw.permutation(views)
        for first in range(0, views, plan.views_a_step):
            chosen = order[first : first + plan.views_a_step]
            gradients = _gradients(values, examples, chosen, parameters, plan.listwise)
            step += 1
            rate = plan.rate * 0.5 * (1 + np.cos(np.pi * step / steps))
            _adam(parameters, gradients, state, step, rate, plan.decay)
        on_round((number + 1) / plan.rounds)
    return _paired(parameters)


def _logits(network: Network, values: Floats) -> Floats:
    """Of all rows, in slices: the hidden layers of all at once would not fit."""
    slices = range(0, len(values), _SLICE)
    return np.concatenate(
        [network.of_prepared(values[first : first + _SLICE]) for first in slices]
    )


def _moments(features: Floats) -> tuple[Floats, Floats]:
    """Mean and spread of the prepared columns, in slices: a copy in float64 would not fit."""
    nought, one = (
        np.zeros(features.shape[1], np.float32),
        np.ones(features.shape[1], np.float32),
    )
    sums, squares = np.zeros((2, features.shape[1]))
    for first in range(0, len(features), _SLICE):
        slice_ = features[first : first + _SLICE].copy()
        values = prepared(slice_, nought, one).astype(np.float64)
        sums += values.sum(axis=0)
        squares += (values * values).sum(axis=0)
    mean = sums / len(features)
    spread = np.sqrt(np.maximum(squares / len(features) - mean * mean, 0))
    return mean.astype(np.float32), np.maximum(spread, _SPREAD_MIN).astype(np.float32)


def _paired(parameters: list[Floats]) -> tuple[tuple[Floats, Floats], ...]:
    return tuple(zip(parameters[::2], parameters[1::2], strict=True))


def _start(
    width: int, hidden: tuple[int, ...], draw: np.random.Generator, examples: Examples
) -> list[Floats]:
    sizes = (width, *hidden, 1)
    parameters: list[Floats] = []
    for before, after in pairwise(sizes):
        # After He: ReLU cuts off half of what comes through.
        spread = np.sqrt(2 / before)
        parameters.append((draw.standard_normal((before, after)) * spread).astype(np.float32))
        parameters.append(np.zeros(after, np.float32))
    chance = float((examples.bought * examples.weight).sum() / examples.weight.sum())
    # Begun at the rate of purchase, nearly whatever the row: no step is spent on finding that most is not bought.
    parameters[-2] *= np.float32(0.1)
    parameters[-1] += np.float32(np.log(chance / (1 - chance)))
    return parameters


def _gradients(
    values: Floats,
    examples: Examples,
    chosen: npt.NDArray[np.intp],
    parameters: list[Floats],
    listwise: float,
) -> list[Floats]:
    starts, ends = examples.bounds[chosen], examples.bounds[chosen + 1]
    lengths = ends - starts
    # The rows of all chosen views as one array, without a loop over views.
    shift = np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
    rows = shift + np.arange(len(shift))
    seen = [values[rows]]
    for at in range(0, len(parameters) - 2, 2):
        seen.append(np.maximum(seen[-1] @ parameters[at] + parameters[at + 1], 0))
    logits = (seen[-1] @ parameters[-2] + parameters[-1])[:, 0]
    slope = _slope(logits, examples, rows, lengths, listwise)
    gradients: list[Floats] = []
    for at in range(len(parameters) - 2, -1, -2):
        gradients[:0] = [seen[at // 2].T @ slope, slope.sum(axis=0)]
        if at:
            slope = (slope @ parameters[at].T) * (seen[at // 2] > 0)
    return gradients


def _slope(
    logits: Floats,
    examples: Examples,
    rows: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    listwise: float,
) -> Floats:
    """Derivative of the loss by each logit, averaged over the views. Shape (n, 1)."""
    firsts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    weight, bought = examples.weight[rows], examples.bought[rows]

    def total(values: Floats) -> Floats:
        return np.repeat(np.add.reduceat(values, firsts), lengths)

    # A view's rows weigh one together: long lists do not outvote short ones.
    slope = (_sigmoid(logits) - bought) * weight / total(weight)
    if listwise:
        # Beside the highest: the exponential of a large logit would overflow.
        high = np.repeat(np.maximum.reduceat(logits, firsts), lengths)
        share = weight * np.exp(logits - high)
        purchases = np.maximum(total(bought), 1)
        share *= purchases / total(share)
        slope += listwise * _ROW * (share - bought) / np.minimum(purchases, _LONG_TRIP)
    return (slope / np.float32(len(lengths))).astype(np.float32)[:, None]


def _adam(
    parameters: list[Floats],
    gradients: list[Floats],
    state: list[tuple[Floats, Floats]],
    step: int,
    rate: float,
    decay: float,
) -> None:
    """One step in place; ``decay`` pulls every parameter towards nought."""
    for part, gradient, (mean, square) in zip(parameters, gradients, state, strict=True):
        mean[...] = _BETA_MEAN * mean + (1 - _BETA_MEAN) * gradient
        square[...] = _BETA_SQUARE * square + (1 - _BETA_SQUARE) * gradient * gradient
        pull = mean / (1 - _BETA_MEAN**step)
        pull /= np.sqrt(square / (1 - _BETA_SQUARE**step)) + np.float32(_TINY)
        part[...] -= (rate * (pull + decay * part)).astype(np.float32)
