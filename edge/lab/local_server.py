"""Calls to an HTTP server on this machine, the hub's or the service's, by its published routes.

The demo fills its centre with it and counts what arrived; benchmark and fault trials ask whether a process is
ready. The processes themselves are those of ``processes``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from pydantic import JsonValue

from edge.domain.errors import NotProvisioned
from edge.lab.processes import LOOPBACK

# A hub takes a whole year's catalogue in one request.
_TIMEOUT_S = 60.0
_OK = 200
_PAGE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalServer:
    """One HTTP server on this machine and the key that it knows us by; no key for what is open to all."""

    port: int
    key: str = ""

    async def get(self, path: str) -> dict[str, JsonValue]:
        """The JSON object at ``path``.

        Raises:
            NotProvisioned: it does not answer, or refuses.
        """
        # Aside, for the library blocks and the demo's devices live in this loop.
        return await asyncio.to_thread(self._call, "GET", path, None)

    async def post_lines(self, path: str, lines: Iterable[bytes]) -> dict[str, JsonValue]:
        """Send JSON lines. Raises NotProvisioned as ``get`` does."""
        return await asyncio.to_thread(self._call, "POST", path, b"\n".join(lines))

    async def answers(self, path: str) -> bool:
        """Whether ``path`` answers well at this moment."""
        try:
            await self.get(path)
        except NotProvisioned:
            return False
        return True

    def _call(self, method: str, path: str, body: bytes | None) -> dict[str, JsonValue]:
        connection = HTTPConnection(LOOPBACK, self.port, timeout=_TIMEOUT_S)
        try:
            headers = {"Authorization": f"Bearer {self.key}"}
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as error:
            raise NotProvisioned(f"port {self.port} does not answer: {error}") from error
        finally:
            connection.close()
        if answer.status != _OK:
            raise NotProvisioned(f"{method} {path}: {answer.status} {content[:200]!r}")
        found: dict[str, JsonValue] = json.loads(content)
        return found


async def central_ids(hub: LocalServer) -> list[str]:
    """The ids of every event that the centre keeps of this store, by arrival; as often as it keeps them.

    Raises:
        NotProvisioned: the hub does not answer, or refuses.
    """
    # The ids of a busy demo do not fit one page.
    found, after = list[str](), 0
    while True:
        page = await hub.get(f"/v1/events/ids?after={after}&limit={_PAGE}")
        ids, following = page["ids"], page["next"]
        if isinstance(ids, list):
            found += [str(id_) for id_ in ids]
        if not isinstance(following, int):
            return found
        after = following
