"""A whole day at the tills with `kill -9` in between: the store's sums are the generator's to the cent."""

from __future__ import annotations

import asyncio

from tests.faults.ground import Ground, ground
from tests.faults.luck import luck
from tests.faults.verdict import Step, Verdict, broken, counted
from tests.till_day.books import Books
from tests.till_day.day import Play, furnished
from tests.till_day.evening import Found, differences, found, net_cents
from tests.till_day.plan import Planner

RECEIPTS_A_KILL = 200


async def till_day(
    seed: int, kills: int, step: Step, receipts_a_kill: int = RECEIPTS_A_KILL
) -> Verdict:
    """Weights, returns, voids, discounts, late and suspended sales, two tills a person, clocks two hours off."""
    async with ground(seed) as here:
        zone = await asyncio.to_thread(furnished, here.premises)
        planner, chance = Planner(luck(seed)), luck(seed + 1)
        scripts = planner.plan(kills * receipts_a_kill)
        play = Play(ground=here, scripts=scripts, chance=chance)
        await here.open()
        running = asyncio.create_task(play.run())
        try:
            for number in range(kills):
                await _paid(running, play, round((number + chance.random()) * receipts_a_kill))
                await here.premises.service.kill()
                await here.open()
                step()
            await running
        finally:
            running.cancel()
        judged = await here.settled()
        key = bytes.fromhex(
            (here.premises.folder / "secrets" / "store.key").read_text(encoding="ascii")
        )
        seen = await asyncio.to_thread(found, here.premises.database, key, zone)
        return Verdict(
            name="a day at the tills",
            promise="orders, habits, stock and redemptions are the generator's to the cent; 0 lost, 0 double",
            tries=kills,
            violations=(
                *broken(judged),
                *differences(planner.books, seen),
                *(f"{n} × {words}" for words, n in play.refused.most_common(5)),
                *(() if play.overlaps else ("no card was at two tills at once",)),
            ),
            figures={**counted(judged), **_figures(planner.books, seen, play, here)},
        )


async def _paid(running: asyncio.Task[None], play: Play, receipts: int) -> None:
    """Wait for so many paid receipts; what ends the playing early is raised."""
    waiting = asyncio.create_task(play.until_paid(receipts))
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        waiting.cancel()
        running.result()
        return
    await waiting


def _figures(books: Books, seen: Found, play: Play, here: Ground) -> dict[str, object]:
    return {
        "sales": books.receipts,
        "orders": seen.orders.total(),
        "refunds": seen.refunds.total(),
        "cancelled": seen.cancelled.total(),
        "net_cents": net_cents(seen.orders, seen.refunds, seen.cancelled),
        "net_cents_of_the_generator": net_cents(books.orders, books.refunds, books.cancelled),
        "habits": len(seen.habits),
        "redemptions": seen.redeemed.total(),
        "two_tills_a_card": play.overlaps,
        "late": play.late,
        "time_repaired": play.repaired,
        "repeats": play.repeated,
        "ready_s_worst": round(max(here.ready_s), 3),
    }
