"""Step 2: whose signal this is – somebody who agreed to be recognised, or nobody.

Transitions, delivery and triggers call it before anything of a person is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edge.domain.consent import Purpose
from edge.domain.customer import Customer
from edge.domain.ids import Token
from edge.domain.market import MarketPolicy, RecognitionMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who it is, how that is known and what their data may serve right now.

    Without a customer it is a context: no token, no purposes.
    """

    customer: Customer | None = None
    method: RecognitionMethod = RecognitionMethod.ANONYMOUS_CONTEXT
    purposes: frozenset[Purpose] = frozenset()

    @property
    def token(self) -> Token | None:
        """The pseudonym, if there is anybody."""
        return None if self.customer is None else self.customer.token


ANONYMOUS = Identity()


def identify(
    found: Customer | None, method: RecognitionMethod, policy: MarketPolicy, now: datetime
) -> Identity:
    """Decide whether ``found`` may be used, and for what.

    A purpose holds when the market's policy allows it for ``method`` and, where the policy asks for
    consent, the person's ledger covers it at ``now``. Without ``recognise`` there is nobody.
    """
    if found is None:
        return ANONYMOUS
    purposes = frozenset(
        p for p in Purpose if policy.allows(method, p, consented=found.consents.covers(p, now))
    )
    if Purpose.RECOGNISE not in purposes:
        return ANONYMOUS
    return Identity(customer=found, method=method, purposes=purposes)
