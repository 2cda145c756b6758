"""Bundles that whoever made them took back: never used again, kept for the replay of what they decided.

The centre's stream ``withdrawals`` and the command ``models withdraw`` write here; the service, the night and
`activate` tell the shelf.
"""

from __future__ import annotations

import json
import sqlite3

from pydantic import BaseModel, ConfigDict, TypeAdapter

from edge.storage.operations import box_facts, command_notifications
from edge.storage.operations.command_notifications import CommandNotification
from models.bundle.manifest import Digest

_NAME = "withdrawn-models"
_DIGEST = TypeAdapter(Digest)


class WithdrawalBody(BaseModel):
    """Stream ``withdrawals``: its key is a bundle's digest, and the body says nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def know(conn: sqlite3.Connection, key: str, body: object | None) -> None:
    """The bundle ``key`` is withdrawn from now on, and a running service lets go of it; without a ``body`` nothing.

    A withdrawal is never taken back: the same bundle comes again under another digest. Raises
    ``pydantic.ValidationError`` for what is no digest.
    """
    if body is None:
        return
    _DIGEST.validate_python(key)
    told = every(conn)
    if key not in told:
        box_facts.put(conn, _NAME, json.dumps(sorted({*told, key})))
        command_notifications.notify(conn, CommandNotification.MODEL)


def every(conn: sqlite3.Connection) -> frozenset[str]:
    """Digests of all of them."""
    return frozenset(json.loads(box_facts.find(conn, _NAME) or "[]"))
