from __future__ import annotations

from dataclasses import replace

from edge.campaigns.whatif.slot_diff import SlotChange, flip_of, seats
from edge.domain.decision import Choice, Decision, RejectedCandidate, Rule
from edge.domain.ids import OfferId, Sku
from tests.edge.builders import decision, inputs

PLAIN = decision(inputs())


def choice(sku: str, offer: str | None = None, creative: str | None = None) -> Choice:
    return Choice(
        sku=Sku(sku),
        points=1,
        worth=int(sku) * 10,
        sources=("own",),
        offer=None if offer is None else OfferId(offer),
        creative=creative,
    )


def made(*choices: Choice, lost: tuple[RejectedCandidate, ...] = ()) -> Decision:
    return replace(PLAIN, choices=choices, losers=lost)


def lost(sku: str, rule: Rule, offer: str | None = None) -> RejectedCandidate:
    return RejectedCandidate(Sku(sku), 1, rule, None if offer is None else OfferId(offer))


def shifts(before: Decision, after: Decision) -> dict[str, SlotChange]:
    flip = flip_of(before, after)
    assert flip is not None
    return {shift.sku: shift for shift in flip.shifts}


def test_the_same_seats_are_no_flip_whatever_the_losers() -> None:
    before = made(choice("1"), lost=(lost("2", Rule.LOWER_WORTH),))
    assert flip_of(before, made(choice("1"), lost=(lost("2", Rule.REJECTED),))) is None


def test_who_goes_out_and_comes_in_is_told_with_the_rules() -> None:
    before = made(choice("1"), lost=(lost("2", Rule.LOWER_WORTH),))
    found = shifts(before, made(choice("2"), lost=(lost("1", Rule.TOO_MUCH_ALIKE),)))
    assert (found["1"].how, found["1"].because) == ("out", ("chosen", "too-much-alike"))
    assert (found["2"].how, found["2"].because) == ("in", ("lower-worth", "chosen"))
    assert (found["1"].worth, found["2"].worth) == ((10, None), (None, 20))


def test_what_was_no_candidate_before_says_so() -> None:
    found = shifts(made(choice("1")), made(choice("1"), choice("2")))
    assert found["2"].because == ("no-candidate", "chosen")
    assert set(found) == {"2"}


def test_two_that_change_places_have_moved() -> None:
    found = shifts(made(choice("1"), choice("2")), made(choice("2"), choice("1")))
    assert {(s.how, s.place) for s in found.values()} == {("moved", (1, 2)), ("moved", (2, 1))}


def test_an_offer_that_is_gone_names_the_rule_that_took_it() -> None:
    after = made(choice("1"), lost=(lost("1", Rule.OFFER_CAPPED, "o-1"),))
    found = shifts(made(choice("1", "o-1")), after)["1"]
    assert (found.how, found.offer) == ("offer", ("o-1", None))
    assert found.because == ("chosen", "offer-capped")


def test_an_offer_that_comes_names_the_rule_that_had_held_it_back() -> None:
    before = made(choice("1", "o-1"), lost=(lost("1", Rule.OFFER_OTHER_ARM, "o-2"),))
    after = made(choice("1", "o-2"), lost=(lost("1", Rule.OFFER_OUTDONE, "o-1"),))
    assert shifts(before, after)["1"].because == ("offer-other-arm", "offer-outdone")


def test_another_creative_is_a_flip_of_its_own_kind() -> None:
    found = shifts(made(choice("1", "o-1", "plain")), made(choice("1", "o-1", "loud")))["1"]
    assert (found.how, found.creative) == ("creative", ("plain", "loud"))


def test_a_flip_is_told_to_programs_in_pairs() -> None:
    flip = flip_of(made(choice("1")), made())
    assert flip is not None
    told = flip.as_json()
    assert told["decision"] == PLAIN.id
    assert told["shifts"] == [
        {
            "sku": "1",
            "how": "out",
            "place": [1, None],
            "offer": [None, None],
            "creative": [None, None],
            "because": ["chosen", "no-candidate"],
            "worth": [10, None],
        }
    ]


def test_seats_are_products_offers_and_creatives_in_order() -> None:
    assert seats(made(choice("2"), choice("1", "o", "c"))) == (
        ("2", None, None),
        ("1", "o", "c"),
    )
