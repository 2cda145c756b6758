from __future__ import annotations

from datetime import datetime

from edge.domain.customer import greeting_alias
from edge.domain.ids import VisitId
from edge.domain.placement import ARRIVAL, PLACEMENTS
from edge.pipeline.delivery import ScreenDelivery, exposures_of, private_slots
from edge.state.customers import Person
from models.features.profile import Profile
from tests.edge.builders import ANN, EVERYTHING, NOW, catalogue, later, offer, profile, visit
from tests.edge.fakes import Rates
from tests.edge.state.test_decider import ann, decider, question

STAY = visit("v-01hannannann", ANN, zone="dairy", zone_since=NOW)
SOLD = catalogue(offers=[offer("o", 9, 10), offer("p", 3)])


def shown(placement: str, person: Person | None = None) -> ScreenDelivery:
    maker = decider(Rates.falling(12))
    maker.catalogue.in_force = SOLD
    made = maker.make(question(placement, person=person, purposes=EVERYTHING, limit=10))
    return ScreenDelivery(
        made=made, placement=PLACEMENTS[placement], devices=(), person=person, visit=STAY
    )


def slots(
    placement: str, person: Person | None = None, at: datetime = NOW
) -> dict[str, object]:
    return dict(private_slots(shown(placement, person), at, ticket))


def ticket(of: VisitId) -> str:
    return f"ticket-of-{of}"


def test_nobody_is_greeted_and_a_public_screen_greets_nobody() -> None:
    assert slots("kiosk-home") == {}
    assert slots("display-zone", ann()) == {}


def test_a_kiosk_greets_and_hands_over_to_the_phone() -> None:
    assert slots("kiosk-home", ann()) == {
        "greeting": greeting_alias(ANN),
        "ticket": f"ticket-of-{STAY.id}",
    }


def test_an_associate_hears_who_is_here_why_and_what_not_to_say() -> None:
    card = slots("tablet-card", ann(), later(90))
    assert card["greeting"] == greeting_alias(ANN)
    assert (card["visit"], card["zone"], card["dwell_s"]) == ("annann", "dairy", 90)
    assert card["method"] == "kiosk_login"
    assert str(card["talking_point"]).startswith("How about Product 9")
    assert card["avoid"]
    assert ANN not in repr(card)


def test_without_anything_to_show_there_is_no_talking_point() -> None:
    maker = decider(Rates({}))
    maker.catalogue.in_force = catalogue()
    person = ann()
    person.profile = Profile.empty()
    made = maker.make(question("tablet-card", person=person, purposes=EVERYTHING))
    card = ScreenDelivery(
        made=made, placement=PLACEMENTS["tablet-card"], devices=(), person=person, visit=STAY
    )
    assert private_slots(card, NOW, ticket)["talking_point"] == ""


def test_an_offer_counts_once_for_a_screen_and_not_at_all_for_the_arrival_list() -> None:
    person = ann()
    person.profile = profile(9, 10)
    found = exposures_of(shown("kiosk-home", person))
    assert [(e.offer, e.surface, e.at, e.token) for e in found] == [
        ("o", "kiosk", NOW, ANN),
        ("p", "kiosk", NOW, ANN),
    ]
    assert exposures_of(shown(ARRIVAL, person)) == exposures_of(shown("kiosk-home")) == ()


def test_what_counts_against_a_cap_bears_the_campaign_and_the_category_of_its_offer() -> None:
    person = ann()
    person.profile = profile(9, 10)
    told = shown("kiosk-home", person)
    known = told.made.offers
    assert {known[e.offer].category for e in exposures_of(told)} != {""}
    assert [(e.campaign, e.category) for e in exposures_of(told)] == [
        (known[e.offer].campaign, known[e.offer].category) for e in exposures_of(told)
    ]
