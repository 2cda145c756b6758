from __future__ import annotations

import pytest

from devices.messages import About, Data, DeviceState, Receipt, SignOut, Telemetry, Wire, encode
from devices.topics import Topic, parse
from edge.decision.steps.touchpoint import address
from edge.domain.ids import DeviceId, VisitId
from edge.domain.placement import PLACEMENTS
from edge.domain.transitions.transition import ContentRequest
from edge.state.device_registry import DeviceRegistry
from tests.edge.builders import (
    DISPLAY,
    KIOSK,
    NOW,
    PHONE,
    STORE,
    TABLET,
    TILL,
    decision,
    event,
    inputs,
    later,
    personal,
    profile,
    visit,
)
from tests.edge.fakes import Ears

DISPLAY_2, TABLET_2 = DeviceId("display-2"), DeviceId("tablet-2")
ANYTHING: Data = SignOut(reason="person")


def floor(**zones: str) -> tuple[DeviceRegistry, Ears]:
    ears = Ears()
    named = {name.replace("_", "-"): zone for name, zone in zones.items()}
    return DeviceRegistry(store=STORE, bus=ears, zone_of=named.get), ears


def topic(device: str, leaf: str = "state") -> Topic:
    return parse(f"{event(ANYTHING, device).source}/{leaf}")


def ready(screens: DeviceRegistry, *devices: str, session: int = 1) -> None:
    for device in devices:
        tell(screens, device, DeviceState(state="ready", session=session))


def tell(screens: DeviceRegistry, device: str, word: Wire, leaf: str = "state") -> object:
    return screens.heard(topic(device, leaf), encode(word), NOW)


def aims(screens: DeviceRegistry, placement: str, **want: object) -> tuple[str, ...]:
    return screens.targets(ContentRequest(placement=placement, visit=None, **want))  # type: ignore[arg-type]  # fields of the test's choice


def test_a_device_wants_content_when_it_becomes_ready_and_only_then() -> None:
    screens, _ = floor()
    states = [
        ("init", 1),
        ("ready", 1),
        ("ready", 1),
        ("sleeping", 1),
        ("ready", 1),
        ("ready", 2),
    ]
    came = [
        tell(screens, KIOSK, DeviceState(state=state, session=session)) is not None  # type: ignore[arg-type]  # the closed list
        for state, session in states
    ]
    assert came == [False, True, False, False, True, True]


def test_the_last_will_of_an_earlier_life_marks_nobody_lost() -> None:
    screens, _ = floor()
    ready(screens, KIOSK, session=2)
    tell(screens, KIOSK, DeviceState(state="lost", session=1))
    assert screens.all[0].state == "ready"
    tell(screens, KIOSK, DeviceState(state="lost", session=2))
    assert screens.all[0].state == "lost"


@pytest.mark.parametrize("payload", [b"", b"{}", b"nonsense", b'{"state":"on","session":1}'])
def test_a_word_that_is_not_valid_changes_nothing(payload: bytes) -> None:
    screens, _ = floor()
    assert screens.heard(topic(KIOSK), payload, NOW) is None
    assert screens.all == ()


def test_what_a_device_is_and_where_is_kept_and_the_fleet_knows_better() -> None:
    screens, _ = floor(kiosk_1="entrance")
    for device in (KIOSK, TABLET):
        tell(screens, device, About(model="m-1", zone="wine"), "about")
    tell(screens, KIOSK, Telemetry(values={"uptime_s": 1.0}), "telemetry")
    assert [(s.device, s.model, s.zone, s.seen_at) for s in screens.all] == [
        (KIOSK, "m-1", "entrance", NOW),
        (TABLET, "m-1", "wine", NOW),
    ]
    assert (screens.zone(KIOSK), screens.zone(TABLET)) == ("entrance", "wine")
    assert screens.zone(DeviceId("never-heard")) is None


def test_a_device_that_speaks_is_there() -> None:
    screens, _ = floor()
    screens.touched(KIOSK, "kiosk", later(3))
    assert [(s.state, s.seen_at) for s in screens.all] == [("ready", later(3))]
    tell(screens, KIOSK, DeviceState(state="sleeping", session=1))
    screens.touched(KIOSK, "kiosk", later(9))
    assert [(s.state, s.seen_at) for s in screens.all] == [("sleeping", later(9))]


def test_a_wish_for_a_zone_finds_the_screens_of_that_zone() -> None:
    screens, _ = floor(display_1="dairy", display_2="wine")
    ready(screens, DISPLAY, DISPLAY_2, KIOSK)
    assert aims(screens, "display-zone", zone="wine") == (DISPLAY_2,)
    assert aims(screens, "display-zone", zone="bakery") == ()


def test_a_card_goes_to_the_zones_tablet_else_to_one_that_roams_else_to_all() -> None:
    screens, _ = floor(tablet_1="dairy")
    ready(screens, TABLET)
    assert aims(screens, "tablet-card", zone="dairy") == (TABLET,)
    assert aims(screens, "tablet-card", zone="wine") == (TABLET,)
    ready(screens, TABLET_2)
    assert aims(screens, "tablet-card", zone="dairy") == (TABLET,)
    assert aims(screens, "tablet-card", zone="wine") == (TABLET_2,)
    assert aims(screens, "tablet-card") == (TABLET_2,)


def test_a_screen_that_is_not_ready_is_not_meant() -> None:
    screens, _ = floor(display_1="dairy")
    tell(screens, DISPLAY, DeviceState(state="sleeping", session=1))
    assert aims(screens, "display-zone", zone="dairy") == ()


def test_a_named_screen_of_another_class_is_not_meant() -> None:
    screens, _ = floor()
    ready(screens, TILL)
    assert aims(screens, "kiosk-home", device=TILL) == ()
    assert aims(screens, "till-addon", device=TILL) == (TILL,)
    assert aims(screens, "kiosk-home", device=KIOSK) == (KIOSK,)


def test_a_phone_is_one_persons_and_meant_by_name_only() -> None:
    screens, _ = floor()
    ready(screens, PHONE)
    assert aims(screens, "phone-home") == ()
    assert aims(screens, "phone-home", device=PHONE) == (PHONE,)


def test_only_what_everybody_may_see_on_a_display_is_kept_by_the_broker() -> None:
    screens, ears = floor()
    board = address(decision(inputs("display-zone")), NOW, {})
    home = address(decision(inputs()), NOW, {})
    mine = address(decision(personal(), habits=profile(1)), NOW, {})
    screens.show(DISPLAY, "display", board, NOW)
    screens.show(KIOSK, "kiosk", home, NOW)
    screens.show(KIOSK, "kiosk", mine, NOW)
    assert [(s.topic.split("/")[-3:], s.retain, s.expiry_s) for s in ears.sent] == [
        (["display", DISPLAY, "show"], True, 600),
        (["kiosk", KIOSK, "show"], False, 60),
        (["kiosk", KIOSK, "show"], False, 60),
    ]
    assert mine.kind == "personal"


def test_receipts_answers_and_orders_go_to_their_device_alone() -> None:
    screens, ears = floor()
    screens.receipt(TILL, "pos", Receipt(id="n-1", accepted=True))
    screens.clear(TILL, "pos", VisitId("v-1"))
    answer = address(decision(inputs("till-addon")), NOW, {})
    screens.answer(TILL, "pos", answer, b"\x01")
    assert [s.topic for s in ears.sent] == [
        f"storeside/1/{STORE}/pos/{TILL}/{leaf}" for leaf in ("receipt", "cmd", "answer")
    ]
    assert [s.retain for s in ears.sent] == [False] * 3
    assert ears.sent[1].body == {"command": "clear"}
    assert ears.sent[2].correlation == b"\x01"


def test_a_tablet_is_told_which_card_must_go_and_by_a_short_name_only() -> None:
    screens, ears = floor()
    screens.clear(TABLET, "tablet", VisitId("v-01hannannann"))
    assert ears.sent[0].body == {"command": "clear", "visit": "annann"}


def test_a_revoked_device_is_forgotten_and_leaves_nothing_at_the_broker() -> None:
    screens, ears = floor()
    ready(screens, KIOSK, DISPLAY)
    screens.revoked(frozenset({KIOSK}))
    assert [s.device for s in screens.all] == [KIOSK]
    assert [(s.leaf, s.device, s.body, s.retain) for s in ears.sent] == [
        (leaf, DISPLAY, None, True) for leaf in ("state", "about", "show")
    ]


def test_every_place_with_a_screen_names_a_class_of_device() -> None:
    screens, _ = floor()
    stay = visit()
    for placement in PLACEMENTS.values():
        assert screens.targets(ContentRequest(placement=placement.name, visit=stay.id)) == ()
