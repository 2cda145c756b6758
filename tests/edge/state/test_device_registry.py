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


def ready(device_registry: DeviceRegistry, *devices: str, session: int = 1) -> None:
    for device in devices:
        tell(device_registry, device, DeviceState(state="ready", session=session))


def tell(
    device_registry: DeviceRegistry, device: str, word: Wire, leaf: str = "state"
) -> object:
    return device_registry.heard(topic(device, leaf), encode(word), NOW)


def aims(device_registry: DeviceRegistry, placement: str, **want: object) -> tuple[str, ...]:
    return device_registry.targets(ContentRequest(placement=placement, visit=None, **want))  # type: ignore[arg-type]  # fields of the test's choice


def test_a_device_wants_content_when_it_becomes_ready_and_only_then() -> None:
    device_registry, _ = floor()
    states = [
        ("init", 1),
        ("ready", 1),
        ("ready", 1),
        ("sleeping", 1),
        ("ready", 1),
        ("ready", 2),
    ]
    came = [
        tell(device_registry, KIOSK, DeviceState(state=state, session=session)) is not None  # type: ignore[arg-type]  # the closed list
        for state, session in states
    ]
    assert came == [False, True, False, False, True, True]


def test_the_last_will_of_an_earlier_life_marks_nobody_lost() -> None:
    device_registry, _ = floor()
    ready(device_registry, KIOSK, session=2)
    tell(device_registry, KIOSK, DeviceState(state="lost", session=1))
    assert device_registry.all[0].state == "ready"
    tell(device_registry, KIOSK, DeviceState(state="lost", session=2))
    assert device_registry.all[0].state == "lost"


@pytest.mark.parametrize("payload", [b"", b"{}", b"nonsense", b'{"state":"on","session":1}'])
def test_a_word_that_is_not_valid_changes_nothing(payload: bytes) -> None:
    device_registry, _ = floor()
    assert device_registry.heard(topic(KIOSK), payload, NOW) is None
    assert device_registry.all == ()


def test_what_a_device_is_and_where_is_kept_and_the_fleet_knows_better() -> None:
    device_registry, _ = floor(kiosk_1="entrance")
    for device in (KIOSK, TABLET):
        tell(device_registry, device, About(model="m-1", zone="wine"), "about")
    tell(device_registry, KIOSK, Telemetry(values={"uptime_s": 1.0}), "telemetry")
    assert [(s.device, s.model, s.zone, s.seen_at) for s in device_registry.all] == [
        (KIOSK, "m-1", "entrance", NOW),
        (TABLET, "m-1", "wine", NOW),
    ]
    assert (device_registry.zone(KIOSK), device_registry.zone(TABLET)) == ("entrance", "wine")
    assert device_registry.zone(DeviceId("never-heard")) is None


def test_a_device_that_speaks_is_there() -> None:
    device_registry, _ = floor()
    device_registry.touched(KIOSK, "kiosk", later(3))
    assert [(s.state, s.seen_at) for s in device_registry.all] == [("ready", later(3))]
    tell(device_registry, KIOSK, DeviceState(state="sleeping", session=1))
    device_registry.touched(KIOSK, "kiosk", later(9))
    assert [(s.state, s.seen_at) for s in device_registry.all] == [("sleeping", later(9))]


def test_a_wish_for_a_zone_finds_the_screens_of_that_zone() -> None:
    device_registry, _ = floor(display_1="dairy", display_2="wine")
    ready(device_registry, DISPLAY, DISPLAY_2, KIOSK)
    assert aims(device_registry, "display-zone", zone="wine") == (DISPLAY_2,)
    assert aims(device_registry, "display-zone", zone="bakery") == ()


def test_a_card_goes_to_the_zones_tablet_else_to_one_that_roams_else_to_all() -> None:
    device_registry, _ = floor(tablet_1="dairy")
    ready(device_registry, TABLET)
    assert aims(device_registry, "tablet-card", zone="dairy") == (TABLET,)
    assert aims(device_registry, "tablet-card", zone="wine") == (TABLET,)
    ready(device_registry, TABLET_2)
    assert aims(device_registry, "tablet-card", zone="dairy") == (TABLET,)
    assert aims(device_registry, "tablet-card", zone="wine") == (TABLET_2,)
    assert aims(device_registry, "tablet-card") == (TABLET_2,)


def test_a_screen_that_is_not_ready_is_not_meant() -> None:
    device_registry, _ = floor(display_1="dairy")
    tell(device_registry, DISPLAY, DeviceState(state="sleeping", session=1))
    assert aims(device_registry, "display-zone", zone="dairy") == ()


def test_a_named_screen_of_another_class_is_not_meant() -> None:
    device_registry, _ = floor()
    ready(device_registry, TILL)
    assert aims(device_registry, "kiosk-home", device=TILL) == ()
    assert aims(device_registry, "till-addon", device=TILL) == (TILL,)
    assert aims(device_registry, "kiosk-home", device=KIOSK) == (KIOSK,)


def test_a_phone_is_one_persons_and_meant_by_name_only() -> None:
    device_registry, _ = floor()
    ready(device_registry, PHONE)
    assert aims(device_registry, "phone-home") == ()
    assert aims(device_registry, "phone-home", device=PHONE) == (PHONE,)


def test_only_what_everybody_may_see_on_a_display_is_kept_by_the_broker() -> None:
    device_registry, ears = floor()
    board = address(decision(inputs("display-zone")), NOW, {})
    home = address(decision(inputs()), NOW, {})
    mine = address(decision(personal(), habits=profile(1)), NOW, {})
    device_registry.show(DISPLAY, "display", board, NOW)
    device_registry.show(KIOSK, "kiosk", home, NOW)
    device_registry.show(KIOSK, "kiosk", mine, NOW)
    assert [(s.topic.split("/")[-3:], s.retain, s.expiry_s) for s in ears.sent] == [
        (["display", DISPLAY, "show"], True, 600),
        (["kiosk", KIOSK, "show"], False, 60),
        (["kiosk", KIOSK, "show"], False, 60),
    ]
    assert mine.kind == "personal"


def test_receipts_answers_and_orders_go_to_their_device_alone() -> None:
    device_registry, ears = floor()
    device_registry.receipt(TILL, "pos", Receipt(id="n-1", accepted=True))
    device_registry.clear(TILL, "pos", VisitId("v-1"))
    answer = address(decision(inputs("till-addon")), NOW, {})
    device_registry.answer(TILL, "pos", answer, b"\x01")
    assert [s.topic for s in ears.sent] == [
        f"storeside/1/{STORE}/pos/{TILL}/{leaf}" for leaf in ("receipt", "cmd", "answer")
    ]
    assert [s.retain for s in ears.sent] == [False] * 3
    assert ears.sent[1].body == {"command": "clear"}
    assert ears.sent[2].correlation == b"\x01"


def test_a_tablet_is_told_which_card_must_go_and_by_a_short_name_only() -> None:
    device_registry, ears = floor()
    device_registry.clear(TABLET, "tablet", VisitId("v-01hannannann"))
    assert ears.sent[0].body == {"command": "clear", "visit": "annann"}


def test_a_revoked_device_is_forgotten_and_leaves_nothing_at_the_broker() -> None:
    device_registry, ears = floor()
    ready(device_registry, KIOSK, DISPLAY)
    device_registry.revoked(frozenset({KIOSK}))
    assert [s.device for s in device_registry.all] == [KIOSK]
    assert [(s.leaf, s.device, s.body, s.retain) for s in ears.sent] == [
        (leaf, DISPLAY, None, True) for leaf in ("state", "about", "show")
    ]


def test_every_place_with_a_screen_names_a_class_of_device() -> None:
    device_registry, _ = floor()
    stay = visit()
    for placement in PLACEMENTS.values():
        assert (
            device_registry.targets(ContentRequest(placement=placement.name, visit=stay.id))
            == ()
        )
