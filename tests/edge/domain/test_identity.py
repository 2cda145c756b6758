from __future__ import annotations

from collections.abc import Set as AbstractSet

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.consent import ConsentState, Purpose
from edge.domain.identity import ANONYMOUS, identify
from edge.domain.market import PolicyCell, RecognitionMethod
from tests.edge.builders import ANN, EVERYTHING, NOW, customer, later, policy, said

methods = st.sampled_from(RecognitionMethod)
purposes = st.frozensets(st.sampled_from(Purpose))


def test_nobody_is_nobody() -> None:
    assert identify(None, RecognitionMethod.KIOSK_LOGIN, policy(), NOW) is ANONYMOUS
    assert (ANONYMOUS.token, ANONYMOUS.purposes) == (None, frozenset())


@given(purposes)
def test_what_holds_is_what_was_agreed_and_without_recognise_it_is_nobody(
    agreed: AbstractSet[Purpose],
) -> None:
    found = identify(customer(purposes=agreed), RecognitionMethod.KIOSK_LOGIN, policy(), NOW)
    if Purpose.RECOGNISE in agreed:
        assert (found.token, found.purposes) == (ANN, agreed)
    else:
        assert found is ANONYMOUS


@given(methods, methods)
def test_a_method_that_the_market_denies_leads_to_nobody(
    used: RecognitionMethod, denied: RecognitionMethod
) -> None:
    found = identify(customer(), used, policy(denied), NOW)
    usable = used not in {denied, RecognitionMethod.ANONYMOUS_CONTEXT}
    assert (found.token == ANN) == usable


def test_a_market_that_needs_no_consent_asks_for_none() -> None:
    stranger = customer(purposes=())
    found = identify(
        stranger, RecognitionMethod.POS_LOYALTY, policy(allowed=PolicyCell.YES), NOW
    )
    assert found.purposes == EVERYTHING


def test_a_market_that_says_no_is_not_overruled_by_consent() -> None:
    assert (
        identify(customer(), RecognitionMethod.KIOSK_LOGIN, policy(allowed=PolicyCell.NO), NOW)
        is ANONYMOUS
    )


@pytest.mark.parametrize("state", [ConsentState.WITHDRAWN, ConsentState.REFUSED])
def test_a_later_no_to_recognise_leads_to_nobody(state: ConsentState) -> None:
    person = customer()
    ledger = person.consents.adding([said(state=state, at=later(-1))])
    assert (
        identify(person.with_consents(ledger), RecognitionMethod.KIOSK_LOGIN, policy(), NOW)
        is ANONYMOUS
    )


def test_a_consent_that_ended_does_not_hold() -> None:
    person = customer(purposes=())
    ledger = person.consents.adding([said(until=NOW)])
    limited = person.with_consents(ledger)
    assert identify(limited, RecognitionMethod.KIOSK_LOGIN, policy(), later(-1)).token == ANN
    assert identify(limited, RecognitionMethod.KIOSK_LOGIN, policy(), NOW) is ANONYMOUS
