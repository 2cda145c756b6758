"""What storage refuses; what it fails at is `edge.domain.errors.StorageFailed`.

Raised by the writer and the space guard; the intake then leaves the signal with the broker, to be sent again.

StoresideError
└── StorageFull      the disk is nearly full: nothing was written, nothing may be acknowledged
"""

from __future__ import annotations

from edge.domain.errors import StoresideError


class StorageFull(StoresideError):
    """The disk is full or nearly: the write did not happen, later ones may once there is space."""

    def __init__(self, *, free_bytes: int, floor_bytes: int) -> None:
        super().__init__(
            f"{free_bytes} bytes are free on the disk; writing stops below {floor_bytes}",
            hint="free disk space; the service goes on by itself",
        )
        self.free_bytes = free_bytes
        self.floor_bytes = floor_bytes
