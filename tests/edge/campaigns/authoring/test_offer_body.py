from __future__ import annotations

import pytest
from hypothesis import given
from pydantic import ValidationError

from edge.campaigns.authoring.export import offer_body
from edge.campaigns.authoring.offer_body import OfferBody, offer_of
from edge.domain.discount import OfferDiscount, OfferDiscountKind
from edge.domain.ids import ItemKey, Sku
from edge.domain.offer import OFFER_TYPES
from models.items import item_key
from tests.edge.campaigns.authoring.bodies import TAGS, an_offer, offers

CODE = "0" * 64


def refused(**changed: object) -> str:
    with pytest.raises(ValidationError) as error:
        OfferBody.model_validate({**an_offer(), **changed})
    return str(error.value)


@pytest.mark.parametrize("tag", TAGS)
def test_an_offer_without_one_of_the_six_tags_is_refused(tag: str) -> None:
    told = an_offer()
    del told[tag]
    with pytest.raises(ValidationError, match=tag):
        OfferBody.model_validate(told)


@pytest.mark.parametrize("tag", TAGS)
def test_an_empty_tag_is_none(tag: str) -> None:
    empty: object = [] if tag in {"channels", "placements"} else ""
    assert tag in refused(**{tag: empty})


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"offer_type": "give-away"}, "one of discount, member-price"),
        ({"audience": "trips >"}, "no condition"),
        ({"audience": "age > 3"}, "there is no fact 'age'"),
        ({"audience": "trips"}, "not true or false"),
        ({"ends_at": "2026-11-20T12:00:00Z"}, "ends after it has started"),
        ({"starts_at": "2026-11-21T12:00:00"}, "timezone"),
        ({"one_time": True, "per_person": 2}, "contradict"),
        ({"skus": [101]}, "string"),
        ({"headline": "line\nbreak"}, "pattern"),
        ({"headline": "over\u202eturned"}, "pattern"),
        ({"discount_cents": -1}, "greater than or equal to 0"),
        ({"colour": "red"}, "Extra inputs"),
        ({"creatives": [{"id": "a", "modules": {}}]}, "at least 1 item"),
        ({"creatives": [{"id": "a", "modules": {"en": {"image": "cow.png"}}}]}, "pattern"),
        ({"creatives": [{"id": "a", "modules": {"en": {}}}] * 2}, "have one id"),
    ],
)
def test_what_no_offer_can_say_is_refused(changed: dict[str, object], why: str) -> None:
    assert why in refused(**changed)


def test_a_refusal_does_not_repeat_what_was_written() -> None:
    assert "canary" not in refused(discount_cents="canary")


def test_the_body_becomes_the_offer_with_all_its_tags_limits_and_words() -> None:
    modules = {"en": {"headline": "Milk", "image": CODE}, "es": {"headline": "Leche"}}
    told = an_offer(
        audience="trips > 3",
        per_store=9,
        one_time=True,
        creatives=[{"id": "calm", "modules": modules, "templates": ["tiles"]}],
    )
    made = offer_of(OfferBody.model_validate(told))
    assert {tag: getattr(made, tag) for tag in TAGS} == {
        "segment": "everybody", "offer_type": "discount", "channels": ("kiosk",),
        "placements": ("kiosk-home",), "category": "milk", "campaign": "june",
    }  # fmt: skip
    assert (made.audience, made.per_person, made.per_store) == ("trips > 3", 1, 9)
    (creative,) = made.creatives
    assert creative.said_in("es-MX").headline == "Leche"
    assert creative.said_in("de").image == CODE
    assert not creative.fits("board")


def test_every_type_of_offer_can_be_written() -> None:
    for kind in OFFER_TYPES:
        assert OfferBody.model_validate(an_offer(offer_type=kind)).offer_type == kind
    published = OfferBody.model_json_schema()["properties"]["offer_type"]
    assert published["enum"] == list(OFFER_TYPES)


@given(offers())
def test_an_offer_that_was_made_is_written_down_as_the_same_again(body: OfferBody) -> None:
    made = offer_of(body)
    again = offer_body(made, {ItemKey(item_key(sku)): Sku(sku) for sku in body.skus})
    assert again is not None
    assert offer_of(again) == made


def test_a_product_that_can_be_named_no_more_is_left_out() -> None:
    made = offer_of(OfferBody.model_validate(an_offer(skus=["101", "x-9"])))
    told = offer_body(made, {})
    assert told is not None
    assert told.skus == ("101",)
    assert offer_body(offer_of(OfferBody.model_validate(an_offer(skus=["x-9"]))), {}) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "percent", "amount": 101},
        {"kind": "percent", "amount": 0},
        {"kind": "price", "amount": 1, "per": "basket"},
        {"kind": "amount", "amount": 21},
        {"kind": "half", "amount": 1},
        {"kind": "points", "amount": -1},
        {"kind": "points", "amount": 1, "code": ""},
    ],
)
def test_a_discount_that_no_till_could_take_off_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        OfferBody.model_validate({**an_offer(), "discount": wrong})


def test_an_offer_without_a_discount_takes_off_its_cents() -> None:
    plain = offer_of(OfferBody.model_validate(an_offer()))
    assert plain.discount == OfferDiscount(kind=OfferDiscountKind.AMOUNT, amount=20)
    coded = {"kind": "percent", "amount": 20, "max": 150, "code": "MILK20"}
    told = offer_of(OfferBody.model_validate({**an_offer(), "discount": coded}))
    assert told.discount == OfferDiscount(
        kind=OfferDiscountKind.PERCENT, amount=20, max=150, code="MILK20"
    )
    assert [told.answers_to(code) for code in (" milk20", "MILK2", "")] == [True, False, False]
