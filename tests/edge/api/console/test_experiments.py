from __future__ import annotations

import aiohttp
import pytest

from tests.edge.api.console.test_console import KEY, got
from tests.edge.api.fakes import Store


async def test_every_test_is_told_with_its_first_figure(client: aiohttp.ClientSession) -> None:
    (june,) = await got(client, "/v1/experiments")
    assert june["headline"]["words"].startswith("b ")
    assert june["headline"]["relative"] == {"value": 0.1, "low": None, "high": None}


async def test_one_test_is_told_in_full(client: aiohttp.ClientSession) -> None:
    report = await got(client, "/v1/experiments/june")
    assert [one["arm"] for one in report["compared"]] == ["b"]


async def test_a_test_that_there_is_not_is_not_here(client: aiohttp.ClientSession) -> None:
    async with client.get("/v1/experiments/july", headers=KEY) as answer:
        assert answer.status == 404


async def promote(client: aiohttp.ClientSession, **body: object) -> tuple[int, str]:
    async with client.post("/v1/experiments/june/promote", json=body, headers=KEY) as answer:
        return answer.status, await answer.text()


async def test_the_winner_becomes_the_rule(client: aiohttp.ClientSession, store: Store) -> None:
    status, _ = await promote(client, arm="b")
    assert status == 200
    assert store.experiments.promoted == [("june", "b", False)]


async def test_an_arm_that_has_not_won_is_refused_with_the_reason(
    client: aiohttp.ClientSession, store: Store
) -> None:
    status, body = await promote(client, arm="a")
    assert status == 409
    assert "it is better" in body
    assert store.experiments.promoted == []


@pytest.mark.parametrize("body", [{}, {"arm": "B C"}, {"arm": "b", "more": 1}, {"arm": 1}])
async def test_what_is_no_promotion_is_refused(
    client: aiohttp.ClientSession, store: Store, body: dict[str, object]
) -> None:
    status, _ = await promote(client, **body)
    assert status == 400
    assert store.experiments.promoted == []


@pytest.mark.parametrize("path", ["/v1/experiments", "/v1/experiments/june"])
async def test_only_the_console_is_told(client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(path) as answer:
        assert answer.status == 401


async def test_only_the_console_may_promote(
    client: aiohttp.ClientSession, store: Store
) -> None:
    async with client.post("/v1/experiments/june/promote", json={"arm": "b"}) as answer:
        assert answer.status == 401
    assert store.experiments.promoted == []
