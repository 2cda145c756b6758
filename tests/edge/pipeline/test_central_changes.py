from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_sync.downlink import StreamChange
from cloud_sync.errors import ChangeRefused
from edge.domain.consent import ConsentState, Purpose
from edge.domain.ids import Token
from edge.domain.product_code import CodeRules, layouts_of
from edge.domain.trade_unit import TradeUnit
from edge.pipeline.central_changes import CentralChanges
from edge.storage import erased_people
from edge.storage.catalogue import campaigns, offers, products, promotions, stock
from edge.storage.connection import open_connection
from edge.storage.people import (
    app_keys,
    beacon_keys,
    consents,
    customers,
    identifier_links,
    profiles,
)
from edge.storage.timestamps import to_us
from models.features.profile import Profile
from models.items import item_key, place_number
from tests.edge.builders import ANN, DAY, NOW, customer, later, profile
from tests.edge.storage import stored

CODE = "abcdefghijklmnopqrstuvwxyz"
CANARY = "canary-4711"


@pytest.fixture
def conn(file: Path) -> Iterator[sqlite3.Connection]:
    conn = open_connection(file)
    conn.execute("BEGIN")
    yield conn
    conn.close()


@pytest.fixture
def incoming() -> CentralChanges:
    return CentralChanges(zone=ZoneInfo("America/New_York"), now=lambda: NOW)


def change(stream: str, key: str, body: Mapping[str, object] | None = None) -> StreamChange:
    return StreamChange(
        stream=stream,
        key=key,
        op="delete" if body is None else "upsert",
        version=1,
        body=body or {},
    )


def tell(conn: sqlite3.Connection, incoming: CentralChanges, *changes: StreamChange) -> None:
    incoming.handlers()[changes[0].stream](conn, changes)


def person(**more: object) -> dict[str, object]:
    return {"token": ANN, **more}


def consent(**more: object) -> dict[str, object]:
    plain = {
        "id": "central-1",
        "token": ANN,
        "purpose": "recognise",
        "state": "given",
        "market": "US",
        "given_at": "2024-06-01T00:00:00Z",
    }
    return {**plain, **more}


def an_offer(**more: object) -> dict[str, object]:
    plain = {
        "id": "o-1",
        "headline": "Save",
        "skus": ["1001", "x-9"],
        "category": "dairy",
        "discount_cents": 50,
        "starts_at": "2024-06-01T00:00:00Z",
        "ends_at": "2024-07-01T00:00:00Z",
        "campaign": "june",
        "segment": "everybody",
        "offer_type": "discount",
        "channels": ["kiosk"],
        "placements": ["kiosk-home"],
    }
    return {**plain, **more}


def a_campaign(**more: object) -> dict[str, object]:
    plain = {
        "id": "june",
        "name": "Milk in June",
        "starts_at": "2024-06-01T00:00:00Z",
        "ends_at": "2024-07-01T00:00:00Z",
    }
    return {**plain, **more}


def a_product(sku: str = "1001", **more: object) -> dict[str, object]:
    plain = {
        "sku": sku,
        "name": "Milk",
        "category": "dairy",
        "department": "chilled",
        "price_cents": 129,
    }
    return {**plain, **more}


def habits(conn: sqlite3.Connection) -> Profile:
    stored = profiles.find(conn, ANN)
    return Profile.empty() if stored is None else Profile.from_bytes(stored)


def test_a_person_comes_down_with_everything_they_are_known_by(
    conn: sqlite3.Connection, incoming: CentralChanges
) -> None:
    body = person(
        locale="fr-FR",
        segments=["loyal"],
        links=[{"kind": "loyalty", "code": CODE}],
        beacon_key="ab" * 32,
        app_key={"kid": "k-1", "kty": "OKP", "crv": "Ed25519", "x": "xyz"},
    )
    tell(conn, incoming, change("customers", ANN, body))
    found = customers.find(conn, ANN)
    assert found is not None
    assert (found.locale, found.segments) == ("fr-FR", ("loyal",))
    assert identifier_links.find(conn, CODE) == ANN
    assert beacon_keys.find(conn, ANN) == b"\xab" * 32
    key = app_keys.find(conn, "k-1")
    assert key is not None
    assert key.token == ANN
    assert list(incoming.touched) == [ANN]


def test_a_field_of_a_later_version_is_left_out(
    conn: sqlite3.Connection, incoming: CentralChanges
) -> None:
    tell(conn, incoming, change("customers", ANN, person(shoe_size=44)))
    assert customers.find(conn, ANN) is not None


def test_histories_count_local_days_and_a_trip_known_already_counts_once(
    conn: sqlite3.Connection, incoming: CentralChanges
) -> None:
    profiles.save(conn, ANN, profile(7, day=DAY).to_bytes())
    body = person(
        trips=[
            {"at": "2024-06-04T03:59:00Z", "skus": ["7", "8"]},
            {"at": "2024-05-01T12:00:00Z", "skus": ["8"]},
        ]
    )
    for _ in range(2):
        tell(conn, incoming, change("customers", ANN, body))
    found = habits(conn)
    assert found.days == [DAY, DAY - 33]
    assert dict(zip(found.keys.tolist(), found.counts.tolist(), strict=True)) == {7: 1, 8: 2}


def test_totals_become_weekly_trips_up_to_the_last(
    conn: sqlite3.Connection, incoming: CentralChanges
) -> None:
    body = person(history=[{"sku": "5", "trips": 3, "last_at": "2024-06-03T15:00:00Z"}])
    tell(conn, incoming, change("customers", ANN, body))
    assert habits(conn).days == [DAY, DAY - 7, DAY - 14]


def test_a_person_without_news_of_habits_keeps_those_they_have(
    conn: sqlite3.Connection, incoming: CentralChanges
) -> None:
    profiles.save(conn, ANN, profile(7).to_bytes())
    tell(conn, incoming, change("customers", ANN, person()))
    assert habits(conn) == profile(7)


trips = st.lists(
    st.tuples(st.integers(0, 40), st.lists(st.integers(1, 6), min_size=1, max_size=4)),
    max_size=6,
)


@given(trips, trips, st.randoms(use_true_random=False))
def test_the_order_in_which_local_and_central_trips_meet_is_irrelevant(
    local: list[tuple[int, list[int]]],
    central: list[tuple[int, list[int]]],
    shuffle: random.Random,
) -> None:
    both = [*local, *central]
    shuffle.shuffle(both)
    one, other = Profile.empty(), Profile.empty()
    for into, order in ((one, [*local, *central]), (other, both)):
        for back, bought in order:
            for item in bought:
                into.record(item, DAY - back)
    assert one == other


def test_a_person_who_is_deleted_or_erased_is_gone_for_good(
    conn: sqlite3.Connection, incoming: CentralChanges
) -> None:
    for way in (change("customers", ANN), change("erasures", ANN, {"token": ANN})):
        tell(conn, incoming, change("customers", ANN, person()))
        tell(conn, incoming, way)
        assert customers.find(conn, ANN) is None
        assert erased_people.holds(conn, ANN)
    assert list(incoming.erased) == [ANN, ANN]
    trip = {"at": "2024-06-01T00:00:00Z", "skus": ["1"]}
    late = person(links=[{"kind": "loyalty", "code": CODE}], trips=[trip])
    tell(conn, incoming, change("customers", ANN, late))
    tell(conn, incoming, change("consents", "central-1", consent()))
    assert customers.find(conn, ANN) is None
    assert identifier_links.find(conn, CODE) is None
    assert profiles.find(conn, ANN) is None
    assert consents.of(conn, ANN).entries == ()


def test_taking_an_erasure_back_brings_nobody_back(
    conn: sqlite3.Connection, incoming: CentralChanges
) -> None:
    tell(conn, incoming, change("erasures", ANN, {}))
    assert not erased_people.holds(conn, Token("c-other"))
    tell(conn, incoming, change("erasures", ANN))
    assert list(incoming.erased) == [ANN]


def test_a_line_of_the_ledger_is_added_once_and_never_deleted(
    conn: sqlite3.Connection, incoming: CentralChanges
) -> None:
    line = change("consents", "central-1", consent(expires_at="2025-06-01T00:00:00Z"))
    for _ in range(2):
        tell(conn, incoming, line)
    (entry,) = consents.of(conn, ANN).entries
    assert (entry.purpose, entry.state, entry.channel) == (
        Purpose.RECOGNISE,
        ConsentState.GIVEN,
        "central",
    )
    with pytest.raises(ChangeRefused, match="never deleted"):
        tell(conn, incoming, change("consents", "central-1"))
    assert list(incoming.touched) == [ANN, ANN]


def test_a_central_withdrawal_wins_over_what_was_given_here(
    conn: sqlite3.Connection, incoming: CentralChanges
) -> None:
    customers.upsert(conn, customer())
    consents.append(conn, customer().consents.entries)
    no = consent(id="central-2", state="withdrawn", given_at="2024-06-03T14:30:00Z")
    tell(conn, incoming, change("consents", "central-2", no))
    ledger = consents.of(conn, ANN)
    assert not ledger.covers(Purpose.RECOGNISE, NOW)
    assert ledger.covers(Purpose.SHARE, NOW)


def test_stock_follows_the_centre_and_a_product_may_be_counted_no_more(
    conn: sqlite3.Connection, incoming: CentralChanges
) -> None:
    tell(conn, incoming, change("stock", "5", {"sku": "5", "on_hand": 0}))
    assert stored.out_of_stock(conn) == (5,)
    assert conn.execute("SELECT told_us FROM stock").fetchall() == [(to_us(NOW),)]
    tell(conn, incoming, change("stock", "5", {"sku": "5", "on_hand": 9}))
    assert stock.every(conn) == {5: 9}
    tell(conn, incoming, change("stock", "5"))
    assert stock.every(conn) == {}


def test_offers_come_change_and_go(conn: sqlite3.Connection, incoming: CentralChanges) -> None:
    tell(conn, incoming, change("offers", "o-1", an_offer()))
    tell(conn, incoming, change("offers", "o-1", an_offer(headline="Save more", weekly_cap=1)))
    (found,) = offers.every(conn)
    assert (found.headline, found.weekly_cap, found.items[0]) == ("Save more", 1, 1001)
    assert found.is_live(NOW)
    assert not found.is_live(later(days=28))
    tell(conn, incoming, change("offers", "o-1"))
    assert offers.every(conn) == ()


def test_campaigns_come_change_and_go(
    conn: sqlite3.Connection, incoming: CentralChanges
) -> None:
    tell(conn, incoming, change("campaigns", "june", a_campaign()))
    tell(conn, incoming, change("campaigns", "june", a_campaign(paused=True, holdout_pct=20)))
    (found,) = campaigns.every(conn)
    assert (found.paused, found.holdout_pct, found.salt) == (True, 20, "june")
    tell(conn, incoming, change("campaigns", "june"))
    assert campaigns.every(conn) == ()


def test_what_a_later_version_adds_is_left_out(
    conn: sqlite3.Connection, incoming: CentralChanges
) -> None:
    creative = {"id": "a", "modules": {"en": {"headline": "Milk", "sound": "moo"}}}
    tell(conn, incoming, change("offers", "o-1", an_offer(creatives=[creative], colour="red")))
    assert offers.every(conn)[0].creatives[0].said_in("en").headline == "Milk"


def test_an_assortment_comes_in_pages_and_the_newest_word_on_a_product_counts(
    conn: sqlite3.Connection, incoming: CentralChanges
) -> None:
    page = [change("products", str(n), a_product(str(n))) for n in range(50)]
    again = change("products", "7", a_product("7", price_cents=1))
    gone = change("products", "8")
    tell(conn, incoming, *page, again, gone)
    found = {str(p.sku): p.price_cents for p in products.every(conn)}
    assert len(found) == 49
    assert (found["7"], "8" in found) == (1, False)


BAD: dict[str, list[dict[str, object]]] = {
    "customers": [
        {"token": f"no token {CANARY}"},
        person(beacon_key=CANARY),
        person(links=[{"kind": "loyalty", "code": CANARY}]),
        person(trips=[{"at": "yesterday", "skus": []}]),
        person(history=[{"sku": CANARY, "trips": 0, "last_at": "2024-06-03T15:00:00Z"}]),
        person(app_key={"x": CANARY}),
    ],
    "consents": [
        consent(purpose=CANARY),
        consent(state=CANARY),
        consent(given_at="2024-06-01T00:00:00"),
        consent(token=None),
    ],
    "stock": [{"sku": "5", "on_hand": -1}, {"sku": CANARY * 12, "on_hand": 1}, {}],
    "offers": [
        an_offer(discount_cents=-5),
        an_offer(skus=[]),
        an_offer(weekly_cap=0),
        an_offer(ends_at="2024-05-01T00:00:00Z", headline=CANARY),
        an_offer(segment=None, headline=CANARY),
        an_offer(channels=[]),
        an_offer(audience=f"{CANARY} >"),
        an_offer(id="o-2", headline=CANARY),
    ],
    "campaigns": [a_campaign(holdout_pct=101, name=CANARY), a_campaign(id="july"), {}],
}


@pytest.mark.parametrize(
    ("stream", "body"), [(s, b) for s, bodies in BAD.items() for b in bodies], ids=repr
)
def test_a_bad_body_is_refused_without_repeating_what_it_says(
    conn: sqlite3.Connection, incoming: CentralChanges, stream: str, body: dict[str, object]
) -> None:
    with pytest.raises(ChangeRefused) as refused:
        tell(conn, incoming, change(stream, ANN, body))
    assert stream in str(refused.value) or "app_key" in str(refused.value)
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize("body", [{}, a_product(price_cents=-1), a_product(name=5)])
def test_a_bad_product_is_refused_and_takes_no_other_with_it(
    conn: sqlite3.Connection, incoming: CentralChanges, body: dict[str, object]
) -> None:
    good = change("products", "1", a_product("1"))
    with pytest.raises(ValueError):  # noqa: PT011 - the downlink halves the page on any of these
        tell(conn, incoming, good, change("products", "2", body))
    assert products.every(conn) == ()


def test_a_change_about_another_key_than_its_own_is_refused(
    conn: sqlite3.Connection, incoming: CentralChanges
) -> None:
    with pytest.raises(ChangeRefused):
        tell(conn, incoming, change("customers", "c-somebody-else", person()))


def test_promotions_come_down_many_at_once_and_the_last_word_counts(
    conn: sqlite3.Connection, incoming: CentralChanges
) -> None:
    days = {"from": "2024-06-03", "until": "2024-06-09"}
    one, other = ({"sku": sku, "display": "7", **days} for sku in ("5", "6"))
    tell(conn, incoming, change("promotions", "a", one), change("promotions", "b", other))
    tell(
        conn,
        incoming,
        change("promotions", "b"),
        change("promotions", "a", {**one, "sku": "8"}),
    )
    assert [p.key for p in promotions.since(conn, DAY)] == [8]
    with pytest.raises(ValueError, match="until"):
        tell(conn, incoming, change("promotions", "a", {"sku": "5", "from": "2024-06-03"}))


def test_a_trip_is_remembered_with_its_store_and_what_was_promoted(
    conn: sqlite3.Connection, incoming: CentralChanges
) -> None:
    here = {"at": "2024-06-01T15:00:00Z", "skus": ["5", "6"], "store": "store-367"}
    unsaid = {"at": "2024-05-25T15:00:00Z", "skus": ["5"]}
    trips = [{**here, "promoted": ["6"]}, unsaid]
    tell(conn, incoming, change("customers", ANN, person(trips=trips)))
    stored = profiles.find(conn, ANN)
    assert stored is not None
    learned = Profile.from_bytes(stored)
    assert learned.places == [place_number(item_key("store-367")), 0]
    on_promotion = dict(zip(learned.keys.tolist(), learned.promoted.tolist(), strict=True))
    assert on_promotion == {5: 0, 6: 1}


@pytest.mark.parametrize(
    "code",
    [
        "4006381333931",
        "04006381333931",
        "(01)04006381333931(10)A",
        "https://id.gs1.org/01/4006381333931",
    ],
)
def test_every_stream_reads_a_code_in_any_form(
    conn: sqlite3.Connection, incoming: CentralChanges, code: str
) -> None:
    key = 4006381333931
    tell(conn, incoming, change("products", code, a_product(code)))
    tell(conn, incoming, change("stock", code, {"sku": code, "on_hand": 3}))
    days = {"from": "2024-06-03", "until": "2024-06-09"}
    tell(conn, incoming, change("promotions", "p-1", {"sku": code, "mailer": "A", **days}))
    bought = [{"sku": code, "trips": 7, "last_at": "2024-06-01T12:00:00Z"}]
    tell(conn, incoming, change("customers", ANN, person(history=bought)))
    (product,) = products.every(conn)
    assert product.key == key
    assert stock.every(conn) == {key: 3}
    assert [p.key for p in promotions.since(conn, 0)] == [key]
    assert habits(conn).keys.tolist() == [key]
    tell(conn, incoming, change("products", f"0{key}"), change("products", "7"))
    assert products.every(conn) == ()


def test_a_price_label_in_a_history_is_a_habit_of_its_article(conn: sqlite3.Connection) -> None:
    rules = CodeRules(layouts=layouts_of(["20AAAAXPPPPPC"]))
    incoming = CentralChanges(zone=ZoneInfo("UTC"), now=lambda: NOW, rules=rules)
    tell(conn, incoming, change("products", "4011", a_product("4011")))
    trips = [{"at": "2024-06-01T12:00:00Z", "skus": ["2040110003995"]}]
    tell(conn, incoming, change("customers", ANN, person(trips=trips)))
    assert habits(conn).keys.tolist() == [4011]


def test_weights_come_down_with_their_unit(
    conn: sqlite3.Connection, incoming: CentralChanges
) -> None:
    for on_hand, exact in (("12.5", "12.5"), (0.75, "0.75"), (3, "3")):
        body = {"sku": "4011", "on_hand": on_hand, "unit": "kg"}
        tell(conn, incoming, change("stock", "4011", body))
        assert stock.every(conn) == {4011: Decimal(exact)}
    assert stock.units(conn) == {4011: TradeUnit.KG}
    tell(conn, incoming, change("products", "4011", a_product("4011", unit="kg")))
    assert [p.unit for p in products.every(conn)] == [TradeUnit.KG]
