from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from devices.messages import Show, encode
from edge.decision.codec import encode_decision
from edge.decision.steps.touchpoint import address
from edge.domain.consent import Consents, Purpose
from edge.domain.customer import Customer, greeting_alias
from edge.domain.decision import ContentKind
from edge.domain.identity import identify
from edge.domain.ids import DecisionId, ItemKey, OfferId, VisitId, digest_of
from edge.domain.market import RecognitionMethod
from edge.domain.placement import ARRIVAL, PLACEMENTS
from edge.domain.store_site import StoreSite
from edge.pipeline.delivery import ScreenDelivery, private_slots
from edge.state.catalogue import Ages, CurrentCatalogue
from edge.state.customers import Person
from edge.state.decider import Decider, DecisionRequest, MadeDecision
from models.moment import Moment
from models.serving.local_fallback import LocalFallback
from models.statistics.trend import BASKETS_AN_EDITION, StoreTrend
from tests.edge.builders import (
    ANN,
    DAY,
    EVERYTHING,
    NOW,
    catalogue,
    customer,
    later,
    offer,
    policy,
    profile,
    shown,
    trend,
    visit,
)
from tests.edge.decision.steps.test_content import PERSONAL_WORDS
from tests.edge.fakes import BrokenRates, Rates

SOLD = catalogue(
    offers=[offer("a", 1, 9, category="x"), offer("b", 3, category="y")], holdout_pct=50
)
PLACES = sorted(PLACEMENTS)


def decider(
    ranker: Rates | None = None,
    seen: StoreTrend | None = None,
    on_fallback: Callable[[], None] = lambda: None,
) -> Decider:
    ages = Ages()
    for name in ("offers", "prices", "stock", "trend"):
        ages.heard(name, NOW)
    made = Decider(
        ranker=ranker or Rates.falling(12),
        fallback=LocalFallback(),
        site=StoreSite(zone=ZoneInfo("UTC")),
        catalogue=CurrentCatalogue(SOLD),
        ages=ages,
        on_fallback=on_fallback,
    )
    made.follow(seen or trend(1, 2))
    return made


def ann(*bought: int, purposes: object = EVERYTHING) -> Person:
    return Person(
        customer=customer(ANN, purposes),  # type: ignore[arg-type]  # purposes of the test's choice
        profile=profile(*bought or (9, 10)),
        memory=shown(a=(-6, -1), b=(-8,)),
    )


def question(placement: str = "kiosk-home", **changed: object) -> DecisionRequest:
    plain = DecisionRequest(
        id=DecisionId("d-1"),
        placement=PLACEMENTS[placement],
        limit=6,
        at=NOW,
        visit=VisitId("v-1"),
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the test's choice


def record(made: MadeDecision) -> tuple[bytes, bytes]:
    return made.stored.inputs, encode_decision(made.decision)


situations = st.fixed_dictionaries(
    {
        "zone": st.none() | st.sampled_from(["dairy", "wine"]),
        "basket": st.lists(st.integers(1, 12).map(ItemKey), max_size=4, unique=True).map(tuple),
        "elsewhere": st.lists(st.sampled_from([OfferId("a"), OfferId("b")]), unique=True).map(
            lambda ids: tuple(sorted(ids))
        ),
        "at": st.integers(0, 48).map(lambda hours: later(3600 * hours)),
    }
)
habits = st.lists(st.integers(1, 12), min_size=1, max_size=6)


@given(st.sampled_from(PLACES), st.sampled_from(Purpose), situations, habits)
def test_without_a_consent_the_decision_is_the_anonymous_one_bit_for_bit(
    placement: str, missing: Purpose, situation: dict[str, object], bought: list[int]
) -> None:
    person = ann(*bought)
    ledger = tuple(e for e in person.customer.consents.entries if e.purpose is not missing)
    person.customer = person.customer.with_consents(Consents(entries=ledger))
    who = identify(person.customer, RecognitionMethod.KIOSK_LOGIN, policy(), NOW)
    asked = question(placement, **situation)
    mine = decider().make(
        replace(asked, person=person if who.token else None, purposes=who.purposes)
    )
    if missing in {Purpose.RECOGNISE, PLACEMENTS[placement].purpose}:
        assert record(mine) == record(decider().make(asked))
        assert mine.decision.token is None
        assert [s.kind for s in mine.snapshots] == ["trend"]
    else:
        assert mine.decision.purposes == (PLACEMENTS[placement].purpose,)
        assert mine.decision.token == ANN


@given(st.sampled_from(PLACES), situations, habits)
def test_equal_questions_make_equal_records(
    placement: str, situation: dict[str, object], bought: list[int]
) -> None:
    one, other = (
        decider().make(
            question(placement, person=ann(*bought), purposes=EVERYTHING, **situation)
        )
        for _ in range(2)
    )
    assert record(one) == record(other)
    assert one.decision.inputs == digest_of(one.stored.inputs)


@given(st.sampled_from(PLACES), situations, habits)
def test_no_message_names_a_person_and_no_public_one_speaks_of_any(
    placement: str, situation: dict[str, object], bought: list[int]
) -> None:
    place = PLACEMENTS[placement]
    person = None if place.public else ann(*bought)
    made = decider().make(
        question(
            placement, person=person, purposes=EVERYTHING, visit=VisitId("v-1"), **situation
        )
    )
    stay = visit("v-1", ANN, zone="dairy", zone_since=NOW)
    sent = ScreenDelivery(made=made, placement=place, devices=(), person=person, visit=stay)
    show = address(made.decision, NOW, private_slots(sent, NOW, lambda v: f"ticket-of-{v}"))
    body = encode(show).decode()
    assert ANN not in body
    assert Show.model_validate_json(body) == show
    assert (greeting_alias(ANN) in body) == (not place.public)
    if place.public:
        assert show.kind == "context"
        assert show.slots.keys() == {"title"}
        words = {w for item in show.items for w in item.reason.casefold().split()}
        assert not words & set(PERSONAL_WORDS)


def test_the_inputs_hold_what_was_at_hand() -> None:
    person = ann(9, 10)
    person.profile.record(4, DAY)
    made = decider().make(
        question(
            person=person, purposes=EVERYTHING, basket=(ItemKey(5),), zone="dairy", limit=99
        )
    )
    inputs = made.decision
    assert inputs.token == ANN
    read = made.stored.inputs.decode()
    assert '"limit":6' in read
    assert '"just_bought":[4]' in read
    assert '"exposures":{"a":2}' in read
    assert '"profile":0' in read  # frozen after today's line: a trip of today is no age


def test_habits_are_frozen_at_the_first_decision_and_today_is_not_proposed_again() -> None:
    person = ann(9)
    first = decider().make(question(person=person, purposes=EVERYTHING))
    person.profile.record(9, DAY)
    second = decider().make(question(person=person, purposes=EVERYTHING))
    assert first.snapshots[1].digest == second.snapshots[1].digest
    assert first.decision.choices[0].sku == "9"
    assert "9" not in {c.sku for c in second.decision.choices}


def test_the_age_of_habits_is_that_of_the_latest_trip_they_know() -> None:
    made = decider().make(question(person=ann(9), purposes=EVERYTHING))
    assert f'"profile":{7 * 86_400}' in made.stored.inputs.decode()
    new = Person(customer=customer(), profile=profile())
    nothing_known = decider().make(question(person=new, purposes=EVERYTHING))
    assert '"profile":0' in nothing_known.stored.inputs.decode()
    assert nothing_known.decision.kind is ContentKind.PERSONAL


def test_a_model_that_fails_is_answered_for_by_the_fallback_under_its_own_name() -> None:
    told = list[int]()
    broken = decider(BrokenRates.falling(12), on_fallback=lambda: told.append(1))
    made = broken.make(question(person=ann(9), purposes=EVERYTHING))
    assert (made.decision.model, len(told)) == ("local@1", 1)
    assert LocalFallback.digest in made.stored.inputs.decode()
    assert made.decision.choices[0].sku == "9"


def test_the_trend_is_taken_anew_with_its_edition_only() -> None:
    seen = trend(1, 2)
    made = decider(seen=seen)
    first = made.make(question()).snapshots[0].digest
    basket, moment = np.array([7], np.int64), Moment(day=DAY, hour=14)
    seen.record(basket, moment)
    made.follow(seen)
    assert made.make(question()).snapshots[0].digest == first
    for _ in range(BASKETS_AN_EDITION):
        seen.record(basket, moment)
    made.follow(seen)
    assert made.make(question()).snapshots[0].digest != first


def test_another_model_takes_over_between_two_decisions() -> None:
    seen = trend(1, 2)
    made = decider(seen=seen)
    made.use(Rates({12: 0.9, 1: 0.1}), seen)
    assert made.make(question()).decision.choices[0].sku == "12"
    assert seen.prior is None


def test_a_customer_is_only_a_pseudonym() -> None:
    assert set(Customer.__dataclass_fields__) == {"token", "locale", "segments", "consents"}


def test_the_arrival_list_has_ten_places() -> None:
    made = decider().make(question(ARRIVAL, limit=10, person=ann(), purposes=EVERYTHING))
    assert len(made.decision.choices) == 10
