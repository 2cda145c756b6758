"""A day in the tests' shop, lived once: what every diff here looks back on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.edge.campaigns.whatif.busy import live_through


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop's file."""
    path = tmp_path_factory.mktemp("lived") / "storeside.db"
    asyncio.run(live_through(path))
    return path
