"""What an offer looks like to one shopper, and that nothing later changes it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from models.features.profile import Profile
from models.items import Items
from models.offers.facts import OfferFacts, OfferHistory, OfferTarget, target_of
from models.offers.features import LOGGED_OFFER_FEATURES, OFFER_FEATURES, describe_offers
from models.sources.journey import Journey

DAY = 17_300
NOTHING = OfferHistory()


@pytest.fixture
def items(coupon_journey: Journey) -> Items:
    return coupon_journey.items


def aim(items: Items, *keys: int) -> OfferTarget:
    return target_of(OfferFacts(items=np.array(keys)), items)


def named(
    profile: Profile, at: OfferTarget, history: OfferHistory, items: Items
) -> dict[str, float]:
    row = describe_offers(profile, [at], history, items, DAY)[0]
    return dict(zip(OFFER_FEATURES, row.tolist(), strict=True))


def shopper() -> Profile:
    """Ten weekly trips, the latest a week ago; 100 every time, 101 on the latest alone."""
    profile = Profile.empty()
    for week in range(1, 11):
        profile.record(100, DAY - 7 * week)
    profile.record(101, DAY - 7)
    return profile


def test_what_is_bought_anyway_is_counted(items: Items) -> None:
    seen = named(shopper(), aim(items, 100, 101, 102), NOTHING, items)
    assert (seen["item_trips"], seen["item_lines"], seen["offer_items"]) == (10, 11, 3)
    assert seen["item_rate_3"] > seen["type_rate"] == pytest.approx(1)
    assert seen["category_since"] == 7


def test_an_item_of_a_type_already_bought_is_near_and_not_own(items: Items) -> None:
    seen = named(
        shopper(), aim(items, 112), NOTHING, items
    )  # twelve kinds: 100 and 112 are one
    assert (seen["item_trips"], seen["item_rate_3"]) == (0, 0)
    assert seen["type_rate"] == pytest.approx(1)
    assert seen["type_cover"] == 1


def test_coupons_handed_in_are_counted_by_day_and_by_piece(items: Items) -> None:
    seen = named(
        shopper(), aim(items, 100), OfferHistory(coupons=(DAY - 7, DAY - 7, DAY - 67)), items
    )
    assert (seen["coupon_days"], seen["coupon_since"]) == (2, 7)
    assert seen["coupons_60"] > seen["coupon_days_60"]
    assert seen["coupon_share_25"] == pytest.approx(0.1)


def test_an_earlier_redemption_counts_if_it_shares_a_type(items: Items) -> None:
    history = OfferHistory(
        redeemed=(
            (DAY - 9, np.array([112])),
            (DAY - 8, np.array([105])),
            (DAY, np.array([100])),
        )
    )
    assert named(shopper(), aim(items, 100), history, items)["redeemed_alike"] == 1


def test_habits_are_read_from_the_calendar(items: Items) -> None:
    seen = named(shopper(), aim(items, 100), NOTHING, items)
    assert (seen["trips"], seen["gap_days"], seen["known_days"]) == (10, 7, 70)


def test_a_stranger_has_features_too(items: Items) -> None:
    seen = named(Profile.empty(), aim(items, 100), NOTHING, items)
    assert np.isfinite(list(seen.values())).all()
    assert (seen["trips"], seen["known_days"], seen["gap_days"]) == (0, 0, 60)
    assert seen["coupon_since"] == seen["category_since"] == 400


def test_an_offer_of_unknown_items_matches_by_key_alone(items: Items) -> None:
    profile = shopper()
    profile.record(777_777, DAY - 3)
    seen = named(profile, aim(items, 777_777), NOTHING, items)
    assert seen["item_trips"] == 1
    assert seen["type_rate"] == seen["type_cover"] == 0


def test_an_offer_of_nothing_interests_nobody(items: Items) -> None:
    seen = named(shopper(), aim(items), NOTHING, items)
    assert seen["item_trips"] == seen["type_rate"] == seen["offer_items"] == 0


def test_a_batch_is_the_rows_one_by_one(items: Items) -> None:
    aims = [aim(items, 100), aim(items, 105, 106), aim(items)]
    together = describe_offers(shopper(), aims, NOTHING, items, DAY)
    alone = [describe_offers(shopper(), [one], NOTHING, items, DAY)[0] for one in aims]
    np.testing.assert_array_equal(together, alone)
    assert together.dtype == np.float32


def test_no_offers_give_no_rows(items: Items) -> None:
    assert describe_offers(shopper(), [], NOTHING, items, DAY).shape == (0, len(OFFER_FEATURES))


def test_a_past_longer_than_a_year_says_no_more_than_a_year(items: Items) -> None:
    profile = Profile.empty()
    for day in range(DAY - 500, DAY):
        profile.record(100, day)
    seen = named(profile, aim(items, 100), OfferHistory(coupons=(DAY - 366,)), items)
    assert (seen["known_days"], seen["trips"], seen["coupon_days"]) == (365, 200, 0)


@given(
    days=some.lists(some.integers(DAY, DAY + 90), max_size=70),
    keys=some.lists(some.integers(100, 147), min_size=1, max_size=5),
)
def test_nothing_of_today_or_later_changes_a_feature(
    coupon_journey: Journey, days: list[int], keys: list[int]
) -> None:
    items = coupon_journey.items
    profile, at = shopper(), aim(items, 100, 112)
    before = describe_offers(profile, [at], NOTHING, items, DAY)
    if len(set(days)) > 50:
        return  # more later trips than memory holds beside these ten
    for day in days:
        for key in keys:
            profile.record(key, day)
    later = OfferHistory(
        coupons=tuple(days), redeemed=tuple((day, np.array(keys)) for day in days)
    )
    np.testing.assert_array_equal(describe_offers(profile, [at], later, items, DAY), before)


@given(days=some.lists(some.integers(DAY - 400, DAY - 1), max_size=80))
def test_counted_columns_are_never_below_nought(
    coupon_journey: Journey, days: list[int]
) -> None:
    profile = Profile.empty()
    for day in days:
        profile.record(100 + day % 48, day)
    at = aim(coupon_journey.items, *range(100, 110))
    table = describe_offers(
        profile, [at], OfferHistory(coupons=tuple(days)), coupon_journey.items, DAY
    )
    assert np.isfinite(table).all()
    assert (table[:, :LOGGED_OFFER_FEATURES] >= 0).all()
