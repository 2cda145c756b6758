"""Logs, orders and webhooks of tills that we did not write, at the real service: once, to the cent, on their day."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
from standardwebhooks import Webhook

from tests.contract.store import ROOT
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
from tests.patience import patient
from tests.tills.conftest import Json, Shop

XML = {"Content_Type": "application/xml"}
SKU = "100001"


def number() -> int:
    """A sale's number that no other test has."""
    return uuid4().int % 10**9


def when(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


def sale(*items: str, n: int, **how: str) -> str:
    told = {"at": f"<EndDateTime>{when(hours=1)}</EndDateTime>", **how}
    return transaction(*(items or (item(1, goods(SKU)),)), number=n, **told)  # type: ignore[arg-type] # texts all


def product(fact: Json) -> Json:
    (found,) = fact["properties"]["products"]
    return cast("Json", found)


def run(shop: Shop, file: Path, *words: str) -> tuple[int, Json | None]:
    """``storeside sales import`` on the running store: exit code and document."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "edge", "sales", "import", str(file), *words, "--json",
         "--config", str(shop.store.config)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=patient(60),
    )  # fmt: skip
    return done.returncode, cast("Json | None", json.loads(done.stdout or "null"))


def imported(shop: Shop, file: Path, *words: str) -> Json:
    """What became of a file that could be read."""
    _, told = run(shop, file, *words)
    assert told is not None
    return told


# POSLog.


def test_a_pushed_log_is_on_disk_sale_by_sale(shop: Shop, lane: Json) -> None:
    sold, weighed, nothing = number(), number(), number()
    log = poslog(
        sale(n=sold),
        sale(
            item(
                1,
                goods(
                    SKU,
                    price="2.99",
                    quantity='<Quantity UnitOfMeasureCode="KGM">0.432</Quantity>',
                    more="<ExtendedAmount>1.30</ExtendedAmount>",
                ),
            ),
            n=weighed,
        ),
        sale(n=nothing, flags=' CancelFlag="true"'),
    )
    status, told = shop.post("/v1/pos/poslog", log, lane, **XML)
    assert (status, told["accepted"], told["nothing"]) == (202, True, 1)
    assert [one["basket_id"] for one in told["results"]] == [f"3:{sold}", f"3:{weighed}"]
    assert product(shop.fact(f"3:{sold}"))["price_cents"] == 399
    assert product(shop.fact(f"3:{weighed}"))["amount_cents"] == 130


def test_the_same_log_again_counts_once(shop: Shop, lane: Json) -> None:
    n = number()
    first = shop.post("/v1/pos/poslog", poslog(sale(n=n)), lane, **XML)[1]
    again = shop.post("/v1/pos/poslog", poslog(sale(n=n)), lane, **XML)[1]
    assert (first["accepted"], again["accepted"]) == (True, True)
    assert [one.get("duplicate") for one in again["results"]] == [True]
    assert len(shop.facts(f"3:{n}")) == 1


def test_a_return_in_a_log_is_told_as_one(shop: Shop, lane: Json) -> None:
    sold, back = number(), number()
    link = f"<TransactionLink><WorkstationID>3</WorkstationID><SequenceNumber>{sold}</SequenceNumber></TransactionLink>"
    returned = sale(item(1, goods(SKU, kind="Return", more=link)), n=back)
    assert shop.post("/v1/pos/poslog", poslog(sale(n=sold), returned), lane, **XML)[1][
        "accepted"
    ]
    fact = shop.fact(f"3:{back}")
    assert fact["event"] == "Order Refunded"
    assert product(fact)["of"] == f"3:{sold}"


def test_a_post_void_in_a_log_takes_the_sale_back(shop: Shop, lane: Json) -> None:
    sold = number()
    link = f"<TransactionLink><WorkstationID>3</WorkstationID><SequenceNumber>{sold}</SequenceNumber></TransactionLink>"
    void = sale(item(1, goods(SKU)), n=number(), status="PostVoided", more=link)
    told = shop.post("/v1/pos/poslog", poslog(sale(n=sold), void), lane, **XML)[1]
    assert [one["accepted"] for one in told["results"]] == [True, True], told
    assert [f["event"] for f in shop.facts(f"3:{sold}", times=2)] == [
        "Order Completed",
        "Order Cancelled",
    ]


def test_a_bad_line_of_a_log_leaves_the_good_ones(shop: Shop, lane: Json) -> None:
    n = number()
    bad = item(2, goods(SKU, quantity="<Quantity>much</Quantity>"))
    told = shop.post(
        "/v1/pos/poslog", poslog(sale(item(1, goods(SKU)), bad, n=n)), lane, **XML
    )[1]
    (result,) = told["results"]
    assert result["accepted"] is True
    assert result["lines"] == [{"index": 1, "field": "quantity", "reason": "malformed"}]
    assert product(shop.fact(f"3:{n}"))["quantity"] == 1


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (transaction(item(1, goods(SKU)), currency="<CurrencyCode>EUR</CurrencyCode>"), "wrong-currency"),
        (transaction(item(1, goods(SKU)), at="<EndDateTime>soon</EndDateTime>"), "malformed"),
    ],
)  # fmt: skip
def test_a_bad_sale_of_a_log_is_refused_alone(
    shop: Shop, lane: Json, record: str, reason: str
) -> None:
    told = shop.post("/v1/pos/poslog", poslog(record, sale(n=number())), lane, **XML)[1]
    bad, good = told["results"]
    assert (bad["accepted"], bad["reason"], good["accepted"]) == (False, reason, True)


WRONG_LOGS = {
    "an entity": (b'<!DOCTYPE x [<!ENTITY a "b">]><POSLog>&a;</POSLog>', 400),
    "cut off": (b"<POSLog><Transaction>", 400),
    "too deep": (b"<a>" * 100, 413),
    "too many sales": (poslog(*[transaction(item(1, goods(SKU)))] * 201), 413),
    "too many bytes": (b"<POSLog>" + b" " * 600_000, 413),
}


@pytest.mark.parametrize(("log", "status"), WRONG_LOGS.values(), ids=WRONG_LOGS.keys())
def test_a_log_that_cannot_be_read_is_a_problem_of_the_sender(
    shop: Shop, lane: Json, log: bytes, status: int
) -> None:
    told = shop.post("/v1/pos/poslog", log, lane, **XML)
    assert (told[0], told[1]["status"]) == (status, status)


def test_a_log_as_json_or_from_nobody_is_not_taken(shop: Shop, lane: Json) -> None:
    assert shop.post("/v1/pos/poslog", poslog(), lane)[0] == 415
    assert shop.post("/v1/pos/poslog", poslog(), None, **XML)[0] == 401


# Orders by a mapping.


def test_an_order_of_odoo_is_a_sale_of_its_person(shop: Shop, lane: Json, loyalty: str) -> None:
    name = f"Order {number()}"
    weighed = odoo_line(
        product={"barcode": SKU}, qty=0.432, uom="kg", price_unit=2.99, price_subtotal_incl=1.30
    )
    order = odoo_order(
        weighed, pos_reference=name, date_order=when(hours=2)[:19], partner={"barcode": loyalty}
    )
    status, told = shop.post("/v1/pos/orders/odoo", as_bytes(order), lane)
    (result,) = told["results"]
    assert (status, result["accepted"]) == (202, True)
    assert product(shop.fact(result["basket_id"]))["amount_cents"] == 130


def test_orders_of_square_are_taken_in_one_body(shop: Shop, lane: Json) -> None:
    ids = [f"SQ{uuid4().hex[:12]}" for _ in range(3)]
    line = square_line(metadata={"sku": SKU}, total_discount_money={"amount": 80})
    orders = [square_order(line, id=one, closed_at=when(hours=3), metadata={}) for one in ids]
    told = shop.post("/v1/pos/orders/square", as_bytes({"orders": orders}), lane)[1]
    assert [one["accepted"] for one in told["results"]] == [True, True, True]
    assert {product(f)["discount_cents"] for f in shop.facts(*ids)} == {80}


def test_a_store_s_own_mapping_is_used_at_once(shop: Shop, lane: Json) -> None:
    mappings = shop.store.data / "mappings"
    mappings.mkdir(exist_ok=True)
    (mappings / "kiosk-shop.toml").write_text(
        'says = "A very small shop"\norders = "@"\n[order]\nid = "receipt"\n'
        '[[lines]]\neach = "items"\nsku = "code"\nquantity = "n"\nprice = "price"\n'
    )
    body = {"receipt": number(), "items": [{"code": SKU, "n": 2, "price": 1.25}]}
    (result,) = shop.post("/v1/pos/orders/kiosk-shop", as_bytes(body), lane)[1]["results"]
    assert result["accepted"] is True
    assert product(shop.fact(result["basket_id"]))["price_cents"] == 125


@pytest.mark.parametrize(
    ("mapping", "body", "status"),
    [
        ("nobody", b"{}", 404),
        ("odoo", b"[1,", 400),
        ("odoo", b"[" * 50_000, 400),
        ("square", b'{"id":NaN}', 400),
        ("square", as_bytes([square_order()] * 201), 413),
    ],
)
def test_a_body_without_orders_is_a_problem_of_the_sender(
    shop: Shop, lane: Json, mapping: str, body: bytes, status: int
) -> None:
    assert shop.post(f"/v1/pos/orders/{mapping}", body, lane)[0] == status


# Signed webhooks.


@pytest.fixture(scope="module")
def cloud(shop: Shop) -> Json:
    """A till in the cloud, that signs what it sends."""
    return shop.account("cloud-till", "--webhook")


def signed(
    secret: str,
    body: bytes,
    name: str | None = None,
    at: datetime | None = None,
    changed: dict[str, str] | None = None,
) -> dict[str, str]:
    at, name = at or datetime.now(UTC), name or f"msg_{uuid4().hex}"
    return {
        "webhook_id": name,
        "webhook_timestamp": str(int(at.timestamp())),
        "webhook_signature": Webhook(secret).sign(name, at, body.decode()),
        **(changed or {}),
    }


def an_order(**changed: object) -> bytes:
    line = square_line(metadata={"sku": SKU})
    whole = {"id": f"SQ{uuid4().hex[:12]}", "closed_at": when(minutes=20), "metadata": {}}
    return as_bytes({"data": {"object": {"order": square_order(line, **{**whole, **changed})}}})


def hook(shop: Shop, body: bytes, headers: dict[str, str]) -> tuple[int, Json]:
    return shop.post("/v1/pos/webhooks/square", body, None, **headers)


def test_a_signed_webhook_is_a_sale(shop: Shop, cloud: Json) -> None:
    body = an_order()
    status, told = hook(shop, body, signed(cloud["webhook"], body))
    assert (status, told["accepted"]) == (202, True)
    assert shop.fact(told["results"][0]["basket_id"])["event"] == "Order Completed"


def test_a_replay_gets_the_first_answer_and_counts_once(shop: Shop, cloud: Json) -> None:
    body = an_order()
    headers = signed(cloud["webhook"], body)
    first, again = hook(shop, body, headers), hook(shop, body, headers)
    assert first == again
    assert len(shop.facts(first[1]["results"][0]["basket_id"])) == 1


def test_the_same_order_told_by_another_webhook_counts_once(shop: Shop, cloud: Json) -> None:
    body = an_order()
    first = hook(shop, body, signed(cloud["webhook"], body))[1]
    second = hook(shop, body, signed(cloud["webhook"], body))[1]
    assert second["results"][0]["duplicate"] is True
    assert len(shop.facts(first["results"][0]["basket_id"])) == 1


def test_the_same_id_with_another_body_changes_nothing(shop: Shop, cloud: Json) -> None:
    one, other = an_order(), an_order()
    assert hook(shop, one, signed(cloud["webhook"], one, "msg_twice"))[0] == 202
    status, told = hook(shop, other, signed(cloud["webhook"], other, "msg_twice"))
    assert (status, told["type"].rpartition(":")[2]) == (409, "other-body")


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_webhook_of_another_hour_is_not_taken(shop: Shop, cloud: Json, minutes: int) -> None:
    body, at = an_order(), datetime.now(UTC) + timedelta(minutes=minutes)
    status, told = hook(shop, body, signed(cloud["webhook"], body, at=at))
    assert (status, told["type"].rpartition(":")[2]) == (401, "not-signed")


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook_id": "msg_other"},
        {"webhook_signature": ""},
        {"webhook_signature": "v1,*"},
        {"webhook_timestamp": "soon"},
    ],
)
def test_a_webhook_that_is_not_signed_is_not_taken(
    shop: Shop, cloud: Json, changed: dict[str, str]
) -> None:
    body = an_order()
    status, told = hook(shop, body, signed(cloud["webhook"], body, changed=changed))
    assert (status, told["type"].rpartition(":")[2]) == (401, "not-signed")


def test_another_secret_or_a_revoked_till_signs_nothing(shop: Shop) -> None:
    body = an_order()
    assert hook(shop, body, signed("whsec_bm90aGluZyBvZiB5b3VycyE=", body))[0] == 401
    gone = shop.account("cloud-gone", "--webhook")
    shop.store.command("device", "revoke", "cloud-gone")
    assert hook(shop, body, signed(gone["webhook"], body))[0] == 401


def test_the_secret_stands_nowhere(shop: Shop, cloud: Json) -> None:
    assert cloud["webhook"].startswith("whsec_")
    assert shop.store.traces_of(cloud["webhook"].removeprefix("whsec_").encode()) == []


# Files.


def test_a_log_is_imported_once_however_often(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "tlog.xml"
    n, yesterday = number(), f"<EndDateTime>{when(days=1)}</EndDateTime>"
    file.write_bytes(
        poslog(
            sale(n=n, at=yesterday),
            sale(n=n + 1, flags=' TrainingModeFlag="true"'),
            sale(n=n + 2, currency="<CurrencyCode>EUR</CurrencyCode>"),
        )
    )
    first, again = run(shop, file), run(shop, file, "--format", "poslog")
    same = {"nothing": 1, "refused": {"wrong-currency": 1}, "refused_lines": {}}
    assert first == (1, {"taken": 1, "known": 0, **same})
    assert again == (1, {"taken": 0, "known": 1, **same})
    assert shop.fact(f"3:{n}")["timestamp"][:10] == when(days=1)[:10]


def test_orders_are_imported_from_a_document_and_from_lines(shop: Shop, tmp_path: Path) -> None:
    orders = [
        odoo_order(
            odoo_line(product={"barcode": SKU}),
            pos_reference=f"F{number()}",
            date_order=when(hours=5)[:19],
            partner=None,
        )
        for _ in range(4)
    ]
    document, lines = tmp_path / "orders.json", tmp_path / "orders.jsonl"
    document.write_bytes(as_bytes(orders[:2]))
    lines.write_bytes(b"\n".join([*map(as_bytes, orders[1:]), b"{", b""]))
    assert imported(shop, document, "--format", "odoo")["taken"] == 2
    told = imported(shop, lines, "--format", "odoo")
    assert (told["taken"], told["known"], told["refused"]) == (2, 1, {"not-json": 1})


def test_a_file_that_breaks_off_is_not_begun(shop: Shop, tmp_path: Path) -> None:
    file, n = tmp_path / "cut.xml", number()
    file.write_bytes(poslog(sale(n=n), sale(n=number()))[:-30])
    assert run(shop, file) == (1, None)
    whole = tmp_path / "whole.xml"
    whole.write_bytes(poslog(sale(n=n)))
    assert imported(shop, whole)["taken"] == 1


def test_the_account_of_an_import_ends_with_it(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "tlog.xml"
    file.write_bytes(poslog(sale(n=number())))
    assert run(shop, file)[0] == 0
    devices = json.loads(shop.store.command("device", "list", "--json"))["devices"]
    assert "sales-import" not in [one["device"] for one in devices]
