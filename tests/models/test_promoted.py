"""What a store promotes on one day."""

import numpy as np

from models.promoted import promoted_of


def test_keys_ascend_each_with_its_words() -> None:
    told = promoted_of([(9, "2", "0"), (3, "0", "A"), (5, "FRONT END", "A")])
    assert told.keys.tolist() == [3, 5, 9]
    assert told.display.tolist() == ["0", "FRONT END", "2"]
    assert told.mailer.tolist() == ["A", "A", "0"]
    assert (len(told), told.keys.dtype.name) == (3, "int64")


def test_of_two_rows_of_one_item_the_first_counts() -> None:
    assert promoted_of([(3, "0", "A"), (3, "2", "0")]).mailer.tolist() == ["A"]


def test_what_is_nowhere_is_not_promoted() -> None:
    told = promoted_of([(1, "0", "0"), (2, "", "0"), (3, "", ""), (1, "0", "D")])
    assert told.keys.tolist() == [1]


def test_a_store_may_promote_nothing() -> None:
    told = promoted_of([])
    assert len(told) == 0
    assert told.keys.dtype == np.int64
    assert not told.holds(np.array([1, 2])).any()


def test_it_holds_what_it_promotes_in_the_asker_s_order() -> None:
    told = promoted_of([(9, "2", "0"), (3, "0", "A")])
    assert told.holds(np.array([3, 4, 9, 3, 10])).tolist() == [True, False, True, True, False]
    assert told.holds(np.empty(0, np.int64)).shape == (0,)
