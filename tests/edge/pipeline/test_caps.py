"""One frequency cap and one person's offers over all surfaces, whatever happens in between (N1, C18, C20)."""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.messages import Ask, SignOut
from edge.domain.catalogue import Catalogue
from edge.domain.decision import Decision
from edge.domain.ids import DeviceId
from edge.domain.placement import ARRIVAL, PLACEMENTS
from tests.edge.builders import ANN, KIOSK, NOW, TILL, catalogue, offer
from tests.edge.fakes import HandClock
from tests.edge.shop import CARD, Shop, know, open_shop

CAP = 2
SOLD = catalogue(
    offers=[
        offer("a", 1, 2, category="x", cap=CAP),
        offer("b", 3, category="x", cap=CAP),
        offer("c", 4, category="y", cap=CAP),
    ]
)
# One offer, which nothing contradicts.
ALONE = catalogue(offers=[offer("a", 1, 2, category="x", cap=CAP)])
_WEEK = timedelta(days=7)


class Device:
    def __init__(self, device: str, device_class: str) -> None:
        self.device = DeviceId(device)
        self.device_class = device_class


async def ask(shop: Shop, device: str, placement: str) -> None:
    device_class = "pos" if device == TILL else "kiosk"
    await shop.pipeline.decision_requests.answer(
        Device(device, device_class), Ask(placement=placement)
    )


async def pay(shop: Shop) -> None:
    basket = shop.presence.open_basket_at(TILL)
    if basket is not None:
        await shop.till("complete", 12, basket=basket.number)


async def both_ask(shop: Shop) -> None:
    await asyncio.gather(ask(shop, KIOSK, "kiosk-home"), ask(shop, TILL, "till-addon"))


async def a_minute_passes(shop: Shop) -> None:
    shop.clock.pass_by(61)


async def a_day_passes(shop: Shop) -> None:
    shop.clock.pass_by(days=1.5)


ACTIONS: dict[str, Callable[[Shop], Awaitable[object]]] = {
    "sign in": lambda shop: shop.sign_in(),
    "sign out": lambda shop: shop.say(SignOut(reason="person")),
    "open": lambda shop: shop.till("open", basket=f"b-{len(shop.stored())}", card=CARD),
    "pay": pay,
    "kiosk asks": lambda shop: ask(shop, KIOSK, "kiosk-home"),
    "till asks": lambda shop: ask(shop, TILL, "till-addon"),
    "both ask": both_ask,
    "a minute passes": a_minute_passes,
    "a day passes": a_day_passes,
}


async def live(path: Path, actions: Sequence[str], sold: Catalogue = SOLD) -> list[Decision]:
    clock = HandClock(NOW)
    stretches: list[list[str]] = [[]]
    for action in actions:
        if action == "restart":
            stretches.append([])
        else:
            stretches[-1].append(action)
    found = list[Decision]()
    for stretch in stretches:
        async with open_shop(path, sold=sold, clock=clock) as shop:
            for action in stretch:
                await ACTIONS[action](shop)
            found = shop.stored()
    return found


def put_before_her(found: Sequence[Decision]) -> dict[str, dict[str, Decision]]:
    """For each offer, by visit, the first decision that showed it to Ann; what staff alone saw is none."""
    shown = defaultdict[str, dict[str, Decision]](dict)
    for made in found:
        staff = PLACEMENTS[made.placement].surface == "tablet"
        if made.token == ANN and made.placement != ARRIVAL and not staff:
            for name in {c.offer for c in made.choices if c.offer}:
                shown[name].setdefault(str(made.visit), made)
    return shown


@given(st.lists(st.sampled_from([*ACTIONS, "restart"]), min_size=4, max_size=16))
@settings(max_examples=25, deadline=None)
def test_no_offer_is_shown_more_often_in_a_week_than_its_cap(actions: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "storeside.db"
        know(path, habits=(1, 2, 3))
        shown = put_before_her(asyncio.run(live(path, actions)))
    for name, visits in shown.items():
        times = [made.at for made in visits.values()]
        most = max(sum(at - _WEEK < other <= at for other in times) for at in times)
        assert most <= CAP, (name, actions)


ANOTHER_VISIT = ("open", "till asks", "pay", "a minute passes")


async def test_the_cap_holds_over_a_restart_and_opens_after_a_week(file: Path) -> None:
    know(file, habits=(1,))
    found = await live(file, [*ANOTHER_VISIT, "restart"] * (CAP + 2), ALONE)
    assert len(put_before_her(found)["a"]) == CAP
    again = await live(file, [*["a day passes"] * 5, *ANOTHER_VISIT], ALONE)
    assert len(put_before_her(again)["a"]) == CAP + 1


@pytest.mark.parametrize("surfaces", [("kiosk asks", "till asks"), ("till asks", "kiosk asks")])
async def test_all_screens_of_a_visit_are_one_touch_however_often_they_are_drawn(
    file: Path, surfaces: tuple[str, ...]
) -> None:
    know(file, habits=(1,))
    found = await live(file, ["open", "sign in", *surfaces * 4], ALONE)
    assert {len(visits) for visits in put_before_her(found).values()} == {1}
    drawn = [d for d in found if any(c.offer == "a" for c in d.choices)]
    assert len(drawn) > 4 * CAP


async def test_what_earlier_visits_have_used_up_no_screen_of_the_next_shows(file: Path) -> None:
    know(file, habits=(1,))
    earlier = [*ANOTHER_VISIT] * CAP
    found = await live(file, [*earlier, "open", "sign in", "restart", "both ask"], ALONE)
    assert not any(c.offer == "a" for made in found[-2:] for c in made.choices)
    assert len(put_before_her(found)["a"]) == CAP


async def test_what_the_kiosk_promised_stands_at_the_till_of_the_same_visit(file: Path) -> None:
    """With a cap that the kiosk itself uses up."""
    know(file, habits=(1,))
    earlier = [*ANOTHER_VISIT] * (CAP - 1)
    found = await live(
        file, [*earlier, "sign in", "kiosk asks", "open", "till asks", "till asks"], ALONE
    )
    last = [d for d in found if d.placement == "till-addon"][-2:]
    assert all(any(c.offer == "a" for c in made.choices) for made in last)
    assert len(put_before_her(found)["a"]) == CAP


async def test_a_card_on_an_associates_tablet_uses_up_nothing(file: Path) -> None:
    know(file, habits=(1,))
    async with open_shop(file, sold=ALONE) as shop:
        await shop.sign_in()
        touched = shop.rows("SELECT DISTINCT offer FROM exposures WHERE surface = 'tablet'")
        assert touched
        shop.people.forget(ANN)
        person = shop.people.find(ANN, NOW)
        assert person is not None
        kiosk = shop.rows("SELECT DISTINCT offer FROM exposures WHERE surface = 'kiosk'")
        assert {(t.offer,) for t in person.memory.touches} == set(kiosk)
