"""The benchmark: a store on trial, load from another process, an echo through the same broker beside it."""

from edge.lab.bench.options import BenchOptions
from edge.lab.bench.program import run

__all__ = ["BenchOptions", "run"]
