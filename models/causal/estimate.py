"""A figure with its interval, and the libraries that intervals come from.

Every file of ``models.causal`` returns it; experiments, what-if and the simulator print it.
"""

import math
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from models.errors import StatisticsMissing

Doubles: TypeAlias = npt.NDArray[np.float64]

CONFIDENCE = 0.95
"""How often an interval is to hold the truth, where nobody asks for more."""

Untyped: TypeAlias = Any
"""What a library without types gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure and the interval around it; an interval without ends says that nothing can be told yet."""

    value: float
    low: float = -math.inf
    high: float = math.inf

    @property
    def told(self) -> bool:
        """Whether the interval has both ends."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    def holds(self, truth: float) -> bool:
        """Whether ``truth`` lies in the interval, its ends included."""
        return self.low <= truth <= self.high


def library(name: str) -> Untyped:
    """The library ``name``, loaded when a figure is asked for: it takes most of a second.

    Raises:
        StatisticsMissing: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise StatisticsMissing(name) from error


def student_interval(value: float, error: float, freedom: float, confidence: float) -> Estimate:
    """``value`` with the t interval of its standard ``error`` at ``freedom`` degrees of freedom."""
    if freedom < 1 or not math.isfinite(error):
        return Estimate(value=value)
    reach = float(library("scipy.special").stdtrit(freedom, (1 + confidence) / 2)) * error
    return Estimate(value=value, low=value - reach, high=value + reach)
