"""What is sold here and at which terms, kept in memory and under one digest until the centre changes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from pydantic import TypeAdapter

from edge.domain.catalogue import Catalogue, Product, Tuning
from edge.domain.ids import ItemKey, digest_of
from edge.domain.offer import Offer
from edge.domain.promotion import Promotion

_PRODUCTS = TypeAdapter(tuple[Product, ...])
_OFFERS = TypeAdapter(tuple[Offer, ...])
_TUNING = TypeAdapter(Tuning)


def catalogue_of(
    products: Iterable[Product],
    offers: Iterable[Offer],
    sensitive_categories: frozenset[str],
    tuning: Tuning,
    promotions: Iterable[Promotion] = (),
) -> tuple[Catalogue, bytes]:
    """The catalogue of these products, offers, rules and promotions, and the bytes that its digest names.

    Items of a sensitive category (compared with department and category, without case) get no public place.
    """
    ordered = tuple(sorted(products, key=lambda p: p.key))
    live = tuple(sorted(offers, key=lambda o: o.id))
    promoted = tuple(promotions)
    body = json.dumps(
        {
            "products": _PRODUCTS.dump_python(ordered, mode="json"),
            "offers": _OFFERS.dump_python(live, mode="json"),
            "sensitive": sorted(sensitive_categories),
            "tuning": _TUNING.dump_python(tuning, mode="json"),
            "promotions": promoted,
        },
        separators=(",", ":"),
        sort_keys=True,
    ).encode()
    built = _built(ordered, live, sensitive_categories, tuning, digest_of(body))
    return replace(built, promotions=promoted), body


def catalogue_from(body: bytes) -> Catalogue:
    """The catalogue that ``catalogue_of`` wrote, for a replay."""
    read = json.loads(body)
    built = _built(
        _PRODUCTS.validate_python(read["products"]),
        _OFFERS.validate_json(json.dumps(read["offers"])),
        frozenset(read["sensitive"]),
        _TUNING.validate_python(read["tuning"]),
        digest_of(body),
    )
    # A catalogue of an earlier release knows of none.
    told = [Promotion(*row) for row in read.get("promotions", ())]
    return replace(built, promotions=tuple(told))


def _built(
    products: tuple[Product, ...],
    offers: tuple[Offer, ...],
    sensitive_categories: frozenset[str],
    tuning: Tuning,
    digest: str,
) -> Catalogue:
    names = {name.casefold() for name in sensitive_categories}
    return Catalogue(
        digest=digest,
        products={p.key: p for p in products},
        offers=offers,
        sensitive=frozenset(
            p.key for p in products if {p.category.casefold(), p.department.casefold()} & names
        ),
        tuning=tuning,
        offers_by_id={o.id: o for o in offers},
    )


class Ages:
    """When each input was last heard of, in business time; from it the freshness rung of a decision."""

    def __init__(self) -> None:
        self._heard: dict[str, datetime] = {}

    def heard(self, name: str, at: datetime) -> None:
        """``name`` was brought up to date at ``at``."""
        self._heard[name] = max(at, self._heard.get(name, at))

    def in_seconds(self, now: datetime) -> dict[str, int]:
        """Whole seconds since each input was heard of, by name; never negative."""
        return {
            name: max(0, int((now - at).total_seconds()))
            for name, at in sorted(self._heard.items())
        }


class Stock:
    """Pieces on hand by product; a product never heard of is taken to be there."""

    def __init__(self, on_hand: Mapping[ItemKey, int]) -> None:
        self._on_hand = dict(on_hand)

    @property
    def out(self) -> tuple[ItemKey, ...]:
        """Products with nothing left, ascending."""
        return tuple(sorted(key for key, left in self._on_hand.items() if left <= 0))

    def take(self, key: ItemKey, quantity: int) -> None:
        """Sold: fewer by ``quantity``, never below none."""
        if key in self._on_hand:
            self._on_hand[key] = max(0, self._on_hand[key] - quantity)
