"""The one door to onnxruntime: a graph's bytes become a function from features to chances.

``serving.open_bundle`` scores candidates with it, ``offers.redemption`` offers, and ``training.train`` what
it has just learnt.
"""

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle.deadline import WATCH
from models.errors import BundleRefused
from models.statistics.tables import Floats

# The published builds report their use to their maker, unless told not to before they are loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# The runtime's warnings go to standard error past every log.
_ERRORS_ONLY = 3


class Scorer:
    """One session on one thread: the decision core is synchronous and shares its core with nobody."""

    def __init__(self, graph: bytes, deadline_s: float | None = None) -> None:
        """Open ``graph``; no call may take longer than ``deadline_s``. Raises ``BundleRefused``, ``graph``."""
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
        self._run_options: Any = runtime.RunOptions
        self.deadline_s = deadline_s

    def score(self, features: Floats) -> Floats:
        """Chance of each row, float32. ``features``: (n, F) float32. Shape (n,).

        Raises ``BundleRefused``: ``deadline`` where it was stopped, else ``graph``.
        """
        # No rows have no smallest chance, which is asked for below.
        if not len(features):
            return np.zeros(0, np.float32)
        # Fresh for every call: what the watch sets on one stays set, and would stop the next.
        call: Any = self._run_options()
        limit_s = self.deadline_s
        if limit_s is None:
            return self._run(features, call)
        WATCH.begin(call, limit_s)
        try:
            return self._run(features, call)
        finally:
            WATCH.end(call)

    def output(
        self, feeds: Mapping[str, npt.NDArray[Any]], name: str, limit_s: float
    ) -> npt.NDArray[Any]:
        """One output of any graph, whatever it takes: what another is compared with. Raises ``BundleRefused``."""
        call: Any = self._run_options()
        WATCH.begin(call, limit_s)
        try:
            found: npt.NDArray[Any] = self._session.run([name], dict(feeds), call)[0]
        except Exception as broken:  # onnxruntime's errors share no public root
            reason = "deadline" if call.terminate else "graph"
            raise BundleRefused(reason=reason, detail=_first_line(broken)) from broken
        finally:
            WATCH.end(call)
        return found

    def _run(self, features: Floats, call: Any) -> Floats:  # noqa: ANN401  # onnxruntime is untyped
        try:
            chances: Floats = self._session.run(None, {self._input: features}, call)[0]
        except Exception as broken:  # onnxruntime's errors share no public root
            # The runtime raises the same for every fault; only our own mark tells that it was stopped.
            if call.terminate:
                raise BundleRefused(
                    reason="deadline", detail=f"no scores within {self.deadline_s} s"
                ) from broken
            raise BundleRefused(reason="graph", detail=_first_line(broken)) from broken
        # Written so that NaN, which is neither below nor above anything, is refused too.
        if not (chances.min() >= 0 and chances.max() <= 1):
            raise BundleRefused(reason="not-finite", detail="a score is no chance")
        return chances


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__
