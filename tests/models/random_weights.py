"""A bundle that learnt nothing: random weights under the tables, the figures and the name of a good one."""

import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np

from models.features.features import FEATURES
from models.serving.verify import write_golden
from models.statistics.npz_reader import read_arrays
from models.training.graph import write_graph
from models.training.network import Layers, Network
from tests.models.bad_bundles import resealed

_SIZES = (len(FEATURES), 32, 16, 1)


def random_network(seed: int, shift: float = 0.0) -> Network:
    """Weights as a training starts with them; ``shift`` makes its chances as rare as purchases are."""
    draw = np.random.default_rng(seed)

    def member() -> Layers:
        return tuple(
            (
                (draw.standard_normal((before, after)) * np.sqrt(2 / before)).astype("f4"),
                np.zeros(after, np.float32),
            )
            for before, after in pairwise(_SIZES)
        )

    width = len(FEATURES)
    return Network(
        mean=np.zeros(width, np.float32),
        scale=np.ones(width, np.float32),
        members=(member(), member()),
        shift=shift,
    )


def with_weights_of(network: Network, good: Path, into: Path) -> Path:
    """``good`` with this network: golden rows, seals and signature fit, and its figures are the old ones."""
    folder = Path(shutil.copytree(good, into))
    golden = folder / "golden.npz"
    features = read_arrays(golden.read_bytes(), reason="golden", limit=2**24)["features"]
    golden.write_bytes(write_golden(features, network.chances(features)))
    (folder / "model.onnx").write_bytes(write_graph(network))
    resealed(folder)
    return folder
