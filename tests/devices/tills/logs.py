"""Till logs and orders of invented shops, in the forms of POSLog, Odoo and Square."""

from __future__ import annotations

import json
from typing import Any

NAMESPACE = "http://www.nrf-arts.org/IXRetail/namespace/"

Json = dict[str, Any]


def item(number: int, inner: str, **attributes: str) -> str:
    told = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<LineItem{told}><SequenceNumber>{number}</SequenceNumber>{inner}</LineItem>"


def goods(
    sku: str = "4006381333931",
    price: str = "3.99",
    quantity: str = "<Quantity>1</Quantity>",
    more: str = "",
    kind: str = "Sale",
) -> str:
    return (
        f"<{kind}><POSIdentity><POSItemID>{sku}</POSItemID></POSIdentity>"
        f"<RegularSalesUnitPrice>{price}</RegularSalesUnitPrice>{quantity}{more}</{kind}>"
    )


def transaction(  # noqa: PLR0913 - what may differ in a log, each by its name
    *items: str,
    number: int = 4711,
    till: int = 3,
    at: str = "<BeginDateTime>2026-11-29T10:00:00</BeginDateTime>",
    currency: str = "<CurrencyCode>USD</CurrencyCode>",
    flags: str = "",
    status: str = "",
    more: str = "",
) -> str:
    sale = f' TransactionStatus="{status}"' if status else ""
    return (
        f"<Transaction{flags}><RetailStoreID>12</RetailStoreID><WorkstationID>{till}</WorkstationID>"
        f"<SequenceNumber>{number}</SequenceNumber><BusinessDayDate>2026-11-29</BusinessDayDate>"
        f"{at}{currency}<RetailTransaction{sale}>{more}{''.join(items)}</RetailTransaction></Transaction>"
    )


def poslog(*transactions: str, namespace: str = NAMESPACE) -> bytes:
    told = f' xmlns="{namespace}"' if namespace else ""
    return f'<?xml version="1.0"?><POSLog{told}>{"".join(transactions)}</POSLog>'.encode()


def odoo_line(**changed: Any) -> Json:
    return {
        "id": 981,
        "product": {"barcode": "4006381333931", "default_code": "PEN"},
        "qty": 2.0,
        "uom": "Units",
        "price_unit": 3.99,
        "discount": 0.0,
        "price_subtotal_incl": 7.98,
        **changed,
    }


def odoo_order(*lines: Json, **changed: Any) -> Json:
    return {
        "id": 55,
        "pos_reference": "Order 00042-003-0014",
        "state": "paid",
        "date_order": "2026-11-29 14:03:11",
        "currency_id": [2, "USD"],
        "partner": {"name": "Somebody Invented", "barcode": "LOY-000-QXZV"},
        "lines": list(lines) or [odoo_line()],
        "payments": [{"type": "cash", "amount": 10.0}, {"type": "cash", "amount": -2.02}],
        **changed,
    }


def square_line(**changed: Any) -> Json:
    return {
        "uid": "line-1",
        "catalog_object_id": "W62UWFY35CWMYGVWK6TWJDNI",
        "quantity": "2",
        "base_price_money": {"amount": 399, "currency": "USD"},
        "total_discount_money": {"amount": 0, "currency": "USD"},
        **changed,
    }


def square_order(*lines: Json, **changed: Any) -> Json:
    return {
        "id": "CAISENgvlJ6jLWAzERDzjyHVybY",
        "location_id": "L-INVENTED",
        "state": "COMPLETED",
        "created_at": "2026-11-29T14:00:00Z",
        "closed_at": "2026-11-29T14:03:11Z",
        "total_money": {"amount": 798, "currency": "USD"},
        "metadata": {"loyalty": "LOY-000-QXZV"},
        "line_items": list(lines) or [square_line()],
        "tenders": [
            {
                "type": "CARD",
                "amount_money": {"amount": 798, "currency": "USD"},
                "card_details": {"card": {"last_4": "1111", "card_brand": "VISA"}},
            }
        ],
        **changed,
    }


def as_bytes(order: object) -> bytes:
    return json.dumps(order).encode()
