from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from devices.payment_cards import has_card_number
from edge.domain.consent import Consents, Purpose
from edge.domain.ids import link_code
from edge.lab.demo.shoppers import (
    DemoMarket,
    enrolling_token,
    identifiers,
    ledger,
    links,
    opted_in,
    purposes_of,
    token_of,
)
from tests.edge.lab.demo.conftest import NOW, STORE_KEY

MARKET = DemoMarket(name="US", notice_id="notice-us-1")
households = st.integers(1, 99_999)


@given(households)
def test_the_ledger_says_what_the_truth_says(household: int) -> None:
    entries = tuple(ledger(household, token_of(household, STORE_KEY), MARKET, NOW))
    assert Consents(entries=entries).allowed(NOW) == purposes_of(household)


@given(households)
def test_ledger_lines_have_ids_of_their_own(household: int) -> None:
    entries = list(ledger(household, token_of(household, STORE_KEY), MARKET, NOW))
    assert len({entry.id for entry in entries}) == len(entries)
    assert all(len(entry.id) <= 128 for entry in entries)
    assert all(entry.given_at < NOW - timedelta(days=1) for entry in entries)


def test_about_four_in_five_have_agreed_and_vary_in_the_rest() -> None:
    agreed = [number for number in range(1, 1001) if opted_in(number)]
    assert 760 < len(agreed) < 840
    assert len({purposes_of(number) for number in agreed}) > 20
    assert all(Purpose.RECOGNISE in purposes_of(number) for number in agreed)


def test_a_no_comes_in_four_ways() -> None:
    refusing = [number for number in range(1, 200) if not opted_in(number)]
    states = {
        tuple(entry.state for entry in ledger(n, token_of(n, STORE_KEY), MARKET, NOW))
        for n in refusing
    }
    assert len(states) == 4


@given(households, households)
def test_nobody_carries_what_another_carries(one: int, other: int) -> None:
    first, second = identifiers(one), identifiers(other)
    if one != other:
        assert first.loyalty != second.loyalty
        assert first.beacon_key != second.beacon_key
        assert first.claim_key != first.beacon_key


@given(households)
def test_no_number_could_be_a_payment_card(household: int) -> None:
    carried = identifiers(household)
    assert not has_card_number(carried.loyalty)
    assert not has_card_number(carried.phone)


def test_the_card_leads_to_the_code_that_the_till_makes() -> None:
    carried = identifiers(5)
    codes = {link["kind"]: link["code"] for link in links(carried, STORE_KEY)}
    assert codes["loyalty"] == link_code(STORE_KEY, "loyalty", carried.loyalty)
    assert enrolling_token(5, STORE_KEY) == f"c-{codes['loyalty']}"
