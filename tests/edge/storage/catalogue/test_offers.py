from __future__ import annotations

import sqlite3
from dataclasses import replace

from edge.domain.creative import Creative, Modules
from edge.domain.discount import OfferDiscount, OfferDiscountKind
from edge.domain.ids import OfferId
from edge.storage.catalogue import offers
from tests.edge.storage.samples import OFFER, offer


def test_offers_come_back_as_they_were_in_the_order_of_their_ids(
    conn: sqlite3.Connection,
) -> None:
    other = offer(OfferId("a-1"))
    assert offers.upsert(conn, [offer(), other]) == 2
    assert offers.every(conn) == (other, offer())


def test_newer_offers_replace_older_ones(conn: sqlite3.Connection) -> None:
    offers.upsert(conn, [offer()])
    cheaper = replace(offer(), discount_cents=50, items=())
    offers.upsert(conn, [cheaper])
    assert offers.every(conn) == (cheaper,)


def test_a_deleted_offer_is_not_proposed(conn: sqlite3.Connection) -> None:
    offers.upsert(conn, [offer()])
    assert offers.delete(conn, [OFFER, OfferId("o-9")]) == 1
    assert offers.every(conn) == ()


FULL = replace(
    offer(),
    discount=OfferDiscount(
        kind=OfferDiscountKind.PERCENT, amount=20, max=150, per="basket", code="MILK20"
    ),
    segment="loyal",
    offer_type="sample",
    channels=("kiosk", "pos"),
    placements=("kiosk-home",),
    audience="trips > 3",
    per_person=1,
    per_store=500,
    creatives=(
        Creative(
            id="calm",
            modules={
                "en": Modules(headline="Milk", image="0" * 64),
                "es": Modules(text="Leche"),
            },
            templates=("tiles",),
        ),
    ),
)


def test_every_tag_limit_and_creative_is_kept(conn: sqlite3.Connection) -> None:
    offers.upsert(conn, [FULL])
    assert offers.find(conn, OFFER) == FULL
    assert offers.find(conn, OfferId("o-9")) is None


def test_the_offers_of_one_campaign_are_told_by_themselves(conn: sqlite3.Connection) -> None:
    other = replace(offer(OfferId("a-1")), campaign="may")
    offers.upsert(conn, [FULL, other])
    assert offers.of_campaign(conn, "may") == (other,)


def test_an_offer_of_the_time_before_the_tags_stands_everywhere(
    conn: sqlite3.Connection,
) -> None:
    conn.execute(
        "INSERT INTO offers (id, headline, items, category, discount_cents, starts_us, ends_us,"
        " campaign, weekly_cap, creative_id) VALUES ('o', 'h', '[1]', 'c', 5, 0, 1, 'm', 3, 'p')"
    )
    (found,) = offers.every(conn)
    assert (found.segment, found.offer_type) == ("everybody", "discount")
    assert found.stands_at("till-addon", "pos")


def test_an_offer_of_before_discounts_were_said_takes_off_its_cents(
    conn: sqlite3.Connection,
) -> None:
    offers.upsert(conn, [offer()])
    conn.execute("UPDATE offers SET discount = NULL")
    found = offers.find(conn, OFFER)
    assert found is not None
    assert found.discount == OfferDiscount(kind=OfferDiscountKind.AMOUNT, amount=20)
