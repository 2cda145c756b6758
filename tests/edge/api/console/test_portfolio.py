from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from devices.messages import Show
from edge.campaigns.authoring.errors import NoSuchCampaign, PortfolioInvalid, WrongState
from tests.edge.api.fake_portfolio import CLASH
from tests.edge.api.fakes import PASSWORD, Store
from tests.edge.campaigns.authoring.bodies import a_campaign, an_offer

KEY = {"Authorization": f"Bearer {PASSWORD}"}
WHOLE = {"campaigns": [a_campaign()], "offers": [an_offer()]}
GTIN = "4006381333931"
STEPS = ["approve", "publish", "rollback", "pause"]


async def ask(
    client: aiohttp.ClientSession, method: str, path: str, body: object = None
) -> tuple[int, Any]:
    async with client.request(method, path, json=body, headers=KEY) as answer:
        return answer.status, await answer.json(content_type=None)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/portfolio",
        "/v1/campaigns",
        "/v1/campaigns/june",
        "/v1/campaigns/june/versions/1",
        "/v1/offers/o-1",
    ],
)
async def test_what_there_is_is_shown(client: aiohttp.ClientSession, path: str) -> None:
    status, body = await ask(client, "GET", path)
    assert status == 200
    assert body is not None


@pytest.mark.parametrize(
    "path",
    [
        "/v1/campaigns/july", "/v1/campaigns/june/versions/2", "/v1/campaigns/june/versions/x",
        f"/v1/campaigns/june/versions/{'9' * 40}", "/v1/offers/o-2",
    ],
)  # fmt: skip
async def test_what_there_is_not_is_not_here(client: aiohttp.ClientSession, path: str) -> None:
    assert (await ask(client, "GET", path))[0] == 404


async def test_drafts_are_kept_in_the_name_that_is_given(
    client: aiohttp.ClientSession, store: Store
) -> None:
    status, body = await ask(client, "PUT", "/v1/campaigns?by=anna", WHOLE)
    assert (status, body[0]["state"]) == (200, "draft")
    assert (await ask(client, "PUT", "/v1/campaigns/june", WHOLE))[0] == 200
    assert store.portfolio.steps == [("draft", "console: anna"), ("draft", "console")]


async def test_a_name_is_no_sentence(client: aiohttp.ClientSession, store: Store) -> None:
    assert (await ask(client, "PUT", "/v1/campaigns?by=a%20b", WHOLE))[0] == 400
    assert store.portfolio.steps == []


async def test_a_body_about_something_else_than_its_address_is_refused(
    client: aiohttp.ClientSession,
) -> None:
    assert (await ask(client, "PUT", "/v1/campaigns/july", WHOLE))[0] == 400
    assert (await ask(client, "PUT", "/v1/offers/o-2", an_offer()))[0] == 400


@pytest.mark.parametrize("step", STEPS)
async def test_a_campaign_goes_its_way_step_by_step(
    client: aiohttp.ClientSession, store: Store, step: str
) -> None:
    told = {"paused": True} if step == "pause" else {"version": 3}
    assert (await ask(client, "POST", f"/v1/campaigns/june/{step}?by=bo", told))[0] == 200
    ((what, by),) = store.portfolio.steps
    assert what == f"{step} june {3 if 'version' in told else True}"
    assert by == "console: bo"


@pytest.mark.parametrize("step", ["publish", "rollback", "pause"])
async def test_what_the_tower_forbids_is_told_with_both_culprits(
    client: aiohttp.ClientSession, store: Store, step: str
) -> None:
    store.portfolio.finds = (CLASH,)
    status, body = await ask(client, "POST", f"/v1/campaigns/june/{step}", {})
    assert (status, body["published"]) == (422, False)
    assert body["findings"][0]["culprits"] == ["o-1", "o-2"]


async def test_one_offer_is_put_over_what_stands(
    client: aiohttp.ClientSession, store: Store
) -> None:
    assert (await ask(client, "PUT", "/v1/offers/o-1", an_offer(skus=[GTIN])))[0] == 200
    store.portfolio.finds = (CLASH,)
    assert (await ask(client, "PUT", "/v1/offers/o-1", an_offer()))[0] == 422


async def test_an_offer_without_its_tags_is_refused_with_the_place(
    client: aiohttp.ClientSession, store: Store
) -> None:
    offer = an_offer()
    del offer["segment"]
    status, problem = await ask(client, "PUT", "/v1/campaigns", {**WHOLE, "offers": [offer]})
    assert (status, problem["type"]) == (400, "urn:storeside:problem:bad-portfolio")
    assert problem["detail"] == "offers.0.segment: Field required"
    assert store.portfolio.steps == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NoSuchCampaign("none"), 404),
        (WrongState("version 1 of june is draft, not approved"), 409),
        (PortfolioInvalid("offer o-1: its campaign is not in it"), 400),
    ],
)
async def test_each_refusal_has_its_status(
    client: aiohttp.ClientSession, store: Store, error: Exception, status: int
) -> None:
    store.portfolio.fails = error
    for step in STEPS:
        assert (await ask(client, "POST", f"/v1/campaigns/june/{step}", {}))[0] == status


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"[" * 100_000, b'{"campaigns":[],"campaigns":[]}', b"\xff", b'{"x":1}']
)  # fmt: skip
async def test_junk_is_refused(client: aiohttp.ClientSession, body: bytes) -> None:
    headers = KEY | {"Content-Type": "application/json"}
    for path in ("/v1/campaigns", "/v1/campaigns/june", "/v1/offers/o-1"):
        async with client.put(path, data=body, headers=headers) as answer:
            assert answer.status == 400
            assert answer.content_type == "application/problem+json"


async def test_a_megabyte_is_refused_before_it_is_parsed(client: aiohttp.ClientSession) -> None:
    headers = KEY | {"Content-Type": "application/json"}
    async with client.put("/v1/campaigns", data=b" " * 2**20, headers=headers) as answer:
        assert answer.status == 413


async def test_an_offer_is_drawn_before_anybody_sees_it(
    client: aiohttp.ClientSession, store: Store
) -> None:
    told = {"offer": an_offer(), "locale": "es"}
    status, body = await ask(client, "POST", "/v1/preview", told)
    assert status == 200
    Show.model_validate_json(json.dumps(body[0]))
    assert store.portfolio.steps == [("preview o-1 es", "")]


async def test_another_sites_page_cannot_publish_with_our_cookie(
    client: aiohttp.ClientSession, store: Store
) -> None:
    opening = {"device": "console", "password": PASSWORD}
    async with client.post("/v1/pages/session", json=opening) as answer:
        assert answer.status == 204
    headers = {"Origin": "https://example.org"}
    async with client.post("/v1/campaigns/june/publish", json={}, headers=headers) as answer:
        assert answer.status == 403
    assert store.portfolio.steps == []
