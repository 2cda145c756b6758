"""A rich portfolio: audiences, segments, layers, holdouts, variants, strategies under test, creatives that learn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from edge.domain.campaign import Campaign
from edge.domain.creative import Creative, Modules
from edge.domain.experiment import POINTS, Layer, Variant
from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import Offer

SEGMENTS = ("everybody", "everybody", "loyal", "new")
AUDIENCES = (
    "",
    "",
    "trips >= 1",
    "hour >= 6 && hour < 22",
    "days_since_trip < 30 && surface != 'phone'",
    "basket_items < 5 || identified",
    "segments.exists(s, s == 'loyal') || trips == 0",
)
_ARMS = (
    (),
    (Variant(name="a"), Variant(name="b", weight=2)),
    (Variant(name="led", strategies=(("kiosk-home", "trending"),)), Variant(name="plain")),
)


def campaigns(count: int, now: datetime) -> tuple[Campaign, ...]:
    """So many live campaigns; every third in its own part of a layer, one in four with a budget."""
    return tuple(
        Campaign(
            id=f"test-{n:03}",
            name=f"Test {n}",
            starts_at=now - timedelta(days=7),
            ends_at=now + timedelta(days=30),
            salt=f"salt-{n}",
            holdout_pct=(0, 10, 15, 20)[n % 4],
            layer=Layer(name=f"layer-{n // 6}", first=(n // 3 % 2) * POINTS // 2, last=POINTS)
            if n % 3 == 0
            else None,
            variants=_ARMS[n % len(_ARMS)],
            bandit=n % 2 == 0,
            weekly_cap=None if n % 5 else 6,
            priority_pct=100 + n % 3 * 25,
        )
        for n in range(count)
    )


def offers(
    tests: Sequence[Campaign], keys: Sequence[int], categories: Sequence[str], each: int = 2
) -> tuple[Offer, ...]:
    """So many offers a campaign, on products of their own where there are enough."""
    found = list[Offer]()
    for n, test in enumerate(tests):
        for k in range(each):
            row = (n * each + k) * max(1, len(keys) // max(1, len(tests) * each)) % len(keys)
            found.append(
                Offer(
                    id=OfferId(f"offer-{n:03}-{k}"),
                    headline="Save",
                    items=(ItemKey(keys[row]),),
                    category=categories[row],
                    discount_cents=10 + n % 7 * 10,
                    starts_at=test.starts_at,
                    ends_at=test.ends_at,
                    campaign=test.id,
                    segment=SEGMENTS[n % len(SEGMENTS)],
                    audience=AUDIENCES[(n + k) % len(AUDIENCES)],
                    per_person=1 if n % 9 == 0 else None,
                    creatives=_creatives(n),
                )
            )
    return tuple(found)


def _creatives(n: int) -> tuple[Creative, ...]:
    if n % 2:
        return ()
    words = {"en": Modules(headline="Save"), "de": Modules(headline="Spar")}
    return tuple(Creative(id=name, modules=words) for name in ("plain", "loud"))
