from __future__ import annotations

from pathlib import Path

from tests.edge.builders import ANN, KIOSK
from tests.edge.shop import know, open_shop


async def test_smoke(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        print(await shop.sign_in())
        print(shop.shown(KIOSK), shop.facts(), shop.stored()[-1].kind, shop.visit_of(ANN))
