from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decision.explain import explain, explained, names_in, tell
from edge.domain.catalogue import Catalogue, Product
from edge.domain.consent import Purpose
from edge.domain.currency import currency
from edge.domain.decision import (
    Choice,
    ContentKind,
    Decision,
    InputFreshness,
    Inputs,
    RejectedCandidate,
    Rule,
    Slot,
    SlotClaim,
)
from edge.domain.ids import DecisionId, ItemKey, OfferId, Sku, Token, VisitId
from edge.domain.placement import PLACEMENTS
from edge.domain.texts import SOURCES
from models.serving.ranker import SOURCE_NAMES

AT = datetime(2017, 12, 6, 17, 42, 8, tzinfo=UTC)
ANN = Token("c-annaaaaaaaaaaaaaaaaaaaaaaa")
MILK, SOAP = Sku("101"), Sku("140")
USD = currency("USD")
NAMES = {"101": "Whole milk", "140": "Soap", "110": "Rye bread"}

INPUTS = Inputs(
    id=DecisionId("d-1"),
    at=AT,
    day=17_506,
    hour=12,
    placement="kiosk-home",
    limit=6,
    visit=VisitId("v-01hannannann"),
    zone="dairy",
    token=ANN,
    purposes=(Purpose.PERSONALISE_PRIVATE,),
    profile="a" * 64,
    trend="b" * 64,
    catalogue="c" * 64,
    model="d" * 64,
    basket=(ItemKey(110),),
    just_bought=(ItemKey(110), ItemKey(111)),
    out_of_stock=(ItemKey(121),),
    exposures={OfferId("o-milk"): 2},
    elsewhere=(OfferId("o-soap"),),
    ages_s={"profile": 3 * 86_400, "trend": 40, "stock": 3 * 3_600, "offers": 180},
)
DECISION = Decision(
    id=INPUTS.id,
    at=AT,
    placement="kiosk-home",
    kind=ContentKind.PERSONAL,
    visit=INPUTS.visit,
    token=ANN,
    purposes=INPUTS.purposes,
    model="grocer@2017.11.30",
    catalogue=INPUTS.catalogue,
    inputs="e" * 64,
    arm="treated",
    choices=(
        Choice(
            sku=MILK,
            points=4_120,
            worth=4_532,
            sources=("own", "offer"),
            offer=OfferId("o-milk"),
        ),
        Choice(sku=SOAP, points=80, worth=80, sources=("trending",)),
    ),
    losers=(RejectedCandidate(Sku("110"), 3_900, Rule.JUST_BOUGHT),),
    title="Picked for you",
    slots=(
        Slot(
            sku=MILK,
            headline="Whole milk",
            reason="One of your regulars",
            price_cents=129,
            offer=OfferId("o-milk"),
            badge="20 cents off",
        ),
        Slot(sku=SOAP, headline="Soap", reason="Popular here this midday", price_cents=99),
    ),
    rungs={
        "profile": InputFreshness.USE,
        "trend": InputFreshness.USE,
        "stock": InputFreshness.USE,
        "offers": InputFreshness.DEGRADE,
        "prices": InputFreshness.DROP,
    },
    expires_at=AT + timedelta(seconds=60),
)
NOBODY = replace(
    DECISION, token=None, visit=None, purposes=(), kind=ContentKind.CONTEXT, arm="outside"
)
NOBODYS = replace(
    INPUTS, token=None, visit=None, purposes=(), profile=None, zone=None, exposures={}
)


def said() -> str:
    return explain(DECISION, INPUTS, NAMES, USD)


def test_it_says_what_was_shown_where_and_when() -> None:
    assert "Decision d-1, kiosk-home: 2 of at most 6 products for the kiosk" in said()
    assert "Made at 2017-12-06T17:42:08Z (12 h in the store)" in said()
    assert 'shown as "Picked for you" in the template tiles' in said()


def test_it_says_whose_data_under_which_consent() -> None:
    assert "an invented name (visit annann); consent held for: personalise-private." in said()
    assert "habits were read from snapshot aaaaaaaaaaaa" in said()
    assert "in the last seven days: o-milk 2×" in said()


def test_it_says_that_nobodys_data_was_read() -> None:
    words = explain(NOBODY, NOBODYS, NAMES, USD)
    assert "For nobody in particular (no visit): no personal data was read." in words
    assert "habits" not in words
    assert "  profile" not in words
    assert "no zone" in words


def test_a_person_without_habits_is_said_so() -> None:
    words = explain(DECISION, replace(INPUTS, profile=None, exposures={}), NAMES, USD)
    assert "an invented name" in words
    assert "snapshot" not in words


def test_it_says_how_old_each_input_was_and_what_that_meant() -> None:
    assert "  profile: 3 days old, used as it is" in said()
    assert "  stock: 3 h old, used as it is" in said()
    assert "  offers: 3 min old, used with care" in said()
    assert "  trend: 40 s old, used as it is" in said()
    assert "  prices: never heard of, not read" in said()


def test_it_counts_what_the_situation_barred() -> None:
    situation = next(line for line in said().splitlines() if line.startswith("Situation"))
    assert situation == (
        "Situation: zone dairy, in the basket 1, bought just now 2, out of stock 1,"
        " offers on their other screens 1."
    )


def test_each_winner_has_its_chance_its_reasons_and_its_offer() -> None:
    assert (
        "  1. Whole milk (101): chance 41.20 %, because they buy it, it is on offer,"
        " offer o-milk (20 cents off)" in said()
    )
    assert "  2. Soap (140): chance 0.80 %, because it sells well here now" in said()


def test_an_offer_whose_redemption_can_be_foreseen_has_its_chance_and_what_it_leaves() -> None:
    known = replace(DECISION.choices[0], offer_points=1_234, offer_expected=825)
    foreseen = replace(DECISION, choices=(known,))
    words = explain(foreseen, replace(INPUTS, coupons="f" * 64), NAMES, USD)
    assert (
        "offer o-milk (20 cents off): chance of redemption 12.34 %, expected 0.0825 USD"
        in words
    )
    assert "coupons ffffffffffff" in words
    assert "uplift" not in words
    winners = explained(foreseen, INPUTS, NAMES)["winners"]
    assert isinstance(winners, list)
    assert isinstance(winners[0], dict)
    assert (winners[0]["redemption_pct"], winners[0]["expected_cents"]) == (12.34, 8.25)


@pytest.mark.parametrize("rule", list(Rule))
def test_every_rule_by_which_something_lost_is_told(rule: Rule) -> None:
    lost = replace(DECISION, losers=(RejectedCandidate(Sku("110"), 3_900, rule),))
    line = next(
        found for found in explain(lost, INPUTS, NAMES, USD).splitlines() if rule.value in found
    )
    assert line.endswith("): 1 – Rye bread (110) 39.00 %")


def test_of_many_losers_the_best_five_are_named_and_all_counted() -> None:
    many = tuple(RejectedCandidate(Sku(str(n)), n, Rule.LOWER_WORTH) for n in range(1, 301))
    line = explain(replace(DECISION, losers=many), INPUTS, {}, USD).splitlines()[-3]
    assert "lower-worth (worth less than those chosen): 300 – article 300 3.00 %" in line
    assert line.count("article") == 5
    assert "article 296" in line


def test_an_offer_that_lost_is_named_with_its_product() -> None:
    lost = RejectedCandidate(MILK, 4_120, Rule.OFFER_CAPPED, OfferId("o-milk"))
    words = explain(replace(DECISION, losers=(lost,)), INPUTS, NAMES, USD)
    assert (
        "offer-capped (shown often enough this week): 1 – o-milk on Whole milk (101) 41.20 %"
        in words
    )


def test_a_decision_for_nothing_says_so() -> None:
    empty = replace(DECISION, choices=(), losers=(), slots=(), kind=ContentKind.FALLBACK)
    words = explain(empty, INPUTS, NAMES, USD)
    assert "nothing could be chosen" in words
    assert "Nothing won." in words
    assert "Nothing lost: every candidate was chosen." in words


def test_the_group_the_model_and_all_digests_are_named() -> None:
    assert "Group: treated: may get offers." in said()
    assert "Scored by grocer@2017.11.30." in said()
    for letter in "abcde":
        assert letter * 12 in said()


@pytest.mark.parametrize("placement", list(PLACEMENTS))
def test_every_placement_has_a_place_in_words(placement: str) -> None:
    words = explain(replace(DECISION, placement=placement), INPUTS, NAMES, USD)
    assert f"for {placement}" not in words


def test_a_kept_place_and_a_strategy_are_told() -> None:
    kept = replace(DECISION.choices[1], claim=SlotClaim.EXPLORE)
    due = replace(DECISION.choices[0], claim=SlotClaim.DUE)
    led = replace(DECISION, choices=(due, kept), strategy="low-price")
    words = explain(led, INPUTS, NAMES, USD)
    assert (
        "because it sells well here now; new for them, in a place kept for what they" in words
    )
    assert "; comes before what they do not buy" in words
    assert "Scored by grocer@2017.11.30, ordered by the strategy low-price." in words
    found = explained(led, INPUTS, NAMES)
    assert found["strategy"] == "low-price"
    winners = found["winners"]
    assert isinstance(winners, list)
    assert [one["claim"] for one in winners if isinstance(one, dict)] == ["due", "explore"]


@pytest.mark.parametrize(
    "claim", [claim for claim in SlotClaim if claim is not SlotClaim.WORTH]
)
def test_every_claim_but_worth_is_told(claim: SlotClaim) -> None:
    kept = replace(DECISION.choices[1], claim=claim)
    assert len(explain(replace(DECISION, choices=(kept,)), INPUTS, NAMES, USD)) > len(
        explain(replace(DECISION, choices=DECISION.choices[1:]), INPUTS, NAMES, USD)
    )


def test_every_source_is_told_in_words() -> None:
    assert set(SOURCES) == set(SOURCE_NAMES)


def test_the_json_form_says_the_same() -> None:
    found = explained(DECISION, INPUTS, NAMES)
    assert found["winners"] == [
        {
            "sku": "101",
            "name": "Whole milk",
            "chance_pct": 41.2,
            "worth": 4_532,
            "timeliness_pct": 0,
            "privacy_loss_pct": 0,
            "trust_pct": 100,
            "creative": None,
            "propensity_pct": None,
            "sources": ["own", "offer"],
            "offer": "o-milk",
            "claim": "worth",
            "redemption_pct": None,
            "expected_cents": None,
            "churn_risk_pct": None,
        },
        {
            "sku": "140",
            "name": "Soap",
            "chance_pct": 0.8,
            "worth": 80,
            "timeliness_pct": 0,
            "privacy_loss_pct": 0,
            "trust_pct": 100,
            "creative": None,
            "propensity_pct": None,
            "sources": ["trending"],
            "offer": None,
            "claim": "worth",
            "redemption_pct": None,
            "expected_cents": None,
            "churn_risk_pct": None,
        },
    ]
    best = {"sku": "110", "name": "Rye bread", "chance_pct": 39.0, "offer": None}
    assert found["losers"] == {
        "just-bought": {"count": 1, "means": "bought a moment ago", "best": [best]}
    }
    assert found["digests"] == {
        "inputs": "e" * 64,
        "model": "d" * 64,
        "catalogue": "c" * 64,
        "trend": "b" * 64,
        "profile": "a" * 64,
    }


def test_an_age_never_heard_of_is_null_in_json() -> None:
    inputs = explained(DECISION, INPUTS, NAMES)["inputs"]
    assert isinstance(inputs, dict)
    assert inputs["prices"] == {"age_s": None, "rung": "drop"}


def test_nobody_is_anonymous_in_json() -> None:
    found = explained(NOBODY, NOBODYS, NAMES)
    assert (found["who"], found["visit"]) == ("anonymous", None)


def test_the_person_is_told_in_one_sentence() -> None:
    assert tell(DECISION, INPUTS) == (
        "6 December, 12:00 to 12:59, for the kiosk: Whole milk (one of your regulars);"
        " Soap (popular here this midday). Chosen with your earlier purchases, as you allowed:"
        " personalise-private."
    )


def test_the_person_is_told_when_their_data_was_not_used() -> None:
    assert tell(replace(DECISION, kind=ContentKind.CONTEXT), INPUTS).endswith(
        "Chosen without your earlier purchases."
    )


def test_the_person_is_told_when_nothing_was_chosen() -> None:
    assert tell(replace(DECISION, slots=()), INPUTS).endswith(
        "for the kiosk: nothing was chosen."
    )


def test_names_come_from_the_catalogue_as_far_as_it_knows() -> None:
    milk = Product(
        key=ItemKey(101), sku=MILK, name="Milk", category="m", department="d", price_cents=1
    )
    catalogue = Catalogue(digest="c" * 64, products={milk.key: milk}, offers=())
    assert names_in(catalogue, DECISION) == {"101": "Milk"}


losers = st.lists(
    st.builds(
        RejectedCandidate,
        st.from_regex(r"[0-9]{1,6}", fullmatch=True).map(Sku),
        st.integers(0, 10_000),
        st.sampled_from(Rule),
        st.none() | st.just(OfferId("o-1")),
    ),
    max_size=40,
).map(tuple)


@given(losers, st.sampled_from(ContentKind))
def test_every_loser_is_counted_once_and_no_word_holds_a_token(
    lost: tuple[RejectedCandidate, ...], kind: ContentKind
) -> None:
    decision = replace(DECISION, losers=lost, kind=kind)
    counted = explained(decision, INPUTS, NAMES)["losers"]
    assert isinstance(counted, dict)
    assert sum(row["count"] for row in counted.values()) == len(lost)  # type: ignore[index, call-overload, misc]
    everything = explain(decision, INPUTS, NAMES, USD) + tell(decision, INPUTS) + str(counted)
    assert ANN not in everything


def test_an_offer_raised_for_who_may_be_leaving_says_so() -> None:
    first, *others = DECISION.choices
    raised = replace(DECISION, choices=(replace(first, churn_risk_pct=72), *others))
    told = explain(raised, INPUTS, NAMES, USD)
    assert told.count("risk 72 %") == 1
    assert "leaving" not in explain(DECISION, INPUTS, NAMES, USD)
