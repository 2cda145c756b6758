from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.decision.codec import odds_from
from edge.domain.catalogue import Catalogue
from edge.domain.creative import Creative, Modules, Odds
from edge.domain.experiment import POINTS
from edge.domain.ids import OfferId, digest_of
from edge.state.creative_odds import Count, odds_of
from models.serving.creative_bandit import FLOOR
from tests.edge.builders import campaign, catalogue, offer

A, B = (Creative(id=name, modules={"en": Modules()}) for name in "ab")
# Of two creatives each keeps half of the floor.
EACH = round(FLOOR * POINTS / 2)
O = OfferId("o")  # noqa: E741 - the one offer of this file


def sold(*creatives: Creative, bandit: bool = True) -> Catalogue:
    return catalogue(
        offers=[offer("o", creatives=creatives or (A, B))], campaigns=[campaign(bandit=bandit)]
    )


def odds(*counts: Count) -> Odds:
    found = odds_of(sold(), counts)
    assert found is not None
    assert (found.kind, found.digest) == ("odds", digest_of(found.body))
    return odds_from(found.body)


counts = st.lists(
    st.tuples(
        st.just(O),
        st.sampled_from(["", "loyal", "new"]),
        st.sampled_from("ab"),
        st.integers(0, 500),
    ).flatmap(lambda c: st.integers(0, c[3]).map(lambda taken: (*c, taken))),
    max_size=6,
    unique_by=lambda c: c[1:3],
)


def test_without_a_campaign_that_learns_there_is_nothing_to_know() -> None:
    assert odds_of(sold(bandit=False), [(O, "", "a", 10, 5)]) is None
    assert odds_of(sold(A), []) is None
    assert odds_of(catalogue(offers=[offer("o", creatives=(A, B))]), []) is None


def test_where_nothing_was_shown_yet_nobody_is_far_ahead() -> None:
    of = odds()["o"][""]
    assert abs(of["a"] - of["b"]) < POINTS // 10


def test_what_has_worked_is_drawn_more_and_the_other_still_at_times() -> None:
    of = odds((O, "", "a", 500, 100), (O, "", "b", 500, 10))["o"][""]
    assert of["a"] > 9_000
    assert of["b"] >= EACH


def test_a_segment_may_like_another_creative_best_and_leans_on_everybody() -> None:
    found = odds(
        (O, "", "a", 2_000, 400), (O, "", "b", 2_000, 40),
        (O, "loyal", "a", 800, 10), (O, "loyal", "b", 800, 200),
    )["o"]  # fmt: skip
    assert found["loyal"]["b"] > found["loyal"]["a"]
    assert found[""]["a"] > found[""]["b"]


@given(counts)
def test_chances_are_whole_have_a_floor_and_equal_counts_make_equal_bytes(
    told: list[Count],
) -> None:
    one, other = odds_of(sold(), told), odds_of(sold(), told[::-1])
    assert one is not None
    assert other is not None
    assert one.body == other.body
    for of in odds_from(one.body)["o"].values():
        assert sum(of.values()) == POINTS
        assert min(of.values()) >= EACH


def test_counts_of_what_is_there_no_more_say_nothing() -> None:
    plain = odds_of(sold(), [])
    gone = odds_of(sold(), [(O, "", "gone", 50, 50), (OfferId("other"), "", "a", 9, 9)])
    assert plain is not None
    assert gone is not None
    assert plain.body == gone.body
