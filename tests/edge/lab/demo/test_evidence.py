from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from devices.device_classes import DeviceClass
from devices.messages import Ask, Show
from devices.simulator.tally import ReceivedContent
from edge.domain.ids import DeviceId
from edge.lab.demo import audit
from edge.lab.demo.evidence import AuditEvidence, read_evidence
from models.serving.local_fallback import LocalFallback
from models.serving.registry import BundleRegistry
from tests.devices.simulator.builders import trip
from tests.edge.builders import ANN, NOW, TILL
from tests.edge.shop import CARD, Shop, know, open_shop


class Till:
    device = DeviceId(TILL)
    device_class = "pos"


def seen(show: Show) -> ReceivedContent:
    return ReceivedContent(
        device=TILL,
        device_class=DeviceClass.POS,
        at=NOW,
        decision_id=show.decision_id,
        kind=show.kind,
        placement=show.placement,
        asked=True,
        products=len(show.items),
    )


async def sell(
    shop: Shop, basket: str, *items: int, card: str | None = None
) -> list[ReceivedContent]:
    """A basket rung up item by item, with a question after each; what the till was told."""
    answers = list[Show]()
    await shop.till("open", basket=basket, card=card)
    for item in items:
        await shop.till("add", item, basket=basket)
        ask = Ask(placement="till-addon", limit=3, basket_id=basket)
        answers.append(await shop.pipeline.decision_requests.answer(Till(), ask))
    await shop.till("complete", basket=basket)
    return [seen(show) for show in answers]


def evidence(path: Path) -> AuditEvidence:
    return read_evidence(path, BundleRegistry(path.parent / "models"))


async def test_what_is_read_from_disk_agrees_with_the_live_count(file: Path) -> None:
    know(file, habits=(9, 8))
    async with open_shop(file, ranker=LocalFallback()) as shop:
        shown = await sell(shop, "b-1", 5, 9, 3, 8, 2, card=CARD)
        shown += await sell(shop, "b-2", 7, 1, 2, 3)
        shown += await sell(shop, "b-3", 7)
        live = shop.counters
    read = evidence(file)
    assert audit.complements((), shown, read)[0] == live.complements
    assert sorted(read.numbers.values()) == ["b-1", "b-2", "b-3"]
    assert (live.complements.identified.baskets, live.complements.anonymous.baskets) == (1, 1)
    assert live.complements.both.hits.popular == 2
    (recommended,) = read.arrivals
    assert recommended.token == ANN
    lines = tuple(replace(trip().lines[0], sku=sku) for sku in "59382")
    paid = [trip(arrives_at=NOW, lines=lines)]
    assert audit.hit_rate(paid, read, {"1": ANN})[0] == live.hit_rate
    assert live.hit_rate.visits == 1


async def test_what_cannot_be_made_again_is_no_evidence(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:  # decided by a ranker that is on no shelf
        await sell(shop, "b-1", 5, 9, 3, card=CARD)
    assert (evidence(file).arrivals, evidence(file).tills) == ((), ())
    assert evidence(file).paid
