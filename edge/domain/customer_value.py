"""What a person's own trips say of the weeks ahead, as facts that conditions may read.

The decision's context asks for its audience, and triggers for theirs; the formulas are the models'.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edge.domain.audience import FACTS, ConditionValue
from edge.domain.catalogue import Product
from edge.domain.ids import ItemKey
from models.features.customer_value import CustomerBase, outlook
from models.features.profile import Profile

CHURN_RISK, EXPECTED_TRIPS, VALUE = "churn_risk_pct", "expected_trips", "value_cents"

NO_OUTLOOK: Mapping[str, ConditionValue] = {
    name: FACTS[name][0] for name in (CHURN_RISK, EXPECTED_TRIPS, VALUE)
}
"""Of nobody, and of who has made no trip, nothing is foretold."""


def outlook_facts(
    base: CustomerBase, profile: Profile, day: int, products: Mapping[ItemKey, Product]
) -> Mapping[str, ConditionValue]:
    """By the trips before local ``day``; what is no longer sold costs nothing."""
    known = (products.get(ItemKey(key)) for key in profile.keys.tolist())
    cents = (0 if product is None else product.price_cents for product in known)
    found = outlook(base, profile, day, np.fromiter(cents, np.int64, len(profile)))
    if found is None:
        return NO_OUTLOOK
    # Whole numbers, as all facts: rounded down, so that "at least two" is true of two and more only.
    return {
        CHURN_RISK: int(found.churn_risk * 100),
        EXPECTED_TRIPS: int(found.trips),
        VALUE: int(found.spend_cents),
    }
