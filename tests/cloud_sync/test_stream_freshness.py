"""Freshness figures."""

from datetime import timedelta

from cloud_sync import cursors
from cloud_sync.stream_freshness import freshness
from tests.cloud_sync.builders import NOW, fresh


def test_a_stream_never_heard_has_no_age() -> None:
    with fresh() as conn:
        (offers,) = freshness(conn, ["offers"], NOW)
    assert (offers.version, offers.age_s, offers.applied_at) == (0, None, None)


def test_the_age_counts_from_the_last_contact_and_not_from_the_last_change() -> None:
    with fresh() as conn:
        cursors.advance(conn, "offers", 5, NOW - timedelta(hours=2))
        cursors.touch(conn, ["offers"], NOW - timedelta(seconds=30))
        (offers,) = freshness(conn, ["offers"], NOW)
    assert (offers.version, offers.age_s) == (5, 30.0)
    assert offers.applied_at == NOW - timedelta(hours=2)


def test_a_clock_set_back_gives_no_negative_age() -> None:
    with fresh() as conn:
        cursors.touch(conn, ["offers"], NOW + timedelta(hours=1))
        (offers,) = freshness(conn, ["offers"], NOW)
    assert offers.age_s == 0.0
