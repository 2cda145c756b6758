"""The HTTP sender of changes and its answers."""

from collections.abc import AsyncGenerator

import pytest
from aiohttp import web

from cloud_sync.downlink import StreamChange, StreamPage
from cloud_sync.errors import CentralFailed
from cloud_sync.sources.http import HttpSource
from tests.cloud_sync.running import FaultProxy, answer, make_line


@pytest.fixture
async def proxy() -> AsyncGenerator[FaultProxy]:
    async with FaultProxy(hub_port=0) as proxy:
        yield proxy


async def test_a_page_is_read_and_unknown_words_are_passed_over(proxy: FaultProxy) -> None:
    proxy.faults = [
        answer(
            200,
            '{"changes":[{"stream":"offers","key":"o","op":"delete","version":4,"by":"x"}],'
            '"cursor":4,"more":true,"hint":1}',
        )
    ]
    async with make_line(proxy.port) as line:
        page = await HttpSource(line).changes(["offers"], 0, 10)
    change = StreamChange(stream="offers", key="o", op="delete", version=4, body={})
    assert page == StreamPage(changes=(change,), cursor=4, more=True)


async def test_the_question_names_streams_cursor_and_limit(proxy: FaultProxy) -> None:
    asked: list[dict[str, str]] = []

    async def look(request: web.Request, _forward: object) -> web.StreamResponse:
        asked.append(dict(request.query))
        return web.json_response({"changes": [], "cursor": 7, "more": False})

    proxy.faults = [look, look]
    async with make_line(proxy.port) as line:
        await HttpSource(line).changes(["a", "b"], 7, 10)
        await HttpSource(line).wait(["a"], 7, 2.5)
    assert asked == [
        {"streams": "a,b", "cursor": "7", "limit": "10"},
        {"streams": "a", "cursor": "7", "limit": "1", "wait": "2.500"},
    ]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, ""),
        (400, ""),
        (200, "<html>"),
        (200, '{"changes":[]}'),
        (
            200,
            '{"changes":[{"stream":"a","key":"k","op":"upsert","version":0}],"cursor":0,"more":false}',
        ),
    ],
)
async def test_an_answer_that_is_no_page_is_a_choke(
    proxy: FaultProxy, status: int, body: str
) -> None:
    proxy.faults = [answer(status, body)]
    async with make_line(proxy.port) as line:
        with pytest.raises(CentralFailed):
            await HttpSource(line).changes(["a"], 0, 10)
