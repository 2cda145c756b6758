from __future__ import annotations

from edge.domain.consent import Purpose
from edge.domain.market import MarketPolicy, PolicyCell, RecognitionMethod

POLICY = MarketPolicy(
    market="US",
    version="1",
    cells=frozenset(
        {
            (RecognitionMethod.KIOSK_LOGIN, Purpose.RECOGNISE, PolicyCell.WITH_CONSENT),
            (RecognitionMethod.ANONYMOUS_CONTEXT, Purpose.MEASURE, PolicyCell.YES),
            (RecognitionMethod.APP_BEACON, Purpose.SHARE, PolicyCell.NO),
        }
    ),
)


def test_what_is_not_written_down_is_not_allowed() -> None:
    assert not POLICY.allows(RecognitionMethod.POS_LOYALTY, Purpose.RECOGNISE, consented=True)
    assert not POLICY.allows(RecognitionMethod.KIOSK_LOGIN, Purpose.SHARE, consented=True)


def test_a_consent_opens_what_needs_one() -> None:
    assert POLICY.allows(RecognitionMethod.KIOSK_LOGIN, Purpose.RECOGNISE, consented=True)
    assert not POLICY.allows(RecognitionMethod.KIOSK_LOGIN, Purpose.RECOGNISE, consented=False)


def test_a_yes_needs_no_consent_and_a_no_heeds_none() -> None:
    assert POLICY.allows(RecognitionMethod.ANONYMOUS_CONTEXT, Purpose.MEASURE, consented=False)
    assert not POLICY.allows(RecognitionMethod.APP_BEACON, Purpose.SHARE, consented=True)


def test_asked_is_only_what_a_yes_would_change() -> None:
    assert POLICY.askable(RecognitionMethod.KIOSK_LOGIN) == (Purpose.RECOGNISE,)
    assert POLICY.askable(RecognitionMethod.ANONYMOUS_CONTEXT) == ()
