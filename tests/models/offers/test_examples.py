"""Campaigns as rows: who was sent one, what was known then, who redeemed."""

from pathlib import Path

import numpy as np

from models.offers.examples import OfferExamples, collect_offers
from models.offers.features import OFFER_FEATURES
from models.sources.journey import Journey, read_journey
from tests.models.offers.conftest import SPLIT
from tests.models.offers.coupon_town import LAST_DAY, STARTS, build_coupon_town
from tests.models.town import FIRST_DAY, HOUSEHOLDS, build_town


def column(examples: OfferExamples, name: str) -> np.ndarray:
    return examples.features[:, OFFER_FEATURES.index(name)]


def test_a_row_is_a_household_that_a_campaign_was_sent_to(early: OfferExamples) -> None:
    assert len(early) == 5 * HOUSEHOLDS
    assert np.unique(early.campaign).tolist() == [0, 1, 2, 3, 4]
    assert early.features.shape == (len(early), len(OFFER_FEATURES))


def test_who_uses_coupons_is_seen_and_redeems_more(early: OfferExamples) -> None:
    clips = early.household % 4 == 0
    assert column(early, "coupon_days")[clips].mean() > 5
    assert early.redeemed[clips].mean() > 2 * early.redeemed[~clips].mean()


def test_nothing_after_a_campaign_began_changes_its_rows(
    tmp_path: Path, early: OfferExamples
) -> None:
    start = STARTS[4]
    town = build_coupon_town(tmp_path, changed_after=start - 1)
    journey = read_journey(town)
    again = collect_offers(town, journey, journey.items, (0, SPLIT), LAST_DAY)
    np.testing.assert_array_equal(again.features, early.features)
    last = again.campaign == 4
    assert (again.redeemed[last] != early.redeemed[last]).all()


def test_a_later_redemption_is_not_known_yet(
    coupon_town: Path, coupon_journey: Journey, early: OfferExamples
) -> None:
    known = STARTS[3] + 13
    rows = collect_offers(coupon_town, coupon_journey, coupon_journey.items, (0, 10**6), known)
    assert np.unique(rows.campaign).tolist() == [0, 1, 2, 3]
    assert rows.redeemed.sum() < early.redeemed[: len(rows)].sum() + 1
    np.testing.assert_array_equal(rows.features, early.features[: len(rows)])


def test_a_campaign_without_two_weeks_of_outcome_has_none(
    coupon_town: Path, coupon_journey: Journey
) -> None:
    known = STARTS[3] + 12
    rows = collect_offers(coupon_town, coupon_journey, coupon_journey.items, (0, 10**6), known)
    assert np.unique(rows.campaign).tolist() == [0, 1, 2]


def test_receipts_that_do_not_tell_of_coupons_leave_the_redemptions(tmp_path: Path) -> None:
    town = build_coupon_town(tmp_path, on_receipts=False)
    journey = read_journey(town)
    rows = collect_offers(town, journey, journey.items, (0, SPLIT), LAST_DAY)
    assert column(rows, "coupon_days")[rows.campaign == 0].max() == 0
    assert column(rows, "coupon_days").max() > 0


def test_a_source_without_campaigns_has_no_rows(tmp_path: Path) -> None:
    journey = read_journey(build_town(tmp_path))
    rows = collect_offers(tmp_path, journey, journey.items, (0, 10**6), FIRST_DAY + 160)
    assert len(rows) == 0
    assert rows.features.shape == (0, len(OFFER_FEATURES))
