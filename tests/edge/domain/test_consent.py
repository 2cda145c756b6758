from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.consent import (
    CLOCK_TOLERANCE,
    NOTHING_ALLOWED,
    ConsentEntry,
    Consents,
    ConsentState,
    Purpose,
)
from edge.domain.ids import Token

NOW = datetime(2024, 6, 3, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def answer(
    state: ConsentState = ConsentState.GIVEN,
    *,
    id_: str = "1",
    purpose: Purpose = Purpose.RECOGNISE,
    at: datetime = NOW,
    until: datetime | None = None,
) -> ConsentEntry:
    return ConsentEntry(
        id=id_,
        token=Token("c-ann"),
        purpose=purpose,
        state=state,
        market="US",
        notice_id="n",
        given_at=at,
        expires_at=until,
    )


def covered(*entries: ConsentEntry, now: datetime = NOW) -> bool:
    return Consents(entries=entries).covers(Purpose.RECOGNISE, now)


moments = st.integers(-5, 5).map(lambda n: NOW + n * MINUTE)
answers = st.builds(
    answer,
    st.sampled_from(ConsentState),
    id_=st.uuids().map(str),
    purpose=st.sampled_from([Purpose.RECOGNISE, Purpose.SHARE]),
    at=moments,
    until=st.none() | moments,
)
ledgers = st.lists(answers, max_size=8)


def test_nothing_is_allowed_until_somebody_says_so() -> None:
    assert not any(NOTHING_ALLOWED.states(NOW).values())
    assert NOTHING_ALLOWED.allowed(NOW) == frozenset()


def test_a_yes_covers_its_purpose_and_no_other() -> None:
    ledger = Consents(entries=(answer(),))
    assert ledger.allowed(NOW) == {Purpose.RECOGNISE}
    assert ledger.states(NOW)[Purpose.RECOGNISE]
    assert not ledger.states(NOW)[Purpose.SHARE]


def test_a_yes_ends_at_its_end() -> None:
    limited = answer(until=NOW + MINUTE)
    assert covered(limited, now=NOW + MINUTE - timedelta(microseconds=1))
    assert not covered(limited, now=NOW + MINUTE)


def test_a_yes_from_the_future_is_doubted_beyond_what_clocks_differ() -> None:
    assert covered(answer(at=NOW + CLOCK_TOLERANCE))
    assert not covered(answer(at=NOW + CLOCK_TOLERANCE + timedelta(microseconds=1)))


def test_a_later_yes_renews_what_was_withdrawn() -> None:
    withdrawn = answer(ConsentState.WITHDRAWN)
    assert covered(withdrawn, answer(at=NOW + MINUTE), now=NOW + MINUTE)


def test_of_two_yeses_at_one_instant_the_shorter_holds() -> None:
    long, short = answer(), answer(id_="2", until=NOW + MINUTE)
    for ledger in ((long, short), (short, long)):
        assert covered(*ledger)
        assert not covered(*ledger, now=NOW + MINUTE)


@given(ledgers, st.sampled_from([ConsentState.WITHDRAWN, ConsentState.REFUSED]))
def test_the_latest_no_wins_over_everything_before_and_beside_it(
    ledger: Sequence[ConsentEntry], state: ConsentState
) -> None:
    last = max([entry.given_at for entry in ledger], default=NOW)
    assert not covered(*ledger, answer(state, id_="last", at=last), now=last + MINUTE)


@given(ledgers, st.randoms(use_true_random=False), moments)
def test_the_order_of_arrival_is_irrelevant(
    ledger: list[ConsentEntry], shuffle: random.Random, now: datetime
) -> None:
    before = Consents(entries=tuple(ledger)).states(now)
    shuffle.shuffle(ledger)
    assert Consents(entries=tuple(ledger)).states(now) == before


@given(ledgers, ledgers)
def test_adding_twice_is_adding_once(
    first: Sequence[ConsentEntry], second: Sequence[ConsentEntry]
) -> None:
    once = Consents(entries=tuple(first)).adding(second)
    assert once.adding(second) == once
    assert once.entries[: len(first)] == tuple(first)


@given(ledgers, moments)
def test_only_a_yes_that_was_given_can_cover(
    ledger: Sequence[ConsentEntry], now: datetime
) -> None:
    given = {entry.purpose for entry in ledger if entry.state is ConsentState.GIVEN}
    assert Consents(entries=tuple(ledger)).allowed(now) <= given
