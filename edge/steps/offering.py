"""Which offers may stand on which candidates, and by which rule the others may not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge.domain.audience import Fact
from edge.domain.decision import Rule
from edge.domain.experiment import Arm
from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import EVERYBODY, Offer
from edge.steps.context import Context
from edge.steps.experiment import Arms

# A holdout is asked about last: what it takes away is then exactly what the treated get.
_HOLDOUT = Rule.OFFER_HELD_OUT


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """Offers by item, largest discount first; ``withheld`` are those that nothing but a holdout takes away."""

    permitted: Mapping[ItemKey, Sequence[Offer]]
    withheld: Mapping[ItemKey, Sequence[Offer]]
    lost: Mapping[tuple[ItemKey, OfferId], Rule]


def permit(context: Context, items: set[ItemKey], arms: Arms) -> Offering:
    """Ask every rule about each offer on one of ``items``; an offer is asked about once."""
    by_item = context.standing.by_item
    judge = _Judge(context, arms)
    permitted, withheld = dict[ItemKey, list[Offer]](), dict[ItemKey, list[Offer]]()
    lost = dict[tuple[ItemKey, OfferId], Rule]()
    for key in sorted(by_item.keys() & items):
        for offer in by_item[key]:
            rule = judge.answers[offer.id] if offer.id in judge.answers else judge.rule(offer)
            if rule is None:
                permitted.setdefault(key, []).append(offer)
                continue
            lost[key, offer.id] = rule
            if rule is _HOLDOUT:
                withheld.setdefault(key, []).append(offer)
    return Offering(permitted=permitted, withheld=withheld, lost=lost)


def crowded_out(context: Context, wanted: Iterable[Offer]) -> Mapping[OfferId, Rule]:
    """Of offers in the order of their worth, those for which the ones before leave this person no room this week.

    A screen with several offers of one campaign, category or person counts as many showings.
    """
    room, lost, seen = _Room(context), dict[OfferId, Rule](), set[OfferId]()
    if context.inputs.token is None:
        return lost
    for offer in wanted:
        if offer.id not in seen:
            seen.add(offer.id)
            rule = room.lack(offer)
            if rule is None:
                room.take(offer)
            else:
                lost[offer.id] = rule
    return lost


class _Room:
    """How much more of a campaign, a category and anything at all this person may be shown this week."""

    def __init__(self, context: Context) -> None:
        given = context.inputs
        self._tuning = context.catalogue.tuning
        self._known = context.catalogue.campaigns
        self._campaigns = Counter(given.campaign_exposures)
        self._categories = Counter(given.category_exposures)
        self._touches = sum(given.exposures.values())

    def lack(self, offer: Offer) -> Rule | None:
        """The cap that leaves none for ``offer``, if any."""
        campaign = self._known.get(offer.campaign)
        limit = None if campaign is None else campaign.weekly_cap
        if limit is not None and self._campaigns[offer.campaign] >= limit:
            return Rule.CAMPAIGN_CAPPED
        if self._categories[offer.category] >= self._tuning.category_cap:
            return Rule.CATEGORY_CAPPED
        return Rule.PERSON_CAPPED if self._touches >= self._tuning.person_cap else None

    def take(self, offer: Offer) -> None:
        """``offer`` is shown once more."""
        self._campaigns[offer.campaign] += 1
        self._categories[offer.category] += 1
        self._touches += 1


class _Judge:
    """The rules, in their order; each offer's answer is kept for its other items."""

    def __init__(self, context: Context, arms: Arms) -> None:
        self._context = context
        self._inputs = context.inputs
        self._arms = arms
        self._campaigns = context.catalogue.campaigns
        self._spent = frozenset(context.inputs.spent)
        self._room = _Room(context)
        self.answers = dict[OfferId, Rule | None]()
        self._speaking = dict[str, bool]()
        self._facts: Mapping[str, Fact] | None = None
        known = context.catalogue.offers_by_id
        self._elsewhere = [known[id_] for id_ in context.inputs.elsewhere if id_ in known]

    def rule(self, offer: Offer) -> Rule | None:
        """Why ``offer`` may not stand here now, if anything."""
        found = self.answers[offer.id] = (
            self._of_the_store(offer)
            or self._of_the_audience(offer)
            or self._of_the_caps(offer)
            or self._of_the_tests(offer)
        )
        return found

    def _of_the_store(self, offer: Offer) -> Rule | None:
        if not self._speaks(offer.campaign):
            return Rule.OFFER_QUIET
        if offer.id in self._spent:
            return Rule.OFFER_SPENT
        given = self._inputs.given.get(offer.id, 0)
        if offer.per_person is not None and given >= offer.per_person:
            return Rule.OFFER_GIVEN
        return None

    def _speaks(self, name: str) -> bool:
        found = self._speaking.get(name)
        if found is None:
            campaign, moment = self._campaigns.get(name), self._context.view.moment
            found = campaign is None or campaign.speaks(moment.weekday + 1, moment.hour)
            self._speaking[name] = found
        return found

    def _of_the_audience(self, offer: Offer) -> Rule | None:
        if offer.segment != EVERYBODY and offer.segment not in self._inputs.segments:
            return Rule.OFFER_AUDIENCE
        if offer.audience:
            condition = self._context.catalogue.audiences[offer.audience]
            if self._facts is None:
                self._facts = self._context.facts()
            if not condition.holds(self._facts):
                return Rule.OFFER_AUDIENCE
        return None

    def _of_the_caps(self, offer: Offer) -> Rule | None:
        inputs, tuning = self._inputs, self._context.catalogue.tuning
        shown = inputs.exposures.get(offer.id, 0)
        if shown >= offer.weekly_cap:
            return Rule.OFFER_CAPPED
        if shown >= offer.weekly_cap >> inputs.ignored.get(offer.id, 0) // tuning.patience:
            return Rule.OFFER_BACKED_OFF
        lack = self._room.lack(offer)
        if lack is not None:
            return lack
        clashes = any(map(offer.contradicts, self._elsewhere))
        return Rule.OFFER_CONFLICT if clashes else None

    def _of_the_tests(self, offer: Offer) -> Rule | None:
        arm, variant = self._arms.of(offer.campaign)
        if arm is Arm.OUTSIDE and self._inputs.token is not None:
            return Rule.OFFER_OTHER_TEST
        if variant is not None and variant.offers and offer.id not in variant.offers:
            return Rule.OFFER_OTHER_ARM
        if Arm.HELD_OUT in (self._arms.everywhere, arm):
            return _HOLDOUT
        return None
