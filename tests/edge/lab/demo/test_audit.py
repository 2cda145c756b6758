from dataclasses import replace
from datetime import timedelta
from typing import Any

from devices.device_classes import DeviceClass
from devices.simulator.script import basket_id
from devices.simulator.tally import ReceivedContent
from edge.domain.complement import MethodComparison, TillShowing
from edge.domain.consent import Purpose
from edge.domain.decision import ContentKind
from edge.domain.ids import DecisionId, Token, VisitId
from edge.lab.demo import audit
from edge.lab.demo.evidence import (
    AtTheTill,
    AuditEvidence,
    OutboxRow,
    Recommended,
    RecordedStay,
)
from edge.storage.decisions.decisions import StoredDecision
from tests.devices.simulator.builders import NOON, trip

ANN = Token("c-ann")
MINUTE = timedelta(minutes=1)
BOTH = frozenset({Purpose.RECOGNISE, Purpose.PERSONALISE_PRIVATE})


def decision(
    id_: str = "d-1",
    *,
    token: Token | None = ANN,
    kind: ContentKind = ContentKind.PERSONAL,
    **changes: Any,
) -> StoredDecision:
    plain: dict[str, Any] = {
        "id": DecisionId(id_),
        "at": NOON,
        "visit": None,
        "token": token,
        "placement": "kiosk-home",
        "kind": kind,
        "inputs": b"",
        "output": b"",
        "core_us": 100,
        "total_us": 100,
    }
    return StoredDecision(**{**plain, **changes})


def told(
    id_: str, name: str = "Zone Seen", subject: str | None = None, **rest: Any
) -> OutboxRow:
    return OutboxRow(id=id_, name=name, subject=subject, properties=rest)


def made(id_: str = "d-1") -> OutboxRow:
    return told(f"{id_}.made", "Decision Made", decision_id=id_)


def granted(*purposes: Purpose, id_: str = "g") -> OutboxRow:
    return told(id_, "Consent Granted", ANN, purposes=[p.value for p in purposes])


def withdrawn(*purposes: Purpose) -> OutboxRow:
    return told("w", "Consent Withdrawn", ANN, purposes=[p.value for p in purposes])


def evidence(
    *facts: OutboxRow, decisions: tuple[StoredDecision, ...] = (), **rest: Any
) -> AuditEvidence:
    plain: dict[str, Any] = {
        "seen": frozenset[str](),
        "told": facts,
        "decisions": {one.id: one for one in decisions},
        "stays": (),
        "arrivals": (),
        "tills": (),
        "paid": {},
        "numbers": {},
        "model": None,
    }
    return AuditEvidence(**{**plain, **rest})


def test_a_receipted_event_that_is_not_on_disk_is_lost() -> None:
    found = evidence(seen=frozenset({"e1"}))
    assert audit.lost(["e1", "e2"], found, []) == 1


def test_a_fact_on_disk_that_is_not_at_the_centre_is_lost() -> None:
    assert audit.lost([], evidence(told("a"), told("b")), ["a", "elsewhere"]) == 1


def test_an_id_twice_at_the_centre_is_a_double() -> None:
    assert audit.doubled(["a", "b", "a"]) == 1


def test_a_decision_within_its_consents_is_right() -> None:
    found = evidence(made(), decisions=(decision(),))
    assert audit.without_consent(found, {ANN: BOTH}) == 0


def test_a_decision_for_somebody_who_allowed_nothing_is_wrong() -> None:
    found = evidence(made(), decisions=(decision(),))
    assert audit.without_consent(found, {}) == 1


def test_a_decision_for_a_purpose_that_was_not_allowed_is_wrong() -> None:
    found = evidence(made(), decisions=(decision(placement="till-addon"),))
    assert audit.without_consent(found, {ANN: BOTH}) == 1


def test_recognition_comes_before_every_other_purpose() -> None:
    found = evidence(made(), decisions=(decision(),))
    only = frozenset({Purpose.PERSONALISE_PRIVATE})
    assert audit.without_consent(found, {ANN: only}) == 1


def test_consent_counts_from_when_it_is_given() -> None:
    before = evidence(made(), granted(*BOTH), decisions=(decision(),))
    after = evidence(granted(*BOTH), made(), decisions=(decision(),))
    assert audit.without_consent(before, {}) == 1
    assert audit.without_consent(after, {}) == 0


def test_consent_ends_with_its_withdrawal() -> None:
    before = evidence(made(), withdrawn(*BOTH), decisions=(decision(),))
    after = evidence(withdrawn(*BOTH), made(), decisions=(decision(),))
    assert audit.without_consent(before, {ANN: BOTH}) == 0
    assert audit.without_consent(after, {ANN: BOTH}) == 1


def test_what_was_withdrawn_can_be_given_again() -> None:
    found = evidence(withdrawn(*BOTH), granted(*BOTH), made(), decisions=(decision(),))
    assert audit.without_consent(found, {ANN: BOTH}) == 0


def test_nobodys_decision_may_not_be_personal() -> None:
    personal = evidence(made(), decisions=(decision(token=None),))
    context = evidence(made(), decisions=(decision(token=None, kind=ContentKind.CONTEXT),))
    assert audit.without_consent(personal, {}) == 1
    assert audit.without_consent(context, {}) == 0


def test_a_decision_that_was_told_to_nobody_is_judged_too() -> None:
    assert audit.without_consent(evidence(decisions=(decision(),)), {}) == 1


def test_a_decision_that_was_erased_since_is_no_evidence() -> None:
    assert audit.without_consent(evidence(made()), {}) == 0


def shown(
    device_class: DeviceClass, kind: str = "personal", id_: str = "d-1"
) -> ReceivedContent:
    return ReceivedContent(
        device="x",
        device_class=device_class,
        at=NOON,
        decision_id=id_,
        kind=kind,
        placement="p",
        asked=False,
    )


def test_personal_content_on_a_public_display_is_wrong() -> None:
    found = evidence(decisions=(decision(),))
    assert audit.wrongly_shown([shown(DeviceClass.DISPLAY)], found) == 1
    assert audit.wrongly_shown([shown(DeviceClass.DISPLAY, "context")], found) == 0


def test_personal_content_needs_a_persons_decision_behind_it() -> None:
    found = evidence(decisions=(decision(), decision("d-2", token=None)))
    assert audit.wrongly_shown([shown(DeviceClass.KIOSK)], found) == 0
    assert audit.wrongly_shown([shown(DeviceClass.KIOSK, id_="d-2")], found) == 1
    assert audit.wrongly_shown([shown(DeviceClass.KIOSK, id_="d-9")], found) == 1


def stay(token: Token = ANN, hours: int = 0) -> RecordedStay:
    at = NOON + timedelta(hours=hours)
    return RecordedStay(token=token, opened_at=at, seen_at=at + MINUTE)


def test_a_trip_is_identified_if_its_person_had_a_visit_at_that_time() -> None:
    tokens = {"1": ANN, "2": Token("c-bob")}
    trips = [
        trip(number=1),
        trip(number=2),
        trip(number=1, arrives_at=NOON + timedelta(days=1)),
    ]
    assert audit.identified(trips, evidence(stays=(stay(),)), tokens) == 1
    assert audit.identified(trips, evidence(stays=(stay(), stay(hours=24))), tokens) == 2


def arrival(*keys: int, basket: frozenset[int] = frozenset(), hours: int = 0) -> Recommended:
    ten = MethodComparison(frozenset(keys), frozenset({102}), frozenset[int]())
    return Recommended(token=ANN, at=NOON + timedelta(hours=hours), ten=ten, basket=basket)


def test_a_hit_is_a_recommended_item_that_was_then_bought() -> None:
    rate, by_trip = audit.hit_rate(
        [trip()], evidence(arrivals=(arrival(101, 999),)), {"1": ANN}
    )
    assert by_trip == {trip().key: (True, True)}
    assert (rate.visits, rate.hits, rate.baseline, rate.popular) == (1, 1, 1, 0)
    assert rate.share(rate.hits) == 1.0


def test_what_was_in_the_basket_before_cannot_be_hit() -> None:
    found = evidence(arrivals=(arrival(101, basket=frozenset({101})),))
    rate, _ = audit.hit_rate([trip()], found, {"1": ANN})
    assert (rate.visits, rate.hits) == (1, 0)


def test_who_is_known_only_after_the_last_line_does_not_count() -> None:
    everything = frozenset({101, 102, 103})
    found = evidence(arrivals=(arrival(101, basket=everything),))
    rate, _ = audit.hit_rate([trip()], found, {"1": ANN})
    assert rate.visits == 0
    assert rate.share(rate.hits) is None


def test_the_first_recommendation_of_the_visit_is_the_one_that_counts() -> None:
    found = evidence(arrivals=(arrival(101), arrival(999, hours=-1), arrival(103, hours=30)))
    rate, _ = audit.hit_rate([trip()], found, {"1": ANN})
    assert (rate.visits, rate.hits) == (1, 0)


def test_who_withdraws_in_mid_visit_is_held_against_nothing() -> None:
    found = evidence(arrivals=(arrival(101),))
    assert audit.hit_rate([trip(withdraws=True)], found, {"1": ANN})[0].visits == 0


def test_anonymous_trips_are_no_part_of_the_hit_rate() -> None:
    assert audit.hit_rate([trip()], evidence(), {"1": ANN})[0].visits == 0


VISIT, LATER = VisitId("v-1"), VisitId("v-2")


def at_till(id_: str, *shown: int, scanned: int = 1, visit: VisitId = VISIT) -> AtTheTill:
    products = MethodComparison(frozenset(shown), frozenset({8}), frozenset[int]())
    basket = frozenset(range(100, 100 + scanned))
    showing = TillShowing(basket=basket, products=products, personal=visit == VISIT)
    return AtTheTill(decision=DecisionId(id_), visit=visit, showing=showing)


def on_screen(*ids: str, products: int = 3) -> list[ReceivedContent]:
    return [replace(shown(DeviceClass.POS, id_=id_), products=products) for id_ in ids]


def test_complements_are_held_against_what_was_paid_in_the_same_visit() -> None:
    paid = {VISIT: frozenset({100, 101, 7}), LATER: frozenset({100, 8}), VisitId("v-3"): {1}}
    tills = (at_till("d-1", 7), at_till("d-2", 7, visit=LATER))
    numbers = dict(zip(paid, [basket_id(trip()), basket_id(trip(number=2)), "b"], strict=True))
    given = evidence(tills=tills, paid=paid, numbers=numbers)
    found, by_trip = audit.complements([trip(), trip(number=3)], on_screen("d-1", "d-2"), given)
    # A basket that no trip of the replay paid counts, but is nobody's.
    assert by_trip == {trip().key: (True, False)}
    assert (found.identified.baskets, found.identified.hits) == (1, (1, 0, 0))
    assert (found.anonymous.baskets, found.anonymous.hits) == (1, (0, 1, 0))


def test_what_no_till_was_sent_was_not_shown() -> None:
    tills = (at_till("d-1", 7),)
    told = evidence(tills=tills, paid={VISIT: frozenset({100, 7})}, numbers={VISIT: "b"})

    def baskets(shown: list[ReceivedContent]) -> int:
        return audit.complements([trip()], shown, told)[0].both.baskets

    assert baskets(on_screen("d-9")) == 0
    assert baskets(on_screen("d-1", products=0)) == 0
    assert baskets(on_screen("d-1")) == 1
