"""The demo's other processes: started, watched, started again when they die, and stopped with us."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from edge.domain.errors import NotProvisioned, SettingsInvalid
from edge.lab.demo.broker import OnRestart

LOOPBACK: Final = "127.0.0.1"
_READY_WITHIN_S = 60.0
_LOOK_S = 0.02
_STOP_WITHIN_S = 6.0
# A child that cannot live is tried ever more rarely; one that was killed is back at once.
_AGAIN_AFTER_S = 0.2
_AGAIN_AT_MOST_S = 5.0
_LAST_LINES = 3

# Asks the kernel to end the child with us, however we end, then becomes the child.
_BOUND_TO_PARENT = (
    "import ctypes, os, sys\n"
    "ctypes.CDLL(None).prctl(1, 15)\n"
    "os.getppid() == int(sys.argv[1]) or sys.exit('the parent is gone')\n"
    "os.execv(sys.argv[2], sys.argv[2:])\n"
)

Answers = Callable[[], Awaitable[bool]]
"""Whether the child does its work by now; asked until it is so."""


class Child:
    """One child process. ``restarts`` counts how often it died and was started again."""

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
        self.name = name
        self.restarts = 0
        self._arguments = arguments
        self._log = log
        self._answers = answers
        self._on_restart = on_restart
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start it and wait until it answers.

        Raises:
            NotProvisioned: it ended, or did not answer in time; its last words are in the message.
        """
        try:
            await self.plug_in()
        except BaseException:  # cancelled while it waits: the child must not outlive us
            await self._stop()
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
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})
        await self._stop()

    async def plug_in(self) -> None:
        """Start it again and wait until it answers. Raises NotProvisioned as at the first start."""
        await self._start()
        await self._until_ready()
        self._watch = asyncio.create_task(self._keep(), name=f"watch {self.name}")

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def memory_mb(self) -> float | None:
        """The most memory it ever held, in MiB."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        except OSError:
            return None
        peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), None)
        return None if peak is None else round(int(peak.split()[1]) / 1024, 1)

    async def _start(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", "-c", _BOUND_TO_PARENT, str(os.getpid())),
                *(sys.executable, *self._arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A Ctrl-C at the terminal is for us; we stop the children in order.
                process_group=0,
            )

    async def _until_ready(self) -> None:
        try:
            async with asyncio.timeout(_READY_WITHIN_S):
                while not await self._answers():
                    if self.pid is None:
                        raise NotProvisioned(f"{self.name} did not start: {self._last_words()}")
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError as error:
            raise NotProvisioned(
                f"{self.name} does not answer: {self._last_words()}"
            ) from error

    async def _keep(self) -> None:
        while self._process is not None:
            code = await self._process.wait()
            self.restarts += 1
            self._on_restart(self.name, f"it ended with code {code}")
            doubled_s = _AGAIN_AFTER_S * 2.0 ** (self.restarts - 1)
            await asyncio.sleep(min(doubled_s, _AGAIN_AT_MOST_S))
            await self._start()

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_WITHIN_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return " | ".join(lines[-_LAST_LINES:]) or "it said nothing"


def free_port(wanted: int = 0) -> int:
    """``wanted`` if nobody listens there, or any free port for 0.

    Raises:
        SettingsInvalid: it is taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, wanted))
        except OSError as error:
            raise SettingsInvalid(
                f"port {wanted} on this machine is taken",
                hint="stop what runs there, or start with --port 0 for any free port",
            ) from error
        return int(probe.getsockname()[1])
