"""The chances by which creatives are drawn, learnt from what this store showed and what was taken up.

`CatalogueRefresh` asks every minute and puts them beside the catalogue; the step `creatives` draws by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zlib import crc32

import numpy as np

from edge.decision.codec import odds_to
from edge.domain.catalogue import Catalogue
from edge.domain.ids import OfferId, digest_of
from edge.domain.offer import Offer
from edge.storage.decisions.snapshots import Snapshot
from models.serving.creative_bandit import CreativeCounts, propensities

Count = tuple[OfferId, str, str, int, int]
"""Offer, segment, creative, times shown, times taken up."""


def odds_of(catalogue: Catalogue, counts: Iterable[Count]) -> Snapshot | None:
    """The chances in each bandit campaign, by offer and segment; None without such a campaign.

    A segment's counts lean on everybody's; everybody's stand under the empty segment. Equal counts, equal odds.
    """
    seen = dict[OfferId, dict[str, dict[str, tuple[int, int]]]]()
    for offer, segment, creative, shown, taken in counts:
        seen.setdefault(offer, {}).setdefault(segment, {})[creative] = (shown, taken)
    odds: dict[str, Mapping[str, Mapping[str, int]]] = {
        offer.id: _of_offer(offer, seen.get(offer.id, {}))
        for offer in catalogue.offers
        if _learns(catalogue, offer) and len(offer.creatives) > 1
    }
    if not odds:
        return None
    body = odds_to(odds)
    return Snapshot(digest=digest_of(body), kind="odds", body=body)


def _learns(catalogue: Catalogue, offer: Offer) -> bool:
    campaign = catalogue.campaigns.get(offer.campaign)
    return campaign is not None and campaign.bandit


def _of_offer(
    offer: Offer, seen: Mapping[str, Mapping[str, tuple[int, int]]]
) -> dict[str, dict[str, int]]:
    names = [creative.id for creative in offer.creatives]
    rows = {segment: _rows(names, of) for segment, of in seen.items()}
    # From zeros: an offer that was shown to nobody yet has no rows to add up.
    pooled = sum(rows.values(), np.zeros((len(names), 2), np.int64))
    rows[""] = pooled
    return {
        segment: dict(zip(names, _points(offer, segment, mine, pooled), strict=True))
        for segment, mine in sorted(rows.items())
    }


def _rows(
    names: list[str], of: Mapping[str, tuple[int, int]]
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    # By the names of today: counts of a creative that is gone say nothing.
    return np.array([of.get(name, (0, 0)) for name in names], np.int64)


def _points(
    offer: Offer,
    segment: str,
    mine: np.ndarray[tuple[int, int], np.dtype[np.int64]],
    pooled: np.ndarray[tuple[int, int], np.dtype[np.int64]],
) -> list[int]:
    found = propensities(
        CreativeCounts(shown=mine[:, 0], taken=mine[:, 1]),
        CreativeCounts(shown=pooled[:, 0], taken=pooled[:, 1]),
        # A seed made from the names, so that equal counts make equal odds on every machine.
        crc32(f"{offer.id}/{segment}".encode()),
    )
    points: list[int] = found.tolist()
    return points
