"""Stored decisions made again under a change.

Diff, frontier and person history ask it; the step files decide, as in the store.
"""

from __future__ import annotations

from edge.campaigns.whatif.changes import WhatIfChange
from edge.domain.catalogue import Catalogue
from edge.domain.decision import Decision
from edge.domain.ids import digest_of
from edge.state.replay import OpenedCache, Sources, inputs_of
from edge.storage.decisions.decisions import StoredDecision


class RecomputedDecision:
    """Makes stored decisions again under a change; each changed catalogue is put together once."""

    def __init__(self, sources: Sources, change: WhatIfChange) -> None:
        self.sources = sources
        self.change = change
        self.catalogues = OpenedCache[str, Catalogue](
            lambda digest: change.applied(sources.body("catalogue", digest))
        )

    def __call__(self, stored: StoredDecision) -> Decision:
        """The decision as it would have been. Raises ``NotReplayable``."""
        inputs = self.change.scored(inputs_of(stored))
        catalogue = self.catalogues(inputs.catalogue)
        # Named by the inputs as they were stored, though a change may have put another model into them.
        return self.sources.decided(inputs, catalogue, digest_of(stored.inputs))
