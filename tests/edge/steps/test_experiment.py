from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.ids import Token
from edge.steps.experiment import Arm, assign

tokens = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=8, max_size=26).map(
    lambda code: Token(f"c-{code}")
)
shares = st.integers(0, 100)


def held_out(salt: str, pct: int, people: int = 20_000) -> set[int]:
    arms = (assign(Token(f"c-{n}"), salt, pct) for n in range(people))
    return {n for n, arm in enumerate(arms) if arm is Arm.HELD_OUT}


def test_nobody_is_outside_the_experiment() -> None:
    assert assign(None, "salt", 100) is Arm.OUTSIDE


@given(tokens, st.text(max_size=20), shares)
def test_a_person_stays_in_their_arm(token: Token, salt: str, pct: int) -> None:
    assert assign(token, salt, pct) is assign(token, salt, pct)


@given(tokens, st.text(max_size=20), shares, shares)
def test_who_is_held_out_stays_so_when_the_share_grows(
    token: Token, salt: str, one: int, other: int
) -> None:
    small, large = sorted((one, other))
    if assign(token, salt, small) is Arm.HELD_OUT:
        assert assign(token, salt, large) is Arm.HELD_OUT


@given(tokens, st.text(max_size=20))
def test_none_and_all_mean_none_and_all(token: Token, salt: str) -> None:
    assert assign(token, salt, 0) is Arm.TREATED
    assert assign(token, salt, 100) is Arm.HELD_OUT


def test_the_held_out_share_is_what_was_asked_for() -> None:
    for pct in (10, 20):
        share = len(held_out("global-1", pct)) / 20_000
        # Five standard errors of a fair draw.
        assert abs(share - pct / 100) < 5 * (pct / 100 * (1 - pct / 100) / 20_000) ** 0.5


def test_another_salt_draws_anew() -> None:
    one, other = held_out("a", 50, 5_000), held_out("b", 50, 5_000)
    assert 0.2 < len(one & other) / 5_000 < 0.3


def test_the_arm_is_the_same_in_every_store_and_release() -> None:
    assert sorted(held_out("global-1", 10, 60)) == [5, 7, 9, 28, 31, 33, 37, 40, 56]
