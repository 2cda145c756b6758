"""``storeside demo``: a whole store on this machine, opened, shopped in, counted and closed.

``edge.cli.demo`` calls ``run_demo``: ``opening`` opens, ``replaying`` plays, ``closing`` counts, ``summary``
tells.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Generator
from contextlib import AsyncExitStack, contextmanager

from edge.domain.errors import StoresideError
from edge.lab.console_output import DemoOutput
from edge.lab.demo.closing import count
from edge.lab.demo.data_folder import claim_folder
from edge.lab.demo.opening import OpenStore, open_store
from edge.lab.demo.options import DemoOptions
from edge.lab.demo.replaying import play
from edge.lab.demo.summary import in_words, summary

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def run_demo(options: DemoOptions, output: DemoOutput | None = None) -> dict[str, object]:
    """Run the demo to its end and give its summary (``contract.md``).

    It ends when the replay is over or its time is up – without ``headless`` and without a time only when it is
    told to. The first SIGINT or SIGTERM closes the store in order, the second at once; both leave no process.

    Raises:
        StoresideError: a part could not start, or a signal came before there was anything to count; the
            message says which part, and the hint how to mend it.
    """
    output = output or DemoOutput()
    with _told_to_stop() as told, claim_folder(options.folder) as folder:
        async with AsyncExitStack() as stack:
            opened = await open_store(options, folder, stack, output)
            links = opened.equipment.links(opened.service.port)
            output.open(opened.seed.shop.title, links)
            found = await _shopped(opened, options, output, told)
            await _looked_at(options, output, told)
            output.step("closing the store")
    return found


async def _shopped(
    opened: OpenStore, options: DemoOptions, output: DemoOutput, told: _Told
) -> dict[str, object]:
    """Play the shoppers and count; with ``offline`` the centre is away while they shop."""
    if options.offline:
        await opened.hub_process.unplug()
        output.step("the line to the centre is cut; the store goes on")
    played = await play(opened, options, output, told.first_does)
    # From here a signal ends at once: counting has nothing to break off politely.
    told.first_does(None)
    if options.offline:
        # Back before the count, which looks for everything at the centre.
        await opened.hub_process.plug_in()
        output.step("the line to the centre is back")
    output.step("waiting until everything has arrived, and counting it")
    counted = await count(opened, played)
    addresses = opened.equipment.addresses(opened.service.port)
    found = summary(counted, addresses, str(opened.folder.path))
    output.step(in_words(found))
    return found


async def _looked_at(options: DemoOptions, output: DemoOutput, told: _Told) -> None:
    """Leave the store open for people who want to look at it."""
    if options.headless or options.run_for_s is not None or told.stopping.is_set():
        return
    output.step("the recorded weeks are over; the store stays open until Ctrl-C")
    told.first_does(lambda: None)
    await told.stopping.wait()


class _Told:
    """What a signal does: first what is asked for politely, if anything is, then the end."""

    def __init__(self, task: asyncio.Task[object] | None) -> None:
        self.stopping = asyncio.Event()
        self.cancelled = False
        self._task = task
        self._first: Callable[[], None] | None = None

    def first_does(self, stop: Callable[[], None] | None) -> None:
        """The next signal calls ``stop``; with None it ends the demo at once."""
        self._first = stop

    def hear(self) -> None:
        """A signal has come."""
        politely = self._first is not None and not self.stopping.is_set()
        self.stopping.set()
        if politely and self._first is not None:
            self._first()
        elif self._task is not None:
            self.cancelled = True
            self._task.cancel()


@contextmanager
def _told_to_stop() -> Generator[_Told]:
    """Listen to the signals that end a demo."""
    loop, told = asyncio.get_running_loop(), _Told(asyncio.current_task())
    for number in _SIGNALS:
        loop.add_signal_handler(number, told.hear)
    try:
        yield told
    except asyncio.CancelledError:
        # Cancelled by somebody else, it is not ours to explain.
        if not told.cancelled:
            raise
        raise StoresideError(
            "the demo was stopped before its end; every process is gone"
        ) from None
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
