"""The hub's doors over a real store, through real HTTP."""

import asyncio
import gzip
import io
import json
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request

from cloud_sync.envelope import canonical, encode_event
from cloud_sync.errors import BodyRefused
from cloud_sync.hub.requests import is_home
from cloud_sync.hub.server import Hub, open_hub, serve
from cloud_sync.hub.store import SqliteStore
from tests.cloud_sync.builders import cloud_event, make_record, make_records
from tests.cloud_sync.fakes import fixed_clock
from tests.cloud_sync.running import (
    CENTRAL_KEY,
    OTHER_KEY,
    STORE_KEY,
    hub_settings,
    running,
)
from tests.patience import patient, until


class Caller:
    """A plain HTTP client of one hub."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self.session = session
        self.base = f"http://127.0.0.1:{port}"

    async def call(
        self, method: str, path: str, *, key: str = STORE_KEY, body: bytes | None = None
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        data = io.BytesIO(body) if body is not None else None
        async with self.session.request(
            method, self.base + path, data=data, headers=headers
        ) as reply:
            text = await reply.text()
            return reply.status, json.loads(text) if "json" in reply.content_type else text

    async def get(self, path: str, key: str = STORE_KEY) -> Any:
        status, answer = await self.call("GET", path, key=key)
        assert status == 200, answer
        return answer

    async def send(self, *events: dict[str, Any], key: str = STORE_KEY) -> list[dict[str, Any]]:
        body = json.dumps({"batch": events}).encode()
        status, answer = await self.call("POST", "/v1/batch", key=key, body=body)
        assert status == 200, answer
        results: list[dict[str, Any]] = answer["results"]
        return results

    async def publish(self, *changes: dict[str, Any]) -> int:
        body = b"\n".join(json.dumps(change).encode() for change in changes)
        status, answer = await self.call("POST", "/v1/changes", key=CENTRAL_KEY, body=body)
        assert status == 200, answer
        version: int = answer["version"]
        return version


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncGenerator[Caller]:
    async with open_hub(hub_settings(tmp_path)) as port, aiohttp.ClientSession() as session:
        yield Caller(session, port)


def read_all(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    return cloud_event(make_record(number)) | changes


async def test_an_event_is_kept_once_however_often_it_comes(hub: Caller) -> None:
    assert await hub.send(event(1), event(2), event(1)) == [
        {"id": "e-1", "status": "accepted"},
        {"id": "e-2", "status": "accepted"},
        {"id": "e-1", "status": "duplicate"},
    ]
    assert await hub.send(event(2)) == [{"id": "e-2", "status": "duplicate"}]
    assert await hub.get("/v1/stats") == {
        "events": 2,
        "raw": 4,
        "duplicates": 2,
        "refused": 0,
        "by_type": {"storeside.order-completed.v1": 2},
    }


async def test_bare_messages_are_taken_too(hub: Caller) -> None:
    bare = json.loads(make_record(1).data)
    identify = {
        "type": "identify",
        "messageId": "e-2",
        "timestamp": "2026-03-02T10:00:00Z",
        "userId": "c-abc",
        "traits": {},
    }
    fates = await hub.send(bare, identify)
    assert [fate["status"] for fate in fates] == ["accepted", "accepted"]
    stats = await hub.get("/v1/stats")
    assert stats["by_type"] == {"Order Completed": 1, "identify": 1}


async def test_the_write_key_of_a_plain_segment_client_opens_the_door(hub: Caller) -> None:
    auth = aiohttp.encode_basic_auth(STORE_KEY, "")
    async with hub.session.get(
        hub.base + "/v1/stats", headers={"Authorization": auth}
    ) as reply:
        assert reply.status == 200


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"specversion": "0.3"}, "specversion: literal-error"),
        ({"time": "yesterday"}, "time: value-error"),
        ({"time": "2026-03-02T10:00:00"}, "time: value-error"),
        ({"data": "text"}, "data: dict-type"),
        ({"source": ""}, "source: string-too-short"),
        ({"subject": "two words"}, "subject: string-pattern-mismatch"),
        ({"data": {"x": "y" * 32_000}}, "larger than 32000 bytes"),
    ],
)
async def test_a_misfit_is_refused_alone_with_a_reason(
    hub: Caller, changes: dict[str, Any], reason: str
) -> None:
    fates = await hub.send(event(1), event(2, **changes), event(3))
    assert [fate["status"] for fate in fates] == ["accepted", "refused", "accepted"]
    assert fates[1] == {"id": "e-2", "status": "refused", "reason": reason}
    assert (await hub.get("/v1/stats"))["refused"] == 1


async def test_a_misfit_without_an_id_is_refused_too(hub: Caller) -> None:
    assert await hub.send({"specversion": "1.0", "id": 7}, {}) == [
        {"id": None, "status": "refused", "reason": "id: string-type"},
        {"id": None, "status": "refused", "reason": "type: missing"},
    ]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"batch":1}', b'{"batch":[1]}', b'{"batch":[{"x":NaN}]}', b"\xff\xfe",
     b'{"batch":[],"sentAt":"noon"}', b'{"batch":[' + b"[" * 5000 + b"]" * 5000 + b"]}"],
)  # fmt: skip
async def test_a_body_that_is_no_batch_is_refused_as_a_whole(hub: Caller, body: bytes) -> None:
    status, answer = await hub.call("POST", "/v1/batch", body=body)
    assert status == 400
    assert answer["title"]


async def test_a_batch_of_too_many_bytes_is_refused_before_it_is_parsed(hub: Caller) -> None:
    status, answer = await hub.call("POST", "/v1/batch", body=b"x" * 600_000)
    assert (status, answer["status"]) == (413, 413)


async def test_a_bomb_of_zeros_is_refused(hub: Caller) -> None:
    bomb = gzip.compress(b"0" * 20_000_000)
    headers = {"Authorization": f"Bearer {STORE_KEY}", "Content-Encoding": "gzip"}
    async with hub.session.post(hub.base + "/v1/batch", data=bomb, headers=headers) as reply:
        assert reply.status in {400, 413}


@pytest.mark.parametrize("key", ["", "wrong", "ÿ", STORE_KEY[:-1], STORE_KEY + "x"])
async def test_nobody_comes_in_without_a_valid_key(hub: Caller, key: str) -> None:
    for method, path in [
        ("POST", "/v1/batch"),
        ("GET", "/v1/changes"),
        ("POST", "/v1/changes"),
        ("GET", "/v1/stats"),
        ("GET", "/v1/events/ids"),
    ]:
        status, answer = await hub.call(method, path, key=key)
        assert (status, answer["status"]) == (401, 401)


@pytest.mark.parametrize("scheme", ["Basic", "Basic !!", "Basic ÿ", "Digest x", "Bearer"])
async def test_a_header_that_holds_no_key_is_no_key(hub: Caller, scheme: str) -> None:
    async with hub.session.get(
        hub.base + "/v1/stats", headers={"Authorization": scheme}
    ) as reply:
        assert reply.status == 401


async def test_a_store_may_not_import_and_the_centre_may_not_pose_as_a_store(
    hub: Caller,
) -> None:
    assert (await hub.call("POST", "/v1/changes", body=b""))[0] == 403
    assert (await hub.call("POST", "/v1/batch", key=CENTRAL_KEY, body=b""))[0] == 403
    assert (await hub.call("GET", "/v1/changes", key=CENTRAL_KEY))[0] == 403


async def test_a_store_sees_its_own_events_and_the_centre_sees_all(hub: Caller) -> None:
    await hub.send(event(1), key=STORE_KEY)
    await hub.send(event(2), event(3), key=OTHER_KEY)
    assert (await hub.get("/v1/stats", STORE_KEY))["events"] == 1
    assert (await hub.get("/v1/stats", CENTRAL_KEY))["events"] == 3
    assert (await hub.get("/v1/events/ids", OTHER_KEY))["ids"] == ["e-2", "e-3"]


async def test_ids_are_listed_in_pages_by_arrival(hub: Caller) -> None:
    await hub.send(*(event(n) for n in range(1, 6)))
    ids: list[str] = []
    after: int | None = 0
    while after is not None:
        page = await hub.get(f"/v1/events/ids?after={after}&limit=2")
        ids += page["ids"]
        after = page["next"]
    assert ids == ["e-1", "e-2", "e-3", "e-4", "e-5"]


async def test_changes_come_in_order_and_in_pages(hub: Caller) -> None:
    await hub.publish(
        *({"stream": "products", "key": f"p-{n}", "body": {"n": n}} for n in range(3))
    )
    first = await hub.get("/v1/changes?streams=products&cursor=0&limit=2")
    assert [change["key"] for change in first["changes"]] == ["p-0", "p-1"]
    assert first["more"] is True
    second = await hub.get(f"/v1/changes?streams=products&cursor={first['cursor']}&limit=2")
    assert [change["body"] for change in second["changes"]] == [{"n": 2}]
    assert second["more"] is False


async def test_a_key_is_sent_down_in_its_newest_state_only(hub: Caller) -> None:
    await hub.publish({"stream": "offers", "key": "o", "body": {"price_cents": 1}})
    await hub.publish({"stream": "offers", "key": "o", "op": "delete"})
    page = await hub.get("/v1/changes?streams=offers&cursor=0")
    assert [(c["op"], c["version"], c["body"]) for c in page["changes"]] == [("delete", 2, {})]


async def test_the_cursor_at_the_end_covers_streams_not_asked_for(hub: Caller) -> None:
    await hub.publish({"stream": "offers", "key": "o"}, {"stream": "stock", "key": "s"})
    page = await hub.get("/v1/changes?streams=offers&cursor=0")
    assert (page["cursor"], page["more"]) == (2, False)


async def test_a_change_for_one_store_is_not_shown_to_another(hub: Caller) -> None:
    await hub.publish(
        {"stream": "stock", "key": "s", "store": "s-2"}, {"stream": "stock", "key": "all"}
    )
    mine = await hub.get("/v1/changes?streams=stock&cursor=0")
    theirs = await hub.get("/v1/changes?streams=stock&cursor=0", OTHER_KEY)
    assert [change["key"] for change in mine["changes"]] == ["all"]
    assert [change["key"] for change in theirs["changes"]] == ["s", "all"]


async def test_a_page_ends_when_it_is_heavy_and_always_moves_on(hub: Caller) -> None:
    heavy = {"text": "x" * 700_000}
    for n in range(3):
        await hub.publish({"stream": "customers", "key": f"c-{n}", "body": heavy})
    cursor, keys, pages = 0, list[str](), 0
    more = True
    while more:
        page = await hub.get(f"/v1/changes?streams=customers&cursor={cursor}")
        keys += [change["key"] for change in page["changes"]]
        cursor, more, pages = page["cursor"], page["more"], pages + 1
    assert (keys, pages) == (["c-0", "c-1", "c-2"], 3)


async def test_an_open_question_is_answered_when_there_is_news(hub: Caller) -> None:
    asked = asyncio.create_task(hub.get("/v1/changes?streams=offers&cursor=0&wait=10"))
    await asyncio.sleep(0.05)
    await hub.publish({"stream": "stock", "key": "s"})
    await asyncio.sleep(0.05)
    assert not asked.done()
    await hub.publish({"stream": "offers", "key": "o"})
    async with asyncio.timeout(patient(5)):
        assert [change["key"] for change in (await asked)["changes"]] == ["o"]


async def test_an_open_question_ends_with_its_time(hub: Caller) -> None:
    page = await hub.get("/v1/changes?streams=offers&cursor=0&wait=0.05&limit=1")
    assert page == {"changes": [], "cursor": 0, "more": False}


async def test_a_hub_that_stops_answers_its_open_questions(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:
        async with open_hub(hub_settings(tmp_path)) as port:
            hub = Caller(session, port)
            asked = asyncio.create_task(hub.get("/v1/changes?streams=a&cursor=0&wait=20"))
            await asyncio.sleep(patient(0.1))  # until the question stands at the hub
        async with asyncio.timeout(patient(5)):
            assert (await asked)["changes"] == []


@pytest.mark.parametrize(
    "query", ["cursor=x", "cursor=-1", "limit=1.5", "cursor=²", "limit=" + "9" * 30]
)
async def test_a_question_that_is_no_number_is_refused(hub: Caller, query: str) -> None:
    status, answer = await hub.call("GET", f"/v1/changes?streams=a&{query}")
    assert status == 400
    assert answer["title"].endswith("whole number")


@pytest.mark.parametrize("wait", ["x", "-1", "1e3", "nan", "9" * 30])
async def test_a_question_for_no_time_is_refused(hub: Caller, wait: str) -> None:
    status, answer = await hub.call("GET", f"/v1/changes?streams=a&wait={wait}")
    assert (status, answer["title"]) == (400, "wait: expected seconds")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"stream":"offers"}', "line 3: key: missing"),
        ('{"stream":"Offers!","key":"o"}', "line 3: stream: string-pattern-mismatch"),
        ('{"stream":"offers","key":"o","extra":1}', "line 3: extra: extra-forbidden"),
        ("[]", "line 3: : model-type"),
    ],
)
async def test_a_line_that_is_no_change_is_named(hub: Caller, line: str, reason: str) -> None:
    body = f'\n{{"stream":"offers","key":"o"}}\n{line}\n'.encode()
    status, answer = await hub.call("POST", "/v1/changes", key=CENTRAL_KEY, body=body)
    assert (status, answer["title"]) == (400, reason)


async def test_an_endless_line_is_refused(hub: Caller) -> None:
    body = b'{"stream":"' + b"x" * 1_200_000
    status, _ = await hub.call("POST", "/v1/changes", key=CENTRAL_KEY, body=body)
    assert status == 413


async def test_a_whole_catalogue_and_its_customers_go_in_and_come_out(hub: Caller) -> None:
    products = [
        {"stream": "products", "key": f"p-{n}", "body": {"name": f"Product {n}"}}
        for n in range(12_000)
    ]
    history = [{"sku": f"p-{n}", "trips": 3} for n in range(60)]
    customers = [
        {"stream": "customers", "key": f"c-{n}", "body": {"history": history}}
        for n in range(2_500)
    ]
    await hub.publish(*products, *customers)
    page = await hub.get("/v1/changes?streams=customers&cursor=0&limit=1")
    assert page["changes"][0]["body"] == {"history": history}
    last = await hub.get("/v1/changes?streams=customers,products&cursor=14499")
    assert [change["key"] for change in last["changes"]] == ["c-2499"]


async def test_an_erasure_sent_down_erases_at_the_centre_too(
    hub: Caller, tmp_path: Path
) -> None:
    kept = cloud_event(make_record(1, subject="c-gone"))
    await hub.send(kept, cloud_event(make_record(2, subject="c-stays")))
    await hub.publish({"stream": "erasures", "key": "c-gone"})
    with closing(sqlite3.connect(tmp_path / "hub.db")) as conn:
        rows = conn.execute("SELECT id, subject FROM events").fetchall()
    assert rows == [("e-1", None), ("e-2", "c-stays")]
    assert await hub.send(kept) == [{"id": "e-1", "status": "duplicate"}]


async def test_what_names_an_erased_person_is_sent_down_no_more_and_stays_out(
    hub: Caller,
) -> None:
    profile = {"stream": "customers", "key": "c-gone", "body": {"segments": ["a"]}}
    consent = {"stream": "consents", "key": "consent-1", "body": {"token": "c-gone"}}
    await hub.publish(profile, consent, {"stream": "customers", "key": "c-stays"})
    await hub.publish({"stream": "erasures", "key": "c-gone"}, profile)
    page = await hub.get("/v1/changes?streams=consents,customers,erasures&cursor=0")
    assert [(c["stream"], c["key"]) for c in page["changes"]] == [
        ("customers", "c-stays"),
        ("erasures", "c-gone"),
    ]


async def test_an_erasure_that_is_taken_back_erases_nobody(hub: Caller) -> None:
    await hub.publish(
        {"stream": "customers", "key": "c-a"},
        {"stream": "erasures", "key": "c-a", "op": "delete"},
    )
    page = await hub.get("/v1/changes?streams=customers&cursor=0")
    assert [change["key"] for change in page["changes"]] == ["c-a"]


async def test_an_erasure_that_comes_up_leaves_no_byte_of_the_person(
    hub: Caller, tmp_path: Path
) -> None:
    token = "c-canaryofthistest"  # noqa: S105 - a person's token, no secret
    gone = make_record(9, event="Customer Erased", stream="erasures", subject=token)
    await hub.send(cloud_event(make_record(1, subject=token)))
    await hub.send(cloud_event(gone))
    late = await hub.send(cloud_event(make_record(2, subject=token)))
    assert late == [{"id": "e-2", "status": "accepted"}]
    assert (await hub.get("/v1/stats"))["events"] == 3
    assert token.encode() not in read_all(tmp_path)


async def test_the_page_shows_what_arrived_and_runs_nothing(hub: Caller) -> None:
    await hub.send(event(1, type="<script>alert(1)</script>"))
    async with hub.session.get(hub.base + "/") as reply:
        text = await reply.text()
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert 'http-equiv="refresh"' in text


async def test_an_empty_hub_has_a_page_too(hub: Caller) -> None:
    status, text = await hub.call("GET", "/", key="")
    assert status == 200
    assert "Nothing has arrived" in text


async def test_the_hub_says_that_it_is_well(hub: Caller) -> None:
    assert await hub.call("GET", "/healthz", key="") == (200, {"status": "ok"})


async def test_the_page_is_not_shown_to_another_machine(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "hub.db", clock=fixed_clock)
    stranger = make_mocked_request("GET", "/").clone(remote="10.0.0.9")
    with pytest.raises(BodyRefused) as caught:
        await Hub(store, hub_settings(tmp_path)).show_page(stranger)
    assert caught.value.status == 403


@pytest.mark.parametrize(
    ("remote", "home"), [("127.0.0.1", True), ("::1", True), ("10.0.0.9", False), (None, False)]
)
def test_home_is_this_machine(remote: str | None, home: bool) -> None:  # noqa: FBT001 - a parameter
    assert is_home(remote) is home


async def test_an_import_of_nothing_but_its_last_line_is_read(hub: Caller) -> None:
    body = b'\n\n{"stream":"offers","key":"o"}\n'
    status, answer = await hub.call("POST", "/v1/changes", key=CENTRAL_KEY, body=body)
    assert (status, answer) == (200, {"applied": 1, "version": 1})


async def test_an_unknown_door_is_a_problem_document(hub: Caller) -> None:
    status, answer = await hub.call("GET", "/v2", key="")
    assert (status, answer["title"]) == (404, "Not Found")


async def test_what_was_taken_is_there_after_a_restart(tmp_path: Path) -> None:
    for status in ("accepted", "duplicate"):
        async with (
            open_hub(hub_settings(tmp_path)) as port,
            aiohttp.ClientSession() as session,
        ):
            assert (await Caller(session, port).send(event(1)))[0]["status"] == status


async def test_serving_tells_the_port_and_ends_when_told(tmp_path: Path) -> None:
    ports: list[int] = []
    async with running(serve(hub_settings(tmp_path), ready=ports.append)):
        await until(lambda: bool(ports))
        async with aiohttp.ClientSession() as session:
            assert (await Caller(session, ports[0]).get("/healthz"))["status"] == "ok"


def test_the_events_of_the_store_are_the_hubs_events() -> None:
    record = make_records(1)[0]
    assert canonical(json.loads(encode_event(record))["data"]) == record.data
