"""Estimates from one policy's log held against what the other policy really earned: the Open Bandit Dataset.

Its rows lie in a wheel that ``deploy/setup.sh dev`` downloads and nobody installs: for three campaigns of a fashion
shop, 10,000 showings chosen at random and 10,000 chosen by Bernoulli Thompson sampling, with true propensities.
What each policy earned is known from its own rows, as well as 40 to 70 clicks can say it.
"""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml

from models.causal.estimate import Estimate
from models.causal.offpolicy import ModelledRewards, PolicyEstimates, estimate
from tests.trials.figure import Figure, Tick, at_least, beside

WHEEL = Path(__file__).parents[2] / ".venv/data/obp-0.4.1-py3-none-any.whl"
CAMPAIGNS = ("all", "men", "women")
POSITIONS = 3
KINDS = ("ips", "snips", "dr")
# IPS is told beside them: its own interval leaves out how far the mean weight is off 1.
PROMISED = ("snips", "dr")
_DRAWS = 20_000

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """Showings of one policy. Shapes (n,)."""

    clicks: Doubles
    propensities: Doubles
    items: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int64]


@cache
def log_of(policy: str, campaign: str) -> Log:
    """``random`` or ``bts``."""
    with zipfile.ZipFile(WHEEL) as wheel:
        text = wheel.read(f"obp/dataset/obd/{policy}/{campaign}/{campaign}.csv").decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    return Log(
        clicks=np.array([float(row["click"]) for row in rows]),
        propensities=np.array([float(row["propensity_score"]) for row in rows]),
        items=np.array([int(row["item_id"]) for row in rows]),
        positions=np.array([int(row["position"]) for row in rows]) - 1,
    )


@cache
def thompson(campaign: str) -> Doubles:
    """Chance of each item at each position under the shop's Thompson sampling as the week began.

    Shape (items, positions); by simulation from the published parameters.
    """
    with zipfile.ZipFile(WHEEL) as wheel:
        told = yaml.safe_load(wheel.read("obp/policy/conf/prior_bts.yaml"))[campaign]
    alpha, beta = np.array(told["alpha"]), np.array(told["beta"])
    luck = np.random.default_rng(7)
    found = np.zeros((len(alpha), POSITIONS))
    for _ in range(10):
        drawn = luck.beta(alpha, beta, (_DRAWS // 10, len(alpha)))
        first = np.argsort(-drawn, axis=1)[:, :POSITIONS]
        for position in range(POSITIONS):
            found[:, position] += np.bincount(first[:, position], minlength=len(alpha))
    return found / _DRAWS


def of_thompson(campaign: str) -> tuple[PolicyEstimates, Doubles]:
    """What Thompson sampling would earn, told from the random log; and the clicks it really got."""
    log, table = log_of("random", campaign), thompson(campaign)
    target = table[log.items, log.positions]
    return _estimated(log, target, table), log_of("bts", campaign).clicks


def of_random(campaign: str) -> tuple[PolicyEstimates, Doubles]:
    """What showing at random would earn, told from Thompson sampling's log; and the clicks it really got."""
    log, other = log_of("bts", campaign), log_of("random", campaign)
    items = len(thompson(campaign))
    even = np.full((items, POSITIONS), 1 / items)
    return _estimated(log, even[log.items, log.positions], even), other.clicks


def _estimated(log: Log, target: Doubles, table: Doubles) -> PolicyEstimates:
    """With a model of clicks for DR: each item's rate, leaning on all, learned from the other half of the rows."""
    half = np.arange(len(log.clicks)) % 2
    logged, under = np.zeros((2, len(log.clicks)))
    for part in (0, 1):
        learn, use = half != part, half == part
        shown = np.bincount(log.items[learn], minlength=len(table))
        taken = np.bincount(log.items[learn], log.clicks[learn], minlength=len(table))
        rates = (taken + 100 * log.clicks[learn].mean()) / (shown + 100)
        logged[use] = rates[log.items[use]]
        under[use] = (table.T @ rates)[log.positions[use]]
    model = ModelledRewards(logged=logged, target=under)
    return estimate(log.clicks, log.propensities, target, modelled=model)


def known_truth(_runs: int, tick: Tick) -> list[Figure]:
    """Six questions, three estimators each.

    The truth is itself a mean of few clicks: an interval may miss that mean and yet agree with it, within what
    both leave open. Both are told.
    """
    found = list[Figure]()
    inside, agrees = dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0)
    for name, ask in (("random -> Thompson", of_thompson), ("Thompson -> random", of_random)):
        for campaign in CAMPAIGNS:
            told, clicks = ask(campaign)
            truth = float(clicks.mean())
            for kind in KINDS:
                one: Estimate = getattr(told, kind)
                inside[kind] += one.holds(truth)
                agrees[kind] += agree(one, clicks)
            seen = ", ".join(f"{kind} {_percent(getattr(told, kind))}" for kind in KINDS)
            what = f"{name}, {campaign}: truth {truth:.2%}, worth {told.effective:.0f} rows"
            found.append(beside("Open Bandit", what, seen))
            tick()
    return [*_counted(inside, agrees), *found]


def _counted(inside: dict[str, int], agrees: dict[str, int]) -> list[Figure]:
    asked = 2 * len(CAMPAIGNS)
    holds = [
        at_least("Open Bandit", f"{kind} interval holds the truth", inside[kind], asked, 0.8)
        for kind in PROMISED
    ]
    return [
        *holds,
        beside("Open Bandit", "ips interval holds the truth", f"{inside['ips']} of {asked}"),
        *(
            at_least("Open Bandit", f"{kind} agrees with the truth", agrees[kind], asked, 1.0)
            for kind in KINDS
        ),
    ]


def agree(one: Estimate, clicks: Doubles) -> bool:
    """Whether estimate and truth differ by no more than both intervals together allow."""
    reach = max(one.high - one.value, one.value - one.low)
    own = 1.96 * float(clicks.std(ddof=1)) / len(clicks) ** 0.5
    return abs(one.value - float(clicks.mean())) <= float(np.hypot(reach, own))


def _percent(one: Estimate) -> str:
    return f"{100 * one.value:.2f} [{100 * one.low:.2f}, {100 * one.high:.2f}]"
