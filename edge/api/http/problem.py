"""Every refusal as ``application/problem+json`` (RFC 9457), and every mistake of ours as a plain 500 without a word.

The server runs it around each handler, so that a route only raises.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from edge.api.http.errors import Closing, Refused
from edge.api.http.route import Handler
from edge.domain.errors import StoresideError

MEDIA: Final = "application/problem+json"


def problem(
    status: int,
    kind: str,
    title: str,
    *,
    detail: str = "",
    field: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """One problem; ``kind`` is its stable name, ``field`` what was wrong, the rest is for people."""
    body = {"type": f"urn:storeside:problem:{kind}", "title": title, "status": status}
    body |= {name: word for name, word in (("detail", detail), ("field", field)) if word}
    return web.Response(
        body=json.dumps(body).encode(), status=status, content_type=MEDIA, headers=headers
    )


@web.middleware
async def as_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what a handler raises into a problem; nothing that was sent or stored is in it."""
    try:
        return await handler(request)
    except Refused as error:
        return _told(error)
    except StoresideError:
        # The disk is full, or failed and the service is about to end; the sender keeps what it has and comes again.
        return _told(Closing())
    except web.HTTPError as error:
        return _of_router(error)


def _told(error: Refused) -> web.Response:
    return problem(
        error.status,
        error.kind,
        error.title,
        detail=error.detail,
        field=error.field,
        headers=error.headers(),
    )


def _of_router(error: web.HTTPError) -> web.Response:
    """What aiohttp itself refuses: no such path, no such method, a body it cannot read."""
    status = HTTPStatus(error.status)
    # HTTP asks of a 405 that it names the methods that are right.
    allow = error.headers.get("Allow")
    headers = {"Allow": allow} if allow else None
    return problem(
        status, status.phrase.casefold().replace(" ", "-"), status.phrase, headers=headers
    )
