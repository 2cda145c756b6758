from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from devices.simulator.chance import happens, pick, share, stable_id


@given(st.lists(st.text() | st.integers()))
def test_a_share_lies_between_nought_and_one_and_never_changes(about: list[object]) -> None:
    assert 0 <= share(*about) < 1
    assert share(*about) == share(*about)


def test_shares_are_the_same_on_every_machine() -> None:
    assert share("1", "names") == 0.6347166220772974


def test_what_happens_to_a_third_happens_to_about_a_third() -> None:
    hits = sum(happens(1 / 3, number, "x") for number in range(3000))
    assert 900 < hits < 1100


def test_each_choice_is_about_as_likely() -> None:
    counts = Counter(pick("abc", number) for number in range(3000))
    assert min(counts.values()) > 900


def test_a_stable_id_does_not_tell_what_it_is_made_from() -> None:
    assert stable_id("1935", 7) == stable_id("1935", 7) != stable_id("19357")
    assert "1935" not in stable_id("1935", 7)
