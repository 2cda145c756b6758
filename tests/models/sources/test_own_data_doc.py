"""The section on one's own data in ``docs/models.md`` is held to the code: its lists, and its example is read."""

import re
from pathlib import Path

from models.out_of_core.mapped import write_mapped
from models.sources.column_map import (
    PRODUCT_FIELDS,
    PROMOTION_FIELDS,
    TRANSACTION_FIELDS,
    read_source_map,
    ready_maps,
)
from models.sources.journey import read_journey
from models.sources.row_filter import LEFT_OUT

PAGE = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
SECTION = PAGE.split("\n## Bring your own data\n", 1)[1].split("\n## ", 1)[0]


def rows(head: str) -> dict[str, str]:
    """The table under ``head``: first column without its quotes -> second."""
    table = SECTION.split(head, 1)[1].split("\n\n", 1)[0]
    return dict(re.findall(r"^\| `(.+?)` \| (.+) \|$", table, re.MULTILINE))


def block(kind: str) -> str:
    (found,) = re.findall(rf"```{kind}\n(.*?)```", SECTION, re.DOTALL)
    return str(found)


def test_the_columns_are_those_that_are_read() -> None:
    assert rows("| `transactions` | means |") == dict(TRANSACTION_FIELDS)
    assert rows("| `products` | means |") == dict(PRODUCT_FIELDS)
    assert rows("| `promotions` | means |") == dict(PROMOTION_FIELDS)


def test_every_reason_to_leave_a_row_out_is_told() -> None:
    assert list(rows("| left out as | because |").items()) == list(LEFT_OUT.items())


def test_every_ready_map_is_named_and_can_be_read() -> None:
    for name in ready_maps():
        assert f"`{name}`" in SECTION
        assert read_source_map(name).transactions.columns


def test_the_example_is_read_as_the_page_says(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "map.toml").write_text(block("toml"), encoding="utf-8")
    (shop / "till-1.csv").write_text(block("csv"), encoding="latin-1")
    (shop / "articles.csv").write_text("Artikel;Warengruppe\n4011;BANANEN\n4012;BIRNEN\n")
    map_ = read_source_map(str(shop / "map.toml"))
    written = write_mapped(shop, map_, tmp_path / "out", lambda _step, _done: None)
    journey = read_journey(written.folder, map_.utc_offset_hours)
    assert journey.left_out == {"household-missing": 1, "product-unknown": 1}
    assert [len(journey.trips.of(trip)) for trip in range(2)] == [1, 2]
    assert journey.trips.household[0] == -1
    assert journey.lines.quantity.tolist() == [1, 1, 2]
    assert journey.lines.cents.tolist() == [239, 70, 100]
    assert journey.stores.tolist() == [7]
    assert journey.items.type_names.tolist() == ["BANANEN", "BIRNEN"]
