"""What people and devices do with what a screen shows: the simulated answers, by device class.

A station asks it after each show, and puts the answers on the agenda.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from devices.device_classes import DeviceClass
from devices.messages import Data, up
from devices.messages.down import Show, ShowItem
from devices.simulator.chance import pick


class Interest(Enum):
    """What an item is to the people before a screen: in the basket they pay today, bought on other days, or never."""

    TODAY = auto()
    OTHER_DAYS = auto()
    NEVER = auto()


Interests = Callable[[str], Interest]
"""What an item is to whoever stands before a screen, by their receipts."""

# How long a display shows one board before it counts as played, in store seconds.
PLAY_S: Final = 8
_VIEWED_S = 2
_TOUCHED_S = 6
_SAID_S = 5
_ANSWERED_S = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedReply:
    """Something a device will send ``after`` it got content."""

    after: timedelta
    data: Data


def replies(
    device_class: DeviceClass, show: Show, interests: Interests
) -> tuple[PlannedReply, ...]:
    """What people do at this class of screen with ``show``, besides looking."""
    habit = _HABITS.get(device_class)
    return () if habit is None else tuple(habit(show, interests))


def proof_of_play(
    show: Show, started_at: datetime, ended_at: datetime, played_s: float
) -> up.Play:
    """The proof for a board that was on a display between two real instants; ``played_s`` in store time.

    A replayed day may run faster than the clock: the proof says how long the display really played.
    """
    creative = show.slots.get("creative_id")
    return up.Play(
        decision_id=show.decision_id,
        # A board without a creative of its own proves its template.
        creative_id=creative if isinstance(creative, str) else show.template,
        started_at=started_at,
        duration_ms=max(0, int((ended_at - started_at).total_seconds() * 1000)),
        completed=played_s >= PLAY_S,
    )


def _at_kiosk(show: Show, interests: Interests) -> Iterator[PlannedReply]:
    """The shopper looks, touches the first tile, and says what they make of it."""
    yield _reply(_VIEWED_S, show, None, up.FeedbackAction.VIEW)
    if show.items:
        first = show.items[0]
        yield _reply(_TOUCHED_S, show, first, up.FeedbackAction.TOUCH)
        yield from _answer(_ANSWERED_S, show, first, interests)


def _at_tablet(show: Show, interests: Interests) -> Iterator[PlannedReply]:
    """The associate says the first thing; what the shopper makes of it is noted."""
    # Without a person there is nobody to whom the associate could say it.
    if show.kind == "personal" and show.items:
        first = show.items[0]
        yield _reply(_SAID_S, show, first, up.FeedbackAction.SAID)
        yield from _answer(_ANSWERED_S, show, first, interests)


def _at_till(show: Show, interests: Interests) -> Iterator[PlannedReply]:
    """Add-ons that end in the basket were accepted, with their offer redeemed; what they never buy was turned down."""
    for item in show.items:
        yield from _answer(_VIEWED_S, show, item, interests)
        if item.offer_id is not None and interests(item.item_id) is Interest.TODAY:
            yield _reply(_VIEWED_S, show, item, up.FeedbackAction.REDEEM)


_Habit = Callable[[Show, Interests], Iterator[PlannedReply]]

_HABITS: Final[Mapping[DeviceClass, _Habit]] = {
    DeviceClass.KIOSK: _at_kiosk,
    DeviceClass.TABLET: _at_tablet,
    DeviceClass.POS: _at_till,
}


def _answer(
    after_s: int, show: Show, item: ShowItem, interests: Interests
) -> Iterator[PlannedReply]:
    """Yes to what they take today, no to what they never buy; of what they buy another day they say nothing."""
    interest = interests(item.item_id)
    if interest is Interest.TODAY:
        yield _reply(after_s, show, item, up.FeedbackAction.ACCEPT)
    elif interest is Interest.NEVER:
        # Which no it is hangs on the item alone, so that two replays say the same.
        no = pick((up.FeedbackAction.DECLINE, up.FeedbackAction.NOT_FOR_ME), item.item_id)
        yield _reply(after_s, show, item, no)


def _reply(
    after_s: int, show: Show, item: ShowItem | None, action: up.FeedbackAction
) -> PlannedReply:
    return PlannedReply(
        after=timedelta(seconds=after_s),
        data=up.Feedback(
            decision_id=show.decision_id,
            item_id=item.item_id if item else None,
            action=action,
        ),
    )
