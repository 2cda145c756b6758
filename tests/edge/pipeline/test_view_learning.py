"""What is looked at together on screens, counted by the shop's own intake and executor."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from devices.messages import Ask, Feedback, FeedbackAction
from edge.domain.consent import Purpose
from edge.domain.decision import Decision
from edge.domain.transitions.transition import ContentRequest
from edge.storage.catalogue import item_pairs
from edge.storage.catalogue.item_pairs import PairKind
from models.statistics.pairs import PairCounts, known_pairs
from tests.edge.builders import ANN, DISPLAY, EVERYTHING, KIOSK, KIOSK_2, later
from tests.edge.pipeline.test_caps import Device
from tests.edge.pipeline.test_executor import withdrawal
from tests.edge.shop import CARD, Shop, know, open_shop

BUT_TRAIN = EVERYTHING - {Purpose.TRAIN}


async def asked(shop: Shop, device: str = KIOSK) -> Decision:
    """What the kiosk is told to show to whoever stands there."""
    await shop.pipeline.decision_requests.answer(
        Device(device, "kiosk"), Ask(placement="kiosk-home")
    )
    return shop.stored()[-1]


async def look(shop: Shop, made: Decision, *items: int, device: str = KIOSK) -> None:
    for item in items:
        said = Feedback(decision_id=made.id, item_id=str(item), action=FeedbackAction.TOUCH)
        assert (await shop.say(said, device)).accepted


def pass_by(shop: Shop, seconds: float) -> None:
    shop.clock.at = shop.clock.at + (later(seconds) - later())


async def something_else(shop: Shop) -> None:
    """Any signal: it lets the shop see what is over by now."""
    await shop.till("open", 12, basket=f"b-{shop.clock.at:%H%M%S}")


async def paid(shop: Shop) -> None:
    """Ann pays and goes."""
    name = f"paid-{shop.clock.at:%H%M%S}"
    for action in ("open", "complete"):
        assert (await shop.till(action, 12, basket=name, card=CARD)).accepted
    assert shop.presence.of_person(ANN) is None


async def sitting(shop: Shop, *items: int) -> None:
    await look(shop, await asked(shop), *items)
    pass_by(shop, 150)


def counts(shop: Shop) -> PairCounts:
    """As they are stored; memory knows the same."""
    rows = shop.database.read(partial(item_pairs.find, kind=PairKind.VIEWED))
    found = PairCounts.from_rows(rows)
    assert found.to_bytes() == shop.pipeline.learning.views.counts.to_bytes()
    return found


def pairs(shop: Shop) -> dict[tuple[int, int], int]:
    known = known_pairs(counts(shop).to_bytes())
    one, other = known.keys[known.one].tolist(), known.keys[known.other].tolist()
    return dict(zip(zip(one, other, strict=True), known.together.tolist(), strict=True))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "storeside.db"


async def test_sittings_of_nobody_are_counted_whole_and_pairs_known_from_three_on(
    file: Path,
) -> None:
    async with open_shop(file) as shop:
        seen = list[dict[tuple[int, int], int]]()
        for _ in range(4):
            await sitting(shop, 1, 2, 1)
            seen.append(pairs(shop))
        assert seen == [{}, {}, {}, {(1, 2): 3, (2, 1): 3}]
        assert counts(shop).baskets == 3
    # The one that was open is gone with the restart, the others stay.
    async with open_shop(file) as shop:
        assert pairs(shop) == {(1, 2): 3, (2, 1): 3}


async def test_looks_before_a_pause_and_at_another_kiosk_are_somebody_else_s(
    file: Path,
) -> None:
    async with open_shop(file) as shop:
        for _ in range(4):
            await sitting(shop, 1)
            here, there = await asked(shop), await asked(shop, KIOSK_2)
            await look(shop, here, 2)
            await look(shop, there, 3, device=KIOSK_2)
            pass_by(shop, 150)
        await something_else(shop)
        assert counts(shop).baskets == 12
        assert pairs(shop) == {}


@pytest.mark.parametrize(("purposes", "visits"), [(EVERYTHING, 3), (BUT_TRAIN, 0)])
async def test_a_known_person_s_visits_are_counted_only_with_the_purpose_train(
    file: Path, purposes: frozenset[Purpose], visits: int
) -> None:
    know(file, purposes=purposes)
    async with open_shop(file) as shop:
        for _ in range(3):
            await shop.sign_in()
            made = await asked(shop)
            assert made.token == ANN
            first, second = (int(slot.sku) for slot in made.slots[:2])
            await look(shop, made, first)
            # A visit lasts over a pause.
            pass_by(shop, 150)
            await look(shop, made, second)
            await paid(shop)
        assert counts(shop).baskets == visits
        assert ANN not in str(shop.rows("SELECT * FROM item_pairs"))


async def test_who_takes_the_agreement_back_in_the_visit_is_not_counted(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        made = await asked(shop)
        await look(shop, made, *(int(slot.sku) for slot in made.slots[:2]))
        assert (await shop.say(withdrawal(Purpose.TRAIN))).accepted
        await paid(shop)
        assert counts(shop).baskets == 0


async def test_what_a_public_display_shows_is_not_counted(file: Path) -> None:
    async with open_shop(file) as shop:
        request = ContentRequest(placement="display-zone", visit=None, device=DISPLAY)
        shown, written = shop.executor.answer(DISPLAY, request, None)
        await written
        made = shown.made.decision
        await look(shop, made, int(made.slots[0].sku), device=DISPLAY)
        pass_by(shop, 150)
        await something_else(shop)
        assert counts(shop).baskets == 0


async def test_what_was_not_shown_or_not_looked_at_is_not_counted(file: Path) -> None:
    async with open_shop(file) as shop:
        made = await asked(shop)
        shown = {int(slot.sku) for slot in made.slots}
        strange = min(set(range(1, 13)) - shown)
        await look(shop, made, strange)
        said = Feedback(
            decision_id=made.id, item_id=made.slots[0].sku, action=FeedbackAction.DECLINE
        )
        assert (await shop.say(said)).accepted
        pass_by(shop, 150)
        await something_else(shop)
        assert shop.database.read(partial(item_pairs.find, kind=PairKind.VIEWED)) == {}
