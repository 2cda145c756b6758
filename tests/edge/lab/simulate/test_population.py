from __future__ import annotations

from edge.domain.consent import Purpose
from edge.lab.simulate.days import arrivals
from edge.lab.simulate.population import invent, people_for


def test_the_same_seed_is_the_same_town_and_another_is_another() -> None:
    assert invent(3, 20) == invent(3, 20)
    assert invent(3, 20).shoppers[0].chances != invent(4, 20).shoppers[0].chances


def test_baskets_are_of_a_grocers_size() -> None:
    population = invent(1, 200)
    mean = sum(sum(s.chances.values()) for s in population.shoppers) / len(population.shoppers)
    assert 6 < mean < 10


def test_nobody_is_sure_to_buy_anything() -> None:
    assert all(
        0 < chance < 0.5 for s in invent(1, 40).shoppers for chance in s.chances.values()
    )


def test_who_allows_anything_allows_to_be_recognised_and_some_allow_nothing() -> None:
    purposes = [s.purposes for s in invent(1, 100).shoppers]
    assert all(Purpose.RECOGNISE in p for p in purposes if p)
    assert 0.1 < sum(not p for p in purposes) / len(purposes) < 0.3


def test_as_many_come_as_were_asked_for() -> None:
    population = invent(2, 150)
    assert len(population.shoppers) == people_for(150)
    week = len(arrivals(population, 24 * 7))
    assert 150 * 7 * 0.85 < week < 150 * 7 * 1.15


def test_they_come_in_order_and_at_most_once_a_day() -> None:
    coming = arrivals(invent(2, 60), 48)
    assert [a.at_s for a in coming] == sorted(a.at_s for a in coming)
    assert len({(a.who.number, a.number) for a in coming}) == len(coming)


def test_nobody_comes_at_night() -> None:
    hours = {int(8 + a.at_s / 3600) % 24 for a in arrivals(invent(2, 60), 72)}
    assert hours <= set(range(7, 22))
