"""How the suite talks to its children: one JSON line each way, validated at this border.

``suite`` writes the questions; ``load`` and ``peer`` read them in their own processes and answer.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["hop", "echo", "ask", "show", "receipt", "lanes"]
"""What is measured: one bare hop; two by a bare peer; ask to answer; sighting to show; event to receipt; tills."""


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BrokerSetup(_Line):
    """Where the broker is, and the accounts by name."""

    host: str
    port: int = Field(ge=1, le=65_535)
    passwords: dict[str, str]
    skus: tuple[str, ...] = ()


class LoadBlock(_Line):
    """One block of load. ``rate`` in signals a second; ``seconds`` until the last one goes out."""

    kind: Kind
    rate: float = Field(gt=0, le=100_000)
    seconds: float = Field(gt=0, le=3_600)
    qos: Literal[0, 1] = 1


class BlockReport(_Line):
    """What a block saw.

    ``delays_us``: of every signal answered, from the call that sends it to the answer in the loop.
    ``lag_ms``: the most that a signal went out behind its time. ``kept``: questions of the tills answered
    within their deadline; ``late``: those answered with nothing. ``personal``: answers with somebody's own
    items. ``cpu_s``: what the load itself used.
    """

    sent: int
    delays_us: list[int]
    lag_ms: float
    cpu_s: float
    kept: int = 0
    late: int = 0
    personal: int = 0


async def lines() -> AsyncIterator[bytes]:
    """What the suite says, line by line, until it has gone."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        yield line


def say(answer: Mapping[str, object]) -> None:
    """Answer the suite."""
    sys.stdout.write(json.dumps(answer) + "\n")
    # Flushed, as the suite waits for this very line.
    sys.stdout.flush()
