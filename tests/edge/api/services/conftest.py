"""One open shop a test."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.edge.api.services.shop import Shop, open_shop


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncGenerator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened
