"""The doors of other tills' logs, orders and webhooks: who may come in, and what each sale becomes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from standardwebhooks import Webhook

from devices.errors import Refusal
from devices.messages import Basket
from tests.devices.tills.logs import as_bytes, goods, item, odoo_order, poslog, transaction
from tests.edge.api.conftest import JSON, TILL
from tests.edge.api.fakes import NOW, PASSWORD, SIGNING, Store

XML = {"Content-Type": "application/xml"}
AT = f"<EndDateTime>{(NOW - timedelta(hours=1)).isoformat()}</EndDateTime>"
LOYAL = "<LoyaltyAccount><LoyaltyAccountID>4711</LoyaltyAccountID></LoyaltyAccount>"


def a_sale(n: int = 1, **how: Any) -> str:
    return transaction(item(1, goods()), number=n, **{"at": AT, **how})


async def post(
    client: aiohttp.ClientSession, path: str, body: bytes, headers: dict[str, str]
) -> tuple[int, Any]:
    async with client.post(f"/v1/pos/{path}", data=body, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


def steps(store: Store) -> list[tuple[str, str]]:
    taken = [(e.id.partition(":")[2], e.data) for e in store.events.taken]
    return [(step, data.basket_id) for step, data in taken if isinstance(data, Basket)]


async def test_a_log_becomes_the_steps_of_its_sales(
    client: aiohttp.ClientSession, store: Store
) -> None:
    log = poslog(a_sale(more=LOYAL), a_sale(2), a_sale(3, status="Suspended"))
    status, told = await post(client, "poslog", log, TILL | XML)
    assert (status, told["accepted"], told["nothing"]) == (202, True, 1)
    assert steps(store) == [
        ("open", "3:1"),
        ("identify", "3:1"),
        ("complete", "3:1"),
        ("open", "3:2"),
        ("complete", "3:2"),
    ]
    assert {e.source for e in store.events.taken} == {"storeside/1/store-1/pos/till-1"}


async def test_a_sale_that_is_none_is_refused_alone_and_counted(
    client: aiohttp.ClientSession, store: Store
) -> None:
    old = "<EndDateTime>2020-01-01T00:00:00Z</EndDateTime>"
    card = LOYAL.replace("4711", "4111111111111111")
    log = poslog(a_sale(at=old), a_sale(2, more=card.replace("LOY", "")), a_sale(3))
    _, told = await post(client, "poslog", log, TILL | XML)
    assert told["results"][0]["reason"] == "stale"
    assert told["results"][2]["accepted"] is True
    assert Refusal.STALE in store.events.refusals
    assert "4111" not in str(told)


async def test_only_tills_send_sales(client: aiohttp.ClientSession) -> None:
    kiosk = {"Authorization": aiohttp.encode_basic_auth("kiosk-1", PASSWORD)}
    assert (await post(client, "poslog", poslog(), kiosk | XML))[0] == 403
    assert (await post(client, "orders/odoo", b"{}", kiosk | JSON))[0] == 403


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("poslog", poslog(), TILL | JSON, 415),
        ("poslog", b"<a", TILL | XML, 400),
        ("poslog", b"<a>" * 99, TILL | XML, 413),
        ("orders/odoo", b"[", TILL | JSON, 400),
        ("orders/nobody", b"{}", TILL | JSON, 404),
        ("orders/odoo", b"{}", TILL | XML, 415),
    ],
)
async def test_what_cannot_be_read_is_a_problem(
    client: aiohttp.ClientSession,
    store: Store,
    path: str,
    body: bytes,
    headers: dict[str, str],
    status: int,
) -> None:
    found, told = await post(client, path, body, headers)
    assert (found, told["status"]) == (status, status)
    assert store.events.taken == []


async def test_an_order_becomes_a_sale_by_its_mapping(
    client: aiohttp.ClientSession, store: Store
) -> None:
    body = as_bytes(odoo_order(date_order="2026-11-22 11:00:00"))
    status, told = await post(client, "orders/odoo", body, TILL | JSON)
    assert (status, told["accepted"]) == (202, True)
    assert [step for step, _ in steps(store)] == ["open", "identify", "complete"]


def signed(body: bytes, secret: str = SIGNING, **changed: str) -> dict[str, str]:
    at = datetime.now(UTC)
    return {
        "webhook-id": "msg-1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg-1", at, body.decode()),
        **JSON,
        **changed,
    }


async def test_a_webhook_needs_no_password_but_a_signature(
    client: aiohttp.ClientSession, store: Store
) -> None:
    body = as_bytes(odoo_order(date_order="2026-11-22 11:00:00"))
    assert (await post(client, "webhooks/odoo", body, TILL | JSON))[0] == 401
    assert store.events.taken == []
    assert (await post(client, "webhooks/odoo", body, signed(body)))[0] == 202
    assert {e.source for e in store.events.taken} == {"storeside/1/store-1/pos/till-1"}


async def test_guessing_signatures_ends_after_some_tries(client: aiohttp.ClientSession) -> None:
    wrong = signed(b"{}", **{"webhook-signature": "v1,AAAA"})
    seen = [(await post(client, "webhooks/odoo", b"{}", wrong))[0] for _ in range(12)]
    assert seen[0] == 401
    assert seen[-1] == 429
    # Whoever signs is let in all the same.
    body = as_bytes(odoo_order(date_order="2026-11-22 11:00:00"))
    assert (await post(client, "webhooks/odoo", body, signed(body)))[0] == 202
