"""Whatever a log or an order holds, a reader gives sales, refusals or nothing, and the door judges the rest."""

from __future__ import annotations

import json
from io import BytesIO
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import MessageRefused
from devices.tills.mapping import SHIPPED, read_mapping
from devices.tills.orders import read_orders
from devices.tills.poslog import read_poslog
from devices.tills.sale import StoreTerms, TillSale
from tests.devices.tills.logs import (
    as_bytes,
    goods,
    item,
    odoo_line,
    odoo_order,
    poslog,
    square_line,
    square_order,
    transaction,
)

TERMS = StoreTerms(zone=ZoneInfo("Europe/Berlin"), currency="USD")
WORDS = st.sampled_from(
    ["", "-1", "0", "1e9", "9" * 15, "9" * 40, "0.0000001", "NaN", "true", "é", "\ud7ff", "a b"]
)
ORDERS = {"odoo": odoo_order(odoo_line()), "square": square_order(square_line())}
MAPPINGS = {name: read_mapping(SHIPPED / f"{name}.toml") for name in ORDERS}
LOG = poslog(
    transaction(
        item(
            1,
            goods(
                more=(
                    "<ActualSalesUnitPrice>3.59</ActualSalesUnitPrice><ExtendedAmount>3.59</ExtendedAmount>"
                    "<RetailPriceModifier><Amount>0.40</Amount></RetailPriceModifier>"
                    "<Tax><Percent>7</Percent></Tax>"
                )
            ),
        ),
        item(2, "<Tender><Amount>1.00</Amount></Tender>"),
        more="<LoyaltyAccount><LoyaltyID>1</LoyaltyID></LoyaltyAccount>",
    )
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS
    | st.text(),
    lambda inner: (
        st.just("\ud800")
        | st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner)
    ),
    max_leaves=6,
)


@given(place=st.integers(0, len(LOG) - 1), byte=st.integers(0, 255), cut=st.integers(0, 40))
@settings(max_examples=1500)
def test_a_log_with_a_byte_that_is_wrong_is_read_or_refused(
    place: int, byte: int, cut: int
) -> None:
    payload = LOG[:place] + bytes([byte]) + LOG[place + cut :]
    try:
        found = list(read_poslog(BytesIO(payload), TERMS))
    except MessageRefused:
        return
    assert all(one is None or isinstance(one, TillSale | MessageRefused) for one in found)


@given(word=WORDS, other=WORDS, data=st.data())
@settings(max_examples=800)
def test_a_log_with_strange_words_is_read_or_refused(
    word: str, other: str, data: st.DataObject
) -> None:
    text = LOG.decode()
    for strange in (word, other):
        old = data.draw(
            st.sampled_from(["3.99", "3.59", "0.40", "4711", ">1<", "USD", "10:00:00"])
        )
        new = f">{strange}<" if old == ">1<" else strange
        text = text.replace(old, new)
    for one in read_poslog(BytesIO(text.encode()), TERMS):
        assert one is None or isinstance(one, TillSale | MessageRefused)
        if isinstance(one, TillSale):
            json.dumps(one.body)


@given(name=st.sampled_from(sorted(ORDERS)), value=JSON, data=st.data())
@settings(max_examples=1500)
def test_an_order_with_a_strange_field_is_read_or_refused(
    name: str, value: object, data: st.DataObject
) -> None:
    order = json.loads(as_bytes(ORDERS[name]))
    lines = "lines" if name == "odoo" else "line_items"
    inside = data.draw(st.sampled_from([order, order[lines][0]]))
    inside[data.draw(st.sampled_from(sorted(inside)))] = value
    for one in read_orders(json.dumps(order).encode(), name, MAPPINGS[name], TERMS):
        assert one is None or isinstance(one, TillSale | MessageRefused)
        if isinstance(one, TillSale):
            json.dumps(one.body)
