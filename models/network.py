"""A small multilayer perceptron in numpy that learns the chance of each candidate.

The loss is the log loss of every row, each view counting the same: it orders lists as well as the
listwise and gradient-boosted learners it was measured against, and its output is a chance.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from models.examples import Examples
from models.features import LOGGED_FEATURES
from models.tables import Floats

# Adam's usual constants.
_BETA_MEAN, _BETA_SQUARE, _TINY = 0.9, 0.999, 1e-8

# A column that never varies must not blow up when it does.
_SPREAD_MIN = 1e-3
_SLICE = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlan:
    """Shape and schedule of the training."""

    hidden: tuple[int, ...] = (64, 32)
    rounds: int = 12
    views_a_step: int = 64
    rate: float = 2e-3
    decay: float = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """``layers``: (weights (in, out), bias (out,)) float32; ReLU between; ``mean`` and ``scale`` (F,)."""

    mean: Floats
    scale: Floats
    layers: tuple[tuple[Floats, Floats], ...]

    def logits(self, features: Floats) -> Floats:
        """The chance's logit of each row. Shape (n,)."""
        values = prepared(features, self.mean, self.scale)
        for weights, bias in self.layers[:-1]:
            values = np.maximum(values @ weights + bias, 0)
        weights, bias = self.layers[-1]
        return (values @ weights + bias)[:, 0]

    def chances(self, features: Floats) -> Floats:
        """What the graph answers. Shape (n,), float32."""
        return (1 / (1 + np.exp(-self.logits(features)))).astype(np.float32)


def prepared(features: Floats, mean: Floats, scale: Floats) -> Floats:
    """Log of the counted columns, then standardised: what the graph does too."""
    values = features.copy()
    counted = values[:, :LOGGED_FEATURES]
    np.log1p(counted, out=counted)
    values -= mean
    values /= scale
    return values


def learn(
    examples: Examples, plan: NetworkPlan, seed: int, on_round: Callable[[float], None]
) -> Network:
    """Fit by Adam with a cosine schedule; equal inputs give equal networks."""
    draw = np.random.default_rng(seed)
    width = examples.features.shape[1]
    mean, scale = _moments(examples.features)
    values = prepared(examples.features, mean, scale)
    parameters = _start(width, plan.hidden, draw, examples)
    state = [(np.zeros_like(part), np.zeros_like(part)) for part in parameters]
    views = len(examples.bounds) - 1
    steps = plan.rounds * -(-views // plan.views_a_step)
    step = 0
    for number in range(plan.rounds):
        order = draw.permutation(views)
        for first in range(0, views, plan.views_a_step):
            chosen = order[first : first + plan.views_a_step]
            gradients = _gradients(values, examples, chosen, parameters)
            step += 1
            rate = plan.rate * 0.5 * (1 + np.cos(np.pi * step / steps))
            _adam(parameters, gradients, state, step, rate, plan.decay)
        on_round((number + 1) / plan.rounds)
    return Network(mean=mean, scale=scale, layers=_paired(parameters))


def _moments(features: Floats) -> tuple[Floats, Floats]:
    """Mean and spread of the prepared columns, in slices: a copy in float64 would not fit."""
    nought, one = (
        np.zeros(features.shape[1], np.float32),
        np.ones(features.shape[1], np.float32),
    )
    sums, squares = np.zeros((2, features.shape[1]))
    for first in range(0, len(features), _SLICE):
        values = prepared(features[first : first + _SLICE], nought, one).astype(np.float64)
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
        spread = np.sqrt(2 / before)
        parameters.append((draw.standard_normal((before, after)) * spread).astype(np.float32))
        parameters.append(np.zeros(after, np.float32))
    chance = float((examples.bought * examples.weight).sum() / examples.weight.sum())
    parameters[-2] *= np.float32(0.1)
    parameters[-1] += np.float32(np.log(chance / (1 - chance)))
    return parameters


def _gradients(
    values: Floats,
    examples: Examples,
    chosen: npt.NDArray[np.intp],
    parameters: list[Floats],
) -> list[Floats]:
    starts, ends = examples.bounds[chosen], examples.bounds[chosen + 1]
    lengths = ends - starts
    shift = np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
    rows = shift + np.arange(len(shift))
    seen = [values[rows]]
    for at in range(0, len(parameters) - 2, 2):
        seen.append(np.maximum(seen[-1] @ parameters[at] + parameters[at + 1], 0))
    logits = (seen[-1] @ parameters[-2] + parameters[-1])[:, 0]
    slope = _slope(logits, examples, rows, lengths)
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
) -> Floats:
    """Derivative of the loss by each logit, averaged over the views. Shape (n, 1)."""
    firsts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    weight = examples.weight[rows]
    weight /= np.repeat(np.add.reduceat(weight, firsts), lengths)
    chance = 1 / (1 + np.exp(-logits))
    slope = (chance - examples.bought[rows]) * weight / np.float32(len(lengths))
    return slope.astype(np.float32)[:, None]


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
