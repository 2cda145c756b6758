"""All faults and their negative controls, one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from tests.faults.clocks import jump_clock
from tests.faults.cuts import cut_power
from tests.faults.kills import kill_nine, stop_politely
from tests.faults.lines import kill_broker, spoil_line, take_hub_away
from tests.faults.space import fill_disk, refuse_writes
from tests.faults.spoiled import spoil_messages
from tests.faults.till_day import till_day
from tests.faults.verdict import CONTROL, NotHere, Step, Verdict
from tests.faults.weak import ACKS_FIRST, STALLS, UNSYNCED

Trial = Callable[[int, int, Step], Awaitable[Verdict]]

# A control that a few tries do not catch would not be caught by more: it loses about once a try.
_CONTROL_TRIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: ``tries`` of it, with ``steps`` of progress."""

    name: str
    trial: Trial
    tries: int
    steps: int


def faults(kills: int) -> tuple[Fault, ...]:
    """The campaign; every other fault has its number of tries by that of the kills."""
    some = max(1, kills // 50)
    return (
        _fault("kill -9", kill_nine, kills),
        _fault("kill -9, stalling disk", _stalls, max(2, kills // 5)),
        _fault("power cut", cut_power, max(3, kills // 2)),
        _fault("SIGTERM", stop_politely, max(3, kills // 5)),
        _fault("disk full", fill_disk, some, 2),
        _fault("write refused", refuse_writes, max(2, kills // 20)),
        _fault("broker killed", kill_broker, max(2, kills // 10)),
        _fault("hub away", take_hub_away, max(2, kills // 10)),
        _fault("line to the hub", spoil_line, some, 5),
        _fault("clock jumps", jump_clock, some, 6),
        _fault("a day at the tills", till_day, max(1, kills // 10)),
        _fault("spoiled messages", spoil_messages, kills),
        _fault(f"{CONTROL}acks before the sync", _acks_first, _CONTROL_TRIES),
        _fault(f"{CONTROL}writes without sync", _unsynced, _CONTROL_TRIES),
    )


def chosen(every: Iterable[Fault], names: Iterable[str]) -> Iterator[Fault]:
    """Those faults whose name holds one of ``names``; all without any."""
    words = tuple(names)
    return (one for one in every if not words or any(word in one.name for word in words))


async def tried(fault: Fault, seed: int, step: Step) -> Verdict:
    """Try one fault. Whatever ends the trial early, or keeps it from running, is a violation."""
    try:
        verdict = await fault.trial(seed, fault.tries, step)
    except NotHere as missing:
        return _untold(fault, 0, f"not tried: {missing}")
    except Exception as error:  # noqa: BLE001 - a store that does not come back is what a campaign is for
        return _untold(fault, fault.tries, f"the trial ended: {_first(error)}")
    return replace(verdict, name=fault.name)


async def _stalls(seed: int, tries: int, step: Step) -> Verdict:
    """Kills on a disk that stalls: what is repeated meanwhile is not on disk, and must not be promised.

    How soon it is ready is the disk's doing and not judged.
    """
    verdict = await kill_nine(seed, tries, step, STALLS)
    violations = tuple(words for words in verdict.violations if "starts took" not in words)
    return replace(
        verdict, promise="receipted events on disk and at the hub once", violations=violations
    )


async def _acks_first(seed: int, tries: int, step: Step) -> Verdict:
    """A service that answers before the sync must be caught losing by kills."""
    return _caught(await kill_nine(seed, tries, step, ACKS_FIRST))


async def _unsynced(seed: int, tries: int, step: Step) -> Verdict:
    """A service that does not wait for the platter must be caught losing by power cuts."""
    return _caught(await cut_power(seed, tries, step, UNSYNCED))


def _caught(verdict: Verdict) -> Verdict:
    """A control passes if its losses were found."""
    missed = (
        () if verdict.figures["losses"] else ("the campaign did not see a broken service lose",)
    )
    return replace(verdict, promise="the campaign catches it", violations=missed)


def _fault(name: str, trial: Trial, tries: int, steps_a_try: int = 1) -> Fault:
    return Fault(name=name, trial=trial, tries=tries, steps=tries * steps_a_try)


def _untold(fault: Fault, tries: int, why: str) -> Verdict:
    return Verdict(name=fault.name, promise="", tries=tries, violations=(why,))


def _first(error: Exception) -> str:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"
