"""Who may ask what."""

from __future__ import annotations

import base64

import aiohttp
import pytest

from edge.api.http.auth import AttemptLimit, AttemptLimits
from edge.api.http.errors import TooManyTries
from tests.edge.api.fakes import PASSWORD, Store

ASK = {"placement": "till-addon"}


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


async def answered(client: aiohttp.ClientSession, headers: dict[str, str]) -> tuple[int, str]:
    async with client.post("/v1/decisions", json=ASK, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_the_right_password_opens(client: aiohttp.ClientSession) -> None:
    assert (await answered(client, basic(f"till-1:{PASSWORD}")))[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic"},
        {"Authorization": "Basic ~~~"},
        {"Authorization": "Basic /w=="},
        {"Authorization": f"Bearer {PASSWORD}"},
        {"X-Storeside-Device": "till-1"},
        basic("till-1"),
        basic("till-1:"),
        basic(f"till-2:{PASSWORD}"),
        basic("till-1:wrong"),
    ],
)
async def test_everything_else_gets_one_and_the_same_answer(
    client: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    assert await answered(client, headers) == await answered(client, basic("nobody:x"))


async def test_a_wrong_admin_key_opens_nothing(client: aiohttp.ClientSession) -> None:
    async with client.get("/v1/overview", headers={"Authorization": "Bearer wrong"}) as answer:
        assert answer.status == 401


async def test_a_challenge_says_what_to_show(client: aiohttp.ClientSession) -> None:
    async with client.post("/v1/decisions", json=ASK) as answer:
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
    async with client.get("/v1/overview") as answer:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_guessing_is_stopped_and_told_when_to_come_back(
    client: aiohttp.ClientSession,
) -> None:
    statuses = [(await answered(client, basic(f"till-1:{n}")))[0] for n in range(11)]
    assert statuses == [401] * 10 + [429]
    async with client.post("/v1/decisions", json=ASK, headers=basic("till-1:x")) as answer:
        assert 1 <= int(answer.headers["Retry-After"]) <= 60


async def test_a_guesser_at_one_name_does_not_lock_out_another(
    client: aiohttp.ClientSession,
) -> None:
    for n in range(10):
        await answered(client, basic(f"till-1:{n}"))
    assert (await answered(client, basic(f"kiosk-1:{PASSWORD}")))[0] == 200


async def test_a_revoked_device_is_out(client: aiohttp.ClientSession, store: Store) -> None:
    store.fleet.revoked.add("till-1")
    assert (await answered(client, basic(f"till-1:{PASSWORD}")))[0] == 401


def test_a_limit_lets_in_again_when_its_window_is_over() -> None:
    now = [0.0]
    limit = AttemptLimit(2, 60, now=lambda: now[0])
    limit.failed("a")
    now[0] = 30.0
    limit.failed("a")
    with pytest.raises(TooManyTries) as caught:
        limit.check("a")
    assert caught.value.wait_s == 30
    now[0] = 60.0
    limit.check("a")


def test_one_address_cannot_try_many_names() -> None:
    tries = AttemptLimits(now=lambda: 0.0)
    for n in range(40):
        tries.failed("10.0.0.9", f"device-{n}")
    with pytest.raises(TooManyTries):
        tries.check("10.0.0.9", "device-99")
    tries.check("10.0.0.8", "device-1")


def test_a_flood_of_addresses_is_forgotten_from_the_oldest() -> None:
    limit = AttemptLimit(1, now=lambda: 0.0)
    for n in range(5000):
        limit.failed(str(n))
    limit.check("0")
    with pytest.raises(TooManyTries):
        limit.check("4999")
