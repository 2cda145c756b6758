"""Outlets and the feed: bounded, and nobody waits for a slow reader."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.api.http.sse import ConsoleFeed, Outlet, written


async def test_an_outlet_hands_over_in_order() -> None:
    outlet = Outlet()
    outlet.put("a", {})
    outlet.put("b", {"n": 1})
    assert [await outlet.next(0.1), await outlet.next(0.1)] == [("a", {}), ("b", {"n": 1})]


async def test_nothing_to_tell_is_none_after_the_wait() -> None:
    outlet = Outlet()
    assert await outlet.next(0.01) is None
    assert not outlet.closed


async def test_a_reader_too_far_behind_is_cut_and_the_others_are_not() -> None:
    feed = ConsoleFeed()
    slow, quick = feed.join(), feed.join()
    for _ in range(300):
        feed.tell("visit", {})
        await quick.next(0.1)
    assert (slow.closed, quick.closed, feed.listeners) == (True, False, 1)


async def test_a_cut_outlet_ends_at_once_and_takes_nothing_more() -> None:
    outlet = Outlet(behind=1)
    outlet.put("a", {})
    outlet.put("b", {})
    outlet.put("c", {})
    assert await outlet.next(5) is None
    assert outlet.closed


def test_closing_the_feed_ends_every_stream() -> None:
    feed = ConsoleFeed()
    outlet = feed.join()
    feed.close()
    assert (outlet.closed, feed.listeners) == (True, 0)


@given(st.dictionaries(st.text(), st.text()))
def test_one_event_is_one_event_whatever_is_in_it(data: dict[str, str]) -> None:
    text = written("show", data)
    assert text.startswith(b"event: show\ndata: ")
    assert text.count(b"\n") == 3
    assert b"\r" not in text
