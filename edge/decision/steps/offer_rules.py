"""Which offers may stand on which candidates, and by which rule the others may not.

`product_rules` asks it of every candidate, `triggers.offering` of one message; the arms are drawn by then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from edge.decision.steps.context import DecisionContext
from edge.decision.steps.experiment import Arms
from edge.domain.audience import ConditionValue
from edge.domain.decision import Rule
from edge.domain.experiment import Arm
from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import EVERYBODY, Offer

# A holdout is asked about last: what it takes away is then exactly what the treated get.
_HOLDOUT = Rule.OFFER_HELD_OUT


@dataclass(frozen=True, slots=True, kw_only=True)
class PermittedOffers:
    """Offers by item, largest discount first; ``withheld`` are those that nothing but a holdout takes away."""

    permitted: Mapping[ItemKey, Sequence[Offer]]
    withheld: Mapping[ItemKey, Sequence[Offer]]
    lost: Mapping[tuple[ItemKey, OfferId], Rule]


def permit(context: DecisionContext, items: set[ItemKey], arms: Arms) -> PermittedOffers:
    """Ask every rule about each offer on one of ``items``; an offer is asked about once."""
    by_item = context.standing.by_item
    judge = _OfferRules(context, arms)
    permitted, withheld = dict[ItemKey, list[Offer]](), dict[ItemKey, list[Offer]]()
    lost = dict[tuple[ItemKey, OfferId], Rule]()
    for key in sorted(by_item.keys() & items):
        for offer in by_item[key]:
            # None is an answer as well, so what counts is whether there is one.
            rule = judge.answers[offer.id] if offer.id in judge.answers else judge.rule(offer)
            if rule is None:
                permitted.setdefault(key, []).append(offer)
                continue
            lost[key, offer.id] = rule
            if rule is _HOLDOUT:
                withheld.setdefault(key, []).append(offer)
    return PermittedOffers(permitted=permitted, withheld=withheld, lost=lost)


def crowded_out(context: DecisionContext, wanted: Iterable[Offer]) -> Mapping[OfferId, Rule]:
    """Of offers in the order of their worth, those for which the ones before leave this person no room this week.

    A screen with several offers of one campaign, category or person counts as many showings.
    """
    room, lost, seen = _CapHeadroom(context), dict[OfferId, Rule](), set[OfferId]()
    # A screen that is nobody's uses up nobody's week.
    if context.inputs.token is None:
        return lost
    for offer in wanted:
        # On several items of a list it is one offer, and one showing.
        if offer.id not in seen:
            seen.add(offer.id)
            rule = room.lack(offer)
            if rule is None:
                room.take(offer)
            else:
                lost[offer.id] = rule
    return lost


class _CapHeadroom:
    """How much more of a campaign, a category and anything at all this person may be shown this week."""

    def __init__(self, context: DecisionContext) -> None:
        given = context.inputs
        self._tuning = context.catalogue.tuning
        self._known = context.catalogue.campaigns
        # Copies: `take` counts into them, and inputs are stored as they were.
        self._campaigns = Counter(given.campaign_exposures)
        self._categories = Counter(given.category_exposures)
        self._touches = sum(given.exposures.values())
        self._promised = frozenset(given.promised)

    def lack(self, offer: Offer) -> Rule | None:
        """The cap that leaves none for ``offer``, if any; what was promised in this visit has been counted."""
        if offer.id in self._promised:
            return None
        return self.lack_of(offer.campaign) or self.lack_beside(offer)

    def lack_of(self, name: str) -> Rule | None:
        """The campaign's own cap, if that leaves none."""
        campaign = self._known.get(name)
        limit = None if campaign is None else campaign.weekly_cap
        capped = limit is not None and self._campaigns.get(name, 0) >= limit
        return Rule.CAMPAIGN_CAPPED if capped else None

    def lack_beside(self, offer: Offer) -> Rule | None:
        """Another cap than its campaign's, if one leaves none."""
        if self._categories.get(offer.category, 0) >= self._tuning.category_cap:
            return Rule.CATEGORY_CAPPED
        return Rule.PERSON_CAPPED if self._touches >= self._tuning.person_cap else None

    def take(self, offer: Offer) -> None:
        """``offer`` is shown, which counts once a visit."""
        if offer.id in self._promised:
            return
        self._campaigns[offer.campaign] += 1
        self._categories[offer.category] += 1
        self._touches += 1


class _CampaignRules(NamedTuple):
    """What is the same of all offers of one campaign: its hours, its own cap, its tests. ``only``: an arm's offers."""

    quiet: Rule | None
    capped: Rule | None
    test: Rule | None
    only: tuple[str, ...]


class _OfferRules:
    """The rules, in their order; each offer's answer is kept for its other items, each campaign's for its offers."""

    def __init__(self, context: DecisionContext, arms: Arms) -> None:
        self._context = context
        self._inputs = context.inputs
        self._arms = arms
        self._spent = frozenset(context.inputs.spent)
        self._promised = frozenset(context.inputs.promised)
        self._room = _CapHeadroom(context)
        self.answers = dict[OfferId, Rule | None]()
        self._gists = dict[str, _CampaignRules]()
        # Gathered when the first condition asks: it goes through all that the person ever bought.
        self._facts: Mapping[str, ConditionValue] | None = None
        known = context.catalogue.offers_by_id
        # An offer that was taken out meanwhile can contradict nothing.
        self._elsewhere = [known[id_] for id_ in context.inputs.elsewhere if id_ in known]

    def rule(self, offer: Offer) -> Rule | None:
        """Why ``offer`` may not stand here now, if anything."""
        gist = self._gists.get(offer.campaign) or self._gist(offer.campaign)
        # Tests are asked last: whom an earlier rule turns away is turned away in every arm alike.
        found = self.answers[offer.id] = (
            gist.quiet
            or self._of_the_store(offer)
            or self._of_the_audience(offer)
            or self._of_the_caps(offer, gist)
            or self._of_the_screens(offer)
            or self._of_the_tests(offer, gist)
        )
        return found

    def _gist(self, name: str) -> _CampaignRules:
        campaign = self._context.catalogue.campaigns.get(name)
        moment = self._context.view.moment
        speaks = campaign is None or campaign.speaks(moment.weekday + 1, moment.hour)
        arm, variant = self._arms.of(name)
        # Nobody in particular is outside every test too, and still gets offers.
        outside = arm is Arm.OUTSIDE and self._inputs.token is not None
        held = Arm.HELD_OUT in (self._arms.everywhere, arm)
        found = self._gists[name] = _CampaignRules(
            quiet=None if speaks else Rule.OFFER_QUIET,
            capped=self._room.lack_of(name),
            # Outside goes first: who belongs to another part of the layer is no ghost of this campaign.
            test=Rule.OFFER_OTHER_TEST if outside else _HOLDOUT if held else None,
            only=() if variant is None else variant.offers,
        )
        return found

    def _of_the_store(self, offer: Offer) -> Rule | None:
        if offer.id in self._spent:
            return Rule.OFFER_SPENT
        if offer.per_person is None:
            return None
        given = self._inputs.given.get(offer.id, 0)
        return Rule.OFFER_GIVEN if given >= offer.per_person else None

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

    def _of_the_caps(self, offer: Offer, gist: _CampaignRules) -> Rule | None:
        inputs = self._inputs
        # What this visit was shown stands until it ends: to show it again is no further touch.
        if offer.id in self._promised:
            return None
        shown = inputs.exposures.get(offer.id, 0)
        if shown >= offer.weekly_cap:
            return Rule.OFFER_CAPPED
        ignored = inputs.ignored.get(offer.id, 0)
        # Halved for each `patience` in a row that were ignored; once that is nought the offer is silent.
        if (
            ignored
            and shown >= offer.weekly_cap >> ignored // self._context.catalogue.tuning.patience
        ):
            return Rule.OFFER_BACKED_OFF
        return gist.capped or self._room.lack_beside(offer)

    def _of_the_screens(self, offer: Offer) -> Rule | None:
        clashes = self._elsewhere and any(map(offer.contradicts, self._elsewhere))
        return Rule.OFFER_CONFLICT if clashes else None

    def _of_the_tests(self, offer: Offer, gist: _CampaignRules) -> Rule | None:
        # Outside, the drawn variant is nobody's: the test itself has the word.
        if gist.only and offer.id not in gist.only and gist.test is not Rule.OFFER_OTHER_TEST:
            return Rule.OFFER_OTHER_ARM
        return gist.test
