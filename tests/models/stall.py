"""A market stall: four lines of three products, in the source's columns, for tests to spoil."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.sources.journey import Journey, read_journey

TILL, PRODUCTS = "transactions.parquet", "products.parquet"
Columns = dict[str, Any]


def till(**changed: Any) -> Columns:
    """Two households on Monday 2017-03-06 and Tuesday; a column given as None is left out."""
    columns = {
        "household_id": np.array([1, 1, 2, 2]),
        "store_id": np.array([3, 3, 3, 4]),
        "basket_id": np.array([10, 10, 11, 12]),
        "product_id": np.array([100, 101, 100, 102]),
        "quantity": np.array([1, 2, 1, 1]),
        "sales_value": np.array([1.5, 4.0, 1.7, 0.99]),
        "week": np.array([10, 10, 10, 10]),
        "transaction_timestamp": np.array(
            ["2017-03-06T18", "2017-03-06T18", "2017-03-06T19", "2017-03-07T20"],
            "datetime64[s]",
        ),
    }
    return {
        name: column for name, column in {**columns, **changed}.items() if column is not None
    }


def products(**changed: Any) -> Columns:
    """Three goods; a column given as None is left out."""
    columns = {
        "product_id": np.array([100, 101, 102]),
        "department": ["GROCERY", "GROCERY", "PRODUCE"],
        "product_category": ["BREAD", "MILK", "FRUIT"],
        "product_type": ["WHITE BREAD", "WHOLE MILK", "APPLES"],
        "brand": ["National", "Private", "National"],
        "package_size": ["16 OZ", None, None],
    }
    return {
        name: column for name, column in {**columns, **changed}.items() if column is not None
    }


def write(path: Path, columns: Columns) -> Path:
    """One parquet file of arrow arrays, numpy arrays or lists."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def stall(folder: Path, lines: Columns | None = None, goods: Columns | None = None) -> Path:
    """A whole source."""
    write(folder / TILL, till() if lines is None else lines)
    write(folder / PRODUCTS, products() if goods is None else goods)
    return folder


def read(folder: Path, lines: Columns | None = None, goods: Columns | None = None) -> Journey:
    """A source written and read."""
    return read_journey(stall(folder, lines, goods))


def repeated(columns: Columns, rows: list[int]) -> Columns:
    """The rows of these numbers, in this order."""
    taken = pa.array(rows, pa.int64())
    return {name: pa.array(column).take(taken) for name, column in columns.items()}


def told(journey: Journey) -> list[Any]:
    """Everything that a journey holds, comparable."""
    lines, trips = journey.lines, journey.trips
    return [
        [getattr(lines, name).tolist() for name in lines.__slots__],
        [getattr(trips, name).tolist() for name in trips.__slots__],
        [getattr(journey.items, name).tolist() for name in journey.items.__slots__],
        journey.brand.tolist(),
        journey.size.tolist(),
        journey.product_ids.tolist(),
        dict(journey.left_out),
    ]
