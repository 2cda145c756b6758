"""Everything that can go wrong between a store and the head office.

SyncError
├── RecordRefused        a record breaks the contract and cannot be queued
│   └── RecordTooLarge   … by its size
├── AddressRefused       an address to which a key must not be sent
├── CentralAway          nothing can be exchanged now: wait, then try everything again
├── CentralFailed               the centre failed on this one request: its stream waits alone
├── BatchRefused         the receiver blames the batch itself: halve it, find the event
├── ChangeRefused        a change from above cannot be applied here (raised by handlers)
└── HubError             the central side refuses a caller
    ├── KeyRefused       unknown key, or a key without this right
    ├── BodyRefused      the request as a whole cannot be read
    └── SettingsRefused  the hub's settings file cannot be used
"""


class SyncError(Exception):
    """The root: catch it where any trouble of the line is the same trouble."""


class RecordRefused(SyncError, ValueError):
    """A record breaks the contract with the centre; nothing was queued."""

    def __init__(self, *, field: str, expected: str) -> None:
        super().__init__(f"record field {field!r}: expected {expected}")
        self.field = field
        self.expected = expected


class RecordTooLarge(RecordRefused):
    """The event would be larger than a receiver must accept."""

    def __init__(self, *, size: int, limit: int) -> None:
        super().__init__(
            field="data", expected=f"at most {limit} bytes as an event, got {size}"
        )
        self.size = size
        self.limit = limit


class AddressRefused(SyncError, ValueError):
    """The address is not one to which a secret key may be sent."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"{address!r} is neither https nor this machine; use an https:// address"
        )
        self.address = address


class CentralAway(SyncError):
    """The other side cannot be used now; ``retry_after_s`` is its own wish, if it had one."""

    def __init__(self, reason: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s


class CentralFailed(SyncError):
    """The centre broke on one request (a plain 5xx, an unreadable answer).

    That says nothing about what was in it, nor about other streams.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BatchRefused(SyncError):
    """The receiver will never take this batch as it is (400, 413, 422)."""

    def __init__(self, *, status: int, reason: str) -> None:
        super().__init__(f"batch refused with {status}: {reason}")
        self.status = status
        self.reason = reason


class ChangeRefused(SyncError, ValueError):
    """A handler cannot apply a change; it is set aside and counted, the next ones go on."""


class HubError(SyncError):
    """The central side refuses a request."""


class KeyRefused(HubError):
    """The key is unknown or has no right to this."""


class BodyRefused(HubError):
    """The request cannot be read as a whole; ``status`` is the HTTP answer."""

    def __init__(self, reason: str, *, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class SettingsRefused(HubError):
    """The hub's settings cannot be used; the message says which key and why."""
