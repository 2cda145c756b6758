"""Whatever the pipeline does that would hold the loop up fails the test that made it do so."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

# The parts that act on the loop. Not `edge.storage`: tests look into its tables themselves.
ON_THE_LOOP = ["edge.pipeline", "edge.state", "edge.campaigns"]


@pytest.fixture(autouse=True)
def unblocked() -> Generator[BlockBuster]:
    with blockbuster_ctx(ON_THE_LOOP) as watch:
        for call in watch.functions.values():
            # Quick reads are made in the loop, at this one place; and whether the small file of devices has changed.
            call.can_block_in("edge/storage/database.py", "read")
            call.can_block_in("edge/api/services/device_lookup.py", "_look")
        yield watch
