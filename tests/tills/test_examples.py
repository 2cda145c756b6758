"""The two example tills: short, written from the contract alone, and right about what the store then knows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from tests.contract.store import HABITS, OFFER, ROOT
from tests.patience import patient
from tests.tills.conftest import Json, Shop

EXAMPLES = ROOT / "docs" / "examples"
MOST_LINES = 100
ZONE = ZoneInfo("America/New_York")
SKUS = (HABITS[0], "100021")


def played(*command: str) -> Json:
    done = subprocess.run(  # noqa: S603 - our own examples
        command, capture_output=True, text=True, check=False, timeout=patient(60),
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return cast("Json", json.loads(done.stdout))


def written(shop: Shop, name: str) -> tuple[Path, Json]:
    """The account of a lane in a file, as an integrator keeps what the command printed."""
    account = shop.account(name, "--zone", "checkout")
    file = shop.store.folder / f"{name}.json"
    file.write_text(json.dumps(account))
    return file, account


def lines_of(fact: Json) -> list[Json]:
    return cast("list[Json]", fact["properties"]["products"])


def day_of(fact: Json) -> Any:
    return datetime.fromisoformat(fact["timestamp"]).astimezone(ZONE).date()


def check(shop: Shop, said: Json, somebody: Json) -> None:
    """What an example has played, by the store's disk and by what the centre was told of it."""
    first, returned, late_number = said["baskets"]
    today = datetime.now(UTC).astimezone(ZONE).date()
    yesterday = (datetime.now(UTC) - timedelta(days=1)).astimezone(ZONE).date()
    days, token = (today, today, yesterday), somebody["token"]
    assert shop.on_disk(*said["baskets"]) == [("complete", day, token) for day in days]
    order = shop.fact(first)
    assert order["event"] == "Order Completed"
    piece, loose, *offered = lines_of(order)
    assert (piece["sku"], piece["quantity"], piece["price_cents"]) == (SKUS[0], 1, 499)
    assert (loose["quantity"], loose["unit"], loose["amount_cents"]) == (0.432, "kg", 129)
    # What was voided by its line is not sold; what was redeemed is, with its discount.
    assert [one["discount_cents"] for one in offered] == [40]
    (back,) = shop.facts(returned)
    assert back["event"] == "Order Refunded"
    assert lines_of(back)[0]["of"] == first
    late = shop.fact(late_number)
    assert late["event"] == "Order Completed"
    assert day_of(late) == yesterday


@pytest.mark.parametrize("name", ["till.py", "till.mjs"])
def test_an_example_has_a_hundred_lines_at_most(name: str) -> None:
    assert len((EXAMPLES / name).read_text().splitlines()) <= MOST_LINES


def test_the_till_in_python_plays_a_morning_over_mqtt_with_tls(
    shop: Shop, loyalty: str, somebody: Json
) -> None:
    file, account = written(shop, "lane-py")
    assert account["tls"] is True
    said = played(sys.executable, str(EXAMPLES / "till.py"), str(file), loyalty, *SKUS)
    assert all(receipt["accepted"] for receipt in said["receipts"])
    assert [answer["granted"] for answer in said["granted"]] == [True, True]
    assert said["granted"][1]["discount"]["offer_id"] == OFFER
    check(shop, said, somebody)


def test_the_till_in_node_plays_a_morning_over_http(
    shop: Shop, loyalty: str, somebody: Json
) -> None:
    file, _ = written(shop, "lane-mjs")
    store = f"http://127.0.0.1:{shop.store.http_port}"
    said = played("node", str(EXAMPLES / "till.mjs"), str(file), store, loyalty, *SKUS)
    heard = said["heard"]
    assert all(receipt["accepted"] for receipt in heard["receipts"])
    assert (heard["inquired"]["granted"], heard["redeemed"]["granted"]) == (True, True)
    # Told twice under one key, it was answered alike and counted once.
    assert heard["late"][0] == heard["late"][1]
    check(shop, said, somebody)
