"""A day's promotions as a bundle's tables see them."""

from dataclasses import replace

import numpy as np
import pytest

from models.errors import BundleRefused
from models.promoted import promoted_of
from models.statistics.promotion_lift import PROMOTION, PromotionLifts, no_lifts, promotion_of
from models.statistics.tables import Tables, read_tables

KEYS = np.array([10, 20, 30], np.int64)
LIFTS = PromotionLifts(
    display_words=np.array(["0", "2", "5"]),
    mailer_words=np.array(["0", "A"]),
    lift=np.array([[0.0, 0.25], [0.5, 0.75], [1.0, 1.25]], np.float32),
    item_lift=np.array([0.1, -0.2, 0.3], np.float32),
    share=np.array([0.2, 0.3, 0.4], np.float32),
)
EVERY = np.arange(4, dtype=np.int32)  # the three items and the unknown one
NOTHING = [0.0] * len(PROMOTION)


def rows(told: list[tuple[int, str, str]], lifts: PromotionLifts = LIFTS) -> list[list[float]]:
    found = promotion_of(promoted_of(told), KEYS, lifts).of(EVERY)
    assert found.dtype.name == "float32"
    return [[round(value, 6) for value in row] for row in found.tolist()]


def test_each_place_lifts_as_learnt_and_what_is_not_promoted_not_at_all() -> None:
    told = rows([(10, "2", "0"), (30, "5", "A")])
    assert told == [[1, 0, 0.5, 0.1], NOTHING, [1, 1, 1.25, 0.3], NOTHING]
    assert rows([(20, "0", "A")])[1] == [0, 1, 0.25, -0.2]


def test_a_place_never_met_lifts_nothing() -> None:
    for word in ("9", "1", "unheard of"):
        told = rows([(10, word, "0"), (20, "2", word), (30, word, "A")])
        assert [row[2] for row in told] == [0, 0.5, 0.25, 0]
        assert [row[:2] for row in told] == [[1, 0], [1, 1], [1, 1], [0, 0]]


def test_items_that_the_tables_do_not_know_are_left_out() -> None:
    found = promotion_of(promoted_of([(15, "2", "A"), (20, "2", "0")]), KEYS, LIFTS)
    assert np.flatnonzero(found.rows.any(axis=1)).tolist() == [1]
    assert found.of(np.array([3, 1, 0], np.int32))[:, 0].tolist() == [0, 1, 0]


def test_a_store_that_promotes_nothing_lifts_nothing() -> None:
    assert rows([]) == [NOTHING] * 4


def test_without_experience_promotions_are_flagged_and_lift_nothing() -> None:
    assert rows([(10, "2", "A")], no_lifts(3)) == [[1, 1, 0, 0], *[NOTHING] * 3]


def test_lifts_survive_the_tables_bytes(tables: Tables) -> None:
    size = len(tables)
    told = replace(
        LIFTS,
        item_lift=np.linspace(-1, 1, size, dtype=np.float32),
        share=np.linspace(0, 1, size, dtype=np.float32),
    )
    read = read_tables(replace(tables, lifts=told).to_bytes()).lifts
    for name in ("display_words", "mailer_words", "lift", "item_lift", "share"):
        np.testing.assert_array_equal(getattr(read, name), getattr(told, name), name)


@pytest.mark.parametrize(
    ("part", "wrong", "said"),
    [
        ("lift", np.zeros((1, 2), np.float32), "lifts.lift is not a finite"),
        ("lift", np.full((3, 2), np.nan, np.float32), "lifts.lift is not a finite"),
        ("lift", np.zeros((3, 2)), "lifts.lift is not a finite"),
        ("item_lift", np.zeros(3, np.float32), "lifts.item_lift is not a finite"),
        ("share", np.zeros((2, 2), np.float32), "lifts.share is not a finite"),
        ("display_words", np.zeros(3, np.int64), "lifts.display_words is not of 1"),
        ("mailer_words", np.array([["0", "A"]]), "lifts.mailer_words is not of 1"),
        ("display_words", np.array(["0", "2"]), "lifts.lift is not a finite"),
    ],
)
def test_lifts_that_do_not_fit_together_are_refused(
    tables: Tables, part: str, wrong: np.ndarray, said: str
) -> None:
    size = len(tables)
    sound = replace(
        LIFTS, item_lift=np.zeros(size, np.float32), share=np.zeros(size, np.float32)
    )
    broken = replace(tables, lifts=replace(sound, **{part: wrong}))
    with pytest.raises(BundleRefused, match=said) as refused:
        read_tables(broken.to_bytes())
    assert refused.value.reason == "tables"
