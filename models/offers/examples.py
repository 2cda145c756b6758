"""Past campaigns as rows to learn from: one household that a campaign was sent to, before it began.

``learning`` learns from them and ``evaluation.offers`` judges on others; the demo reads households' own
coupons from it.

A row is redeemed if the household handed in at least one coupon of the campaign by the day up to
which redemptions are known. The tables say who was sent what, and not who would have bought
without it: no uplift follows from them, only the chance of redemption.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.features.profile import Profile
from models.items import Items, Keys
from models.offers.facts import OfferFacts, OfferHistory, target_of
from models.offers.features import OFFER_FEATURES, describe_offers
from models.sources.coupon_campaigns import CouponCampaign, Redemptions, read_campaigns
from models.sources.journey import Journey
from models.sources.parquet import column_names, data_folder
from models.sources.validation import ColumnKind, read_checked
from models.statistics.tables import Floats

_DAY_S = 86_400
_ON_RECEIPTS = {
    "household_id": ColumnKind.ID,
    "coupon_disc": ColumnKind.MONEY,
    "transaction_timestamp": ColumnKind.MOMENT,
}

# A campaign whose first two weeks are not known has no outcome yet; one that began within the
# first two weeks of the receipts has no households with a past.
OBSERVED_DAYS_MIN = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferExamples:
    """Rows by campaign, then household. ``features`` (n, F) float32; the others (n,)."""

    features: Floats
    redeemed: npt.NDArray[np.bool_]
    campaign: Keys
    household: Keys

    def __len__(self) -> int:
        return len(self.redeemed)


def collect_offers(
    source: str | Path, journey: Journey, items: Items, starts: tuple[int, int], known: int
) -> OfferExamples:
    """Rows of the campaigns that began on local days ``starts`` (from, before).

    Redemptions later than day ``known`` are not looked at; ``items`` is the vocabulary whose types
    count. Empty without campaigns.
    """
    campaigns, _ = read_campaigns(source)
    first = max(starts[0], int(journey.trips.day.min()) + OBSERVED_DAYS_MIN)
    # Days d..known are known - d + 1, and the range is open at its end: hence two more.
    last = min(starts[1], known + 2 - OBSERVED_DAYS_MIN)
    wanted = [one for one in campaigns if first <= one.first_day < last]
    past = coupons_until(source, journey, known)
    rows = [(one, int(person)) for one in wanted for person in one.households]
    blocks = _described(journey, wanted, past, items)
    return OfferExamples(
        # Reshaped: without a row, the list would have no columns.
        features=np.array(
            [blocks[one.number, person] for one, person in rows], np.float32
        ).reshape(len(rows), len(OFFER_FEATURES)),
        redeemed=np.array(
            [(one.number, person) in past.takers for one, person in rows], np.bool_
        ),
        campaign=np.array([one.number for one, _ in rows], np.int64),
        household=np.array([person for _, person in rows], np.int64),
    )


def coupons_until(source: str | Path, journey: Journey, known: int) -> "HouseholdCoupons":
    """All coupons handed in up to local day ``known``."""
    on_receipts = _on_receipts(source, journey.utc_offset_s, known)
    return HouseholdCoupons.of(on_receipts, *read_campaigns(source), known)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdCoupons:
    """All coupons handed in, by household: how many a day, and the redeemed with their items.

    ``takers``: (campaign, household) of every redemption.
    """

    days: dict[int, Counter[int]]
    redeemed: dict[int, list[tuple[int, Keys]]]
    takers: frozenset[tuple[int, int]]

    @classmethod
    def of(
        cls,
        days: dict[int, Counter[int]],
        campaigns: tuple[CouponCampaign, ...],
        redemptions: Redemptions,
        known: int,
    ) -> "HouseholdCoupons":
        """All redemptions up to local day ``known``, and the coupons on receipts, ``days``."""
        redeemed: dict[int, list[tuple[int, Keys]]] = defaultdict(list)
        takers: set[tuple[int, int]] = set()
        by_number = {one.number: one for one in campaigns}
        columns = (
            redemptions.household,
            redemptions.coupon,
            redemptions.campaign,
            redemptions.day,
        )
        for person, coupon, number, day in zip(
            *(part.tolist() for part in columns), strict=True
        ):
            if day > known or number not in by_number:
                continue
            sent = by_number[number]
            redeemed[person].append((day, sent.products[sent.coupons == coupon]))
            takers.add((number, person))
        return cls(days=days, redeemed=redeemed, takers=frozenset(takers))

    def history(self, person: int) -> OfferHistory:
        """All of the household's coupons; the features leave out what is not past."""
        return OfferHistory.of(self.days.get(person, {}), self.redeemed.get(person, ()))


def _on_receipts(source: str | Path, utc_offset_s: int, known: int) -> dict[int, Counter[int]]:
    """Coupons that the receipts show, by household and local day; none if they do not say so."""
    days: dict[int, Counter[int]] = defaultdict(Counter)
    path = data_folder(source) / "transactions.parquet"
    if "coupon_disc" not in column_names(path):
        return days
    raw = read_checked(path, _ON_RECEIPTS)
    local = (raw["transaction_timestamp"] + utc_offset_s) // _DAY_S
    used = (raw["coupon_disc"] != 0) & (local <= known)
    people = raw["household_id"][used].tolist()
    for person, day in zip(people, local[used].tolist(), strict=True):
        days[person][day] += 1
    return days


def _described(
    journey: Journey, campaigns: list[CouponCampaign], past: HouseholdCoupons, items: Items
) -> dict[tuple[int, int], Floats]:
    """The features of each (campaign, household), from a profile replayed up to its first day."""
    aims = {one.number: target_of(OfferFacts(items=one.products), items) for one in campaigns}
    sent: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for one in campaigns:
        for person in one.households.tolist():
            sent[person].append((one.first_day, one.number))
    found: dict[tuple[int, int], Floats] = {}
    for person, due in sent.items():
        history = past.history(person)
        replay = _Replay.of(journey, person)
        # In order of time: a replay never goes back.
        for day, number in sorted(due):
            profile = replay.until(day)
            table = describe_offers(profile, [aims[number]], history, items, day)
            found[number, person] = table[0]
    return found


@dataclass(slots=True, kw_only=True)
class _Replay:
    """One household's profile, grown trip by trip up to the first day of each of its campaigns."""

    journey: Journey
    trip: int
    end: int
    profile: Profile

    @classmethod
    def of(cls, journey: Journey, person: int) -> "_Replay":
        trip, end = np.searchsorted(journey.trips.household, [person, person + 1]).tolist()
        return cls(journey=journey, trip=trip, end=end, profile=Profile.empty())

    def until(self, day: int) -> Profile:
        """The profile of all trips before ``day``; days may not go back."""
        trips, keys = self.journey.trips, self.journey.items.keys
        while self.trip < self.end and trips.day[self.trip] < day:
            when = int(trips.day[self.trip])
            for key in keys[trips.of(self.trip)].tolist():
                # Without place and promotion, which no feature of an offer looks at.
                self.profile.record(key, when)
            self.trip += 1
        return self.profile
