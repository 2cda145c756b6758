"""A file of offers: read strictly, and held against what is sold and offered in the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from edge.domain.ids import ItemKey, Sku
from edge.domain.offer import Offer
from edge.errors import SettingsInvalid
from edge.incoming import OfferBody, offer_of

# A thousand offers with their products, and a file that costs nothing if it is the wrong one.
_LIMIT_BYTES = 8 * 2**20
# Products that a sentence names.
_NAMED = 5


class OfferLine(OfferBody):
    """One offer in a file; a mistyped field is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OfferFile(BaseModel):
    """All offers of a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    offers: tuple[OfferLine, ...] = Field(min_length=1, max_length=5_000)


class Sold(NamedTuple):
    """What a check must know of a product."""

    key: ItemKey
    price_cents: int


_LINES = TypeAdapter(OfferFile)


def read_offers(file: Path) -> OfferFile:
    """The offers of ``file``, a list in YAML or JSON.

    Raises:
        SettingsInvalid: it is too large, no list, or has something in it that no offer has.
    """
    data = file.read_bytes()
    if len(data) > _LIMIT_BYTES:
        raise SettingsInvalid(
            f"{file}: {len(data)} bytes; a file of offers has at most {_LIMIT_BYTES}"
        )
    try:
        return _LINES.validate_python({"offers": yaml.safe_load(data)})
    except yaml.YAMLError as error:
        raise SettingsInvalid(f"{file}: {str(error).splitlines()[0]}") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsInvalid(f"{file}: {where}: {first['msg']}") from None


def problems(
    offered: OfferFile, sold: Mapping[Sku, Sold], standing: Iterable[Offer], at: datetime
) -> list[str]:
    """Why these offers may not be published at business time ``at``; empty where they may.

    Args:
        offered: The file.
        sold: What the store sells.
        standing: The offers it has; one of the same id is replaced.
        at: Business time.
    """
    ids = [offer.id for offer in offered.offers]
    found = [
        f"offer {id_}: it is in the file twice"
        for id_ in sorted({i for i in ids if ids.count(i) > 1})
    ]
    for offer in offered.offers:
        found += _dates(offer, at)
        found += _products(offer, sold)
    coming = [offer_of(offer) for offer in offered.offers]
    return found + list(_collisions(coming, [one for one in standing if one.id not in ids]))


def _dates(offer: OfferLine, at: datetime) -> Iterator[str]:
    if offer.ends_at <= at:
        yield f"offer {offer.id}: it ended at {offer.ends_at:%Y-%m-%d %H:%M}, before now"


def _products(offer: OfferLine, sold: Mapping[Sku, Sold]) -> Iterator[str]:
    unknown = [sku for sku in offer.skus if Sku(sku) not in sold]
    if unknown:
        yield f"offer {offer.id}: not sold here: {', '.join(unknown[:_NAMED])} ({len(unknown)} in all)"
    free = [
        s
        for s in offer.skus
        if Sku(s) in sold and sold[Sku(s)].price_cents <= offer.discount_cents
    ]
    if free:
        yield f"offer {offer.id}: {offer.discount_cents} cents off is the whole price of {free[0]}"


def _collisions(coming: Sequence[Offer], standing: Sequence[Offer]) -> Iterator[str]:
    """Two offers on one product at one time: nobody could say which of them the till takes."""
    by_item: dict[ItemKey, list[Offer]] = {}
    for offer in standing:
        for item in offer.items:
            by_item.setdefault(item, []).append(offer)
    told = set[tuple[str, str]]()
    for offer in coming:
        for item in offer.items:
            for other in by_item.setdefault(item, []):
                pair = (offer.id, other.id)
                if offer.id != other.id and pair not in told and _overlap(offer, other):
                    told.add(pair)
                    yield f"offer {offer.id}: at some time it is on the same product as offer {other.id}"
            by_item[item].append(offer)


def _overlap(one: Offer, other: Offer) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at
