"""What an associate says they told somebody, held against what is known: only that becomes a tip at all.

A tap counts as a tip where the card is on that very tablet, for a visit of that very person that is still going
on and not paid, about a product on that card. Whether the tip is worth anything, the till alone says.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime

from edge.domain.associate_tip import AssociateTip
from edge.domain.ids import DecisionId, DeviceId, Sku
from edge.domain.placement import CARD
from edge.domain.transitions.transition import OfferReply, Transition
from edge.domain.visit import Visit
from edge.state.presence import Presence
from edge.storage.decisions.feedback import FeedbackRow as Said

_SAID = "said"
# Cards on tablets that a tap may still be about.
_CARDS = 2_000


class TabletCards:
    """Which card was sent to which tablet; after a restart a tablet's cards come anew."""

    def __init__(self) -> None:
        self._sent: OrderedDict[tuple[DeviceId, DecisionId], None] = OrderedDict()

    def sent(self, device: DeviceId, decision: DecisionId) -> None:
        """This card has gone to this tablet."""
        self._sent[device, decision] = None
        while len(self._sent) > _CARDS:
            self._sent.popitem(last=False)

    def tip(
        self, transition: Transition, said: Said, presence: Presence, at: datetime
    ) -> AssociateTip | None:
        """The tip that a tap stands for, if it stands for any. ``at`` is business time."""
        reply = transition.reply
        if reply is None or said.action != _SAID or reply.decision.placement != CARD:
            return None
        # Only from the tablet to which the card went: a tap from elsewhere proves nothing.
        if (said.device, reply.decision.id) not in self._sent:
            return None
        visit, sku = _alive(reply, presence), _named(reply)
        if visit is None or sku is None:
            return None
        basket = presence.basket(visit.basket)
        return AssociateTip(
            visit=visit.id,
            device=said.device,
            sku=sku,
            decision=reply.decision.id,
            at=at,
            # What lay there before the tap is no additional product.
            in_basket=basket is not None and sku in basket.skus,
        )


def _alive(reply: OfferReply, presence: Presence) -> Visit | None:
    """The card's visit, while it is its person's and goes on."""
    visit, token = presence.visit(reply.decision.visit), reply.decision.token
    # The visit may be another person's by now.
    return visit if visit is not None and token is not None and visit.token == token else None


def _named(reply: OfferReply) -> Sku | None:
    """The product said: the one named, if it is on the card; the card's talking point where none is."""
    shown = [slot.sku for slot in reply.decision.slots]
    if reply.sku is not None:
        return reply.sku if reply.sku in shown else None
    return shown[0] if shown else None
