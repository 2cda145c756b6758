"""The shopper's own page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from edge.api.http.tickets import Tickets
from edge.domain.consent import Purpose
from edge.domain.ids import VisitId
from tests.edge.api.fakes import PERSON, VISIT, FixedClock, Store, used_once


async def opened(client: aiohttp.ClientSession, ticket: str) -> int:
    async with client.post("/v1/me/session", json={"ticket": ticket}) as answer:
        return answer.status


async def test_a_ticket_opens_the_page_once(
    client: aiohttp.ClientSession, store: Store
) -> None:
    ticket = store.tickets.issue(VISIT)
    assert [await opened(client, ticket) for _ in range(3)] == [204, 401, 401]


async def test_the_cookie_is_for_this_page_alone_and_for_a_quarter_of_an_hour(
    client: aiohttp.ClientSession, store: Store
) -> None:
    async with client.post(
        "/v1/me/session", json={"ticket": store.tickets.issue(VISIT)}
    ) as answer:
        cookie = answer.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Strict", "Path=/v1/me", "Max-Age=900"):
        assert part in cookie


async def test_a_person_sees_what_is_known(client: aiohttp.ClientSession, store: Store) -> None:
    await opened(client, store.tickets.issue(VISIT))
    async with client.get("/v1/me") as answer:
        body = await answer.json()
    assert list(body) == ["alias", "consents", "known", "why", "receipts"]
    assert PERSON not in await answer.text()


async def test_withdrawing_is_in_force_when_answered(
    client: aiohttp.ClientSession, store: Store
) -> None:
    await opened(client, store.tickets.issue(VISIT))
    async with client.post("/v1/me/withdraw", json={"purposes": ["share", "train"]}) as answer:
        consents = (await answer.json())["consents"]
    assert store.shoppers.withdrawn == [Purpose.SHARE, Purpose.TRAIN]
    assert (consents["share"], consents["recognise"]) == (False, True)


@pytest.mark.parametrize("purposes", [[], ["everything"], "share"])
async def test_only_purposes_can_be_withdrawn(
    client: aiohttp.ClientSession, store: Store, purposes: object
) -> None:
    await opened(client, store.tickets.issue(VISIT))
    async with client.post("/v1/me/withdraw", json={"purposes": purposes}) as answer:
        assert answer.status == 400
    assert store.shoppers.withdrawn == []


async def test_erasing_gives_a_receipt_and_ends_the_session(
    client: aiohttp.ClientSession, store: Store
) -> None:
    await opened(client, store.tickets.issue(VISIT))
    async with client.post("/v1/me/erase") as answer:
        assert (await answer.json())["counts"] == {"visits": 3}
        assert answer.headers["Clear-Site-Data"] == '"storage"'
    assert store.shoppers.erased == [PERSON]
    async with client.get("/v1/me") as answer:
        assert answer.status == 401


async def test_an_export_is_a_file(client: aiohttp.ClientSession, store: Store) -> None:
    await opened(client, store.tickets.issue(VISIT))
    async with client.get("/v1/me/export") as answer:
        assert await answer.json() == {"trips": 3}
        assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_without_a_ticket_nothing_is_told(client: aiohttp.ClientSession) -> None:
    for path in ("/v1/me", "/v1/me/export"):
        async with client.get(path) as answer:
            assert answer.status == 401


async def test_a_stay_that_is_over_opens_nothing(
    client: aiohttp.ClientSession, store: Store
) -> None:
    assert await opened(client, store.tickets.issue(VisitId("visit-2"))) == 401


async def test_guessing_tickets_is_stopped(client: aiohttp.ClientSession) -> None:
    assert [await opened(client, "guess") for _ in range(11)][-2:] == [401, 429]


def tickets(clock: FixedClock, *, key: bytes = bytes(32), store: str = "store-1") -> Tickets:
    return Tickets(key=key, store=store, clock=clock, once=used_once())


async def test_a_ticket_lives_one_minute() -> None:
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    book = tickets(clock)
    early, late = book.issue(VISIT), book.issue(VISIT)
    clock.at += timedelta(seconds=59)
    assert await book.redeem(early) == VISIT
    clock.at += timedelta(seconds=1)
    assert await book.redeem(late) is None


async def test_a_ticket_names_no_person() -> None:
    claims = jwt.decode(tickets(FixedClock()).issue(VISIT), OctKey.import_key(bytes(32))).claims
    assert claims["sub"] == VISIT
    assert PERSON not in str(claims)


async def test_tickets_of_another_store_or_key_or_algorithm_are_nothing() -> None:
    clock = FixedClock()
    book = tickets(clock)
    unsigned = "eyJhbGciOiJub25lIn0." + book.issue(VISIT).split(".")[1] + "."
    for foreign in (
        tickets(clock, store="store-2").issue(VISIT),
        tickets(clock, key=b"k" * 32).issue(VISIT),
        unsigned,
        "",
        "a.b.c",
    ):
        assert await book.redeem(foreign) is None


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        tickets(FixedClock(), key=b"short")
