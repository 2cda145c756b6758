"""The same contract over HTTP, spoken with the standard library alone."""

from __future__ import annotations

import base64
import json
from http.client import HTTPConnection
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.plain_client import Json, PlainClient
from tests.contract.store import Store
from tests.patience import patient

Spoken = tuple[int, str, Any]


@pytest.fixture(scope="module")
def account(store: Store) -> Json:
    return store.add_device("till-http", "pos", "http")


@pytest.fixture(scope="module")
def till(account: Json) -> PlainClient:
    """Makes events; it never connects."""
    return PlainClient(account)


def post(
    store: Store, path: str, body: object, account: Json | None = None, **headers: str
) -> Spoken:
    """Status, media type and document of an answer."""
    told = {"Content-Type": "application/json", **headers}
    if account is not None:
        pair = f"{account['username']}:{account['password']}".encode()
        told["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    line = HTTPConnection("127.0.0.1", store.http_port, timeout=patient(5))
    try:
        line.request("POST", path, body if isinstance(body, bytes) else json.dumps(body), told)
        answer = line.getresponse()
        return (
            answer.status,
            answer.headers.get_content_type(),
            json.loads(answer.read() or b"null"),
        )
    finally:
        line.close()


def opened(till: PlainClient, **changed: object) -> Json:
    return till.event(
        "basket", {"basket_id": f"b-{uuid4().hex[:8]}", "action": "open"}, **changed
    )


@pytest.mark.parametrize("door", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
def test_the_public_doors_answer(store: Store, door: str) -> None:
    assert store.get(door)[0] == 200


def test_each_event_of_a_batch_gets_its_own_result(
    store: Store, account: Json, till: PlainClient
) -> None:
    good, wrong = opened(till), opened(till, type="storeside.nothing.v1")
    status, _, told = post(store, "/v1/events", [good, wrong, good], account)
    assert status == 202
    assert told["results"] == [
        {"id": good["id"], "accepted": True},
        {"id": wrong["id"], "accepted": False, "reason": "unknown-type", "field": "type"},
        {"id": good["id"], "accepted": True, "duplicate": True},
    ]


def test_a_question_is_answered_with_what_to_show(store: Store, account: Json) -> None:
    question = {"placement": "till-addon", "limit": 3, "deadline_ms": 2_000}
    status, _, told = post(store, "/v1/decisions", question, account)
    assert status == 200
    assert told["kind"] == "context"
    assert 0 < len(told["items"]) <= 3


def test_a_deadline_that_cannot_be_kept_is_no_error(store: Store, account: Json) -> None:
    question = {"placement": "till-addon", "limit": 3, "deadline_ms": 1}
    status, _, told = post(store, "/v1/decisions", question, account)
    assert status == 200
    assert told["items"] or told["kind"] == "fallback"


def test_a_whole_transaction_is_taken_once_under_its_key(store: Store, account: Json) -> None:
    whole = {
        "basket_id": f"b-{uuid4().hex[:8]}",
        "lines": [{"sku": "100001", "quantity": 1, "price_cents": 100}],
    }
    key = {"Idempotency-Key": uuid4().hex}
    first = post(store, "/v1/pos/transactions", whole, account, **key)
    assert first[0] in {200, 201, 202}
    before = store.metric("storeside_outbox_pending")
    assert post(store, "/v1/pos/transactions", whole, account, **key)[0] == first[0]
    assert store.metric("storeside_outbox_pending") == before


@pytest.mark.parametrize("path", ["/v1/events", "/v1/decisions", "/v1/pos/transactions"])
@pytest.mark.parametrize(
    "body", [b"\xff\x00", b"[" * 60_000, b"NaN", b'{"a":1,"a":2}', b"1" * 2**20, b""]
)
def test_garbage_is_a_problem_of_the_caller(
    store: Store, account: Json, path: str, body: bytes
) -> None:
    status, kind, told = post(store, path, body, account, **{"Idempotency-Key": "k"})
    refused = status == 202 and not told["results"][0]["accepted"]
    assert refused or (400 <= status < 500 and kind == "application/problem+json")


def test_who_has_no_account_or_another_name_is_not_let_in(
    store: Store, account: Json, till: PlainClient
) -> None:
    for wrong in (None, {**account, "password": "x"}, {**account, "username": "nobody"}):
        status, kind, _ = post(store, "/v1/events", opened(till), wrong)
        assert (status, kind) == (401, "application/problem+json")
    other = opened(till, source="storeside/1/s-plain/pos/till-of-another")
    _, _, told = post(store, "/v1/events", other, account)
    assert told["results"][0]["reason"] == "wrong-source"
