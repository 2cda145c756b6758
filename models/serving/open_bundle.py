"""A trained bundle, opened and ready to answer.

``registry`` opens the active one for the edge's decider; training and evaluation open their own.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.bundle.manifest import Manifest
from models.bundle.scorer import Scorer
from models.bundle.signature import Trust
from models.features.due import due_by_date
from models.features.features import FEATURES, build, shared_features
from models.features.profile import Profile
from models.features.raw_history import raw_history
from models.features.request import ModelRequest, no_items
from models.items import Items, Keys
from models.offers.facts import OfferHistory
from models.offers.redemption import Offered, RedemptionScorer
from models.serving.candidates import shortlist
from models.serving.ranker import Shortlist
from models.serving.verify import CheckedBundle, check_bundle
from models.statistics.tables import Floats, Tables
from models.statistics.trend import TrendPrior
from models.strategies.registry import named

# Own items take more than half of a shortlist; so many leave room for what is new.
_EXPLORED = 1000


class Bundle:
    """A ``Ranker`` from an artefact. ``digest`` is the SHA-256 of its manifest, which seals it all."""

    def __init__(
        self,
        *,
        manifest: Manifest,
        digest: str,
        tables: Tables,
        scorer: Scorer,
        offers: Scorer | None = None,
    ) -> None:
        """Put checked parts together."""
        self.manifest = manifest
        self.label = manifest.label
        self.digest = digest
        self._tables = tables
        self._scorer = scorer
        self._strategies = named(tables, digest)
        self._redemption = (
            None if offers is None else RedemptionScorer(offers, tables.items, digest)
        )

    @property
    def tables(self) -> Tables:
        """What the chain knew of items when the bundle was made."""
        return self._tables

    @property
    def items(self) -> Items:
        """The vocabulary."""
        return self._tables.items

    @property
    def prior(self) -> TrendPrior:
        """What a store's trend leans on while this bundle is in use."""
        return self._tables.prior

    def shortlist(self, view: ModelRequest, limit: int, extra: Keys) -> Shortlist:
        """See ``Ranker.shortlist``."""
        shared = shared_features(view, self._tables, self.digest)
        return shortlist(shared, limit, extra, self._tables, self._by_date(view))

    def features(self, view: ModelRequest, keys: Keys) -> Floats:
        """What the graph is given for each key. Shape (n, len(manifest.features)), float32."""
        table = build(
            view, keys, self._tables, shared_features(view, self._tables, self.digest)
        )
        if len(self.manifest.features) == len(FEATURES):
            return table
        return np.concatenate([table, raw_history(view, keys)], axis=1)

    def score(self, view: ModelRequest, keys: Keys) -> Floats:
        """See ``Ranker.score``."""
        return self._scorer.score(self.features(view, keys))

    def by_strategy(self, view: ModelRequest, name: str, limit: int) -> Keys:
        """See ``Ranker.by_strategy``."""
        strategy = self._strategies.get(name)
        return no_items() if strategy is None else strategy.rank(view, limit)

    def explore(self, view: ModelRequest, n: int) -> Keys:
        """The ``n`` likeliest items that the shopper never bought, likeliest first, ties by key.

        No other order did better on validation: not affinity, neighbours, kin or trend, nor the
        chance tilted by any of them, nor one that spreads over kinds.
        """
        known = no_items() if view.profile is None else view.profile.keys
        found = self.shortlist(view, _EXPLORED, no_items()).keys
        keys = found[~np.isin(found, known)]
        return keys[np.lexsort((keys, -self.score(view, keys)))][:n]

    def _by_date(self, view: ModelRequest) -> Keys:
        if view.profile is None:
            return no_items()
        return due_by_date(view.profile, view.moment.day, self._tables)

    def redemption(
        self, profile: Profile, offers: Sequence[Offered], history: OfferHistory, day: int
    ) -> Floats | None:
        """See ``RedemptionPredictor.redemption``; None where the bundle was made without coupon data."""
        if self._redemption is None:
            return None
        return self._redemption.chances(profile, offers, history, day)


def open_bundle(
    path: Path, trust: Trust | None = None, deadline_s: float | None = None
) -> Bundle:
    """Read, check and open the bundle in ``path``. Raises ``BundleRefused`` with its reason.

    ``trust``: whose signature is accepted, that of the product's releases if none is given; an analyst
    who opens their own gives ``OWN_WORK``. ``deadline_s``: how long one call of the graph may take.
    """
    return assembled(check_bundle(path, trust, deadline_s))


def assembled(checked: CheckedBundle) -> Bundle:
    """The bundle of parts that hold all their promises."""
    return Bundle(
        manifest=checked.manifest,
        digest=checked.digest,
        tables=checked.tables,
        scorer=checked.scorer,
        offers=checked.offers,
    )
