from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from edge.domain.basket import BasketLine, BasketState, TillBasket
from edge.domain.consent import Purpose
from edge.domain.customer import Customer
from edge.domain.exposure_memory import ExposureMemory
from edge.domain.ids import BasketId, ItemKey, Token
from edge.domain.store_site import StoreSite
from edge.domain.transitions.transition import Transition
from edge.pipeline.consent_gate import ConsentGate, PersonalContentSwitch
from edge.pipeline.online_learning import LearningParts, LearningUpdate, OnlineLearning
from edge.state.catalogue import Ages, CurrentCatalogue, Stock
from edge.state.counters import Counters
from edge.state.customers import CustomerCache, Person
from edge.state.decider import Decider
from models.features.profile import Profile
from models.moment import Moment
from models.serving.local_fallback import LocalFallback
from models.statistics.pairs import KnownPairs, PairCounts, known_pairs
from models.statistics.trend import BASKETS_AN_EDITION, StoreTrend
from tests.edge.builders import (
    ANN,
    BEN,
    DAY,
    EVERYTHING,
    NOW,
    basket,
    catalogue,
    customer,
    inputs,
    later,
    line,
    made,
    personal,
    policy,
    profile,
    promotion,
    trend,
    visit,
)
from tests.edge.fakes import HandClock, Rates
from tests.edge.state.test_decider import question

WANTING = (
    Purpose.PERSONALISE_PRIVATE,
    Purpose.PERSONALISE_PUBLIC,
    Purpose.ASSOCIATE_ASSIST,
    Purpose.CHECKOUT_OFFER,
)
STAY = visit("v-1", ANN)


class Drawer:
    def __init__(self, *known: Customer) -> None:
        self.known = {c.token: c for c in known}

    def customer(self, token: Token) -> Customer | None:
        return self.known.get(token)

    def profile(self, token: Token) -> bytes | None:
        return None

    def coupons(self, token: Token) -> bytes | None:
        return None

    def memory(self, token: Token, since: datetime) -> ExposureMemory:
        return ExposureMemory()


class School:
    """A learning over people, a trend and stock of the test's choice."""

    def __init__(
        self, *known: Customer, seen: StoreTrend | None = None, place: int = 0, **stock: int
    ) -> None:
        self.ages, self.counters = Ages(), Counters()
        self.elsewhere = dict[Token, frozenset[ItemKey]]()
        self.catalogue = CurrentCatalogue()
        site = StoreSite(zone=ZoneInfo("UTC"), place=place)
        self.decider = Decider(
            ranker=Rates.falling(3),
            fallback=LocalFallback(),
            site=site,
            catalogue=self.catalogue,
            ages=self.ages,
            on_fallback=lambda: None,
        )
        self.people = CustomerCache(Drawer(*(known or (customer(),))))
        self.learning = OnlineLearning(
            LearningParts(
                gate=ConsentGate(
                    people=self.people,
                    policy=policy(),
                    pause=PersonalContentSwitch(),
                    clock=HandClock(NOW),
                ),
                decider=self.decider,
                catalogue=self.catalogue,
                site=site,
                ages=self.ages,
                counters=self.counters,
                held=self,
            ),
            seen or trend(1),
        )
        self.catalogue.restock(Stock({ItemKey(int(k[1:])): n for k, n in stock.items()}))

    def held(self, token: Token, day: int) -> frozenset[ItemKey]:
        """What they have in other baskets of the day."""
        return self.elsewhere.get(token, frozenset())

    def take(
        self,
        of: TillBasket,
        buyer: Token | None = ANN,
        *,
        stay: object = STAY,
        **transition: object,
    ) -> LearningUpdate:
        visits = () if stay is None else (stay,)
        given = Transition(facts=(), visits=visits, basket=of, **transition)  # type: ignore[arg-type]  # fields of the test's choice
        return self.learning.learn(given, {of.id: buyer}, NOW, NOW)

    def person(self, token: Token = ANN) -> Person:
        found = self.people.find(token, NOW)
        assert found is not None
        return found


def items(update: LearningUpdate, token: Token = ANN) -> list[int]:
    return sorted(Profile.from_bytes(update.profiles[token]).keys.tolist())


def open_basket(*lines: BasketLine) -> TillBasket:
    return basket("b-1", "v-1", *lines)


def paid(*lines: BasketLine) -> TillBasket:
    return open_basket(*lines).closing(BasketState.COMPLETE)


def test_without_a_basket_there_is_nothing_to_learn() -> None:
    school = School()
    assert school.learning.learn(Transition(facts=()), {}, NOW, NOW) == LearningUpdate()


def test_a_scanned_line_is_learned_at_once_and_decisions_keep_to_the_habits_before() -> None:
    school = School()
    update = school.take(open_basket(line(5)), bought=(line(5),))
    assert items(update) == [5]
    assert school.person().profile.last_days.tolist() == [DAY]
    assert len(school.person().freeze().profile) == 0
    assert (update.trend, update.taken) == (None, ())


def test_a_voided_line_is_unlearned_when_nothing_of_its_product_is_left() -> None:
    school = School()
    school.take(open_basket(line(5, 2), line(6)), bought=(line(5, 2), line(6)))
    one_left = school.take(open_basket(line(5), line(6)), voided=(line(5),))
    assert one_left.profiles == {}
    none_left = school.take(open_basket(line(6)), voided=(line(5),))
    assert items(none_left) == [6]


def test_a_basket_left_behind_teaches_nothing() -> None:
    school = School()
    school.take(open_basket(line(5)), bought=(line(5),))
    left = open_basket(line(5)).closing(BasketState.ABANDONED)
    assert items(school.take(left, voided=left.lines)) == []


def test_lines_scanned_before_somebody_was_known_are_learned_when_they_are() -> None:
    school = School()
    update = school.take(open_basket(line(5), line(6)), buyer=None)
    assert items(update) == [5, 6]


@pytest.mark.parametrize("purpose", WANTING)
def test_habits_are_kept_for_who_wants_any_personal_content(purpose: Purpose) -> None:
    school = School(customer(purposes={Purpose.RECOGNISE, purpose}))
    assert items(school.take(open_basket(line(5)), bought=(line(5),))) == [5]


@pytest.mark.parametrize(
    "purposes", [EVERYTHING - {Purpose.RECOGNISE}, EVERYTHING - set(WANTING)]
)
def test_nobody_else_has_habits(purposes: frozenset[Purpose]) -> None:
    school = School(customer(purposes=purposes))
    assert school.take(open_basket(line(5)), bought=(line(5),)).profiles == {}


@pytest.mark.parametrize("stay", [None, visit("v-1"), visit("v-1", BEN)])
def test_strangers_and_people_unknown_here_teach_no_habits(stay: object) -> None:
    school = School()
    update = school.take(open_basket(line(5)), None, stay=stay, bought=(line(5),))
    assert update.profiles == {}


def test_a_paid_basket_teaches_trend_and_stock() -> None:
    school = School(i5=3, i6=1)
    update = school.take(paid(line(5, 2), line(6), line(5)), bought=(), paid=True)
    assert [(str(t.sku), int(t.quantity)) for t in update.taken] == [
        ("5", 2),
        ("6", 1),
        ("5", 1),
    ]
    assert update.sold_out == {5, 6}
    assert school.catalogue.out_of_stock == (5, 6)
    assert update.trend == school.learning.trend.to_bytes()
    assert school.ages.in_seconds(NOW)["trend"] == 0


def test_only_what_has_just_run_out_is_told() -> None:
    school = School(i5=1, i6=0)
    assert school.take(paid(line(5), line(6)), paid=True).sold_out == {5}


def test_decisions_follow_the_trend_with_its_edition_and_not_with_every_basket() -> None:
    school = School()
    school.catalogue.in_force = catalogue()
    read = list[str]()
    for n in range(BASKETS_AN_EDITION):
        school.take(replace(paid(line(7)), id=BasketId(f"b-{n}")), paid=True)
        read.append(school.decider.make(question()).snapshots[0].digest)
    assert len(set(read[:-1])) == 1
    assert read[-1] != read[0]


def test_decisions_read_what_is_sold_together_once_ten_baskets_are_counted() -> None:
    school = School()
    school.catalogue.in_force = catalogue()
    read, rows = list[KnownPairs](), dict[int, bytes]()
    for n in range(12):
        sold = replace(paid(line(7), line(8)), id=BasketId(f"b-{n}"))
        rows |= school.take(sold, paid=True).pairs
        made = school.decider.make(question())
        read.append(made.evidence.pairs)
        stored = {shot.digest: shot.body for shot in made.snapshots if shot.kind == "pairs"}
        assert made.inputs.pairs is not None
        assert known_pairs(stored[made.inputs.pairs]).digest == read[-1].digest
    assert [len(known.together) for known in read] == [0] * 9 + [2] * 3
    again = PairCounts.from_rows(rows)
    assert again.to_bytes() == school.learning.pairs.to_bytes()


def arrived(school: School, habits: Profile | None = None, **changed: object) -> None:
    given = replace(personal("arrival", visit=STAY.id), **changed)  # type: ignore[arg-type]  # fields of the test's choice
    school.learning.recommended(made(given, habits, trend(7)))


def test_the_hit_rate_holds_the_arrivals_list_against_the_paid_basket() -> None:
    school = School()
    arrived(school, profile(9))
    assert school.learning.hits(open_basket(line(9), line(77))) == ("9",)
    school.take(paid(line(9), line(7)), paid=True)
    rate = school.counters.hit_rate
    assert (rate.visits, rate.hits, rate.baseline, rate.popular) == (1, 1, 1, 1)
    assert school.learning.hits(open_basket(line(9))) == ()


def test_what_was_in_the_basket_at_arrival_is_no_hit_of_anybody() -> None:
    school = School()
    arrived(school, profile(9), basket=(9, 7))
    school.take(paid(line(9), line(7)), paid=True)
    assert school.counters.hit_rate.visits == 0


def test_the_first_list_of_a_visit_is_the_one_that_counts() -> None:
    school = School()
    arrived(school, profile(9))
    arrived(school, profile(9), basket=(9,))
    school.take(paid(line(9)), paid=True)
    assert school.counters.hit_rate.hits == 1


def test_an_empty_basket_and_a_stranger_count_for_nothing() -> None:
    school = School()
    arrived(school, profile(9), visit=None)
    arrived(school, None)
    school.learning.recommended(made(personal("tablet-card", visit=STAY.id), profile(9)))
    school.take(paid(line(1)), paid=True)
    arrived(school, profile(9))
    school.take(paid(), paid=True)
    assert school.counters.hit_rate.visits == 0


def at_till(school: School, *scanned: int, habits: Profile | None = None) -> None:
    """A till asks when so much is scanned; the ranker then shows the lowest numbers left."""
    ask = personal if habits is not None else inputs
    given = ask("till-addon", visit=STAY.id, basket=scanned)
    school.learning.shown(made(given, habits, trend(*range(5, 10))))


def test_a_complement_is_hit_if_it_is_scanned_after_it_was_shown() -> None:
    school = School()
    at_till(school, 12, habits=profile(11))
    school.take(paid(line(12), line(1), line(11), line(40)), paid=True)
    rate = school.counters.complements.identified
    assert (rate.baskets, rate.hits, rate.products) == (1, (1, 1, 0), (3, 1, 3))
    school.take(paid(line(12), line(1)), paid=True)
    assert school.counters.complements.both.baskets == 1


def test_an_anonymous_basket_has_no_usual_products() -> None:
    school = School()
    at_till(school, 12)
    school.take(paid(line(12), line(5), line(40)), paid=True)
    rate = school.counters.complements.anonymous
    assert (rate.baskets, rate.hits, rate.products) == (1, (0, 0, 1), (3, 0, 3))


def test_what_no_till_showed_in_mid_basket_is_no_complement() -> None:
    school = School()
    at_till(school)
    school.learning.shown(made(inputs("kiosk-home", visit=STAY.id, basket=(12,))))
    school.learning.shown(made(inputs("till-addon", basket=(12,))))
    school.take(paid(line(12), line(1), line(2), line(3)), paid=True)
    assert school.counters.complements.both.baskets == 0


def test_a_till_that_never_stops_asking_is_counted_to_a_limit() -> None:
    school = School()
    for _ in range(100):
        at_till(school, 12)
    at_till(school, 12, 1)
    school.take(paid(line(12), line(1), line(30)), paid=True)
    assert school.counters.complements.both.products.ours == 3


def test_a_line_is_learned_with_its_store_and_whether_it_was_promoted() -> None:
    school = School(place=368)
    school.catalogue.in_force = catalogue(promotions=[promotion(5)])
    update = school.take(open_basket(line(5), line(6)), bought=(line(5), line(6)))
    learned = Profile.from_bytes(update.profiles[ANN])
    assert learned.places == [368]
    on_promotion = dict(zip(learned.keys.tolist(), learned.promoted.tolist(), strict=True))
    assert on_promotion == {5: 1, 6: 0}
    school.take(open_basket(line(6)), voided=(line(5),))
    assert school.person().profile.promoted.tolist() == [0]


def test_a_stored_trend_is_as_old_as_its_last_day_after_a_restart() -> None:
    assert School(seen=StoreTrend()).ages.in_seconds(NOW) == {}
    school = School(seen=trend(1))
    assert school.ages.in_seconds(NOW) == {"trend": int(14.5 * 3600)}
    assert school.ages.in_seconds(later(days=2))["trend"] > 2 * 86_400


def test_arrivals_of_visits_that_never_paid_are_forgotten_in_time() -> None:
    school = School()
    for n in range(2_001):
        arrived(school, profile(9), visit=f"v-{n}")
    school.learning.shown(made(inputs("till-addon", visit="v-0", basket=(2,))))
    assert school.learning.hits(basket("b", "v-0", line(1))) == ()
    assert school.learning.hits(basket("b", "v-1", line(1))) == ("1",)


def test_what_trends_here_is_a_count_of_two_hundred_sales_at_these_tills() -> None:
    school, counted = School(seen=StoreTrend()), Counter[int]()
    for number in range(200):
        sale = {1 + number % 3, 4 + number % 7, 11 + number % 11}
        counted.update(sale)
        sold = basket(f"b-{number}", "v-1", *map(line, sorted(sale)))
        school.take(sold.closing(BasketState.COMPLETE), None, paid=True)
    brute = sorted(counted, key=lambda key: (-counted[key], key))[:5]
    moment = Moment(day=DAY, hour=NOW.hour)
    assert school.learning.trend.top(5, moment).tolist() == brute
