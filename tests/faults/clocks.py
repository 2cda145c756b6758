"""The store's clock jumps: nothing receipted is lost, and work goes on when the clock is right again."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

import psutil

from tests.faults.ground import Ground, ground
from tests.faults.verdict import NotHere, Step, Verdict, broken, counted

LIBRARY = "STORESIDE_LIBFAKETIME"
"""Where libfaketime is, if not in a usual place."""
_PLACES = "*/faketime/libfaketime.so.1"

_JUMPS = ("+1h", "-1h", "+365d", "-365d", "+35s", "-35s")
_JUMP_S = 2.0
_BACK_WITHIN_S = 5.0
# More than one core's worth of work while the clock is wrong is a loop that spins.
_BUSY = 1.2


async def jump_clock(seed: int, times: int, step: Step) -> Verdict:
    """Jump an hour and a year, there and back.

    Raises:
        NotHere: libfaketime is not installed.
    """
    library = _library()
    with tempfile.TemporaryDirectory(prefix="storeside-clock-") as name:
        told = Path(name) / "time"
        _tell(told, "+0")
        environment = {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(told),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # Else it stretches every timed wait of a thread, the interpreter's own above all.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        }
        async with ground(seed, environment=environment) as here:
            await here.open()
            back_s, loads = list[float](), list[float]()
            async with here.traffic():
                for jump in _JUMPS * times:
                    await here.busy()
                    loads.append(await _jumped(here, told, jump))
                    back_s.append(await here.busy())
                    step()
            found = await here.settled()
    slow, spinning = sum(s > _BACK_WITHIN_S for s in back_s), sum(one > _BUSY for one in loads)
    return Verdict(
        name="clock jumps",
        promise=f"nothing lost, no loop that spins, receipts within {_BACK_WITHIN_S:g} s of the right time",
        tries=len(back_s),
        violations=(
            *broken(found),
            *((f"{slow} times it took more than {_BACK_WITHIN_S:g} s",) if slow else ()),
            *((f"{spinning} times the service spun",) if spinning else ()),
        ),
        figures={
            **counted(found),
            "back_s_worst": round(max(back_s), 3),
            "cores_worst": max(loads),
        },
    )


async def _jumped(here: Ground, told: Path, jump: str) -> float:
    """Live with the wrong time for a while; how many cores the service used."""
    process = psutil.Process(here.premises.service.pid)
    before = sum(process.cpu_times()[:2])
    _tell(told, jump)
    await asyncio.sleep(_JUMP_S)
    used = sum(process.cpu_times()[:2]) - before
    _tell(told, "+0")
    return round(used / _JUMP_S, 2)


def _tell(told: Path, offset: str) -> None:
    """The new time appears at once and whole."""
    fresh = told.with_suffix(".new")
    fresh.write_text(f"{offset}\n", encoding="ascii")
    fresh.replace(told)


def _library() -> str:
    found = os.environ.get(LIBRARY) or next(Path("/usr/lib").glob(_PLACES), None)
    if found is None:
        raise NotHere(f"libfaketime is not installed (or name it in {LIBRARY})")
    return str(found)
