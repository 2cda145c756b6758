"""A real process that counts, killed between any two writes: nothing is given twice, nothing is counted twice."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from pathlib import Path

from edge.domain.driver_credit import Driver
from edge.storage.connection import open_connection, transaction
from tests.edge.builders import ANN
from tests.edge.campaigns.kpis.counted import ann, challenge, counted_shop, offered
from tests.edge.shop import CARD
from tests.edge.storage import stored

# Signs in, and pays for everything on the card again and again; says a word after each step that is on disk.
SHOPPER = """
import asyncio, sys
from itertools import count
from pathlib import Path
from tests.edge import shop
from tests.edge.campaigns.kpis.counted import counted_shop
from tests.edge.shop import CARD

# Ids that no other process has made.
shop._numbers = count(1_000_000 * (1 + int(sys.argv[2])))

async def main():
    async with counted_shop(Path(sys.argv[1])) as counted:
        for n in range(1_000):
            await counted.shop.sign_in()
            print("in", flush=True)
            basket = f"b-{sys.argv[2]}-{n}"
            items = [int(item["sku"]) for item in counted.card()["items"]]
            await counted.shop.till("add", *items[: n + 1], basket=basket, card=CARD)
            print("added", flush=True)
            await counted.shop.till("complete", basket=basket)
            print("paid", flush=True)
            counted.shop.clock.pass_by(900)

asyncio.run(main())
"""


async def live_until(path: Path, run: int, words: int) -> None:
    """Let the process say so many words, and kill it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SHOPPER, str(path), str(run), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    for _ in range(words):
        assert await process.stdout.readline()
    process.kill()
    await process.wait()


def number(conn: sqlite3.Connection, sql: str) -> int:
    found: int = conn.execute(sql).fetchone()[0]
    return found


async def test_twenty_words_and_five_kills_give_one_reward_and_count_each_sale_once(
    tmp_path: Path,
) -> None:
    path = tmp_path / "store.db"
    ann(path)
    offered(path, challenge())
    for run, words in enumerate((1, 2, 3, 5, 9)):
        await live_until(path, run, words)
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        items = [int(item["sku"]) for item in counted.card()["items"]]
        await counted.shop.till("add", *items, basket="b-last", card=CARD)
        await counted.shop.till("complete", basket="b-last")
    conn = open_connection(path)
    assert number(conn, "SELECT count(*) FROM redemptions") == 1
    assert number(conn, "SELECT count(*) FROM bounties WHERE driver = 'logged-in'") == 1
    assert number(conn, "SELECT value FROM day_counts WHERE name = 'baskets'") == number(
        conn, "SELECT count(*) FROM baskets WHERE state = 'complete'"
    )
    assert number(conn, "SELECT sum(baskets) FROM trips") == number(
        conn, "SELECT count(*) FROM baskets WHERE state = 'complete'"
    )
    conn.close()


async def test_the_restarted_store_still_knows_what_it_has_credited(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    ann(path)
    offered(path, challenge())
    await live_until(path, 0, 9)
    conn = open_connection(path)
    with transaction(conn):
        assert Driver.LOGGED_IN in stored.drivers(conn, ANN)
        assert number(conn, "SELECT count(*) FROM cards WHERE rewarded_us IS NOT NULL") == 1
    conn.close()
