"""The store's clock jumps: nothing receipted is lost, and work goes on when the clock is right again."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.faults.ground import Ground, ground
from tests.faults.verdict import NotHere, Step, Verdict, broken, counted

LIBRARY = "STORESIDE_LIBFAKETIME"
"""Where libfaketime is, if not in a usual place."""
_PLACES = "*/faketime/libfaketime.so.1"

# Each with whether the service must say that its clock is in doubt: half a minute is not worth an alarm.
_JUMPS = {
    "+1h": True,
    "-1h": True,
    "+365d": True,
    "-365d": True,
    "+35s": False,
    "-35s": False,
}
_JUMP_S = 2.0
_BACK_WITHIN_S = 5.0
# More than one core's worth of work while the clock is wrong is a loop that spins.
_BUSY = 1.2
_TIMES = ("stale", "from-the-future")
"""For what nothing is refused here: all devices' clocks are right, and so is the time that passes."""


class FakedTime:
    """A machine's clock that can be set for one process; the steady clock is left alone."""

    def __init__(self, folder: Path) -> None:
        """``folder`` holds the file that says the time. Raises NotHere where libfaketime is not installed."""
        self._file = folder / "time"
        self.environment = {
            "LD_PRELOAD": _library(),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # Else it stretches every timed wait of a thread, the interpreter's own above all.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        }
        self.tell("+0")

    def tell(self, offset: str) -> None:
        """Set the clock off, such as ``+365d``; the new time appears at once and whole."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{offset}\n", encoding="ascii")
        fresh.replace(self._file)


@dataclass(slots=True)
class _Seen:
    """What the jumps showed. Units: seconds; ``loads`` in cores."""

    waited_s: list[float] = field(default_factory=list[float])
    back_s: list[float] = field(default_factory=list[float])
    loads: list[float] = field(default_factory=list[float])
    silent: int = 0
    still_doubted: int = 0


async def jump_clock(seed: int, times: int, step: Step) -> Verdict:
    """Jump half a minute, an hour and a year, there and back, while the store works.

    Raises:
        NotHere: libfaketime is not installed.
    """
    seen = _Seen()
    with tempfile.TemporaryDirectory(prefix="storeside-clock-") as name:
        told = FakedTime(Path(name))
        async with ground(seed, environment=told.environment) as here:
            await here.open()
            async with here.traffic():
                for jump, alarms in [*_JUMPS.items()] * times:
                    await _jump(here, told, jump, seen, alarms=alarms)
                    step()
            found = await here.settled()
    refused = sum(here.diary.refusals[reason] for reason in _TIMES)
    slow = sum(s > _BACK_WITHIN_S for s in (*seen.waited_s, *seen.back_s))
    faults = {
        f"times receipts took more than {_BACK_WITHIN_S:g} s": slow,
        "times the service spun": sum(one > _BUSY for one in seen.loads),
        "times readiness did not say that the clock had jumped": seen.silent,
        "times readiness still doubted the right time": seen.still_doubted,
        "events were refused for their time": refused,
    }
    return Verdict(
        name="clock jumps",
        promise="nothing lost, nothing refused for its time, no loop that spins, receipts"
        f" within {_BACK_WITHIN_S:g} s also while it is wrong, and readiness says so",
        tries=len(seen.back_s),
        violations=(
            *broken(found),
            *(f"{count} {what}" for what, count in faults.items() if count),
        ),
        figures={
            **counted(found),
            "receipt_s_worst": round(max(seen.waited_s), 3),
            "back_s_worst": round(max(seen.back_s), 3),
            "cores_worst": max(seen.loads),
            "refused_for_time": refused,
        },
    )


async def _jump(here: Ground, told: FakedTime, jump: str, seen: _Seen, *, alarms: bool) -> None:
    """Live with the wrong time for a while, and with the right one again."""
    await here.busy()
    process = psutil.Process(here.premises.service.pid)
    before, began = sum(process.cpu_times()[:2]), time.monotonic()
    told.tell(jump)
    seen.waited_s.append(await here.busy())
    await asyncio.sleep(_JUMP_S)
    seen.silent += alarms and await here.premises.ready()
    used = sum(process.cpu_times()[:2]) - before
    seen.loads.append(round(used / (time.monotonic() - began), 2))
    told.tell("+0")
    seen.back_s.append(await here.busy())
    seen.still_doubted += not await here.premises.ready()


def _library() -> str:
    found = os.environ.get(LIBRARY) or next(Path("/usr/lib").glob(_PLACES), None)
    if found is None:
        raise NotHere(f"libfaketime is not installed (or name it in {LIBRARY})")
    return str(found)
