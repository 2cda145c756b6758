"""The key figures' address."""

from __future__ import annotations

import aiohttp

from tests.edge.api.fakes import PASSWORD


async def test_the_console_is_told_the_board(client: aiohttp.ClientSession) -> None:
    key = {"Authorization": f"Bearer {PASSWORD}"}
    async with client.get("/v1/kpis", headers=key) as answer:
        assert answer.status == 200
        told = await answer.json()
    assert told["days"] == 28
    assert list(told) == ["since", "days", "figures", "drivers", "tablets", "challenges"]


async def test_nobody_else_is_told(client: aiohttp.ClientSession) -> None:
    async with client.get("/v1/kpis") as answer:
        assert answer.status == 401


async def test_todays_counts_are_metrics_without_a_name(client: aiohttp.ClientSession) -> None:
    async with client.get("/metrics") as answer:
        text = await answer.text()
    assert 'storeside_today{what="baskets"} 7.0' in text
