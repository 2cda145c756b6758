"""Bonus challenges in the store: cards are drawn at arrival, filled by paid baskets, and told on private screens.

Side effects ask it at arrivals and sales; rows go into the transition's change set, reasons onto the screens.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from pydantic import JsonValue

from edge.domain.basket import TillBasket
from edge.domain.booked_sale import BookedSale
from edge.domain.catalogue import Catalogue
from edge.domain.challenge import (
    CardCandidates,
    CardSale,
    Challenge,
    ChallengeCard,
    ChallengeGoal,
    ChallengeReward,
    first_day_of,
    goals_of,
    week_of,
)
from edge.domain.decision import Rule
from edge.domain.event import StoreEvent
from edge.domain.ids import BasketId, ItemKey, Sku, Token
from edge.domain.store_site import StoreSite
from edge.domain.visit import Visit
from edge.state.catalogue import CurrentCatalogue
from edge.state.customers import CustomerCache
from edge.state.decider import MadeDecision
from edge.state.presence import Presence
from edge.storage.catalogue import challenges
from edge.storage.database import Database
from models.items import item_key
from models.strategies.p_topfreq import p_topfreq_25

# Far more than are ever in a shop at once.
_IN_MIND = 2_000
# So many of a person's most frequent products are looked at to find some that may be named.
_USUAL = 24
# What lost to one of these could be bought; the other rules say why it could not, or should not be named.
_OUTDONE = frozenset(
    {Rule.TOO_MUCH_ALIKE, Rule.SAME_NAME, Rule.DUE_FIRST, Rule.PLACE_KEPT, Rule.LOWER_WORTH}
)
_SOURCE = "storeside"
_COMPLETED = "Challenge Completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardUpdate:
    """What a sale did to a person's cards: all of them to be written, and what the centre is told of full ones."""

    cards: tuple[ChallengeCard, ...] = ()
    facts: tuple[StoreEvent, ...] = ()


@dataclass(slots=True, kw_only=True)
class _PersonCards:
    """One person's cards, by challenge; of ``week`` those that could be drawn have been."""

    cards: dict[str, ChallengeCard] = field(default_factory=dict[str, ChallengeCard])
    week: int | None = None


class Challenges:
    """Everybody's cards in reach. What is in an unpaid basket counts only as long as it lies there."""

    def __init__(
        self,
        *,
        presence: Presence,
        people: CustomerCache,
        catalogue: CurrentCatalogue,
        site: StoreSite,
        database: Database,
    ) -> None:
        self._floor = presence
        self._people = people
        self._catalogue = catalogue
        self._site = site
        self._database = database
        self._hands: OrderedDict[Token, _PersonCards] = OrderedDict()

    def draw(self, made: MadeDecision, at: datetime) -> tuple[ChallengeCard, ...]:
        """New cards of the week for the decision's person, from what the decision knew of them.

        To be asked only where they agreed to personal content on private screens. A second time in a week
        there are none.
        """
        token, catalogue = made.decision.token, self._catalogue.in_force
        if token is None or catalogue is None or made.evidence.profile is None:
            return ()
        hand, week = self._hand(token, at), week_of(made.inputs.day)
        if hand.week == week:
            return ()
        # Marked also where nothing comes of it: not every screen of the week draws anew.
        hand.week = week
        live = (c for c in self._database.read(challenges.every) if c.is_live(at))
        drawn = tuple(
            card
            for challenge in live
            # After a restart the week is forgotten, the cards on disk are not.
            if challenge.id not in hand.cards
            and (card := self._drawn(challenge, made, catalogue)) is not None
        )
        hand.cards |= {card.challenge: card for card in drawn}
        return drawn

    def fill(self, basket: TillBasket, visit: Visit, at: datetime) -> CardUpdate:
        """A person has paid. To be asked only where they agreed to personal content on private screens.

        All their cards come back, unchanged ones too: what a failed write has left out is written then.
        """
        if visit.token is None:
            return CardUpdate()
        hand, facts = self._hand(visit.token, at), list[StoreEvent]()
        for name, card in hand.cards.items():
            after = card.paid(basket.id, frozenset(basket.skus), at)
            hand.cards[name] = after
            if after.rewarded_at is not None and card.rewarded_at is None:
                self._give(visit.token, after, at)
                facts.append(_completed(after, visit, basket.id, at))
        return CardUpdate(cards=tuple(hand.cards.values()), facts=tuple(facts))

    def correct(
        self, sale: BookedSale, later: Sequence[BookedSale], signal: str, at: datetime
    ) -> CardUpdate:
        """The buyer's cards as if ``sale`` had always been what it now is. ``later``: what they bought since.

        ``signal`` names the facts that follow; those cards come back that are changed.
        """
        token = sale.token
        if token is None:
            return CardUpdate()
        cards, facts = list[ChallengeCard](), list[StoreEvent]()
        for card in self._cards_at(token, sale.at):
            after = card.paid_anew(
                [
                    CardSale(s.id, frozenset(line.sku for line in s.standing), s.at)
                    for s in (sale, *later)
                    if (card.challenge, card.week) in s.cards
                ]
            )
            if after == card:
                continue
            cards.append(after)
            self._replace(token, card, after, at)
            if (card.rewarded_at is None) is not (after.rewarded_at is None):
                facts.append(_turned(after, sale, signal, at))
        return CardUpdate(cards=tuple(cards), facts=tuple(facts))

    def slots(self, token: Token | None, at: datetime) -> dict[str, JsonValue]:
        """What a private screen or the till is told of this person's cards; nothing where there are none.

        ``left`` counts what is missing, the open basket taken into account; with one item ``nudge`` names it.
        A full card in an open basket says so before it is paid, so that the till can give the reward at once.
        """
        if token is None:
            return {}
        visit = self._floor.of_person(token)
        basket = None if visit is None else self._floor.basket(visit.basket)
        skus = frozenset[Sku]() if basket is None else frozenset(basket.skus)
        cards = [c for c in self._hand(token, at).cards.values() if c.until > at]
        told: list[JsonValue] = [self._told(card, skus) for card in cards]
        return {"challenges": told} if told else {}

    def forget(self, token: Token) -> None:
        """Out of mind: somebody was erased."""
        self._hands.pop(token, None)

    def _hand(self, token: Token, at: datetime) -> _PersonCards:
        hand = self._hands.get(token)
        if hand is None:
            found = self._database.read(partial(challenges.of, token=token, at=at))
            hand = _PersonCards(cards={card.challenge: card for card in found})
            self._hands[token] = hand
            # Out of mind is not lost: the cards are on disk.
            while len(self._hands) > _IN_MIND:
                self._hands.popitem(last=False)
        self._hands.move_to_end(token)
        hand.cards = {name: card for name, card in hand.cards.items() if card.until > at}
        return hand

    def _cards_at(self, token: Token, at: datetime) -> tuple[ChallengeCard, ...]:
        """The person's cards that counted at ``at``, over by now or not; what is in mind is newer than the disk."""
        stored = self._database.read(partial(challenges.of, token=token, at=at))
        hand = self._hands.get(token)
        here = () if hand is None else tuple(hand.cards.values())
        return tuple({(c.challenge, c.week): c for c in (*stored, *here)}.values())

    def _replace(
        self, token: Token, before: ChallengeCard, after: ChallengeCard, at: datetime
    ) -> None:
        hand = self._hands.get(token)
        if hand is not None and hand.cards.get(after.challenge) == before:
            hand.cards[after.challenge] = after
        if before.rewarded_at is not None and after.rewarded_at is None:
            self._take_back(token, after, at)
        if before.rewarded_at is None and after.rewarded_at is not None:
            self._give(token, after, at)

    def _drawn(
        self, challenge: Challenge, made: MadeDecision, catalogue: Catalogue
    ) -> ChallengeCard | None:
        """The card, if there are items enough and the reward is one that the store can give."""
        token, reward = made.decision.token, _reward(challenge, catalogue, made.inputs.at)
        if token is None or reward is None:
            return None
        week = week_of(made.inputs.day)
        stock = CardCandidates(
            usual=self._usual(made, catalogue), new=self._new(made, catalogue)
        )
        goals = goals_of(challenge, token, week, stock)
        if not goals:
            return None
        monday = self._site.begins(first_day_of(week + 1))
        return ChallengeCard(
            token=token,
            challenge=challenge.id,
            week=week,
            headline=challenge.headline,
            goals=goals,
            reward=reward,
            decision=made.decision.id,
            until=min(monday, challenge.ends_at),
        )

    def _usual(self, made: MadeDecision, catalogue: Catalogue) -> Sequence[Sku]:
        """What they buy most, of what may be named here and is to be had, best first."""
        profile = made.evidence.profile
        if profile is None:
            return ()
        keys = (ItemKey(int(key)) for key in p_topfreq_25(profile, _USUAL))
        # Nothing sensitive is named on a screen, and nobody is sent to an empty shelf.
        barred = catalogue.sensitive | frozenset(self._catalogue.out_of_stock)
        return [
            catalogue.products[k].sku for k in keys if k in catalogue.products.keys() - barred
        ]

    def _new(self, made: MadeDecision, catalogue: Catalogue) -> Sequence[Sku]:
        """What they never bought, by the chance that the decision gave it; ties go by the product's number."""
        profile = made.evidence.profile
        bought = frozenset[int]() if profile is None else frozenset(profile.keys.tolist())
        lost = (
            (x.points, x.sku)
            for x in made.decision.losers
            # A loss that names an offer tells of the offer, not of the product.
            if x.offer is None and x.rule in _OUTDONE
        )
        ranked = sorted(
            {*((c.points, c.sku) for c in made.decision.choices), *lost},
            key=lambda one: (-one[0], one[1]),
        )
        barred = catalogue.sensitive | frozenset(self._catalogue.out_of_stock)
        return [
            sku
            for _, sku in ranked
            if (key := ItemKey(item_key(sku))) not in bought
            and key in catalogue.products
            and key not in barred
        ]

    def _give(self, token: Token, card: ChallengeCard, at: datetime) -> None:
        """Memory follows what the table will write: the reward counts as one more redemption of its offer."""
        if card.reward.offer is None:
            return
        person = self._people.find(token, at)
        if person is not None:
            person.memory.given[card.reward.offer] += 1
        self._catalogue.spending.spend(card.reward.offer, card.challenge, card.reward.cents)

    def _take_back(self, token: Token, card: ChallengeCard, at: datetime) -> None:
        """It was not earned after all: memory follows here, too."""
        if card.reward.offer is None:
            return
        person = self._people.find(token, at)
        if person is not None:
            given = person.memory.given
            given[card.reward.offer] -= 1
            person.memory.given = +given
        self._catalogue.spending.give_back(card.reward.offer, card.challenge, card.reward.cents)

    def _told(self, card: ChallengeCard, basket: frozenset[Sku]) -> JsonValue:
        missing = card.open_goals(basket)
        nudge = f"One item left: {self._name(missing[0].sku)}" if len(missing) == 1 else None
        return {
            "id": card.challenge,
            "headline": card.headline,
            "until": card.until.isoformat(),
            "items": [self._goal(goal, goal not in missing) for goal in card.goals],
            "left": len(missing),
            "nudge": nudge,
            "reward": _reward_told(card.reward),
            "earned": not missing,
            "given": card.rewarded_at is not None,
        }

    def _goal(self, goal: ChallengeGoal, done: bool) -> JsonValue:  # noqa: FBT001 - one of two states of one item
        return {"sku": goal.sku, "name": self._name(goal.sku), "new": goal.new, "done": done}

    def _name(self, sku: Sku) -> str:
        known = self._catalogue.products.get(ItemKey(item_key(sku)))
        return sku if known is None else known.name


def _reward(challenge: Challenge, catalogue: Catalogue, at: datetime) -> ChallengeReward | None:
    """The reward with what it costs today; None where its offer is not one that the store can give."""
    offer = challenge.reward.offer
    if offer is None:
        return challenge.reward
    known = catalogue.offers_by_id.get(offer)
    if known is None or not known.is_live(at):
        return None
    return replace(challenge.reward, cents=known.discount_cents)


def _reward_told(reward: ChallengeReward) -> JsonValue:
    if reward.offer is None:
        return {"points": reward.points}
    return {"offer_id": reward.offer, "cents": reward.cents}


def _completed(card: ChallengeCard, visit: Visit, basket: BasketId, at: datetime) -> StoreEvent:
    """The centre books points by this; its id is the card's and the sale's, so that each counts once."""
    return StoreEvent(
        id=f"{card.decision}.{card.challenge}.{basket}.completed",
        name=_COMPLETED,
        at=at,
        source=_SOURCE,
        visit=visit.id,
        token=visit.token,
        properties=_card_told(card),
    )


def _turned(card: ChallengeCard, sale: BookedSale, signal: str, at: datetime) -> StoreEvent:
    """A correction has emptied a full card, or filled it again: the centre takes the points back, or books them."""
    is_full = card.rewarded_at is not None
    mark = "completed" if is_full else "reversed"
    return StoreEvent(
        id=f"{signal}.{card.decision}.{card.challenge}.{mark}",
        name=_COMPLETED if is_full else "Challenge Reversed",
        at=at,
        source=_SOURCE,
        visit=sale.visit,
        token=sale.token,
        properties=_card_told(card) | {"sale_id": sale.id},
    )


def _card_told(card: ChallengeCard) -> dict[str, object]:
    return {
        "challenge_id": card.challenge,
        "products": [goal.sku for goal in card.goals],
        "reward": _reward_told(card.reward),
    }
