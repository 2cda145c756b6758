"""A person takes a consent back, or leaves: what was theirs is gone from every screen at once."""

from __future__ import annotations

from tests.contract.conftest import Floor
from tests.contract.plain_client import Json
from tests.contract.store import NOTICE, Store
from tests.contract.visiting import (
    AMPLE_MS,
    CLEARED_WITHIN_S,
    Basket,
    cleared,
    line,
    personal,
    sign_in,
)


def test_consent_withdrawn_in_mid_visit_clears_every_screen_and_makes_the_next_answer_anonymous(
    floor: Floor, shopper: Json, basket: Basket
) -> None:
    marks = {screen: screen.mark() for screen in (floor.kiosk, floor.tablet, floor.till)}
    sign_in(floor.kiosk, shopper)
    basket.step("add", lines=[line()])
    basket.step("identify", loyalty=shopper["identifiers"]["loyalty"])
    for screen, mark in marks.items():
        screen.wait(personal, since=mark)
    marks = {screen: screen.mark() for screen in marks}
    withdrawn = {"action": "withdraw", "purposes": ["recognise"], "notice_id": NOTICE}
    assert floor.kiosk.send("consent", withdrawn)["accepted"]
    for screen, mark in marks.items():
        screen.wait(cleared, since=mark, within_s=CLEARED_WITHIN_S)
    assert basket.ask().data["kind"] != "personal"
    for screen, mark in marks.items():
        assert not any(personal(h) for h in screen.heard[mark:])


def test_who_withdrew_stays_unknown_at_the_next_sign_in_without_a_new_yes(
    floor: Floor, shopper: Json
) -> None:
    sign_in(floor.kiosk, shopper)
    floor.kiosk.send(
        "consent", {"action": "withdraw", "purposes": ["recognise"], "notice_id": NOTICE}
    )
    mark = floor.kiosk.mark()
    assert sign_in(floor.kiosk, shopper, purposes=[])["accepted"]
    assert floor.kiosk.wait(lambda h: h.leaf == "show", since=mark).data["kind"] != "personal"


def test_withdrawing_one_purpose_takes_only_what_stood_on_it(
    floor: Floor, shopper: Json
) -> None:
    mark = floor.tablet.mark()
    sign_in(floor.kiosk, shopper)
    floor.tablet.wait(personal, since=mark)
    mark = floor.tablet.mark()
    withdrawn = {"action": "withdraw", "purposes": ["associate-assist"], "notice_id": NOTICE}
    assert floor.kiosk.send("consent", withdrawn)["accepted"]
    floor.tablet.wait(cleared, since=mark, within_s=CLEARED_WITHIN_S)
    question = {"placement": "kiosk-home", "limit": 3, "deadline_ms": AMPLE_MS}
    assert floor.kiosk.ask(question).data["kind"] == "personal"
    assert not any(personal(h) for h in floor.tablet.heard[mark:])


def test_a_purpose_is_granted_in_the_session_only(floor: Floor, shopper: Json) -> None:
    grant = {"action": "grant", "purposes": ["train"], "notice_id": NOTICE}
    refused = floor.kiosk.send("consent", grant)
    sign_in(floor.kiosk, shopper)
    assert (refused["accepted"], refused["reason"]) == (False, "no-session")
    assert floor.kiosk.send("consent", grant)["accepted"]


def test_signing_out_clears_the_screens(floor: Floor, shopper: Json) -> None:
    mark = floor.kiosk.mark()
    sign_in(floor.kiosk, shopper)
    floor.kiosk.wait(personal, since=mark)
    assert floor.kiosk.send("sign-out", {"reason": "person"})["accepted"]
    floor.kiosk.wait(cleared, since=mark, within_s=CLEARED_WITHIN_S)
    question = {"placement": "kiosk-home", "limit": 3, "deadline_ms": AMPLE_MS}
    assert floor.kiosk.ask(question).data["kind"] != "personal"


def test_a_consent_taken_back_at_the_command_line_clears_the_screens_too(
    store: Store, floor: Floor, shopper: Json
) -> None:
    mark = floor.kiosk.mark()
    sign_in(floor.kiosk, shopper)
    floor.kiosk.wait(personal, since=mark)
    mark = floor.kiosk.mark()
    store.command("consent", "withdraw", shopper["token"], "--purpose", "recognise")
    floor.kiosk.wait(cleared, since=mark, within_s=CLEARED_WITHIN_S)
