"""What places, rules, claims and sources are called when a decision is told in plain English.

Explanations read it; screens have their own words, which the step `content` writes.
"""

from __future__ import annotations

from collections.abc import Mapping

from edge.domain.decision import ContentKind, InputFreshness, Rule, SlotClaim
from edge.domain.placement import PLACEMENTS

PLACES: Mapping[str, str] = {place.name: place.words.one for place in PLACEMENTS.values()}
KINDS: Mapping[ContentKind, str] = {
    ContentKind.PERSONAL: "chosen with the person's habits",
    ContentKind.CONTEXT: "chosen from what fits everybody here and now",
    ContentKind.FALLBACK: "nothing could be chosen",
}
RULES: Mapping[Rule, str] = {
    Rule.NOT_SOLD_HERE: "not sold in this store",
    Rule.IN_BASKET: "already in the basket",
    Rule.JUST_BOUGHT: "bought a moment ago",
    Rule.SUBSTITUTE_BOUGHT: "something that serves instead was bought a moment ago",
    Rule.REJECTED: "they said it is not for them",
    Rule.OUT_OF_STOCK: "none left on the shelf",
    Rule.SENSITIVE_IN_PUBLIC: "too private for a public screen",
    Rule.OFFER_QUIET: "its campaign does not speak at this hour",
    Rule.OFFER_SPENT: "the store has no more of this offer to give",
    Rule.OFFER_GIVEN: "they had this offer already",
    Rule.OFFER_AUDIENCE: "its offer is meant for other people",
    Rule.OFFER_OTHER_TEST: "they belong to another test of its layer",
    Rule.OFFER_OTHER_ARM: "another arm of its test shows this",
    Rule.OFFER_HELD_OUT: "withheld, so that the effect of offers can be measured",
    Rule.OFFER_CAPPED: "shown often enough this week",
    Rule.OFFER_BACKED_OFF: "shown less often, because it was not taken up",
    Rule.CAMPAIGN_CAPPED: "enough of its campaign was shown this week",
    Rule.CATEGORY_CAPPED: "enough offers of its category were shown this week",
    Rule.PERSON_CAPPED: "enough offers of any kind were shown this week",
    Rule.OFFER_CONFLICT: "another offer of its category is on their other screens",
    Rule.OFFER_OUTDONE: "a better offer on the same product is shown",
    Rule.TOO_MUCH_ALIKE: "enough of that category is shown already",
    Rule.SAME_NAME: "it reads the same as something that is shown",
    Rule.DUE_FIRST: "not something they buy; what they are due for came first",
    Rule.PLACE_KEPT: "its place is kept for something else",
    Rule.LOWER_WORTH: "worth less than those chosen",
}
SOURCES: Mapping[str, str] = {
    "own": "they buy it",
    "neighbours": "similar shoppers buy it",
    "complement": "it goes with the basket",
    "trending": "it sells well here now",
    "resupply": "they are due for it",
    "offer": "it is on offer",
    "anniversary": "they bought it this time last year, and at no other",
    "strategy": "the place's strategy lists it",
    "range": "it is in the store's range; nothing more is known of it yet",
    "discovery": "of a category they never bought, near to what they buy",
}
CLAIMS: Mapping[SlotClaim, str] = {
    SlotClaim.DUE: "comes before what they do not buy",
    SlotClaim.COMPLEMENT: "in a place kept for what goes with the basket",
    SlotClaim.EXPLORE: "new for them, in a place kept for what they never bought",
}
ARMS: Mapping[str, str] = {
    "treated": "treated: may get offers",
    "held-out": "held out: gets no offers, so that their effect can be measured",
    "outside": "outside the experiment: nobody in particular",
}
RUNGS: Mapping[InputFreshness, str] = {
    InputFreshness.USE: "used as it is",
    InputFreshness.DEGRADE: "used with care",
    InputFreshness.DROP: "too old, left out",
}
