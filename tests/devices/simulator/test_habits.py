from datetime import timedelta

from devices.device_classes import DeviceClass
from devices.messages import up
from devices.messages.down import Show, ShowItem
from devices.simulator.habits import PLAY_S, Interest, proof_of_play, replies
from tests.devices.simulator.builders import NOON, show


def actions(device_class: DeviceClass, one: Show, *, buys: bool) -> list[str]:
    return answers(device_class, one, Interest.TODAY if buys else Interest.NEVER)


def answers(device_class: DeviceClass, one: Show, interest: Interest) -> list[str]:
    found = replies(device_class, one, lambda _sku: interest)
    assert [r.after for r in found] == sorted(r.after for r in found)
    return [str(r.data.action) for r in found if isinstance(r.data, up.Feedback)]


def test_a_shopper_at_the_kiosk_looks_touches_and_takes_what_they_buy() -> None:
    assert actions(DeviceClass.KIOSK, show("personal", "1", "2"), buys=True) == [
        "view",
        "touch",
        "accept",
    ]


def test_what_nobody_buys_is_turned_down_in_one_of_two_ways() -> None:
    shown = [show("personal", str(n)) for n in range(20)]
    assert {actions(DeviceClass.KIOSK, one, buys=False)[-1] for one in shown} == {
        "decline",
        "not-for-me",
    }


def test_what_they_buy_on_other_days_is_neither_taken_nor_turned_down() -> None:
    one, days = show("personal", *map(str, range(20))), Interest.OTHER_DAYS
    assert answers(DeviceClass.KIOSK, one, days) == ["view", "touch"]
    assert answers(DeviceClass.TABLET, one, days) == ["said"]
    assert answers(DeviceClass.POS, one, days) == []


def test_an_empty_screen_is_only_looked_at() -> None:
    assert actions(DeviceClass.KIOSK, show(), buys=True) == ["view"]
    assert actions(DeviceClass.TABLET, show("personal"), buys=True) == []
    assert actions(DeviceClass.POS, show(), buys=True) == []


def test_the_associate_says_only_what_is_for_a_person() -> None:
    assert actions(DeviceClass.TABLET, show("personal", "1"), buys=True) == ["said", "accept"]
    assert actions(DeviceClass.TABLET, show("context", "1"), buys=True) == []


def test_offers_that_end_in_the_basket_are_redeemed_at_the_till() -> None:
    item = ShowItem(item_id="1", offer_id="o", headline="x", reason="y")
    one = show("personal").model_copy(update={"items": (item,)})
    assert actions(DeviceClass.POS, one, buys=True) == ["accept", "redeem"]
    assert "redeem" not in actions(DeviceClass.POS, one, buys=False)


def test_nobody_answers_a_gateway() -> None:
    assert replies(DeviceClass.BEACON_GW, show("context", "1"), lambda _: Interest.TODAY) == ()


def test_a_board_that_stood_long_enough_was_played() -> None:
    # A day that is replayed at eight times its pace.
    ended = NOON + timedelta(seconds=1)
    proof = proof_of_play(show(slots={"creative_id": "spring"}), NOON, ended, PLAY_S)
    assert (proof.completed, proof.duration_ms, proof.creative_id) == (True, 1000, "spring")


def test_a_board_that_gave_way_was_not() -> None:
    proof = proof_of_play(show(), NOON, NOON + timedelta(seconds=2.5), 2.5)
    assert (proof.completed, proof.duration_ms, proof.creative_id) == (False, 2500, "board")
