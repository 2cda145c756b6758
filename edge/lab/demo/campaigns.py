"""Campaigns of the demo: the grocer's real ones, one of which learns its words while another tests them.

``seed`` takes its campaigns from here, ``coupons`` the creatives of its offers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from edge.lab.demo.wording import headline, money, plain, spanish_headline

PRICE, IDEA = "price", "idea"
"""The two ways in which the demo words an offer."""

Body = dict[str, object]


def saving(discount_cents: int, category: str) -> Body:
    """The creative that speaks of the price, in English and Spanish."""
    return {
        "id": PRICE,
        "modules": {
            "en": {
                "headline": headline(discount_cents, category),
                "text": "Taken off at the till.",
            },
            "es": {
                "headline": spanish_headline(discount_cents),
                "text": "Se descuenta en caja.",
            },
        },
    }


def idea(discount_cents: int, category: str) -> Body:
    """The creative that speaks of what to have, in English and Spanish."""
    off = money(discount_cents)
    return {
        "id": IDEA,
        "modules": {
            "en": {
                "headline": f"A good week for {plain(category)}: {off} off",
                "text": "While it is on the shelf.",
            },
            "es": {
                "headline": f"Buena semana: {off} menos",
                "text": "Mientras haya en la tienda.",
            },
        },
    }


def portfolio(offers: Iterable[Mapping[str, object]]) -> tuple[Sequence[Body], Sequence[Body]]:
    """The campaigns of ``offers``, a tenth held out of each, and the offers with all their creatives.

    The largest campaign learns which of its two creatives works; of the others with more than one offer, the
    one that begins first tests them against each other.
    """
    told = [dict(offer) for offer in offers]
    count = Counter(str(offer["campaign"]) for offer in told)
    begins = {str(offer["campaign"]): str(offer["starts_at"]) for offer in told}
    # The id settles a tie, so that every demo has the same roles.
    largest = min(count, key=lambda id_: (-count[id_], id_), default="")
    others = [id_ for id_ in count if id_ != largest and count[id_] > 1]
    first = min(others, key=lambda id_: (begins[id_], -count[id_], id_), default="")
    roles: dict[str, Body] = {largest: {"bandit": True}, first: _tested()}
    for offer in told:
        cents, said = offer["discount_cents"], offer["creatives"]
        if offer["campaign"] in roles and isinstance(cents, int) and isinstance(said, list):
            offer["creatives"] = [*said, idea(cents, str(offer["category"]))]
    return [_campaign(id_, told, roles.get(id_, {})) for id_ in sorted(count)], told


def _campaign(id_: str, offers: Iterable[Body], role: Body) -> Body:
    own = [offer for offer in offers if offer["campaign"] == id_]
    return {
        "id": id_,
        "name": f"Coupons of {id_.replace('-', ' ')}",
        "starts_at": min(str(offer["starts_at"]) for offer in own),
        "ends_at": max(str(offer["ends_at"]) for offer in own),
        "holdout_pct": 10,
        **role,
    }


def _tested() -> Body:
    return {"variants": [{"name": name, "creatives": [name]} for name in (PRICE, IDEA)]}
