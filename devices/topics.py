"""The topic tree ``storeside/1/…`` and who may read and write which part of it.

`devices.accounts` writes the broker's list from it, and every sender and reader builds and parses its topics here.

``GRANTS`` is the only place that says who may do what: the broker's ACL file, the published contract and
the tests that prove delivery are all made from it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from devices.device_classes import DeviceClass
from devices.errors import TopicMalformed

PREFIX: Final = "storeside/1"
# Neither a wildcard nor a slash, so that no name reaches into another's topics.
NAME: Final = re.compile(r"[a-z0-9-]{1,32}")
SERVICE: Final = "service"
"""The username, and the role, of the store's own service."""


class Leaf(StrEnum):
    """The last level of a topic: what is said."""

    STATE = "state"
    ABOUT = "about"
    EVENT = "event"
    ASK = "ask"
    TELEMETRY = "telemetry"
    RECEIPT = "receipt"
    ANSWER = "answer"
    SHOW = "show"
    CMD = "cmd"
    CONTEXT = "context"


UP_LEAVES: Final = (Leaf.STATE, Leaf.ABOUT, Leaf.EVENT, Leaf.ASK, Leaf.TELEMETRY)
DOWN_LEAVES: Final = (Leaf.RECEIPT, Leaf.ANSWER, Leaf.SHOW, Leaf.CMD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One device's topic, taken apart."""

    store: str
    device_class: DeviceClass
    device: str
    leaf: Leaf

    @property
    def source(self) -> str:
        """The topic without its last part: the ``source`` of every event of this device."""
        return source_of(self.store, self.device_class, self.device)

    def __str__(self) -> str:
        return f"{self.source}/{self.leaf}"

    def at(self, leaf: Leaf) -> "Topic":
        """The same device's topic with another last part."""
        return Topic(
            store=self.store, device_class=self.device_class, device=self.device, leaf=leaf
        )


def checked_name(name: str, what: str = "id") -> str:
    """``name`` if it is one of ours (``[a-z0-9-]{1,32}``), else TopicMalformed."""
    if not NAME.fullmatch(name):
        raise TopicMalformed(f"{what}: expected 1 to 32 of a-z, 0-9 and -")
    return name


def source_of(store: str, device_class: DeviceClass, device: str) -> str:
    """The source of one device: ``storeside/1/{store}/{class}/{device}``."""
    return f"{PREFIX}/{checked_name(store, 'store')}/{device_class}/{checked_name(device, 'device')}"


def build(store: str, device_class: DeviceClass, device: str, leaf: Leaf) -> str:
    """One device topic as a string; ``parse`` takes it apart again."""
    if leaf is Leaf.CONTEXT:
        raise TopicMalformed("the context belongs to the store, not to a device")
    return f"{source_of(store, device_class, device)}/{leaf}"


def parse(topic: str) -> Topic:
    """A device topic taken apart; TopicMalformed for everything else, wildcards included."""
    head, _, last = topic.rpartition("/")
    found = parse_source(head, leaf=last)
    if found.leaf is Leaf.CONTEXT:
        raise TopicMalformed("the context belongs to the store, not to a device")
    return found


def parse_source(source: str, *, leaf: str = Leaf.EVENT) -> Topic:
    """A source taken apart, as the topic of ``leaf`` (by default that of its events)."""
    parts = source.split("/")
    if len(parts) != 5 or f"{parts[0]}/{parts[1]}" != PREFIX:  # noqa: PLR2004 - the levels of the tree
        raise TopicMalformed("expected storeside/1/{store}/{class}/{device}")
    try:
        device_class, last = DeviceClass(parts[3]), Leaf(leaf)
    except ValueError as error:
        raise TopicMalformed("unknown class or last part") from error
    return Topic(
        store=checked_name(parts[2], "store"),
        device_class=device_class,
        device=checked_name(parts[4], "device"),
        leaf=last,
    )


def context_topic(store: str) -> str:
    """Where the store's context stands, retained."""
    return f"{PREFIX}/{checked_name(store, 'store')}/{Leaf.CONTEXT}"


def service_state_topic(store: str) -> str:
    """Where the service's own state stands, retained, with its last will."""
    return f"{PREFIX}/{checked_name(store, 'store')}/{SERVICE}/{Leaf.STATE}"


def service_about_topic(store: str) -> str:
    """Where the service says what can be asked for here, retained."""
    return f"{PREFIX}/{checked_name(store, 'store')}/{SERVICE}/{Leaf.ABOUT}"


def clock_topic(store: str) -> str:
    """Where a demo's player tells the business time, retained."""
    return f"{PREFIX}/{checked_name(store, 'store')}/{SERVICE}/clock"


def every(store: str, leaf: Leaf) -> str:
    """The subscription to one leaf of every device of the store."""
    return f"{PREFIX}/{checked_name(store, 'store')}/+/+/{leaf}"


class Access(StrEnum):
    """What a grant allows, in the broker's own words."""

    READ = "read"
    WRITE = "write"
    BOTH = "readwrite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One row of the table: ``role`` may do ``access`` on ``template``.

    ``role`` is a device class or ``service``; the template's ``{store}``, ``{class}`` and ``{device}`` are
    the account's own.
    """

    role: str
    template: str
    access: Access

    def filled(self, store: str, device_class: str, device: str) -> str:
        """The topic filter of this grant for one account."""
        return self.template.format_map(
            {"store": store, "class": device_class, "device": device}
        )


_OWN: Final = PREFIX + "/{store}/{class}/{device}/"
_ALL: Final = PREFIX + "/{store}/+/+/"
_STORE: Final = PREFIX + "/{store}/"


def _device_grants(role: DeviceClass) -> Iterator[Grant]:
    # Each under its own name only, so that nothing it says can pass for another's.
    for leaf in UP_LEAVES:
        yield Grant(role=role, template=_OWN + leaf, access=Access.WRITE)
    for leaf in DOWN_LEAVES:
        yield Grant(role=role, template=_OWN + leaf, access=Access.READ)
    for topic in (Leaf.CONTEXT, f"{SERVICE}/{Leaf.ABOUT}"):
        yield Grant(role=role, template=_STORE + topic, access=Access.READ)
    for topic in role.facts.also_writes:
        yield Grant(role=role, template=_STORE + topic, access=Access.WRITE)


def _service_grants() -> Iterator[Grant]:
    # It writes state and about as well, to clear what a revoked device has left behind.
    for leaf in (Leaf.STATE, Leaf.ABOUT):
        yield Grant(role=SERVICE, template=_ALL + leaf, access=Access.BOTH)
    for leaf in (Leaf.EVENT, Leaf.ASK, Leaf.TELEMETRY):
        yield Grant(role=SERVICE, template=_ALL + leaf, access=Access.READ)
    for leaf in DOWN_LEAVES:
        yield Grant(role=SERVICE, template=_ALL + leaf, access=Access.WRITE)
    for leaf in (Leaf.STATE, Leaf.ABOUT):
        yield Grant(role=SERVICE, template=_STORE + f"{SERVICE}/{leaf}", access=Access.BOTH)
    yield Grant(role=SERVICE, template=_STORE + Leaf.CONTEXT, access=Access.BOTH)
    # A demo's player alone writes it; the service only follows.
    yield Grant(role=SERVICE, template=_STORE + f"{SERVICE}/clock", access=Access.READ)
    yield Grant(role=SERVICE, template="$SYS/broker/#", access=Access.READ)


GRANTS: Final[tuple[Grant, ...]] = (
    *(grant for role in DeviceClass for grant in _device_grants(role)),
    *_service_grants(),
)
"""Who may do what; whatever is not in this table is forbidden."""


def grants_of(role: str) -> tuple[Grant, ...]:
    """The rows of one role."""
    return tuple(grant for grant in GRANTS if grant.role == role)
