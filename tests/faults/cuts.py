"""The power fails: what was receipted must be on the platter, not merely in the system's memory."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from contextlib import closing
from pathlib import Path

from edge.storage.connection import open_connection
from tests.faults.diary import Diary
from tests.faults.disks import Platter
from tests.faults.evidence import Judgement, judge, read, together
from tests.faults.ground import Ground, ground
from tests.faults.luck import luck
from tests.faults.verdict import Step, Verdict, broken, counted

_MOMENTS_S = (0.0, 0.8)
# Receipts that are on their way when the power fails still reach their devices: they count.
_ON_THEIR_WAY_S = 0.05


async def cut_power(seed: int, cuts: int, step: Step, command: tuple[str, ...] = ()) -> Verdict:
    """Stop the service dead, photograph the platter, and start from the photograph.

    Raises:
        NotHere: the machine does not let us mount.
    """
    with tempfile.TemporaryDirectory(prefix="storeside-cuts-") as name:
        folder = Path(name)
        platter = Platter(folder)
        with platter.spinning() as disk:
            async with ground(seed, under=disk / "store", command=command) as here:
                chance, found = luck(seed), list[Judgement]()
                await here.premises.open()
                async with here.traffic():
                    for number in range(cuts):
                        await here.busy()
                        await asyncio.sleep(chance.uniform(*_MOMENTS_S))
                        photograph = folder / f"cut-{number}.img"
                        promised = await _cut(here, platter, photograph)
                        found.append(
                            await asyncio.to_thread(_examine, platter, photograph, promised)
                        )
                        step()
                await here.premises.service.stop()
    return Verdict(
        name="power cut",
        promise="receipted events on the platter, the file whole",
        tries=cuts,
        violations=broken(together(found)),
        figures={
            **counted(together(found)),
            "receipts": found[-1].promised,
            "events_on_disk": found[-1].on_disk,
            "cuts_with_loss": sum(bool(one.losses) for one in found),
            "damaged_files": sum(one.damaged for one in found),
        },
    )


async def _cut(here: Ground, platter: Platter, photograph: Path) -> Diary:
    """Nothing runs while the picture is taken; what was promised by then."""
    service = here.premises.service
    service.signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(_ON_THEIR_WAY_S)
        promised = here.diary.so_far()
        await asyncio.to_thread(platter.photograph, photograph)
    finally:
        service.signal(signal.SIGCONT)
    return promised


def _examine(platter: Platter, photograph: Path, promised: Diary) -> Judgement:
    with platter.as_after_a_power_cut(photograph) as disk:
        database = disk / "store" / "storeside.db"
        # As the service's own start does: the log is played back.
        with closing(open_connection(database)):
            found = judge(promised, read(database), None)
    photograph.unlink()
    return found
