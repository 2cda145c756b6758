"""What can go wrong between the store and its devices, and the words for it on the wire.

Raised all over this package; intake and the HTTP addresses answer a device with the ``Refusal`` that is in them.

The tree::

    DevicesError
    ├── MessageRefused        a message is not taken; ``reason`` goes back to the device
    ├── TopicMalformed        a string is not one of ours
    ├── BusUnavailable        the broker did not let us in within the time given
    ├── BrokerMissing         no usable broker is installed (has the mend)
    ├── BrokerFailed          the broker did not start or stopped
    ├── MappingRefused        a file is no mapping of another till's orders
    ├── MappingMissing        there is no mapping of that name
    ├── FleetError            provisioning
    │   ├── NameRefused       the name is malformed, reserved or taken
    │   └── DeviceUnknown     there is no such device
    └── CodesError            reading codes from pictures
        ├── CodesMissing      the ``vision`` extra is not installed (has the mend)
        └── ImageRefused      too big, too many pixels, or no picture
"""

from enum import StrEnum


class Refusal(StrEnum):
    """Why a message was refused: the closed list that receipts and metrics use."""

    TOO_LARGE = "too-large"
    NOT_JSON = "not-json"
    MALFORMED = "malformed"
    CARD_NUMBER = "card-number"
    UNKNOWN_TYPE = "unknown-type"
    WRONG_SOURCE = "wrong-source"
    WRONG_CLASS = "wrong-class"
    STALE = "stale"
    FROM_THE_FUTURE = "from-the-future"
    DUPLICATE = "duplicate"
    UNKNOWN_DEVICE = "unknown-device"
    UNKNOWN_BEACON = "unknown-beacon"
    CLAIM_INVALID = "claim-invalid"
    NO_SESSION = "no-session"
    NO_NOTICE = "no-notice"
    NO_CONSENT = "no-consent"
    UNKNOWN_DECISION = "unknown-decision"
    UNKNOWN_BASKET = "unknown-basket"
    UNKNOWN_PLACEMENT = "unknown-placement"
    UNKNOWN_LINE = "unknown-line"
    UNKNOWN_ORDER = "unknown-order"
    UNKNOWN_OFFER = "unknown-offer"
    UNKNOWN_CODE = "unknown-code"
    NO_PRICE = "no-price"
    WRONG_CURRENCY = "wrong-currency"
    OFFER_USED = "offer-used"
    OFFER_ENDED = "offer-ended"
    OFFER_SPENT = "offer-spent"
    PLAY_TIME = "play-time"
    LATE = "late"
    TOO_MANY_TRIES = "too-many-tries"
    OVERLOADED = "overloaded"
    INTERNAL = "internal"


class DevicesError(Exception):
    """Root of everything that this package raises on purpose."""


class MessageRefused(DevicesError):
    """A message is not taken.

    ``detail`` names a field or a limit of ours, never content of the message, so it may be logged.
    ``event_id`` is the id to answer with, where the message had a readable one; ``field`` the path of our own
    field that was wrong, without ``data.``, such as ``limit`` or ``lines.0.sku``; ``name`` the event's, if it is ours.
    """

    def __init__(
        self,
        reason: Refusal,
        detail: str = "",
        *,
        event_id: str | None = None,
        field: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail
        self.event_id = event_id
        self.field = field
        self.name = name


class TopicMalformed(DevicesError):
    """A string is no topic, source or id of the tree ``storeside/1``; the string is not repeated."""


class BusUnavailable(DevicesError):
    """The broker did not let us in within the time given; ``last`` is its latest answer."""

    def __init__(self, *, waited_s: float, last: str) -> None:
        super().__init__(
            f"no connection to the broker within {waited_s:g} s; the last answer: {last}"
        )
        self.waited_s = waited_s
        self.last = last


class BrokerMissing(DevicesError):
    """No mosquitto of version 2 or newer was found; the message says how to get one."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"{found}; storeside needs the MQTT broker mosquitto, version 2.0 or newer: "
            "apt-get install mosquitto"
        )
        self.found = found


class BrokerFailed(DevicesError):
    """The broker did not start or stopped by itself; the message has its last words."""


class MappingRefused(DevicesError):
    """A file is no mapping of another till's orders; the text says where and why."""

    def __init__(self, file: str, fault: str) -> None:
        super().__init__(f"{file} is no mapping: {fault}")


class MappingMissing(DevicesError):
    """There is no mapping of that name; ``name`` is empty where it was not even one."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no mapping {name!r}".replace(" ''", " of that name"))


class FleetError(DevicesError):
    """Provisioning was refused."""


class NameRefused(FleetError):
    """The name is malformed, reserved or taken."""


class DeviceUnknown(FleetError):
    """No device of that name is provisioned."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no device named {name!r} is provisioned; see: storeside device list")
        self.name = name


class CodesError(DevicesError):
    """Codes could not be read."""


class CodesMissing(CodesError):
    """The libraries that read codes are an extra that is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "reading codes from pictures needs the extra: pip install 'storeside[vision]'"
        )


class ImageRefused(CodesError):
    """The bytes are too many, the picture has too many pixels, or it is no PNG or JPEG."""
