"""By which right a place is taken: due before cross-sell, a place for the basket, a place for the new."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decision.codec import decode_decision, encode_decision
from edge.domain.catalogue import Catalogue
from edge.domain.decision import Decision, Rule, SlotClaim
from edge.domain.ids import ItemKey, VisitId
from edge.domain.placement import PLACEMENTS
from models.features.request import ModelRequest
from models.items import Keys
from models.serving.ranker import ANNIVERSARY, COMPLEMENT, OWN, RESUPPLY, TRENDING, Shortlist
from tests.edge.builders import catalogue, decision, inputs, personal, product, profile
from tests.edge.fakes import Rates


class Sourced(Rates):
    """Chances and sources as the test says; nothing else is changed by habits."""

    def __init__(self, rows: dict[int, tuple[float, int]]) -> None:
        super().__init__({key: chance for key, (chance, _) in rows.items()})
        self.rows = rows

    def shortlist(self, view: ModelRequest, limit: int, extra: Keys) -> Shortlist:
        keys = np.array(sorted(set(self.rows) - set(view.basket.tolist())), np.int64)
        bits = [self.rows[key][1] for key in keys.tolist()]
        return Shortlist(keys=keys, sources=np.array(bits, np.uint16))

    def score(self, view: ModelRequest, keys: Keys) -> npt.NDArray[np.float32]:
        return np.array([self.rows[key][0] for key in keys.tolist()], np.float32)


def won(made: Decision) -> list[tuple[str, str]]:
    return [(choice.sku, choice.claim.value) for choice in made.choices]


def lost(made: Decision) -> dict[str, Rule]:
    return {loser.sku: loser.rule for loser in made.losers}


def each_its_own(*, explore_pct: int = 20, due_chance_pct: int = 3) -> Catalogue:
    sold = [product(n, f"category {n}") for n in range(1, 13)]
    return catalogue(sold, explore_pct=explore_pct, due_chance_pct=due_chance_pct)


NO_NEW = each_its_own(explore_pct=0)
CROSS = {1: (0.5, TRENDING), 2: (0.4, TRENDING), 3: (0.3, TRENDING)}


def test_what_is_due_comes_before_what_they_do_not_buy() -> None:
    ranker = Sourced({**CROSS, 4: (0.05, OWN | RESUPPLY), 5: (0.04, OWN)})
    made = decision(personal(limit=3), NO_NEW, ranker, profile(4, 5))
    assert won(made) == [("4", "due"), ("1", "worth"), ("2", "worth")]
    assert lost(made) == {"3": Rule.DUE_FIRST, "5": Rule.LOWER_WORTH}


def test_what_is_due_waits_behind_likelier_own_favourites() -> None:
    ranker = Sourced({**CROSS, 4: (0.05, OWN | RESUPPLY), 5: (0.45, OWN), 6: (0.2, OWN)})
    made = decision(personal(limit=3), NO_NEW, ranker, profile(4, 5, 6))
    assert won(made) == [("5", "worth"), ("4", "due"), ("1", "worth")]
    assert lost(made) == {
        "2": Rule.DUE_FIRST,
        "3": Rule.LOWER_WORTH,
        "6": Rule.LOWER_WORTH,
    }


def test_what_wins_by_worth_and_is_due_stands_before_cross_sell() -> None:
    ranker = Sourced({**CROSS, 4: (0.35, OWN | RESUPPLY)})
    made = decision(personal(limit=4), NO_NEW, ranker, profile(4))
    assert won(made) == [("4", "worth"), ("1", "worth"), ("2", "worth"), ("3", "worth")]


def test_an_unlikely_reminder_is_none() -> None:
    ranker = Sourced({**CROSS, 4: (0.029, OWN | RESUPPLY)})
    assert won(decision(personal(limit=1), NO_NEW, ranker, profile(4))) == [("1", "worth")]
    turned = each_its_own(explore_pct=0, due_chance_pct=2)
    assert won(decision(personal(limit=1), turned, ranker, profile(4))) == [("4", "due")]


def test_own_favourites_give_no_place_to_what_is_due() -> None:
    ranker = Sourced({1: (0.5, OWN), 2: (0.4, OWN), 4: (0.05, OWN | RESUPPLY)})
    made = decision(personal(limit=2), NO_NEW, ranker, profile(1, 2, 4))
    assert won(made) == [("1", "worth"), ("2", "worth")]


def test_what_belongs_to_a_date_needs_no_chance_but_comes_once() -> None:
    ranker = Sourced({**CROSS, 4: (0.002, ANNIVERSARY), 5: (0.001, ANNIVERSARY)})
    made = decision(personal(limit=2), NO_NEW, ranker, profile(4, 5))
    assert won(made) == [("4", "due"), ("1", "worth")]
    assert made.slots[0].reason == "You had it this time last year"


@pytest.mark.parametrize("placement", ["arrival", "display-zone"])
def test_nobody_is_reminded_on_a_public_screen_nor_on_the_list_that_is_judged(
    placement: str,
) -> None:
    ranker = Sourced({**CROSS, 4: (0.05, OWN | RESUPPLY)})
    made = decision(personal(placement, limit=1), None, ranker, profile(4))
    assert won(made) == [("1", "worth")]


OWN_TEN = {n: (0.5 - n / 100, OWN) for n in range(1, 8)}
NEW = {9: (0.02, TRENDING), 10: (0.01, TRENDING)}


def test_one_place_of_a_kiosk_is_kept_for_what_they_never_bought() -> None:
    given_ = personal(visit=VisitId("v-2"))
    made = decision(given_, each_its_own(), Sourced(OWN_TEN | NEW), profile(*OWN_TEN))
    assert won(made)[-1] == ("9", "explore")
    assert made.slots[-1].reason == "New for you"
    assert lost(made)["6"] is Rule.PLACE_KEPT
    assert lost(made)["7"] is Rule.LOWER_WORTH
    assert len(made.choices) == 6


def test_the_new_is_rather_of_a_category_not_shown_yet() -> None:
    sold = catalogue([product(n, "a" if n < 10 else "b") for n in range(1, 13)])
    given_ = personal(limit=3, visit=VisitId("v-1"))
    turned = catalogue(sold.products.values(), explore_pct=34)
    made = decision(given_, turned, Sourced(OWN_TEN | NEW), profile(*OWN_TEN))
    assert won(made)[-1] == ("10", "explore")


def test_what_is_due_stays_while_something_else_can_give_way_to_the_new() -> None:
    rows = {1: (0.5, OWN), 2: (0.4, OWN), 3: (0.3, OWN | RESUPPLY), **NEW}
    turned = each_its_own(explore_pct=34)
    made = decision(personal(limit=3), turned, Sourced(rows), profile(1, 2, 3))
    assert won(made) == [("1", "worth"), ("3", "worth"), ("9", "explore")]
    every = dict.fromkeys((1, 2, 3), (0.3, OWN | RESUPPLY)) | NEW
    made = decision(personal(limit=3), turned, Sourced(every), profile(1, 2, 3))
    assert won(made) == [("1", "worth"), ("2", "worth"), ("9", "explore")]


def test_a_list_that_shows_something_new_anyway_keeps_no_further_place() -> None:
    rows = {1: (0.5, OWN), 9: (0.4, TRENDING), 2: (0.3, OWN), 10: (0.2, TRENDING)}
    turned = each_its_own(explore_pct=34)
    made = decision(personal(limit=3), turned, Sourced(rows), profile(1, 2))
    assert {claim for _, claim in won(made)} == {"worth"}


@pytest.mark.parametrize("placement", ["arrival", "display-zone", "till-addon"])
def test_no_place_is_kept_for_the_new_elsewhere(placement: str) -> None:
    made = decision(
        personal(placement), each_its_own(), Sourced(OWN_TEN | NEW), profile(*OWN_TEN)
    )
    assert SlotClaim.EXPLORE not in {choice.claim for choice in made.choices}


def test_to_somebody_without_a_past_everything_is_new_and_nothing_kept() -> None:
    for given_, habits in ((inputs(), None), (personal(), profile())):
        made = decision(given_, each_its_own(), Sourced(OWN_TEN | NEW), habits)
        assert {claim for _, claim in won(made)} == {"worth"}


def test_one_place_at_the_till_is_kept_for_what_goes_with_the_basket() -> None:
    rows = {1: (0.5, OWN), 2: (0.4, OWN), 3: (0.3, OWN), 4: (0.1, COMPLEMENT)}
    given_ = personal("till-addon", basket=(ItemKey(12),))
    made = decision(given_, each_its_own(), Sourced(rows), profile(1, 2, 3))
    assert won(made) == [("1", "worth"), ("2", "worth"), ("4", "complement")]
    assert made.slots[-1].reason == "Goes with your basket"
    assert lost(made) == {"3": Rule.PLACE_KEPT}


def test_without_a_basket_the_till_keeps_no_place() -> None:
    rows = {1: (0.5, OWN), 2: (0.4, OWN), 3: (0.3, OWN), 4: (0.1, COMPLEMENT)}
    made = decision(personal("till-addon"), each_its_own(), Sourced(rows), profile(1, 2, 3))
    assert [sku for sku, _ in won(made)] == ["1", "2", "3"]


SOURCES = st.sampled_from([OWN, OWN | RESUPPLY, TRENDING, COMPLEMENT, ANNIVERSARY])
ROWS = st.dictionaries(
    st.integers(1, 14), st.tuples(st.integers(0, 50).map(lambda n: n / 100), SOURCES)
)


@given(ROWS, st.sampled_from(sorted(PLACEMENTS)), st.integers(0, 3), st.booleans())
def test_claims_keep_to_limits_categories_and_bytes(
    rows: dict[int, tuple[float, int]],
    placement: str,
    visit: int,
    scanned: bool,  # noqa: FBT001  # drawn by hypothesis
) -> None:
    own = [key for key, (_, bits) in rows.items() if bits & (OWN | ANNIVERSARY)]
    sold = catalogue([product(n, f"category {n % 3}") for n in range(1, 11)])
    basket = (ItemKey(20),) if scanned else ()
    given_ = personal(placement, visit=VisitId(f"v-{visit}"), basket=basket)
    made, again = (decision(given_, sold, Sourced(rows), profile(*own)) for _ in range(2))
    assert encode_decision(made) == encode_decision(again)
    assert decode_decision(encode_decision(made)) == made
    place = PLACEMENTS[placement]
    counts = Counter(int(choice.sku) % 3 for choice in made.choices)
    assert max(counts.values(), default=0) <= place.per_category
    assert len(made.choices) <= place.limit
    assert Counter([c.sku for c in made.choices] + list(lost(made))) == Counter(map(str, rows))
    plain = decision(given_, sold, Sourced(rows), profile())
    assert len(made.choices) == len(plain.choices)
