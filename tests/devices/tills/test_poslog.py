"""POSLog: each sale in the words of our contract, to the cent; what is no sale, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import MessageRefused, Refusal
from devices.tills.poslog import read_poslog
from devices.tills.sale import SaleRead, StoreTerms, TillSale
from tests.devices.tills.logs import goods, item, poslog, transaction

TERMS = StoreTerms(zone=ZoneInfo("Europe/Berlin"), currency="USD")
Json = dict[str, Any]


def read(*transactions: str, **how: str) -> list[SaleRead]:
    return list(read_poslog(BytesIO(poslog(*transactions, **how)), TERMS))


def body(*items: str, **how: Any) -> Json:
    (sale,) = read(transaction(*items, **how))
    assert isinstance(sale, TillSale), sale
    return cast("Json", sale.body)


def line(inner: str) -> Json:
    (found,) = body(item(1, inner))["lines"]
    return cast("Json", found)


def amount_of(told: Json) -> float:
    """What a line comes to in smallest units, by the contract's own rules."""
    gross = float(told["price_cents"])
    if "unit_price" not in told:
        gross *= float(told["quantity"])
    return gross - float(sum(d["amount"] for d in told.get("discounts", ())))


def test_a_sale_is_complete_with_its_lines_and_its_own_time() -> None:
    assert body(item(1, goods())) == {
        "basket_id": "3:4711",
        "action": "complete",
        "lines": [
            {"line_id": "1", "sku": "4006381333931", "quantity": "1", "price_cents": 399}
        ],
        "currency": "USD",
        "sold_at": "2026-11-29T10:00:00+01:00",
    }


@pytest.mark.parametrize(
    "namespace", ["", "urn:another", "http://www.nrf-arts.org/IXRetail/namespace/"]
)
def test_a_namespace_changes_nothing(namespace: str) -> None:
    assert isinstance(read(transaction(item(1, goods())), namespace=namespace)[0], TillSale)


def test_a_sale_alone_is_a_log_too() -> None:
    (sale,) = read_poslog(BytesIO(transaction(item(1, goods())).encode()), TERMS)
    assert isinstance(sale, TillSale)


@pytest.mark.parametrize(
    ("quantity", "told", "unit"),
    [
        ('<Quantity UnitOfMeasureCode="KGM">0.432</Quantity>', "0.432", "kg"),
        ('<Quantity Units="0.432" UnitOfMeasureCode="KG">1</Quantity>', "0.432", "kg"),
        ('<Quantity Units="1" UnitOfMeasureCode="LB">1.5</Quantity>', "1.5", "lb"),
        ('<Quantity Units="2" UnitOfMeasureCode="EA">2</Quantity>', "2", None),
        ('<Quantity UnitOfMeasureCode="ONZ">12</Quantity>', "12", "oz"),
        ('<Quantity UnitOfMeasureCode="furlong">1</Quantity>', "1", "furlong"),
    ],
)
def test_quantities_have_their_unit(quantity: str, told: str, unit: str | None) -> None:
    found = line(goods(quantity=quantity))
    assert (found["quantity"], found.get("unit")) == (told, unit)


def test_a_weighed_line_costs_what_the_till_rounded() -> None:
    found = line(
        goods(
            price="2.99",
            quantity='<Quantity UnitOfMeasureCode="KGM">0.432</Quantity>',
            more="<ExtendedAmount>1.30</ExtendedAmount>",
        )
    )
    assert (found["unit_price"], found["price_cents"]) == ("299", 130)


MODIFIERS = {
    "for all of the line, amount after it": ("0.80", "7.18", 80),
    "for one unit, amount after it": ("0.40", "7.18", 80),
    "for all of the line, amount before it": ("0.80", "7.98", 80),
    "that does not explain the amount": ("5.00", "7.18", 80),
}


@pytest.mark.parametrize(("off", "extended", "less"), MODIFIERS.values(), ids=MODIFIERS.keys())
def test_a_modifier_becomes_a_discount(off: str, extended: str, less: int) -> None:
    found = line(
        goods(
            quantity="<Quantity>2</Quantity>",
            more=(
                f"<ActualSalesUnitPrice>3.59</ActualSalesUnitPrice><ExtendedAmount>{extended}</ExtendedAmount>"
                f'<RetailPriceModifier><Amount Action="Subtract">{off}</Amount>'
                "<PromotionID>milk week</PromotionID></RetailPriceModifier>"
            ),
        )
    )
    assert [d["amount"] for d in found["discounts"]] == [less]
    assert found["price_cents"] == 399


def test_a_percentage_and_a_new_price_become_amounts() -> None:
    tenth = line(goods(more="<RetailPriceModifier><Percent>10</Percent></RetailPriceModifier>"))
    new = line(
        goods(more="<RetailPriceModifier><NewPrice>3.00</NewPrice></RetailPriceModifier>")
    )
    assert [one["discounts"][0]["amount"] for one in (tenth, new)] == [40, 99]


def test_a_price_override_is_the_price_and_no_discount() -> None:
    found = line(
        goods(
            more=(
                "<ActualSalesUnitPrice>2.50</ActualSalesUnitPrice>"
                '<RetailPriceModifier MethodCode="PriceOverride"><NewPrice>2.50</NewPrice></RetailPriceModifier>'
            )
        )
    )
    assert (found["price_cents"], found["price_override"]) == (250, True)
    assert "discounts" not in found


@given(
    cents=st.integers(1, 100_000),
    grams=st.integers(1, 9_999),
    off=st.integers(0, 100_000),
)
def test_a_line_comes_to_the_till_s_own_amount(cents: int, grams: int, off: int) -> None:
    gross = int(cents * grams / 1000 + 0.5)
    paid = max(0, gross - off)
    found = line(
        goods(
            price=f"{cents / 100:.2f}",
            quantity=f'<Quantity UnitOfMeasureCode="KGM">{grams / 1000:.3f}</Quantity>',
            more=(
                f"<ExtendedAmount>{paid / 100:.2f}</ExtendedAmount>"
                f"<RetailPriceModifier><Amount>{(gross - paid) / 100:.2f}</Amount></RetailPriceModifier>"
            ),
        )
    )
    # Without a price and an amount of its own, the line is what its price makes it.
    if "price_cents" in found:
        assert abs(amount_of(found) - paid) < 1


def test_a_return_names_the_sale_it_comes_from() -> None:
    found = line(
        goods(
            kind="Return",
            quantity="<Quantity>-1</Quantity>",
            more=(
                "<ExtendedAmount>-3.99</ExtendedAmount>"
                "<TransactionLink><WorkstationID>1</WorkstationID><SequenceNumber>4000</SequenceNumber>"
                "<LineItemSequenceNumber>2</LineItemSequenceNumber></TransactionLink>"
            ),
        )
    )
    assert (found["kind"], found["quantity"], found["price_cents"]) == ("return", "1", 399)
    assert found["of"] == {"order_id": "1:4000", "line_id": "2"}


VOIDS = {
    "by its flag": [item(2, goods("7"), VoidFlag="true")],
    "by a void line's link": [
        item(2, goods("7")),
        item(3, f"{goods('7')}<ItemLink>2</ItemLink>", VoidFlag="true"),
    ],
    "by a void of its number": [
        item(2, goods("7")),
        item(3, "<Void><LineItemSequenceNumber>2</LineItemSequenceNumber></Void>"),
    ],
}


@pytest.mark.parametrize("items", VOIDS.values(), ids=VOIDS.keys())
def test_a_voided_line_is_not_sold(items: list[str]) -> None:
    assert [one["sku"] for one in body(item(1, goods()), *items)["lines"]] == ["4006381333931"]


@pytest.mark.parametrize(
    "record",
    [
        transaction(item(1, goods()), flags=' TrainingModeFlag="true"'),
        transaction(item(1, goods()), flags=' CancelFlag="true"'),
        transaction(item(1, goods()), status="Suspended"),
        transaction(item(1, "<Tender><Amount>5.00</Amount></Tender>")),
        "<Transaction><SequenceNumber>1</SequenceNumber><ControlTransaction/></Transaction>",
    ],
)
def test_what_sells_nothing_is_left_out(record: str) -> None:
    assert read(record) == [None]


def test_a_sale_voided_as_a_whole_names_the_sale() -> None:
    link = "<TransactionLink><WorkstationID>3</WorkstationID><SequenceNumber>4700</SequenceNumber></TransactionLink>"
    own, other = body(status="PostVoided"), body(status="PostVoided", more=link)
    assert (own["action"], own["basket_id"]) == ("void-sale", "3:4711")
    assert (other["action"], other["basket_id"]) == ("void-sale", "3:4700")


CASH = (
    '<Tender TenderType="Cash"><Amount>10.00</Amount>'
    "<TenderChange><Amount>6.01</Amount></TenderChange></Tender>"
)
CARD = (
    '<Tender TenderType="CreditDebit"><Amount>1.00</Amount><CreditDebit>'
    "<PrimaryAccountNumber>4111111111111111</PrimaryAccountNumber></CreditDebit></Tender>"
)


def test_account_tenders_and_discounts_of_the_sale_are_told_and_no_card() -> None:
    found = body(
        item(1, goods()),
        item(2, CASH),
        item(3, CARD),
        item(4, "<Discount><Amount>0.50</Amount></Discount>"),
        more="<LoyaltyAccount><LoyaltyAccountID>LOY-7</LoyaltyAccountID></LoyaltyAccount>",
    )
    assert found["loyalty"] == "LOY-7"
    assert found["tenders"] == [
        {"kind": "cash", "amount": 399},
        {"kind": "card", "amount": 100},
    ]
    assert found["discounts"] == [{"kind": "amount", "amount": 50}]
    assert "4111" not in str(found)


@pytest.mark.parametrize(
    ("code", "exponent", "price"), [("JPY", 0, "399"), ("KWD", 3, "0.399"), ("EUR", 2, "3.99")]
)
def test_amounts_are_in_the_currency_s_own_smallest_unit(
    code: str, exponent: int, price: str
) -> None:
    terms = StoreTerms(zone=TERMS.zone, currency=code, exponent=exponent)
    log = poslog(transaction(item(1, goods(price=price)), currency=""))
    (sale,) = read_poslog(BytesIO(log), terms)
    assert isinstance(sale, TillSale)
    assert sale.body["currency"] == code
    assert cast("Json", sale.body)["lines"][0]["price_cents"] == 399


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("<EndDateTime>2026-11-29T10:04:00Z</EndDateTime>", "2026-11-29T10:04:00+00:00"),
        ("<BeginDateTime>2026-11-29T10:00:00-05:00</BeginDateTime>", "2026-11-29T10:00:00-05:00"),
        ("", "2026-11-29T12:00:00+01:00"),
    ],
)  # fmt: skip
def test_a_time_without_zone_is_the_store_s(at: str, told: str) -> None:
    assert body(item(1, goods()), at=at)["sold_at"] == told


REFUSED = {
    "no number": ("<Transaction><RetailTransaction/></Transaction>", Refusal.MALFORMED),
    "no time": (transaction(item(1, goods()), at="<EndDateTime>soon</EndDateTime>"), Refusal.MALFORMED),
    "another currency than the store's": (
        transaction(item(1, goods()), currency="<CurrencyCode>ZZZ</CurrencyCode>"),
        Refusal.WRONG_CURRENCY,
    ),
    "two currencies": (
        transaction(item(1, goods(more='<ExtendedAmount Currency="EUR">1</ExtendedAmount>'))),
        Refusal.WRONG_CURRENCY,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("record", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_sale_is_refused_alone(record: str, reason: Refusal) -> None:
    bad, good = read(record, transaction(item(1, goods())))
    assert isinstance(bad, MessageRefused)
    assert bad.reason is reason
    assert isinstance(good, TillSale)


@pytest.mark.parametrize(
    ("inner", "field"),
    [
        (goods(quantity="<Quantity>much</Quantity>"), "quantity"),
        (goods(price="cheap"), "price_cents"),
        (goods(more="<TransactionLink/>"), "of"),
    ],
)
def test_a_line_that_cannot_be_read_is_left_to_the_door(inner: str, field: str) -> None:
    first, second = body(item(1, inner), item(2, goods()))["lines"]
    assert first[field] == "unreadable"
    assert second["price_cents"] == 399


BROKEN = {
    "cut off": (poslog(transaction(item(1, goods())))[:-20], Refusal.MALFORMED),
    "no XML": (b"basket", Refusal.MALFORMED),
    "nothing": (b"", Refusal.MALFORMED),
    "a document type": (b"<!DOCTYPE POSLog><POSLog/>", Refusal.MALFORMED),
    "entities in entities": (
        b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><POSLog>&b;</POSLog>',
        Refusal.MALFORMED,
    ),
    "a file of the machine": (
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><POSLog>&e;</POSLog>',
        Refusal.MALFORMED,
    ),
    "very deep": (b"<a>" * 1000, Refusal.TOO_LARGE),
    "very many": (b"<POSLog><Transaction>" + b"<a/>" * 30_000, Refusal.TOO_LARGE),
    "another encoding": (b'<?xml version="1.0" encoding="klingon"?><a/>', Refusal.MALFORMED),
}


@pytest.mark.parametrize(("payload", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_a_log_that_cannot_be_read_ends_there(payload: bytes, reason: Refusal) -> None:
    with pytest.raises(MessageRefused) as refused:
        list(read_poslog(BytesIO(payload), TERMS))
    assert refused.value.reason is reason


def test_a_sale_of_long_ago_is_refused_as_such() -> None:
    terms = replace(TERMS, since=datetime(2026, 11, 29, 10, tzinfo=UTC))
    before, after = (
        transaction(item(1, goods()), at=f"<EndDateTime>2026-11-29T{hour}:00:00Z</EndDateTime>")
        for hour in ("09", "11")
    )
    old, new = read_poslog(BytesIO(poslog(before, after)), terms)
    assert isinstance(old, MessageRefused)
    assert old.reason is Refusal.STALE
    assert isinstance(new, TillSale)


def test_the_same_sale_has_the_same_key_and_others_have_others() -> None:
    records = [
        transaction(item(1, goods())),
        transaction(item(1, goods())),
        transaction(item(1, goods()), number=4712),
        transaction(item(1, goods()), till=4),
        transaction(status="PostVoided"),
    ]
    keys = [sale.key for sale in read(*records) if isinstance(sale, TillSale)]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 4


def test_a_number_that_comes_again_on_another_day_is_another_sale() -> None:
    days = [
        transaction(item(1, goods()), at=f"<EndDateTime>2026-11-{day}T10:00:00</EndDateTime>")
        for day in (28, 29)
    ]
    bare = [one.replace("<BusinessDayDate>2026-11-29</BusinessDayDate>", "") for one in days]
    keys = [sale.key for sale in read(*bare) if isinstance(sale, TillSale)]
    assert len(set(keys)) == 2


def test_a_percentage_off_the_whole_sale_is_told_as_one() -> None:
    found = body(item(1, goods()), item(2, "<Discount><Percent>10</Percent></Discount>"))
    assert found["discounts"] == [{"kind": "percent", "amount": "10"}]
