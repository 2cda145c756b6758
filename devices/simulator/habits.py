"""What people and devices do with what a screen shows: the simulated answers, by device class.

A station asks it after each show, and puts the answers on the agenda.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from devices.device_classes import DeviceClass
from devices.messages import Data, up
from devices.messages.down import Show, ShowItem
from devices.simulator.chance import pick

Wants = Callable[[str], bool]
"""Whether anybody in the store really buys this item today."""

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


def replies(device_class: DeviceClass, show: Show, wants: Wants) -> tuple[PlannedReply, ...]:
    """What people do at this class of screen with ``show``, besides looking."""
    habit = _HABITS.get(device_class)
    return () if habit is None else tuple(habit(show, wants))


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


def _at_kiosk(show: Show, wants: Wants) -> Iterator[PlannedReply]:
    """The shopper looks, touches the first tile, and takes or leaves it."""
    yield _reply(_VIEWED_S, show, None, up.FeedbackAction.VIEW)
    if show.items:
        first = show.items[0]
        yield _reply(_TOUCHED_S, show, first, up.FeedbackAction.TOUCH)
        yield _reply(_ANSWERED_S, show, first, _taken(first, wants))


def _at_tablet(show: Show, wants: Wants) -> Iterator[PlannedReply]:
    """The associate says the first thing; what the shopper makes of it is noted."""
    # Without a person there is nobody to whom the associate could say it.
    if show.kind == "personal" and show.items:
        first = show.items[0]
        yield _reply(_SAID_S, show, first, up.FeedbackAction.SAID)
        yield _reply(_ANSWERED_S, show, first, _taken(first, wants))


def _at_till(show: Show, wants: Wants) -> Iterator[PlannedReply]:
    """Add-ons that end in the basket were accepted, with their offer redeemed; the rest were not."""
    for item in show.items:
        yield _reply(_VIEWED_S, show, item, _taken(item, wants))
        if item.offer_id is not None and wants(item.item_id):
            yield _reply(_VIEWED_S, show, item, up.FeedbackAction.REDEEM)


_HABITS: Final[Mapping[DeviceClass, Callable[[Show, Wants], Iterator[PlannedReply]]]] = {
    DeviceClass.KIOSK: _at_kiosk,
    DeviceClass.TABLET: _at_tablet,
    DeviceClass.POS: _at_till,
}


def _taken(item: ShowItem, wants: Wants) -> up.FeedbackAction:
    if wants(item.item_id):
        return up.FeedbackAction.ACCEPT
    # Which no it is hangs on the item alone, so that two replays say the same.
    return pick((up.FeedbackAction.DECLINE, up.FeedbackAction.NOT_FOR_ME), item.item_id)


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
