"""The disk is full, or refuses a write: no receipt without the disk, and business as usual once it has room."""

from __future__ import annotations

import asyncio
import resource
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.faults.disks import ballast, small_disk
from tests.faults.ground import Ground, ground
from tests.faults.verdict import Step, Verdict, broken, counted, late

_DISK_MB = 96
# The service's guard stops at 5 % free; so much above it, or nothing at all.
_LEFT_BYTES = (_DISK_MB * 2**20 // 20 + 2**20, 0)
_FULL_S = 2.5
_BACK_WITHIN_S = 10.0


async def fill_disk(seed: int, times: int, step: Step) -> Verdict:
    """Fill the disk slowly and suddenly, then make room.

    Raises:
        NotHere: the machine does not let us mount.
    """
    with (
        tempfile.TemporaryDirectory(prefix="storeside-full-") as name,
        small_disk(Path(name) / "disk", _DISK_MB) as disk,
    ):
        async with ground(seed, under=disk / "store") as here:
            await here.open()
            back_s, ended = list[float](), 0
            async with here.traffic():
                for left in _LEFT_BYTES * times:
                    await here.busy()
                    with ballast(disk, left):
                        await asyncio.sleep(_FULL_S)
                    ended += await _revived(here)
                    back_s.append(await here.busy())
                    step()
            found = await here.settled()
    slow = sum(s > _BACK_WITHIN_S for s in back_s)
    return Verdict(
        name="disk full",
        promise=f"no receipt without the disk; back within {_BACK_WITHIN_S:g} s of room, without a restart",
        tries=len(back_s),
        violations=(
            *broken(found),
            *(
                (f"{slow} times it took more than {_BACK_WITHIN_S:g} s to come back",)
                if slow
                else ()
            ),
            *((f"{ended} times the service ended",) if ended else ()),
        ),
        figures={**counted(found), "back_s_worst": round(max(back_s), 3)},
    )


async def refuse_writes(seed: int, times: int, step: Step) -> Verdict:
    """The system refuses to write: the service must end at once, with a code, and lose nothing."""
    async with ground(seed) as here:
        await here.open()
        codes = list[int]()
        async with here.traffic():
            for _ in range(times):
                await here.busy()
                codes.append(await _refused(here))
                await here.open()
                step()
        found = await here.settled()
    zero = sum(code == 0 for code in codes)
    return Verdict(
        name="write refused",
        promise="the service ends with a code and acknowledges nothing more; nothing lost",
        tries=times,
        violations=(
            *broken(found),
            *late(here.ready_s),
            *((f"{zero} times it did not end by itself with a code",) if zero else ()),
        ),
        figures={**counted(found), "exit_codes": sorted(set(codes))},
    )


async def _refused(here: Ground) -> int:
    """No file may grow from now on; the code with which the service ended, 0 if it did not by itself."""
    service = here.premises.service
    if service.pid is not None:
        resource.prlimit(service.pid, resource.RLIMIT_FSIZE, (1024, 1024))
    if await _within(service.ended, _BACK_WITHIN_S):
        return await service.ended()
    await service.kill()
    return 0


async def _revived(here: Ground) -> bool:
    """Start the service again if it has ended; whether it had."""
    if here.premises.service.pid is not None:
        return False
    await here.open()
    return True


async def _within(what: Callable[[], Awaitable[object]], within_s: float) -> bool:
    try:
        async with asyncio.timeout(within_s):
            await what()
    except TimeoutError:
        return False
    return True
