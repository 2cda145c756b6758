"""The one door to onnxruntime: a graph's bytes become a function from features to chances."""

import os
from importlib import import_module
from typing import Any

import numpy as np

from models.errors import BundleRefused
from models.tables import Floats

# The published builds report their use to their maker, unless told not to before they are loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

_ERRORS_ONLY = 3


class Scorer:
    """One session on one thread: the decision core is synchronous and shares its core with nobody."""

    def __init__(self, graph: bytes) -> None:
        """Open ``graph``. Raises ``BundleRefused``, reason ``graph``."""
        runtime: Any = import_module("onnxruntime")
        options: Any = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = runtime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = _ERRORS_ONLY
        try:
            session: Any = runtime.InferenceSession(
                graph, options, providers=["CPUExecutionProvider"]
            )
        except Exception as broken:  # onnxruntime's errors share no public root
            raise BundleRefused(reason="graph", detail=_first_line(broken)) from broken
        self._session = session
        self._input: str = session.get_inputs()[0].name

    def score(self, features: Floats) -> Floats:
        """Chance of each row, float32. ``features``: (n, F) float32. Shape (n,)."""
        if not len(features):
            return np.zeros(0, np.float32)
        try:
            chances: Floats = self._session.run(None, {self._input: features})[0]
        except Exception as broken:  # onnxruntime's errors share no public root
            raise BundleRefused(reason="graph", detail=_first_line(broken)) from broken
        return chances


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__
