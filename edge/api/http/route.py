"""One address as a row: where, what goes in and out, what proof it asks. Routes and OpenAPI both come from it.

Each group of routes returns its rows from ``operations``; `edge.api.routes` puts the groups in one list.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from aiohttp import web
from pydantic import BaseModel

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
"""What aiohttp calls; the first line of its docstring is the published summary."""


class Proof(StrEnum):
    """What a caller has to show; the names are those of OpenAPI's security schemes."""

    NONE = "none"
    DEVICE = "device"
    CONSOLE = "console"
    PAGE = "page"
    SHOPPER = "shopper"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseSpec:
    """One possible good answer: a JSON body, with ``many`` an array of it, or another media type."""

    says: str
    body: type[BaseModel] | None = None
    many: bool = False
    media: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method at one path. ``takes`` is the shape of the body, with ``many`` also an array of it.

    ``headers`` are required request headers with their meaning, ``queries`` optional parameters of the address;
    ``media`` are the types of a body that is no JSON.
    """

    method: str
    path: str
    name: str
    handler: Handler
    answers: Mapping[int, ResponseSpec]
    proof: Proof = Proof.NONE
    takes: type[BaseModel] | None = None
    many: bool = False
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    queries: Mapping[str, str] = field(default_factory=dict[str, str])
    media: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """The handler's own first line."""
        return (inspect.getdoc(self.handler) or self.name).splitlines()[0]


class RouteGroup(Protocol):
    """Addresses that belong together and answer from the same services."""

    def operations(self) -> tuple[Operation, ...]:
        """All addresses of the group; asked once, when the server is made."""
        ...


def console_asks(path: str, name: str, handler: Handler, answer: ResponseSpec) -> Operation:
    """A question that only the console may ask: GET, with one good answer."""
    return Operation(
        method="GET",
        path=path,
        name=name,
        handler=handler,
        proof=Proof.CONSOLE,
        answers={200: answer},
    )
