"""Everything the service refuses or fails at.

StoresideError
├── SettingsInvalid      a setting is missing, unknown or out of its limits
├── NotProvisioned       something the service needs is not there yet
├── SignalRefused        a device's message is not taken; the reason is on the wire
├── NotReplayable        a stored decision cannot be made again
├── WhatIfRefused        a change cannot be tried on stored decisions
├── ExpressionInvalid    a condition is no expression, or asks for facts that there are not
└── StorageFailed        the disk did not take a write: the process must end
"""

from __future__ import annotations


class StoresideError(Exception):
    """The root; ``hint`` is the mend in words an operator can act on."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class SettingsInvalid(StoresideError):
    """A setting is missing, unknown or out of its limits."""


class NotProvisioned(StoresideError):
    """Something the service needs before it may start is not there yet."""


class SignalRefused(StoresideError):
    """A device's message is not taken. ``reason``: a word of the closed list on the wire; ``field``: what is wrong."""

    def __init__(self, reason: str, *, field: str | None = None) -> None:
        super().__init__(f"refused: {reason}")
        self.reason = reason
        self.field = field


class StorageFailed(StoresideError):
    """The disk did not take a write: nothing more may be acknowledged, so the process must end."""


class NotReplayable(StoresideError):
    """A stored decision cannot be made again; the message names what is missing or damaged."""


class WhatIfRefused(StoresideError):
    """A change is out of its limits, or none that could be tried on what is stored."""


class ExpressionInvalid(StoresideError):
    """A condition in the Common Expression Language cannot be used; the message says why."""
