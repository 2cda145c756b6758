"""Processes of a trial: started, watched, killed, stopped, and never left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pydantic import JsonValue

from edge.domain.errors import NotProvisioned

LOOPBACK: Final = "127.0.0.1"
READY_WITHIN_S: Final = 60.0
STOP_WITHIN_S: Final = 10.0
_LOOK_S = 0.01
_ASK_WITHIN_S = 30.0
_OK = 200
_LAST_LINES = 3
# One line of what a child says: a whole block's delays.
_LINE_BYTES = 16 * 2**20

# Asks the kernel to end the child with us, however we end, then becomes the child.
_BOUND_TO_PARENT = (
    "import ctypes, os, sys\n"
    "ctypes.CDLL(None).prctl(1, 9)\n"
    "os.getppid() == int(sys.argv[1]) or sys.exit('the parent is gone')\n"
    "os.execv(sys.argv[2], sys.argv[2:])\n"
)


class Program:
    """One child process of ours, as often as it is started; what it says goes to ``log``."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        spoken_to: bool = False,
    ) -> None:
        """``arguments`` follow the Python interpreter; ``spoken_to`` keeps a line open for `ask`."""
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

    async def start(self) -> None:
        """Start it; nobody waits until it does its work."""
        talk = asyncio.subprocess.PIPE if self._spoken_to else asyncio.subprocess.DEVNULL
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", "-c", _BOUND_TO_PARENT, str(os.getpid())),
                *(sys.executable, *self._arguments),
                stdin=talk,
                stdout=talk if self._spoken_to else log,
                stderr=log,
                env=self._environment,
                limit=_LINE_BYTES,
                # A Ctrl-C at the terminal is for us; we stop the children in order.
                process_group=0,
            )

    async def until(
        self, answers: Callable[[], Awaitable[bool]], within_s: float = READY_WITHIN_S
    ) -> None:
        """Wait until it does its work.

        Raises:
            NotProvisioned: it ended, or does not answer in time; its last words are in the message.
        """
        try:
            async with asyncio.timeout(within_s):
                while not await answers():
                    if self.pid is None:
                        raise NotProvisioned(f"it ended: {self.last_words()}")
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError as error:
            raise NotProvisioned(f"it does not answer: {self.last_words()}") from error

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
        line = await process.stdout.readline()
        if not line:
            raise NotProvisioned(f"it ended: {self.last_words()}")
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


async def get(port: int, path: str, key: str = "") -> dict[str, JsonValue] | None:
    """The JSON object at ``path`` of a server on this machine; None while it does not answer well."""
    return await asyncio.to_thread(_get, port, path, key)


async def answers(port: int, path: str) -> bool:
    """Whether ``path`` answers well at this moment."""
    return await get(port, path) is not None


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _get(port: int, path: str, key: str) -> dict[str, JsonValue] | None:
    connection = HTTPConnection(LOOPBACK, port, timeout=_ASK_WITHIN_S)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    if answer.status != _OK:
        return None
    found: dict[str, JsonValue] = json.loads(content)
    return found
