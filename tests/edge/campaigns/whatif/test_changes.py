from __future__ import annotations

from dataclasses import fields, replace

import pytest

from edge.app.settings import DecisionSettings
from edge.campaigns.whatif.changes import BEFOREHAND, WhatIfChange
from edge.domain.catalogue import Tuning
from edge.domain.errors import NotReplayable
from edge.domain.ids import OfferId
from edge.state.catalogue import catalogue_of
from models.serving.local_fallback import LocalFallback
from tests.edge.builders import inputs, offer
from tests.edge.campaigns.whatif.day import OFFERS, TESTED, goods


def body(**tuning: object) -> bytes:
    return catalogue_of(goods(), replace(Tuning(), **tuning))[1]  # type: ignore[arg-type]  # the test's choice


def test_a_changed_number_gives_the_catalogue_that_was_never_stored() -> None:
    expected, _ = catalogue_of(goods(), Tuning(offer_boost_pct=20))
    changed = WhatIfChange(tuning={"offer_boost_pct": 20}).applied(body())
    assert changed.digest == expected.digest


def test_no_change_gives_the_stored_catalogue_again() -> None:
    assert not WhatIfChange()
    assert WhatIfChange().applied(body()).digest == catalogue_of(goods(), Tuning())[0].digest


def test_an_offer_takes_the_place_of_its_namesake_and_a_new_one_comes_to_the_others() -> None:
    cheaper, new = replace(OFFERS[0], discount_cents=5), offer("o-new", 4)
    known = WhatIfChange(offers=(cheaper, new)).applied(body()).offers_by_id
    assert known[cheaper.id].discount_cents == 5
    assert set(known) == {"o-a", "o-b", "o-new"}


def test_a_campaign_takes_the_place_of_its_namesake() -> None:
    changed = WhatIfChange(campaigns=(replace(TESTED, paused=True),)).applied(body())
    assert changed.campaigns["june"].paused


def test_a_strategy_is_given_to_a_placement_and_taken_away_again() -> None:
    stored = body(strategies={"kiosk-home": "trending", "till-addon": "low-price"})
    change = WhatIfChange(strategies={"kiosk-home": "chance", "phone-home": "resupply"})
    assert change.applied(stored).tuning.strategies == {
        "till-addon": "low-price",
        "phone-home": "resupply",
    }


def test_the_model_that_scores_is_named_in_the_inputs() -> None:
    ranker = LocalFallback()
    assert WhatIfChange(ranker=ranker).scored(inputs(model="old")).model == ranker.digest
    assert WhatIfChange().scored(inputs(model="old")).model == "old"


def test_bytes_that_are_no_catalogue_are_refused() -> None:
    with pytest.raises(NotReplayable, match="catalogue"):
        WhatIfChange().applied(b"{}")


def test_what_differs_is_told_by_names_alone() -> None:
    change = WhatIfChange(
        tuning={"person_cap": 3},
        strategies={"kiosk-home": "trending"},
        offers=(OFFERS[0],),
        campaigns=(TESTED,),
        ranker=LocalFallback(),
    )
    assert change.as_json() == {
        "person_cap": 3,
        "strategies.kiosk-home": "trending",
        "offers": [OfferId("o-a")],
        "campaigns": ["june"],
        "model": "local@1",
    }


def test_every_number_of_the_decision_can_be_turned_but_those_read_beforehand() -> None:
    others = {"strategies", "privacy_weight_pct", "customers", "arrival_by_chance"}
    tuned = {field.name for field in fields(Tuning)} - others
    assert tuned == set(DecisionSettings.model_fields)
    assert tuned > BEFOREHAND
