"""The calls of demo and trials, against the real hub."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from cloud_sync.hub.server import open_hub
from cloud_sync.hub.settings import HubSettings
from edge.domain.errors import NotProvisioned
from edge.lab.local_server import LocalServer, central_ids
from edge.lab.processes import free_port

STORE_KEY, CENTRAL_KEY = "s" * 32, "c" * 32


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    settings = HubSettings(
        port=0,
        data_dir=tmp_path,
        store_keys={"store-7": SecretStr(STORE_KEY)},
        central_key=SecretStr(CENTRAL_KEY),
    )
    async with open_hub(settings) as found:
        yield found


def event(number: int) -> dict[str, object]:
    return {
        "type": "track",
        "messageId": f"e{number}",
        "event": "Zone Seen",
        "anonymousId": "v",
        "timestamp": "2026-01-01T00:00:00Z",
    }


async def test_every_id_is_fetched_page_by_page(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.lab.local_server._PAGE", 2)
    door = LocalServer(port=port, key=STORE_KEY)
    batch = json.dumps({"batch": [event(n) for n in range(5)]}).encode()
    await door.post_lines("/v1/batch", [batch])
    assert await central_ids(door) == [f"e{n}" for n in range(5)]


async def test_changes_go_in_as_lines(port: int) -> None:
    line = b'{"stream":"stock","key":"1","op":"upsert","body":{"sku":"1","on_hand":3}}'
    answer = await LocalServer(port=port, key=CENTRAL_KEY).post_lines(
        "/v1/changes", [line, line]
    )
    assert answer["applied"] == 2


async def test_a_wrong_key_is_told_from_a_centre_that_is_away(port: int) -> None:
    with pytest.raises(NotProvisioned, match="401"):
        await LocalServer(port=port, key="wrong").get("/v1/stats")
    assert not await LocalServer(port=port, key="wrong").answers("/v1/stats")
    assert await LocalServer(port=port, key="wrong").answers("/healthz")


async def test_nobody_answers_on_a_free_port() -> None:
    assert not await LocalServer(port=free_port()).answers("/readyz")
