"""Sessions in memory."""

from __future__ import annotations

from edge.api.http.sessions import Sessions


def test_a_session_opens_what_it_was_opened_for() -> None:
    sessions = Sessions[str](60)
    assert sessions.find(sessions.open("kiosk-1")) == "kiosk-1"


def test_ids_are_long_and_never_the_same() -> None:
    sessions = Sessions[int](60)
    ids = {sessions.open(n) for n in range(100)}
    assert len(ids) == 100
    assert min(len(one) for one in ids) >= 43


def test_a_session_ends_at_its_time_however_often_it_is_used() -> None:
    now = [0.0]
    sessions = Sessions[str](60, now=lambda: now[0])
    session = sessions.open("a")
    for now[0] in (30.0, 59.9):
        assert sessions.find(session) == "a"
    now[0] = 60.0
    assert sessions.find(session) is None


def test_unknown_ids_of_any_kind_find_nothing() -> None:
    sessions = Sessions[str](60)
    assert [sessions.find(one) for one in ("", "x", "\ud800", "é" * 5000)] == [None] * 4


def test_a_closed_session_is_gone_and_closing_twice_is_no_error() -> None:
    sessions = Sessions[str](60)
    session = sessions.open("a")
    sessions.close(session)
    sessions.close(session)
    assert sessions.find(session) is None


def test_sessions_are_closed_by_whose_they_are() -> None:
    sessions = Sessions[str](60)
    mine, other = sessions.open("mine"), sessions.open("other")
    sessions.close_where(lambda value: value == "mine")
    assert (sessions.find(mine), sessions.find(other)) == (None, "other")


def test_a_flood_of_sessions_ends_the_oldest() -> None:
    sessions = Sessions[int](60)
    first = sessions.open(0)
    last = [sessions.open(n) for n in range(1, 3000)][-1]
    assert (sessions.find(first), sessions.find(last)) == (None, 2999)
    assert len(sessions) <= 2048


def test_what_is_over_is_swept() -> None:
    now = [0.0]
    sessions = Sessions[int](10, now=lambda: now[0])
    sessions.open(1)
    now[0] = 11.0
    sessions.open(2)
    assert len(sessions) == 1
