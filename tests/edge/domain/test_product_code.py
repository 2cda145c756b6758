from __future__ import annotations

from decimal import Decimal

import pytest
from biip.checksums import gs1_price_weight_check_digit, gs1_standard_check_digit
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.errors import SettingsInvalid
from edge.domain.product_code import (
    CodeReading,
    CodeRules,
    ReadCode,
    layouts_of,
    reading_of,
    spelling,
)
from edge.domain.trade_unit import TradeUnit
from models.items import item_key

NO_RULES = CodeRules()
GS = "\x1d"
PEN = "04006381333931"


def checked(digits: str) -> str:
    return f"{digits}{gs1_standard_check_digit(digits)}"


def read(code: str, rules: CodeRules = NO_RULES) -> ReadCode:
    """What the code is where nothing of it is sold."""
    return reading_of(code, rules).otherwise


def by(*layouts: str, exponent: int = 2) -> CodeRules:
    return CodeRules(layouts=layouts_of(layouts), exponent=exponent)


# --- numbers ---


@given(st.integers(10_000_000, 10**13 - 1))
def test_every_spelling_of_a_gtin_is_one_key_and_one_spelling(payload: int) -> None:
    number = checked(str(payload))
    spelled = {number.zfill(n) for n in (8, 12, 13, 14) if n >= len(number)} | {number}
    assert {item_key(read(code).sku) for code in spelled} == {int(number)}
    assert {read(code).sku for code in spelled} == {number.zfill(14)}


@given(st.integers(0, 9_999_999))
def test_a_gtin_8_is_one_key_in_8_12_13_and_14_places(payload: int) -> None:
    number = checked(f"{payload:07}")
    assert len({read(number.zfill(n)).sku for n in (8, 12, 13, 14)}) == 1
    assert {item_key(read(number.zfill(n)).sku) for n in (8, 12, 13, 14)} == {int(number)}


@pytest.mark.parametrize(
    ("typed", "spelled"),
    [
        ("4006381333931", PEN),
        ("036000291452", "00036000291452"),
        ("36000291452", "00036000291452"),
        ("96385074", "00000096385074"),
        ("14006381333938", "14006381333938"),  # a case: a code of its own
        ("2100000012343", "02100000012343"),
        ("4011", "4011"),
        ("04011", "4011"),
        ("94011", "94011"),
        ("4006381333930", "4006381333930"),  # a wrong check digit makes it some number
        ("oat-milk", "oat-milk"),
        ("A.0042", "A.0042"),
        ("0000", "0"),
    ],
)
def test_a_number_has_one_spelling(typed: str, spelled: str) -> None:
    assert read(typed) == ReadCode(sku=spelling(spelled))
    assert read(typed).sku == spelled


def test_eight_digits_of_upc_e_are_the_upc_a_that_they_shorten() -> None:
    assert read("04252614").sku == "00042100005264"


@pytest.mark.parametrize("short", ["425261", "0425261"])
def test_upc_e_without_a_check_digit_counts_only_where_it_is_sold(short: str) -> None:
    found = reading_of(short, NO_RULES)
    assert [c.sku for c in found.candidates] == ["425261", "00042100005264"]
    assert found.otherwise.sku == "425261"


def test_eight_digits_that_are_both_are_a_gtin_8_unless_the_other_is_sold() -> None:
    found = reading_of("01000252", NO_RULES)
    assert [c.sku for c in found.candidates] == ["1000252", "00010002000052"]
    assert found.otherwise == found.candidates[0]


# --- element strings and links ---


@pytest.mark.parametrize(
    "code",
    [
        "(01)04006381333931",
        "(01)04006381333931(10)AB-12(17)261231",
        "0104006381333931",
        "010400638133393110AB12",
        f"010400638133393110AB12{GS}21SER7",
        f"{GS}0104006381333931",
        f"{GS}17261231010400638133393110AB",
        "]C10104006381333931",
        f"]C1{GS}0104006381333931",
        "]e00104006381333931",
        "]d20104006381333931",
        "]Q30104006381333931",
        "]J10104006381333931",
        "]E04006381333931",
        "]E3400638133393105",
        "]C04006381333931",
        "https://id.gs1.org/01/04006381333931",
        "https://id.gs1.org/01/4006381333931/10/AB12/21/S1?17=261231",
        "HTTPS://shop.example/de/01/04006381333931?utm_source=x",
        "]Q3https://id.gs1.org/01/04006381333931",
        "]Q1https://id.gs1.org/01/04006381333931",
        " 4006381333931 ",
        "(01)04006381333931(17)260231",  # a date that is none hides no article
    ],
)
def test_every_way_to_write_an_article_is_the_article(code: str) -> None:
    assert read(code) == ReadCode(sku=spelling(PEN))


@pytest.mark.parametrize(
    ("code", "quantity", "unit", "cents"),
    [
        ("(01)90614141000015(3103)000432", "0.432", "kg", None),
        ("0190614141000015310300043210A1", "0.432", "kg", None),
        ("(01)90614141000015(3202)000125", "1.25", "lb", None),
        ("(01)90614141000015(3572)000800", "8", "oz", None),
        ("(01)90614141000015(3151)000015", "1.5", "l", None),
        ("(01)90614141000015(30)12", "12", "each", None),
        ("(01)90614141000015(3922)1299", None, None, 1299),
        ("(01)90614141000015(3932)8401299", None, None, 1299),
        ("(01)90614141000015(3932)9781299", None, None, None),  # euros are no dollars
        ("(01)90614141000015(3923)12995", None, None, None),  # a tenth of a cent cannot be paid
        ("(01)90614141000015(3920)12", None, None, 1200),
        (f"]C101906141410000153103000432{'3922'}0299{GS}10A", "0.432", "kg", 299),
        ("(01)90614141000015(3103)000000", None, None, None),
        ("https://id.gs1.org/01/90614141000015?3103=000432&3922=0299", "0.432", "kg", 299),
    ],
)
def test_weight_price_and_count_come_with_the_article(
    code: str, quantity: str | None, unit: str | None, cents: int | None
) -> None:
    assert read(code) == ReadCode(
        sku=spelling("90614141000015"),
        quantity=None if quantity is None else Decimal(quantity),
        unit=None if unit is None else TradeUnit(unit),
        amount_cents=cents,
    )


def test_a_price_has_the_decimals_of_its_own_currency() -> None:
    yen = CodeRules(currency="JPY", exponent=0, number="392")
    assert read("(01)90614141000015(3920)480", yen).amount_cents == 480
    assert read("(01)90614141000015(3930)392480", yen).amount_cents == 480


@pytest.mark.parametrize(
    "code",
    [
        "(01)04006381333930",  # a wrong check digit
        "(02)04006381333931(37)12",  # what a pallet holds is no article that is sold
        "(99)04006381333931",
        "(01)0400638133393",
        "]C1",
        "]?9123",
        "http://[",
        "https://id.gs1.org/414/4006381333931",
        "https://shop.example/",
        f"4006{GS}381",
        "٤٠١١",
        "4011\n",
    ],
)
def test_what_gs1_does_not_define_stays_as_it_was_written(code: str) -> None:
    assert read(code).sku == code


# --- variable measure ---

# 2 fixed digits, 5 of article, 5 of price or weight, check digit.
PRICED = checked("201234500399")
WEIGHED = checked("211234500432")


def test_a_layout_of_the_setting_gives_price_or_weight() -> None:
    rules = by("20AAAAAPPPPPC", "21AAAAAWWWWWC")
    assert read(PRICED, rules) == ReadCode(
        sku=spelling(checked("201234500000")), amount_cents=399
    )
    assert read(WEIGHED, rules) == ReadCode(
        sku=spelling(checked("211234500000")), quantity=Decimal("0.432"), unit=TradeUnit.KG
    )


def test_an_article_is_looked_for_as_zeroed_code_and_then_by_its_bare_digits() -> None:
    found = reading_of(PRICED, by("20AAAAAPPPPPC"))
    assert [c.sku for c in found.candidates] == [
        spelling(checked("201234500000")),
        spelling("12345"),
    ]


def test_upc_a_with_prefix_2_is_an_ean_13_with_02() -> None:
    code = checked("21234500399")
    assert read(code, by("02AAAAAPPPPPC")).amount_cents == 399
    assert read(f"0{code}", by("02AAAAAPPPPPC")) == read(code, by("02AAAAAPPPPPC"))


def test_the_verifier_inside_is_held_against_the_price() -> None:
    rules = by("02AAAAAVPPPPC")
    # 2875 has the verifier 9 in GS1's own example.
    assert read(checked("021234592875"), rules).amount_cents == 2875
    wrong = checked("021234582875")
    assert read(wrong, rules) == ReadCode(sku=spelling(wrong))
    assert read(wrong, by("02AAAAAXPPPPC")).amount_cents == 2875


def test_a_wrong_check_digit_is_no_variable_measure() -> None:
    wrong = f"{PRICED[:-1]}{(int(PRICED[-1]) + 1) % 10}"
    assert read(wrong, by("20AAAAAPPPPPC")) == ReadCode(sku=spelling(wrong))


def test_the_empty_layout_list_reads_none_whatever_the_country() -> None:
    rules = CodeRules(layouts=(), country="SE", currency="SEK")
    assert read(checked("231234560432"), rules).quantity is None


@pytest.mark.parametrize(
    ("country", "currency", "code", "found"),
    [
        ("SE", "SEK", "201234560399", (None, None, 399)),
        ("SE", "SEK", "231234560432", ("0.432", "kg", None)),
        ("NO", "NOK", "221234560039", (None, None, 3900)),
        ("SE", "EUR", "201234560399", (None, None, None)),  # the label is in crowns
        ("DE", "EUR", "251234500003", (None, None, None)),  # its verifier inside is wrong
        ("DK", "DKK", "261234000432", ("0.432", "kg", None)),
        ("SE", "SEK", "291234560399", (None, None, None)),  # nobody's rule
        ("US", "USD", "201234560399", (None, None, None)),
        ("", "USD", "231234560432", (None, None, None)),
    ],
)
def test_without_a_setting_the_rules_of_the_country_count_where_they_are_known(
    country: str, currency: str, code: str, found: tuple[str | None, str | None, int | None]
) -> None:
    got = read(checked(code), CodeRules(country=country, currency=currency))
    quantity, unit, cents = found
    assert got.quantity == (None if quantity is None else Decimal(quantity))
    assert (got.unit, got.amount_cents) == (unit, cents)


def test_a_german_count_is_pieces() -> None:
    code = checked(f"251234{gs1_price_weight_check_digit('00003')}00003")
    got = read(code, CodeRules(country="DE", currency="EUR"))
    assert (got.quantity, got.unit) == (Decimal(3), TradeUnit.EACH)


def test_a_country_without_rules_leaves_the_code_a_code() -> None:
    assert read(PRICED, CodeRules(country="US")) == ReadCode(sku=spelling(PRICED))


@pytest.mark.parametrize(
    ("layouts", "says"),
    [
        (["20AAAAAPPPPC"], "12 places"),
        (["40AAAAAPPPPPC"], "begin"),
        (["20AAAAAPPPPPP"], "check digit"),
        (["20CAAAAPPPPPC"], "check digit"),
        (["20PPPPPPPPPPC"], "article"),
        (["20AAAAAAAAAAC"], "price"),
        (["20AAAPPPWWWWC"], "price"),
        (["20AAAVPPPPPPC"], "verifier"),
        (["20AAVVPPPPPXC"], "verifier"),
        (["20AAPAAPPPPPC"], "together"),
        (["20aaaaappppPC"], "only"),
        (["2AAAAAAPPPPPC", "20AAAAAWWWWWC"], "begins alike"),
        ([""], "places"),
    ],
)
def test_a_layout_that_is_none_is_refused_with_its_mend(layouts: list[str], says: str) -> None:
    with pytest.raises(SettingsInvalid, match=says) as refused:
        layouts_of(layouts)
    assert refused.value.hint is not None
    assert "20AAAAAPPPPPC" in refused.value.hint


def test_the_narrower_of_two_layouts_may_stand_first() -> None:
    assert len(layouts_of(["20AAAAAWWWWWC", "2AAAAAAPPPPPC"])) == 2


# --- laws ---

anything = st.text(st.characters(), max_size=140)
gs1_like = st.text("0123456789()]CEeQ[/:?=.-" + GS, max_size=60)
spoilt = st.builds(
    lambda code, at, put: code[: at % len(code)] + put + code[at % len(code) :],
    st.sampled_from(
        [
            "(01)90614141000015(3922)1299",
            f"]C10190614141000015392201299{GS}10A",
            "https://id.gs1.org/01/4006381333931/10/AB?3103=000432",
            "01906141410000153935",
        ]
    ),
    st.integers(0, 60),
    st.text(max_size=4),
)


@given(
    anything | gs1_like | spoilt,
    st.sampled_from([NO_RULES, by("20AAAAAPPPPPC"), CodeRules(country="DE", currency="EUR")]),
)
def test_reading_never_raises(code: str, rules: CodeRules) -> None:
    found = reading_of(code, rules)
    assert isinstance(found, CodeReading)
    assert all(c.quantity is None or c.quantity > 0 for c in found.candidates)


@given(anything | gs1_like | spoilt)
def test_a_spelling_is_its_own_spelling(code: str) -> None:
    once = spelling(code)
    assert spelling(once) == once
    assert item_key(once) == item_key(code) or not code.isdigit()


@given(st.integers(0, 99_999), st.integers(1, 99_999))
def test_a_layout_takes_apart_what_was_put_together(article: int, price: int) -> None:
    got = read(checked(f"20{article:05}{price:05}"), by("20AAAAAPPPPPC"))
    assert (got.sku, got.amount_cents) == (spelling(checked(f"20{article:05}00000")), price)
