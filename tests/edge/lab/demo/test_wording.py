import pytest

from edge.lab.demo.wording import headline, money, plain


@pytest.mark.parametrize(
    ("cents", "words"), [(5, "5¢"), (99, "99¢"), (100, "$1.00"), (1250, "$12.50")]
)
def test_money_is_written_as_on_a_price_tag(cents: int, words: str) -> None:
    assert money(cents) == words


def test_a_till_systems_category_becomes_what_people_say() -> None:
    assert headline(50, "COLD CEREAL") == "Save 50¢ on breakfast cereal"


def test_an_unknown_category_is_at_least_quiet() -> None:
    assert plain("CANDLES/WICKS") == "candles, wicks"
