from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.decision.codec import decode_decision, decode_inputs, encode_decision, encode_inputs
from edge.domain.consent import Purpose
from edge.domain.decision import Inputs
from edge.domain.ids import DecisionId, ItemKey, OfferId, Token, VisitId
from edge.domain.placement import PLACEMENTS
from tests.edge.builders import NOW, catalogue, decision, inputs, offer, personal, profile

keys = st.lists(st.integers(0, 2**62).map(ItemKey), max_size=4).map(tuple)
names = st.text(st.characters(codec="utf-8"), max_size=12)
anything = st.builds(
    Inputs,
    id=names.map(DecisionId),
    at=st.integers(-(10**6), 10**6).map(
        lambda s: NOW + timedelta(seconds=s, microseconds=s % 7)
    ),
    day=st.integers(0, 60_000),
    hour=st.integers(0, 23),
    placement=st.sampled_from(sorted(PLACEMENTS)),
    limit=st.integers(1, 50),
    visit=st.none() | names.map(VisitId),
    zone=st.none() | names,
    token=st.none() | names.map(Token),
    purposes=st.lists(st.sampled_from(Purpose), max_size=3).map(tuple),
    profile=st.none() | names,
    trend=names,
    catalogue=names,
    model=names,
    basket=keys,
    just_bought=keys,
    out_of_stock=keys,
    exposures=st.dictionaries(names.map(OfferId), st.integers(0, 99), max_size=3),
    elsewhere=st.lists(names.map(OfferId), max_size=3).map(tuple),
    ages_s=st.dictionaries(names, st.integers(0, 10**9), max_size=3),
)


@given(anything)
def test_inputs_come_back_as_they_were(given_: Inputs) -> None:
    data = encode_inputs(given_)
    assert decode_inputs(data) == given_
    assert encode_inputs(decode_inputs(data)) == data


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_decisions_come_back_as_they_were(placement: str) -> None:
    sold = catalogue(offers=[offer("o", 1, 2)])
    made = decision(personal(placement), sold, habits=profile(1, 9))
    data = encode_decision(made)
    assert decode_decision(data) == made
    assert encode_decision(decode_decision(data)) == data


def test_a_choice_without_a_churn_risk_has_none_in_its_bytes() -> None:
    data = encode_decision(decision(personal(), catalogue(), habits=profile(1)))
    assert b"churn_risk_pct" not in data


def test_the_record_is_plain_json_in_the_order_of_the_fields() -> None:
    read = json.loads(encode_inputs(inputs()))
    assert list(read)[:4] == ["id", "at", "day", "hour"]
    assert read["at"] == "2024-06-03T14:30:00Z"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"id":1}', encode_inputs(inputs())[:-2]])
def test_foreign_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValidationError):
        decode_inputs(data)
    with pytest.raises(ValidationError):
        decode_decision(data)


def test_a_decision_of_before_discounts_keeps_its_bytes() -> None:
    """Its catalogue says nothing of what is taken off, and a replay must come to the same bytes."""
    sold = catalogue(offers=[offer("o", 1, discount=None)])
    data = encode_decision(decision(personal(), sold, habits=profile(1)))
    slots = json.loads(data)["slots"]
    assert any(slot["offer"] == "o" for slot in slots)
    assert all({"was_cents", "discount", "currency"}.isdisjoint(slot) for slot in slots)
    assert encode_decision(decode_decision(data)) == data
