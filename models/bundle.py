"""A trained bundle, opened and ready to answer."""

from pathlib import Path

from models.candidates import shortlist
from models.features import build, look
from models.items import Items, Keys
from models.manifest import Manifest
from models.ranker import Shortlist
from models.scorer import Scorer
from models.tables import Floats, Tables
from models.trend import TrendPrior
from models.verify import check_bundle
from models.view import View


class Bundle:
    """A ``Ranker`` from an artefact. ``digest`` is the SHA-256 of its manifest, which seals it all."""

    def __init__(
        self, *, manifest: Manifest, digest: str, tables: Tables, scorer: Scorer
    ) -> None:
        """Put checked parts together."""
        self.manifest = manifest
        self.label = manifest.label
        self.digest = digest
        self._tables = tables
        self._scorer = scorer

    @property
    def items(self) -> Items:
        """The vocabulary."""
        return self._tables.items

    @property
    def prior(self) -> TrendPrior:
        """What a store's trend leans on while this bundle is in use."""
        return self._tables.prior

    def shortlist(self, view: View, limit: int, extra: Keys) -> Shortlist:
        """See ``Ranker.shortlist``."""
        scene = look(view, self._tables, self.digest)
        return shortlist(scene, limit, extra, self._tables)

    def features(self, view: View, keys: Keys) -> Floats:
        """What the graph is given for each key. Shape (n, len(FEATURES)), float32."""
        return build(view, keys, self._tables, look(view, self._tables, self.digest))

    def score(self, view: View, keys: Keys) -> Floats:
        """See ``Ranker.score``."""
        return self._scorer.score(self.features(view, keys))


def open_bundle(path: Path) -> Bundle:
    """Read, check and open the bundle in ``path``. Raises ``BundleRefused`` with its reason."""
    checked = check_bundle(path)
    return Bundle(
        manifest=checked.manifest,
        digest=checked.digest,
        tables=checked.tables,
        scorer=checked.scorer,
    )
