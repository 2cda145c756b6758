"""Broker and hub die, vanish or misbehave: facts live in the store's file, so none is lost and none comes twice."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import AsyncExitStack

from devices.broker import BrokerChild
from tests.faults.ground import Ground, ground
from tests.faults.proxy import Mood, Proxy
from tests.faults.verdict import Step, Verdict, broken, counted

_BACK_WITHIN_S = 30.0
_DOWN_S = 4.0
_MOOD_S = 4.0


async def kill_broker(seed: int, kills: int, step: Step) -> Verdict:
    """Kill the broker under load and start it again on its port."""
    async with ground(seed) as here, AsyncExitStack() as brokers:
        await here.open()
        back_s, broker = list[float](), here.premises.broker
        async with here.traffic():
            for _ in range(kills):
                await here.busy()
                os.kill(broker.pid or 0, signal.SIGKILL)
                await asyncio.sleep(0.1)
                broker = BrokerChild(here.premises.folder / "fleet", broker.port)
                await brokers.enter_async_context(broker)
                back_s.append(await here.busy())
                step()
        found = await here.settled()
    slow = sum(s > _BACK_WITHIN_S for s in back_s)
    return Verdict(
        name="broker killed",
        promise=f"nothing lost; receipts again within {_BACK_WITHIN_S:g} s",
        tries=kills,
        violations=(
            *broken(found),
            *((f"{slow} times it took more than {_BACK_WITHIN_S:g} s",) if slow else ()),
        ),
        figures={**counted(found), "back_s_worst": round(max(back_s), 3)},
    )


async def take_hub_away(seed: int, kills: int, step: Step) -> Verdict:
    """The hub is down from the first event, comes, is killed again and again, and has everything once."""
    async with ground(seed) as here:
        await here.hub.program.stop()
        await here.open()
        async with here.traffic():
            await asyncio.sleep(_DOWN_S)
            alone = len(here.diary.promised)
            await here.hub.open()
            for _ in range(kills):
                await here.busy()
                await asyncio.sleep(0.2)
                await here.hub.program.kill()
                await here.hub.open()
                step()
        began = time.monotonic()
        found = await here.settled()
        return Verdict(
            name="hub away",
            promise="the store works on; everything at the hub once when it is back",
            tries=kills,
            violations=(*broken(found), *(() if alone else ("no receipts without the hub",))),
            figures={
                **counted(found),
                "receipts_without_hub": alone,
                "settled_s": round(time.monotonic() - began, 3),
                "raw_repeats_at_hub": await here.hub.raw_duplicates(),
            },
        )


async def spoil_line(seed: int, times: int, step: Step) -> Verdict:
    """The line to the hub swallows, crawls, resets and loses answers; the store does not care."""
    async with Proxy() as proxy, ground(seed, hub_port=proxy.port) as here:
        proxy.upstream = here.hub.port
        await here.open()
        a_second = dict[str, float]()
        async with here.traffic():
            for mood in (Mood.OPEN, *list(Mood)[1:] * times):
                a_second[mood] = await _in(mood, proxy, here)
                step()
            proxy.turn(Mood.OPEN)
        found = await here.settled()
        quiet = [mood for mood, rate in a_second.items() if not rate]
        return Verdict(
            name="line to the hub",
            promise="receipts and answers go on; everything at the hub once",
            tries=len(list(Mood)) * times,
            violations=(
                *broken(found),
                *(f"no receipts while the line: {mood}" for mood in quiet),
            ),
            figures={
                **counted(found),
                "receipts_a_second": a_second,
                "raw_repeats_at_hub": await here.hub.raw_duplicates(),
            },
        )


async def _in(mood: Mood, proxy: Proxy, here: Ground) -> float:
    """Receipts a second while the line is in this mood."""
    proxy.turn(mood)
    before = len(here.diary.promised)
    await asyncio.sleep(_MOOD_S)
    return round((len(here.diary.promised) - before) / _MOOD_S, 1)
