"""The benchmark: a store on trial, load from another process, an echo through the same broker beside it."""

from edge.bench.options import BenchOptions
from edge.bench.program import run

__all__ = ["BenchOptions", "run"]
