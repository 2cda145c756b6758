"""The service is killed or stopped at any moment under load, and started again at once."""

from __future__ import annotations

import asyncio
import random
import time

from tests.faults.ground import Ground, ground
from tests.faults.luck import luck
from tests.faults.verdict import Step, Verdict, broken, counted, late, times

_STOPS_WITHIN_S = 5.0
_MOMENTS_S = (0.0, 0.8)
# One kill in ten falls into the start itself: a service that dies while it recovers must recover, too.
_WHILE_STARTING = 0.1
_STARTING_S = 1.0


async def kill_nine(
    seed: int, kills: int, step: Step, command: tuple[str, ...] = ()
) -> Verdict:
    """``kill -9`` at random moments: every receipted event on disk and at the hub once, ready within 3 s."""
    async with ground(seed, command=command) as here:
        chance = luck(seed)
        await here.premises.open()
        async with here.traffic():
            for _ in range(kills):
                await _kill(here, chance)
                step()
            await asyncio.sleep(_MOMENTS_S[1])
        found = await here.settled()
        return Verdict(
            name="kill -9",
            promise="receipted events on disk and at the hub once; ready within 3 s",
            tries=kills,
            violations=(*broken(found), *late(here.ready_s), *_impossible(here)),
            figures={
                **counted(found),
                **times(here.ready_s),
                "raw_repeats_at_hub": await here.hub.raw_duplicates(),
                "said": here.diary.said,
                "consent_lines": len(here.diary.consents),
            },
        )


async def _kill(here: Ground, chance: random.Random) -> None:
    await here.busy()
    await asyncio.sleep(chance.uniform(*_MOMENTS_S))
    await here.premises.service.kill()
    if chance.random() < _WHILE_STARTING:
        await here.premises.service.start()
        await asyncio.sleep(chance.uniform(0, _STARTING_S))
        await here.premises.service.kill()
    await here.open()


def _impossible(here: Ground) -> tuple[str, ...]:
    """Refusals that prove a loss: a device was shown a decision that is not on disk."""
    unknown = here.diary.refusals["unknown-decision"]
    return (f"{unknown} devices played a decision that is not on disk",) if unknown else ()


async def stop_politely(seed: int, stops: int, step: Step) -> Verdict:
    """SIGTERM under load: exit code 0 within 5 s, nothing lost."""
    async with ground(seed) as here:
        chance, took_s, codes = luck(seed), list[float](), list[int]()
        await here.premises.open()
        async with here.traffic():
            for _ in range(stops):
                await here.busy()
                await asyncio.sleep(chance.uniform(*_MOMENTS_S))
                began = time.monotonic()
                codes.append(await here.premises.service.stop())
                took_s.append(time.monotonic() - began)
                await here.open()
                step()
        found = await here.settled()
        slow = sum(s > _STOPS_WITHIN_S for s in took_s)
        wrong = sum(code != 0 for code in codes)
        return Verdict(
            name="SIGTERM",
            promise="exit 0 within 5 s, nothing lost",
            tries=stops,
            violations=(
                *broken(found),
                *((f"{slow} stops took more than {_STOPS_WITHIN_S:g} s",) if slow else ()),
                *((f"{wrong} stops did not exit with 0",) if wrong else ()),
            ),
            figures={
                **counted(found),
                "stop_s_worst": round(max(took_s), 3),
                **times(here.ready_s),
            },
        )
