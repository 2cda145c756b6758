"""Why this and not that: one stored decision in plain English, for a store engineer, an auditor or the person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from edge.domain.catalogue import Catalogue
from edge.domain.decision import Choice, Decision, Inputs, Kind, Loser, Rule, Rung
from edge.domain.ids import ItemKey
from edge.domain.placement import PLACEMENTS
from edge.journal import label, who
from models.items import item_key

_BEST = 5
_DIGEST = 12

_PLACES: Mapping[str, str] = {
    "arrival": "the list made at arrival, which no screen shows",
    "display-zone": "the public display",
    "kiosk-home": "the kiosk",
    "phone-home": "their own phone",
    "tablet-card": "an associate's tablet",
    "till-addon": "the till",
}
_KINDS: Mapping[Kind, str] = {
    Kind.PERSONAL: "chosen with the person's habits",
    Kind.CONTEXT: "chosen from what fits everybody here and now",
    Kind.FALLBACK: "nothing could be chosen",
}
_RULES: Mapping[Rule, str] = {
    Rule.NOT_SOLD_HERE: "not sold in this store",
    Rule.IN_BASKET: "already in the basket",
    Rule.JUST_BOUGHT: "bought a moment ago",
    Rule.OUT_OF_STOCK: "none left on the shelf",
    Rule.SENSITIVE_IN_PUBLIC: "too private for a public screen",
    Rule.OFFER_CAPPED: "shown often enough this week",
    Rule.OFFER_HELD_OUT: "withheld, so that the effect of offers can be measured",
    Rule.OFFER_CONFLICT: "another offer of its category is on their other screens",
    Rule.TOO_MUCH_ALIKE: "enough of that category is shown already",
    Rule.LOWER_WORTH: "worth less than those chosen",
}
_SOURCES: Mapping[str, str] = {
    "own": "they buy it",
    "neighbours": "similar shoppers buy it",
    "complement": "it goes with the basket",
    "trending": "it sells well here now",
    "resupply": "they are due for it",
    "offer": "it is on offer",
}
_ARMS: Mapping[str, str] = {
    "treated": "treated: may get offers",
    "held-out": "held out: gets no offers, so that their effect can be measured",
    "outside": "outside the experiment: nobody in particular",
}
_RUNGS: Mapping[Rung, str] = {
    Rung.USE: "used as it is",
    Rung.DEGRADE: "old, used with care",
    Rung.DROP: "too old, left out",
}


def explain(decision: Decision, inputs: Inputs, names: Mapping[str, str]) -> str:
    """Several lines: what was shown, whose data it stood on, how old that was, what won and what lost to which rule.

    ``names`` are products by SKU; one without a name goes by its number. No line holds a token.
    """
    return "\n".join(
        (
            *_shown(decision, inputs),
            *_person(decision, inputs),
            *_situation(inputs),
            *_ages(decision, inputs),
            *_winners(decision, names),
            *_losers(decision, names),
            *_maker(decision, inputs),
        )
    )


def tell(decision: Decision) -> str:
    """One sentence to the person themselves: what they were shown and why."""
    place = _PLACES.get(decision.placement, decision.placement)
    if not decision.slots:
        return f"On {place}, at {_clock(decision.at)}: nothing was chosen for you."
    shown = "; ".join(f"{s.headline} ({s.reason.lower()})" for s in decision.slots)
    data = (
        f"chosen with your earlier purchases, as you allowed ({_listed(decision.purposes)})"
        if decision.kind is Kind.PERSONAL
        else "chosen without your data"
    )
    return f"On {place}, at {_clock(decision.at)}: {shown} – {data}."


def names_in(catalogue: Catalogue, decision: Decision) -> dict[str, str]:
    """The names of the products that ``decision`` speaks of, as far as the catalogue knows them."""
    skus = {one.sku for one in (*decision.choices, *decision.losers)}
    found = {sku: catalogue.products.get(ItemKey(item_key(sku))) for sku in skus}
    return {sku: product.name for sku, product in found.items() if product is not None}
