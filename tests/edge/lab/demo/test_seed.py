import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from devices.simulator.trip import ShopperMethod
from edge.campaigns.authoring.offer_body import OfferBody
from edge.domain.errors import SettingsInvalid
from edge.lab.demo.seed import DemoSeed, build_seed
from edge.lab.demo.shop import TIME_ZONE
from edge.lab.demo.shoppers import DemoMarket
from edge.lab.demo.trips import ENROLLED
from edge.pipeline.central_changes import CustomerBody
from edge.storage.catalogue.products import ProductRow
from models.errors import SourceUnreadable
from tests.edge.lab.demo.conftest import NOW, STORE_KEY


def bodies(seed: DemoSeed, stream: str) -> list[dict[str, Any]]:
    changes = [json.loads(line) for line in seed.changes()]
    return [change["body"] for change in changes if change["stream"] == stream]


def test_the_busiest_store_is_opened(seed: DemoSeed) -> None:
    assert (seed.shop.id, seed.shop.title) == ("store-7", "Store 7")
    assert len(seed.trips) == 8 * 5


def test_trips_come_in_their_real_order_and_by_day(seed: DemoSeed) -> None:
    arrivals = [trip.arrives_at for trip in seed.trips]
    assert arrivals == sorted(arrivals)
    days = [(t.household, t.leaves_at.astimezone(TIME_ZONE).date()) for t in seed.trips]
    assert len(days) == len(set(days))


def test_the_real_receipt_is_bought_line_by_line_before_the_trip_ends(seed: DemoSeed) -> None:
    for trip in seed.trips:
        assert 1 <= len(trip.lines) <= 4
        offsets = [line.at_offset_s for line in trip.lines]
        assert offsets == sorted(offsets)
        assert 0 < offsets[0] < offsets[-1] + 40 <= trip.duration_s


def test_what_people_buy_is_all_of_their_receipts_of_the_past_and_of_the_weeks_replayed(
    seed: DemoSeed,
) -> None:
    by_person = dict[str, set[str]]()
    for trip in seed.trips:
        by_person.setdefault(trip.household, set()).update(trip.skus)
    histories = {
        body["token"]: {sku for trip in body["trips"] for sku in trip["skus"]}
        for body in bodies(seed, "customers")
    }
    past = {str(h): histories.get(token, set()) for token, h in seed.people.items()}
    for trip in seed.trips:
        assert trip.buys == by_person[trip.household] | past[trip.household]


def test_the_time_of_the_receipt_is_when_people_leave(seed: DemoSeed) -> None:
    hours = {trip.leaves_at.astimezone(TIME_ZONE).hour for trip in seed.trips}
    assert hours == {14 + household % 6 for household in range(101, 109)}


def test_a_pieces_price_is_what_was_paid_for_one(seed: DemoSeed) -> None:
    for trip in seed.trips:
        for line in trip.lines:
            assert line.price_cents == round(150 + (int(line.sku) - 1000) * 10)


def test_people_walk_from_the_entrance_to_the_checkout(seed: DemoSeed) -> None:
    for trip in seed.trips:
        zones = [step.zone for step in trip.zones]
        assert (zones[0], zones[-1]) == ("entrance", "checkout")
        assert [s.offset_s for s in trip.zones] == sorted(s.offset_s for s in trip.zones)


def test_the_store_knows_only_its_own_past(seed: DemoSeed) -> None:
    customers = bodies(seed, "customers")
    assert len(customers) == 7
    before = datetime.fromisoformat("2017-12-04T00:00:00-05:00")
    stamps = [
        datetime.fromisoformat(trip["at"])
        for customer in customers
        for trip in customer["trips"]
    ]
    assert max(stamps) < before
    assert len(stamps) == 7 * 48


def test_a_household_that_is_new_is_nobody_until_it_enrols(seed: DemoSeed) -> None:
    new = [trip for trip in seed.trips if trip.household == "108"]
    tokens = {token for token, household in seed.people.items() if household == 108}
    assert new
    assert tokens.isdisjoint(customer["token"] for customer in bodies(seed, "customers"))


def test_everything_sent_down_is_what_the_store_can_read(seed: DemoSeed) -> None:
    for body in bodies(seed, "customers"):
        CustomerBody.model_validate(body)
    for body in bodies(seed, "offers"):
        OfferBody.model_validate(body)
    for body in bodies(seed, "products"):
        ProductRow.model_validate(body)


def test_no_raw_identifier_leaves_the_seed(seed: DemoSeed) -> None:
    sent = b"\n".join(seed.changes()).decode()
    assert "example.org" not in sent
    assert "+1555" not in sent
    assert not any(trip.identifiers.loyalty in sent for trip in seed.trips)


def test_offers_are_the_running_campaigns_one_a_category(seed: DemoSeed) -> None:
    offers = bodies(seed, "offers")
    assert {offer["campaign"] for offer in offers} == {"campaign-2"}
    assert len({offer["category"] for offer in offers}) == len(offers) == 5
    assert any("40¢" in offer["headline"] for offer in offers)


def test_consents_lie_in_the_real_past(seed: DemoSeed) -> None:
    given = [datetime.fromisoformat(c["given_at"]) for c in bodies(seed, "consents")]
    assert max(given) < NOW - timedelta(days=1)


def test_two_seeds_are_the_same(seed: DemoSeed, year: Path) -> None:
    again = build_seed(year, "7", store_key=STORE_KEY, market=seed.market, now=NOW)
    assert list(again.changes()) == list(seed.changes())
    assert again.trips == seed.trips


def test_all_stores_can_be_poured_into_one(year: Path) -> None:
    market = DemoMarket(name="US", notice_id="n")
    every = build_seed(year, "all", store_key=STORE_KEY, market=market, now=NOW)
    assert every.shop.id == "store-all"
    assert len(every.trips) == 12 * 5
    assert every.shop.title.startswith("All stores")


@pytest.mark.parametrize("store", ["9", "seven", "store-99"])
def test_a_store_that_is_not_there_is_named_with_the_mend(year: Path, store: str) -> None:
    with pytest.raises(SettingsInvalid, match=store) as error:
        build_seed(
            year,
            store,
            store_key=STORE_KEY,
            market=DemoMarket(name="US", notice_id="n"),
            now=NOW,
        )
    assert "--store all" in str(error.value.hint)


def test_data_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable):
        build_seed(
            tmp_path,
            None,
            store_key=STORE_KEY,
            market=DemoMarket(name="US", notice_id="n"),
            now=NOW,
        )


def test_a_source_without_campaigns_has_no_offers(year: Path, tmp_path: Path) -> None:
    for name in ("transactions.parquet", "products.parquet"):
        (tmp_path / name).symlink_to(year / name)
    market = DemoMarket(name="US", notice_id="n")
    bare = build_seed(tmp_path, None, store_key=STORE_KEY, market=market, now=NOW)
    assert bare.offers == ()


def test_who_enrols_or_withdraws_does_it_once_and_later_trips_know(seed: DemoSeed) -> None:
    opted = dict[str, bool]()
    for trip in seed.trips:
        assert opted.get(trip.household, trip.opted_in) == trip.opted_in
        assert not (trip.enrols and trip.opted_in)
        assert trip.enrols in {(), ENROLLED}
        opted[trip.household] = (trip.opted_in or bool(trip.enrols)) and not trip.withdraws


def test_who_never_agreed_has_no_claim_to_make(seed: DemoSeed) -> None:
    assert {trip.method for trip in seed.trips} <= set(ShopperMethod)
    assert any(not trip.opted_in for trip in seed.trips)
    assert any(trip.opted_in for trip in seed.trips)
