"""Reading requests and writing answers: keys, numbers, lines, problem documents.

Only the server uses it, before it asks the store and after it was answered.
"""

import base64
import ipaddress
import re
from collections.abc import AsyncIterator, Mapping

from aiohttp import web

from cloud_sync.errors import BodyRefused

# One customer with a long history is some 20 KB; a line is read whole before it is parsed.
_LINE_LIMIT_BYTES = 1_000_000

# No sign, exponent or nan: float takes more than what is a time.
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")


def read_key(authorization: str | None) -> bytes:
    """Take the key out of a Bearer header, or out of Segment's Basic one (user name)."""
    scheme, _, rest = (authorization or "").partition(" ")
    if scheme.lower() == "bearer":
        # A header may hold any byte: that must become a wrong key and no error of ours.
        return rest.strip().encode("utf-8", "surrogateescape")
    try:
        return base64.b64decode(rest, validate=True).partition(b":")[0]
    except ValueError:
        return b""


def read_number(request: web.Request, name: str, default: int, limit: int) -> int:
    """Read a whole number of the query, 0 to ``limit``."""
    text = request.query.get(name, str(default))
    # isdigit alone also takes superscripts, at which int fails.
    if not (text.isascii() and text.isdigit() and len(text) < 20):  # noqa: PLR2004 - 64 bit
        raise BodyRefused(f"{name}: expected a whole number")
    return min(int(text), limit)


def read_seconds(request: web.Request, name: str, limit: float) -> float:
    """Read a time of the query in seconds, 0 if it is not there, at most ``limit``."""
    text = request.query.get(name, "0")
    if _SECONDS.fullmatch(text) is None:
        raise BodyRefused(f"{name}: expected seconds")
    return min(float(text), limit)


async def read_lines(request: web.Request) -> AsyncIterator[tuple[int, bytes]]:
    """Cut the body into numbered lines without ever holding more than one and a chunk."""
    rest, number = b"", 0
    async for chunk in request.content.iter_chunked(65_536):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            number += 1
            if line.strip():
                yield number, line
        if len(rest) > _LINE_LIMIT_BYTES:
            raise BodyRefused(f"line {number + 1} is too long", status=413)
    if rest.strip():
        yield number + 1, rest


def is_home(remote: str | None) -> bool:
    """Say whether a caller sits on this machine."""
    return remote is not None and ipaddress.ip_address(remote).is_loopback


def problem(status: int, title: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with an RFC 9457 problem document."""
    return web.json_response(
        {"type": "about:blank", "title": title, "status": status},
        status=status,
        content_type="application/problem+json",
        headers=headers,
    )
