"""Processes of our own: started, asked, watched, started again when they die, stopped, and never left behind.

The demo keeps its centre and its service with it, the benchmark and the fault trials the store that they
measure; ``local_server`` then asks such a process over HTTP.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pydantic import JsonValue

from edge.domain.errors import NotProvisioned, SettingsInvalid

LOOPBACK: Final = "127.0.0.1"
# A start takes seconds, and many more on a machine that builds something beside it.
READY_WITHIN_S: Final = 60.0
# A service drains its writer first.
STOP_WITHIN_S: Final = 10.0
# Starts are measured with it: a coarser look would show in the figures.
_LOOK_S = 0.01
# What another process has done to a file shows no sooner than it gets round to it.
_CLAIM_LOOK_S = 0.1
# A child that cannot live is tried ever more rarely; one that was killed is back at once.
_AGAIN_AFTER_S = 0.2
_AGAIN_AT_MOST_S = 5.0
# The error itself is in the last line, its cause in those before.
_LAST_LINES = 3
# One line of what a child says: a whole block's delays.
_LINE_BYTES = 16 * 2**20

# Asks the kernel to end the child with us, however we end, then becomes the child.
_BOUND_TO_PARENT = (
    "import ctypes, os, sys\n"
    "ctypes.CDLL(None).prctl(1, int(sys.argv[2]))\n"
    "os.getppid() == int(sys.argv[1]) or sys.exit('the parent is gone')\n"
    "os.execv(sys.argv[3], sys.argv[3:])\n"
)

Answers = Callable[[], Awaitable[bool]]
"""Whether a child does its work by now; asked until it is so."""

OnRestart = Callable[[str, str], None]
"""Told which child died, and with which last words."""


class Program:
    """One child process, as often as it is started; what it says goes to ``log``. Used as ``async with``."""

    # It may have been paused, and then hears nothing but this.
    _orphaned_by: signal.Signals = signal.SIGKILL

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        log: Path,
        name: str = "it",
        environment: Mapping[str, str] | None = None,
        spoken_to: bool = False,
    ) -> None:
        """``arguments`` follow the Python interpreter; ``spoken_to`` keeps a line open for `ask`."""
        self.name = name
        self._arguments = arguments
        self._log = log
        self._environment = {**os.environ, **(environment or {})}
        self._spoken_to = spoken_to
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def memory_mb(self) -> float | None:
        """The most memory it ever held, in MiB; None where it does not run."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        except OSError:
            return None
        peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), None)
        return None if peak is None else round(int(peak.split()[1]) / 1024, 1)

    async def start(self) -> None:
        """Start it; nobody waits until it does its work."""
        talk = asyncio.subprocess.PIPE if self._spoken_to else asyncio.subprocess.DEVNULL
        bound = (_BOUND_TO_PARENT, str(os.getpid()), str(int(self._orphaned_by)))
        # Appended: a child that is started again must not wipe the last words of the one that died.
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", "-c", *bound),
                *(sys.executable, *self._arguments),
                stdin=talk,
                stdout=talk if self._spoken_to else log,
                stderr=log,
                env=self._environment,
                limit=_LINE_BYTES,
                # A Ctrl-C at the terminal is for us; we stop the children in order.
                process_group=0,
            )

    async def until(self, answers: Answers, within_s: float = READY_WITHIN_S) -> None:
        """Wait until it does its work.

        Raises:
            NotProvisioned: it ended, or does not answer in time; its last words are in the message.
        """
        try:
            async with asyncio.timeout(within_s):
                while not await answers():
                    # Dead already: nobody need wait for the end of the time.
                    if self.pid is None:
                        raise NotProvisioned(f"{self.name} did not start: {self.last_words()}")
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError as error:
            raise NotProvisioned(f"{self.name} does not answer: {self.last_words()}") from error

    async def ask(self, question: Mapping[str, object]) -> dict[str, JsonValue]:
        """Say one JSON line to the child, and wait for its one line.

        Raises:
            NotProvisioned: it ended without an answer.
        """
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise NotProvisioned("the child is not spoken to")
        process.stdin.write(json.dumps(question).encode() + b"\n")
        await process.stdin.drain()
        # A child that ends closes its side, which reads as an empty line.
        line = await process.stdout.readline()
        if not line:
            raise NotProvisioned(f"{self.name} ended: {self.last_words()}")
        answer: dict[str, JsonValue] = json.loads(line)
        return answer

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.pid is not None and self._process is not None:
            # It may have ended without our having heard of it.
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def kill(self) -> None:
        """Kill it in the middle of whatever it does."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        return 0 if self._process is None else await self._process.wait()

    async def stop(self) -> int:
        """Ask it to stop, and insist after a while; its exit code."""
        # A paused process would hear of the end only when it goes on.
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                return await self.ended()
        except TimeoutError:
            await self.kill()
            return await self.ended()

    def last_words(self) -> str:
        """The end of its log."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return " | ".join(lines[-_LAST_LINES:]) or "it said nothing"


class KeptProgram(Program):
    """A child that is waited for, and started again when it dies. ``restarts`` counts how often it did."""

    # The demo's folder is looked at afterwards, so its children may finish what they write.
    _orphaned_by = signal.SIGTERM

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        log: Path,
        answers: Answers,
        on_restart: OnRestart,
    ) -> None:
        """``arguments`` follow the Python interpreter; output goes to ``log``."""
        super().__init__(arguments, log=log, name=name)
        self.restarts = 0
        self._answers = answers
        self._on_restart = on_restart
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start it and wait until it answers.

        Raises:
            NotProvisioned: it ended, or did not answer in time; its last words are in the message.
        """
        try:
            await self.plug_in()
        except BaseException:  # cancelled while it waits: the child must not outlive us
            await self.stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ask it to stop, and insist."""
        await self.unplug()

    async def unplug(self) -> None:
        """Stop it on purpose; it stays down until ``plug_in``."""
        # First the watch, or it would start again what we stop.
        if self._watch is not None:
            self._watch.cancel()
            # The watch must be over before we stop the child, or it could start one more in between.
            await asyncio.wait({self._watch})
        await self.stop()

    async def plug_in(self) -> None:
        """Start it again and wait until it answers. Raises NotProvisioned as at the first start."""
        await self.start()
        await self.until(self._answers)
        self._watch = asyncio.create_task(self._keep(), name=f"watch {self.name}")

    async def _keep(self) -> None:
        while True:
            code = await self.ended()
            self.restarts += 1
            self._on_restart(self.name, f"it ended with code {code}")
            doubled_s = _AGAIN_AFTER_S * 2.0 ** (self.restarts - 1)
            await asyncio.sleep(min(doubled_s, _AGAIN_AT_MOST_S))
            await self.start()


async def until(claim: Callable[[], bool], within_s: float) -> bool:
    """Look until ``claim`` is true, ``within_s`` seconds at most; whether it is.

    For what another process does: there is nobody who could tell us.
    """
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + within_s
    while not claim():
        if loop.time() >= give_up_at:
            return False
        await asyncio.sleep(_CLAIM_LOOK_S)
    return True


def free_port(wanted: int = 0) -> int:
    """``wanted`` if nobody listens there, or any free port for 0.

    Raises:
        SettingsInvalid: it is taken.
    """
    with socket.socket() as probe:
        # A port that our last run has just left counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, wanted))
        except OSError as error:
            raise SettingsInvalid(
                f"port {wanted} on this machine is taken",
                hint="stop what runs there, or start with --port 0 for any free port",
            ) from error
        return int(probe.getsockname()[1])
