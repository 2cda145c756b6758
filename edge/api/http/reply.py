"""Answers as JSON, written by the same models that describe them.

Handlers end with one of these; the server adds the headers that all answers share.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from pydantic import BaseModel

from devices.messages.down import encode
from devices.messages.fields import Wire

JSON = "application/json"
REPLAYED = "Idempotent-Replayed"


def shown(body: BaseModel, *, status: int = 200) -> web.Response:
    """``body`` as JSON, every field in it."""
    return web.Response(body=body.model_dump_json().encode(), status=status, content_type=JSON)


def listed(rows: Sequence[BaseModel]) -> web.Response:
    """Rows as one JSON array."""
    text = ",".join(row.model_dump_json() for row in rows)
    return web.Response(body=f"[{text}]".encode(), content_type=JSON)


def sent(message: Wire, *, status: int = 200) -> web.Response:
    """A wire message as a device would get it: fields that are not set are left out."""
    return web.Response(body=encode(message), status=status, content_type=JSON)


def sent_again(message: Wire, *, status: int = 200) -> web.Response:
    """A first answer once more: the same body, and a header that tells it from a new one."""
    response = sent(message, status=status)
    response.headers[REPLAYED] = "true"
    return response
