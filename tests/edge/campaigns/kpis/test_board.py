"""The board as it is told, in the service and by the command's own reading of the file."""

from __future__ import annotations

from pathlib import Path

from edge.api.services.kpi_board import StoredFigures
from edge.campaigns.kpis.board import read_board
from edge.campaigns.kpis.board_document import document_of, view_of
from edge.domain.driver_credit import Driver
from edge.domain.kpi import KPIS, MeasuredLift
from edge.storage.connection import open_connection, transaction
from edge.storage.measurement import driver_credits
from edge.storage.visits import associate_tips
from tests.edge.builders import DAY, NOW, later
from tests.edge.campaigns.kpis.counted import ann, challenge, counted_shop, offered
from tests.edge.shop import CARD
from tests.edge.storage.samples import VISIT
from tests.edge.storage.visits.test_associate_tips import LINES, TABLET, tip


async def test_the_board_tells_every_figure_driver_tablet_and_challenge(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    ann(path)
    offered(path, challenge())
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        await counted.shop.till("add", 12, card=CARD)
        await counted.shop.till("complete")
        figures = StoredFigures(
            counted.shop.database,
            counted.shop.catalogue,
            counted.shop.state.site,
            counted.shop.clock,
        )
        told = await figures.board()
        assert figures.today()["baskets"] == 1
    assert [f.name for f in told.figures] == [kpi.name for kpi in KPIS]
    assert [d.driver for d in told.drivers] == list(Driver)
    assert told.challenges[0].cards == 1


def test_what_is_older_than_four_weeks_is_not_told(tmp_path: Path) -> None:
    conn = open_connection(tmp_path / "store.db")
    with transaction(conn):
        associate_tips.add(conn, tip())
        associate_tips.settle(conn, VISIT, LINES, NOW)
        fresh = read_board(conn, DAY, later(days=-27))
        stale = read_board(conn, DAY + 28, later(days=1))
    conn.close()
    assert [record.device for record in fresh.tablets] == [TABLET]
    assert stale.tablets == ()


def test_incremental_sales_come_from_measuring(tmp_path: Path) -> None:
    conn = open_connection(tmp_path / "store.db")
    board = read_board(conn, DAY, NOW, MeasuredLift(cents=10, people=7))
    conn.close()
    told = {f.name: f.value for f in board.figures}
    assert told["incremental-sales"] == 70


def test_the_document_is_plain_json_with_the_share_of_contacts_sold_to(tmp_path: Path) -> None:
    conn = open_connection(tmp_path / "store.db")
    with transaction(conn):
        driver_credits.put_value(conn, Driver.SIGNED_UP, 150)
        associate_tips.add(conn, tip())
        associate_tips.settle(conn, VISIT, LINES, NOW)
        board = read_board(conn, DAY, NOW)
    conn.close()
    assert view_of(board).tablets[0].sold_pct == 100
    signed_up = {"driver": "signed-up", "people": 0, "cents": 0, "value_cents": 150}
    drivers = document_of(board)["drivers"]
    assert isinstance(drivers, list)
    assert drivers[0] == signed_up
