"""No page and no module divides money by a hundred: how many digits a currency has is said in one place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("edge", "devices", "cloud_sync", "models")
HUNDRED = re.compile(r"(?://?|\*|%)\s*100(?:\.0)?\b|\b100(?:\.0)?\s*\*")
# What a hundred may stand for: a share, a chance in ten-thousandths, a rank among people.
PER_CENT = re.compile(
    r"pct|percent|share|chance|points|propensity|merit|worth|free|part\b|\bvalue \* 100\)\.toFixed\(1\)|_RANGE|rate\["
)
MONEY = re.compile(
    r"cents|price|amount|money|currency|spend|revenue|discount|sales", re.IGNORECASE
)
# Lines that name money and mean something else by the hundred, or money of a data set that is known to be dollars.
KNOWN = {
    "edge/decision/explain.py": "hundredths of the smallest unit, as a decision keeps them",
    "edge/decision/steps/score.py": "hundredths of the smallest unit, as a decision keeps them",
    "edge/campaigns/triggers/signals/price_drop.py": "per cent of the old price",
    "edge/domain/discount.py": "per cent off a price",
    "devices/web/till/till-offers.js": "per cent off a price",
    "devices/tills/orders.py": "per cent off a line",
    "models/sources/receipts.py": "the public data set is in US dollars",
    "models/out_of_core/spark.py": "the public data set is in US dollars",
    "models/out_of_core/duck.py": "the public data set is in US dollars",
    "edge/domain/customer_value.py": "a risk per cent",
    "models/out_of_core/mapped_columns.py": "a column that its map says to be in hundredths",
    "models/out_of_core/mapped_time.py": "hours and minutes written as 1530",
}


def hundreds() -> Iterator[tuple[str, str]]:
    """Every line of code that divides, multiplies or counts by a hundred, with its file."""
    files = (
        f for part in PARTS for f in (ROOT / part).rglob("*") if f.suffix in {".py", ".js"}
    )
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            if HUNDRED.search(line.partition("  #")[0]):
                yield str(file.relative_to(ROOT)), line.strip()


def suspicious(file: str, line: str) -> bool:
    """Whether a hundred could be a currency's: it stands beside money, or beside nothing that is told per cent."""
    if file in KNOWN:
        return False
    return MONEY.search(line) is not None or PER_CENT.search(line) is None


def test_nobody_divides_money_by_a_hundred() -> None:
    assert [(file, line) for file, line in hundreds() if suspicious(file, line)] == []


def test_every_exception_is_still_needed() -> None:
    found = {file for file, _ in hundreds()}
    assert KNOWN.keys() - found == set()


@pytest.mark.parametrize(
    "line",
    [
        "return format().format(cents / 100);",
        'const shown = kind === "money" ? (value / 100).toFixed(2) : value;',
        "put(owner, key, Math.round(Number(field.value) * 100), changed)",
        'f"{product.price_cents // 100}.{product.price_cents % 100:02}"',
        'return f"${cents / 100:.2f}"',
    ],
)
def test_what_stood_here_once_is_seen(line: str) -> None:
    assert HUNDRED.search(line)
    assert suspicious("devices/web/shared/money.js", line)
