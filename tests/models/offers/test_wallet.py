"""A shopper's coupons as a store keeps them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.offers.wallet import KEPT_DAYS, Wallet, WalletUnreadable

Told = tuple[int, int | frozenset[int]]

DAY = 17_500
days = st.integers(DAY, DAY + 40)
steps = st.lists(
    st.one_of(
        st.tuples(days, st.integers(1, 5)),
        st.tuples(days, st.frozensets(st.integers(1, 9), min_size=1)),
    ),
    max_size=12,
)


def filled(told: list[Told]) -> Wallet:
    wallet = Wallet()
    for day, what in told:
        wallet = (
            wallet.counting(day, what) if isinstance(what, int) else wallet.redeeming(day, what)
        )
    return wallet


@given(steps)
def test_its_bytes_are_read_as_what_was_written(told: list[Told]) -> None:
    wallet = filled(told)
    assert Wallet.from_bytes(wallet.to_bytes()) == wallet


@given(steps.flatmap(lambda told: st.tuples(st.just(told), st.permutations(told))))
def test_the_order_in_which_coupons_are_told_does_not_matter(
    both: tuple[list[Told], list[Told]],
) -> None:
    told, mixed = both
    assert filled(mixed).to_bytes() == filled(told).to_bytes()


@given(steps, steps)
def test_two_wallets_put_together_know_what_either_knew(
    one: list[Told], other: list[Told]
) -> None:
    left, right = filled(one), filled(other)
    both = left.with_all_of(right)
    assert both == right.with_all_of(left)
    assert both.with_all_of(left) == both
    assert set(both.redeemed) == {*left.redeemed, *right.redeemed}


def test_an_offer_redeemed_is_among_the_coupons_the_till_counted() -> None:
    wallet = Wallet().redeeming(DAY, [3, 1]).counting(DAY, 2).redeeming(DAY + 1, [4])
    history = wallet.history
    assert sorted(history.coupons) == [DAY, DAY, DAY + 1]
    assert [(day, keys.tolist()) for day, keys in history.redeemed] == [
        (DAY, [1, 3]),
        (DAY + 1, [4]),
    ]
    assert history.redeemed[0][1].dtype == np.int64


def test_the_same_offer_twice_on_a_day_is_one() -> None:
    assert len(Wallet().redeeming(DAY, [1]).redeeming(DAY, [1]).redeemed) == 1


def test_what_is_older_than_a_year_is_forgotten() -> None:
    old = Wallet().counting(DAY, 1).redeeming(DAY, [1])
    assert old.counting(DAY + KEPT_DAYS, 1).redeemed
    assert old.counting(DAY + KEPT_DAYS + 1, 1).counted == ((DAY + KEPT_DAYS + 1, 1),)


def test_it_stays_small_whatever_is_handed_in() -> None:
    wallet = Wallet()
    for back in range(300):
        wallet = wallet.redeeming(DAY + back, range(back, back + 500)).counting(DAY + back, 9)
    assert len(wallet.redeemed) == 64
    assert len(wallet.to_bytes()) < 120_000
    assert wallet.redeemed[-1][0] == DAY + 299


def test_an_empty_wallet_says_so() -> None:
    assert not Wallet()
    assert Wallet().counting(DAY, 1)
    assert Wallet().history.coupons == ()


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"counted":[[1]],"redeemed":[]}', b"7"])
def test_other_bytes_are_no_wallet(data: bytes) -> None:
    with pytest.raises(WalletUnreadable):
        Wallet.from_bytes(data)
