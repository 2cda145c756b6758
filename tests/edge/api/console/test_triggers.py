from __future__ import annotations

import aiohttp

from tests.edge.api.fakes import PASSWORD

KEY = {"Authorization": f"Bearer {PASSWORD}"}


async def test_triggers_are_listed_with_what_became_of_their_messages(
    client: aiohttp.ClientSession,
) -> None:
    async with client.get("/v1/triggers", headers=KEY) as answer:
        (row,) = await answer.json()
    assert (row["id"], row["version"], row["messages"]) == ("due-again", 2, {"sent": 3})


async def test_triggers_are_for_the_console_only(client: aiohttp.ClientSession) -> None:
    async with client.get("/v1/triggers") as answer:
        assert answer.status == 401
