"""POSLog, the till log of NRF/ARTS, versions 2 and 3: each sale of it becomes one step of a basket.

The door ``/v1/pos/poslog`` and ``storeside sales import`` read it. Taken are sales, returns and voids of lines,
quantities with units, prices and what changed them, the loyalty account, how it was paid, and a sale voided as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Final
from xml.etree.ElementTree import Element

from pydantic import JsonValue

from devices.errors import MessageRefused, Refusal
from devices.tills.sale import (
    SaleRead,
    StoreTerms,
    TillSale,
    decimal_of,
    paid,
    plain_id,
    priced,
    rounded,
    sale_key,
    text_of_number,
)
from devices.tills.xml_records import children, first, local, records, says, text

_SOLD: Final = ("Sale", "SaleForDelivery", "SaleForPickup")
_GOODS: Final = (*_SOLD, "Return")
# Nothing has been bought yet; the one that is paid in the end stands in the log by itself.
_NOT_SOLD: Final = frozenset(
    {"suspended", "inprocess", "totaled", "suspendeddeleted", "failed"}
)
_UNITS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("", "ea", "each", "c62", "pce", "pc", "h87", "unit"), "each"),
    **dict.fromkeys(("kgm", "kg"), "kg"),
    **dict.fromkeys(("grm", "g"), "g"),
    **dict.fromkeys(("lbr", "lb"), "lb"),
    **dict.fromkeys(("onz", "oz"), "oz"),
    **dict.fromkeys(("ltr", "l", "lt"), "l"),
}
_TENDERS: Final[Mapping[str, str]] = {
    "cash": "cash",
    **dict.fromkeys(("creditdebit", "credit", "debit", "card"), "card"),
}
_KINDS: Final[Mapping[str, str]] = {"deposit": "deposit", "fee": "fee"}
_ACCOUNT: Final = ("LoyaltyAccountID", "LoyaltyID", "AccountNumber", "CardNumber", "CustomerID")
_ONE: Final = Decimal(1)
_HUNDRED: Final = Decimal(100)
# Which of our fields could not be read, by the log's element; prices are the others.
_FIELDS: Final[Mapping[str, str]] = {"Quantity": "quantity", "SequenceNumber": "of"}
_UNREADABLE: Final = "unreadable"


def read_poslog(source: IO[bytes], terms: StoreTerms) -> Iterator[SaleRead]:
    """Each transaction of the log, in order. Raises MessageRefused where the rest of it cannot be read."""
    for record in records(source, "Transaction"):
        yield _read(record, terms)


def _read(record: Element, terms: StoreTerms) -> SaleRead:
    sale = first(record, "RetailTransaction")
    if sale is None or says(record, "TrainingModeFlag") in {"true", "1"}:
        return None
    status = says(sale, "TransactionStatus")
    if says(record, "CancelFlag") in {"true", "1"} or status in _NOT_SOLD:
        return None
    try:
        log = _LoggedSale(record, sale, terms)
        return log.voided() if status == "postvoided" else log.sold()
    except MessageRefused as refused:
        return refused


def _ids(part: Element | None) -> tuple[str, str]:
    """Till and number of a sale."""
    ids = text(part, "WorkstationID"), text(part, "SequenceNumber")
    if not ids[1]:
        raise MessageRefused(Refusal.MALFORMED, "SequenceNumber")
    return ids


@dataclass(frozen=True, slots=True, kw_only=True)
class _LineAmount:
    """What a line comes to before discounts, and what the till says was paid for it; in smallest units, unsigned."""

    quantity: Decimal
    gross: int
    paid: int | None


class _LoggedSale:
    """One transaction while it is read."""

    def __init__(self, record: Element, sale: Element, terms: StoreTerms) -> None:
        self._record = record
        self._sale = sale
        self._terms = terms
        self._currency = text(record, "CurrencyCode") or terms.currency
        self._units = terms.units(self._currency)
        self._number = _ids(record)
        self._day = text(record, "BusinessDayDate")

    def sold(self) -> SaleRead:
        """The paid sale with its lines."""
        lines = self._lines()
        if not lines:
            # Only money moved: a till counted, an account paid.
            return None
        body: dict[str, JsonValue] = {
            "basket_id": plain_id(*self._number),
            "action": "complete",
            "lines": list[JsonValue](lines),
            "currency": self._currency,
            "sold_at": self._time(),
        }
        account, tenders, discounts = self._account(), self._tenders(), self._discounts()
        if account:
            body["loyalty"] = account
        if tenders:
            body["tenders"] = tenders
        if discounts:
            body["discounts"] = list[JsonValue](discounts)
        return TillSale(key=self._key("complete"), body=body)

    def voided(self) -> SaleRead:
        """The sale is taken back as a whole: the one it links to, or else itself."""
        link = first(self._sale, "TransactionLink")
        number = self._number if link is None else _ids(link)
        body: dict[str, JsonValue] = {
            "basket_id": plain_id(*number),
            "action": "void-sale",
            "sold_at": self._time(),
        }
        return TillSale(key=self._key("void-sale"), body=body)

    def _key(self, action: str) -> str:
        store = text(self._record, "RetailStoreID") or text(
            self._record, "BusinessUnit", "UnitID"
        )
        # Numbers begin anew each day: without the day a sale would be taken for that of another.
        return sale_key("poslog", store, *self._number, self._day or self._time()[:10], action)

    def _time(self) -> str:
        for name in ("EndDateTime", "BeginDateTime", "ReceiptDateTime"):
            told = text(self._record, name) or text(self._sale, name)
            if told:
                break
        else:
            # A log of days alone: noon is on that day in every zone's daylight saving.
            told = f"{self._day}T12:00:00"
        return self._terms.instant(told, "BeginDateTime")

    def _items(self) -> list[tuple[str, Element]]:
        """The line items that count, each with its number; what was voided in the sale is left out."""
        items = [
            (text(item, "SequenceNumber") or str(place), item)
            for place, item in enumerate(children(self._sale, "LineItem"), start=1)
        ]
        void = {number for number, item in items if _is_void(item)}
        # A void may stand as a line of its own, which says whose end it is.
        void |= {link for _, item in items if _is_void(item) for link in _links(item)}
        return [(number, item) for number, item in items if number not in void]

    def _lines(self) -> list[dict[str, JsonValue]]:
        return [
            self._line(number, goods)
            for number, item in self._items()
            for goods in children(item, *_GOODS)
            if not _is_void(goods)
        ]

    def _line(self, number: str, goods: Element) -> dict[str, JsonValue]:
        back = local(goods) == "Return"
        line: dict[str, JsonValue] = {"line_id": plain_id(number), "sku": _code(goods)}
        kind = "return" if back else _KINDS.get(says(goods, "ItemType"))
        if kind is not None:
            line["kind"] = kind
        try:
            quantity = _quantity(goods)
            # A return is one by its kind; some logs write its numbers with a minus and some without.
            quantity = abs(quantity) if back else quantity
            line |= {"quantity": text_of_number(quantity), **_unit(goods)}
            line |= self._price(goods, quantity)
            link = first(goods, "TransactionLink")
            if link is not None:
                line["of"] = _original(link)
            return line | _tax(goods)
        except MessageRefused as refused:
            if refused.reason is not Refusal.MALFORMED:
                raise
            # The door refuses this line by the field that could not be read, and takes the others.
            return line | {_FIELDS.get(refused.detail, "price_cents"): _UNREADABLE}

    def _price(self, goods: Element, quantity: Decimal) -> dict[str, JsonValue]:
        """Price and discounts, such that the line comes to what the till says it did."""
        changed = [m for m in children(goods, "RetailPriceModifier") if not _is_void(m)]
        less = [m for m in changed if "override" not in says(m, "MethodCode")]
        overridden = len(less) < len(changed)
        prices = [self._money(goods, f"{name}SalesUnitPrice") for name in ("Regular", "Actual")]
        # The regular price is the one that discounts are taken from; an override is the actual one.
        wanted = prices if less and not overridden else prices[::-1]
        price = next((abs(one) for one in wanted if one is not None), None)
        if price is None:
            # The door knows the store's price, or says that there is none.
            return {}
        told = self._money(goods, "ExtendedAmount")
        amount = _LineAmount(
            quantity=abs(quantity),
            gross=rounded(price * abs(quantity)),
            paid=None if told is None else rounded(abs(told)),
        )
        discounts, gross = self._taken_off(less, amount)
        if abs(price * amount.quantity - gross) > 1 and amount.quantity:
            # The till's amount is no product of its price: the amount is what was paid.
            price = gross / amount.quantity
        line = priced(quantity, price, gross)
        if overridden:
            line["price_override"] = True
        if discounts:
            line["discounts"] = list[JsonValue](discounts)
        return line

    def _taken_off(
        self, less: list[Element], line: _LineAmount
    ) -> tuple[list[dict[str, JsonValue]], int]:
        """The line's discounts as amounts, and what the line is without them.

        Logs differ: ``ExtendedAmount`` is before the modifiers or after them, and a modifier is for one unit or all.
        """
        paid = line.gross if line.paid is None else line.paid
        if not less:
            return [], paid
        for each in (_ONE, line.quantity):
            offs = [self._off(m, line, each) for m in less]
            found = [_discount(m, off) for m, off in zip(less, offs, strict=True)]
            if paid == line.gross:
                return found, paid
            if abs(line.gross - sum(offs) - paid) <= 1:
                # Its own rounding: what was paid and what was taken off say what it was before.
                return found, paid + sum(offs)
        # Modifiers that do not explain what was paid: the difference is what was taken off.
        less_paid: dict[str, JsonValue] = {"kind": "amount", "amount": line.gross - paid}
        return ([less_paid], line.gross) if paid < line.gross else ([], paid)

    def _off(self, modifier: Element, line: _LineAmount, each: Decimal) -> int:
        """What one modifier takes off the whole line; ``each``: how often its amount is meant."""
        amount = self._money(modifier, "Amount")
        if amount is not None:
            return rounded(abs(amount) * each)
        share = decimal_of(text(modifier, "Percent"))
        if share is not None:
            return rounded(line.gross * abs(share) / _HUNDRED)
        new = self._money(modifier, "NewPrice")
        return 0 if new is None else max(0, line.gross - rounded(new * line.quantity))

    def _discounts(self) -> list[dict[str, JsonValue]]:
        """What was taken off the whole sale, in money or per cent."""
        found = list[dict[str, JsonValue]]()
        for _, item in self._items():
            for part in children(item, "Discount"):
                amount, share = self._money(part, "Amount"), decimal_of(text(part, "Percent"))
                if amount:
                    found.append(_discount(part, rounded(abs(amount))))
                elif share:
                    less: dict[str, JsonValue] = {"amount": text_of_number(abs(share))}
                    found.append({**_discount(part, 0), "kind": "percent", **less})
        return found

    def _tenders(self) -> list[JsonValue]:
        return paid(
            (
                _TENDERS.get(says(tender, "TenderType"), "other"),
                rounded(
                    (self._money(tender, "Amount") or Decimal(0))
                    - (self._money(tender, "TenderChange", "Amount") or Decimal(0))
                ),
            )
            for _, item in self._items()
            for tender in children(item, "Tender")
        )

    def _account(self) -> str:
        places = (self._sale, first(self._sale, "Customer"), *self._item_parts())
        for place in places:
            account = first(place, "LoyaltyAccount")
            for name in _ACCOUNT:
                found = text(account, name)
                if found:
                    return found
        return ""

    def _item_parts(self) -> Iterator[Element]:
        return children(self._sale, "LineItem")

    def _money(self, part: Element, *path: str) -> Decimal | None:
        """An amount in smallest units; None where there is none. Raises for another currency than the sale's."""
        found = first(part, *path)
        if found is None:
            return None
        if found.get("Currency", self._currency) != self._currency:
            raise MessageRefused(Refusal.WRONG_CURRENCY, path[-1])
        amount = decimal_of(found.text or "")
        if amount is None:
            raise MessageRefused(Refusal.MALFORMED, path[-1])
        return amount * self._units


def _is_void(part: Element) -> bool:
    return says(part, "VoidFlag") in {"true", "1"} or first(part, "Void") is not None


def _links(item: Element) -> Iterator[str]:
    """The numbers of the lines that a void line ends."""
    for part in (item, *item):
        for link in children(part, "ItemLink"):
            yield text(link, "LineItemSequenceNumber") or text(link)
        if local(part) == "Void":
            yield text(part, "LineItemSequenceNumber")


def _code(goods: Element) -> str:
    """What was scanned, or else the chain's own number."""
    identity = first(goods, "POSIdentity")
    return text(identity, "POSItemID") or text(identity, "ItemID") or text(goods, "ItemID")


def _unit(goods: Element) -> dict[str, JsonValue]:
    quantity = first(goods, "Quantity")
    told = "" if quantity is None else says(quantity, "UnitOfMeasureCode")
    # A unit that we do not know goes on as it is: the door refuses that line and takes the others.
    unit = _UNITS.get(told, told)
    return {} if unit == "each" else {"unit": unit}


def _quantity(goods: Element) -> Decimal:
    """How much: the count times the measure of each, of which one is nearly always 1."""
    quantity = first(goods, "Quantity")
    if quantity is None:
        return _ONE
    count, measure = decimal_of(quantity.text or ""), decimal_of(quantity.get("Units", "1"))
    if count is None or measure is None:
        raise MessageRefused(Refusal.MALFORMED, "Quantity")
    # The same number in both places says it twice.
    return count if measure in {count, 0} else count * measure


def _original(link: Element) -> dict[str, JsonValue]:
    line = text(link, "LineItemSequenceNumber")
    found: dict[str, JsonValue] = {"order_id": plain_id(*_ids(link))}
    return {**found, "line_id": plain_id(line)} if line else found


def _discount(part: Element, amount: int) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {"kind": "amount", "amount": amount}
    rule = text(part, "PriceDerivationRule", "PriceDerivationRuleID")
    promotion, reason = text(part, "PromotionID") or rule, text(part, "ReasonCode")
    if promotion:
        found["promotion_id"] = plain_id(promotion)
    if reason:
        found["reason"] = reason[:64]
    return found


def _tax(goods: Element) -> dict[str, JsonValue]:
    tax = first(goods, "Tax")
    rate = decimal_of(text(tax, "Percent"))
    if tax is None or rate is None:
        return {}
    base = first(tax, "TaxableAmount")
    flags = (
        says(tax, "TaxIncludedInPriceFlag"),
        "" if base is None else says(base, "TaxIncludedInTaxableAmountFlag"),
        text(goods, "TaxIncludedInPriceFlag").casefold(),
    )
    return {"tax": {"rate_pct": text_of_number(rate), "included": "true" in flags}}
