"""The kinds of devices there are, each with everything that is particular to it: one record a class.

`devices.topics` makes the access list from it and `devices.messages` judges by it who may send what, and how much
at once; the service asks it who counts people, which page plays a device and what may be provisioned. What a class
is to whoever decides what is shown there stands in ``edge.domain.placement``, under the same name.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, Self

EventName = Literal[
    "sighting",
    "sign-in",
    "sign-out",
    "consent",
    "basket",
    "play",
    "feedback",
    "decide",
    "offer",
]
"""What a device can say, by the middle of the event's type: ``storeside.{name}.v1``."""

EVENT_LIMIT: Final = 16 * 1024
"""The bytes of one event; nothing but a basket needs more."""
BASKET_LIMIT: Final = 64 * 1024
"""The bytes of one step of a basket: room for a paid basket of 500 lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePage:
    """The page that plays a device: its address, ``{device}`` in it the device's name, and its file."""

    address: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFacts:
    """What is particular to one class of devices.

    ``sends``: the events that it may send, ``decide`` and ``offer`` being questions; what is not named is refused.
    ``event_limit``: bytes of one message. ``page``: what plays it in a browser. ``added_by``: an account made by
    ``storeside device add``, by the chain's own app, or by nothing but the demo. ``stands_in_store``: shown among
    the store's devices. ``counts_people``: its word of how many people are there is believed. ``public``: strangers
    see it, so the broker keeps its last show for whoever connects, and it proves what was played. ``also_writes``:
    topics below the store's that it may write besides its own.
    """

    sends: frozenset[EventName] = frozenset()
    event_limit: int = EVENT_LIMIT
    page: DevicePage | None = None
    added_by: Literal["command", "app", "demo"] = "command"
    stands_in_store: bool = True
    counts_people: bool = False
    public: bool = False
    also_writes: tuple[str, ...] = ()


_SHOWS: Final[frozenset[EventName]] = frozenset({"play", "feedback", "decide"})
# Somebody stands before it who can say who they are.
_SIGNS_IN: Final[frozenset[EventName]] = frozenset({"sign-in", "sign-out", "consent"})
_TOUCHED: Final = _SHOWS | _SIGNS_IN
_HEARS: Final[frozenset[EventName]] = frozenset({"sighting"})
_SELLS: Final[frozenset[EventName]] = frozenset({"basket", "offer"})
# Whoever is not described says nothing but what it is.
_SILENT: Final = ClassFacts()


class DeviceClass(StrEnum):
    """What kind of thing speaks; the third level of its topics. ``console`` and ``phone`` are pages.

    ``replay`` is a demo's player: it alone may tell the business time, and no store provisions one.
    """

    facts: ClassFacts

    def __new__(cls, name: str, facts: ClassFacts = _SILENT) -> Self:
        """The class that topics call ``name``."""
        one = str.__new__(cls, name)
        one._value_ = name
        one.facts = facts
        return one

    DISPLAY = (
        "display",
        ClassFacts(
            sends=_SHOWS,
            page=DevicePage(address="/display/{device}", file="display.html"),
            public=True,
        ),
    )
    KIOSK = (
        "kiosk",
        ClassFacts(
            sends=_TOUCHED | _HEARS,
            page=DevicePage(address="/kiosk/{device}", file="kiosk.html"),
        ),
    )
    TABLET = (
        "tablet",
        ClassFacts(
            sends=_TOUCHED | _HEARS,
            page=DevicePage(address="/tablet?device={device}", file="tablet.html"),
        ),
    )
    POS = (
        "pos",
        ClassFacts(
            sends=_TOUCHED | _SELLS,
            event_limit=BASKET_LIMIT,
            page=DevicePage(address="/till/{device}", file="till.html"),
        ),
    )
    BEACON_GW = "beacon-gw", ClassFacts(sends=_HEARS, counts_people=True)
    CAMERA = "camera", ClassFacts(counts_people=True)
    CONSOLE = (
        "console",
        ClassFacts(page=DevicePage(address="/", file="console.html"), stands_in_store=False),
    )
    PHONE = "phone", ClassFacts(sends=_TOUCHED | _HEARS, added_by="app")
    REPLAY = (
        "replay",
        ClassFacts(added_by="demo", stands_in_store=False, also_writes=("service/clock",)),
    )

    @property
    def is_screen(self) -> bool:
        """Whether it shows something that can be asked for."""
        return "decide" in self.facts.sends

    @property
    def sells(self) -> bool:
        """Whether it reports baskets."""
        return "basket" in self.facts.sends


def senders_of(event: EventName) -> frozenset[DeviceClass]:
    """The classes that may send this event."""
    return frozenset(one for one in DeviceClass if event in one.facts.sends)
