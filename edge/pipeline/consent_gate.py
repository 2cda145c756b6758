"""Whether a person's data may be used for something at this moment: asked anew before every decision and every send.

The composer, the sender, the executor and the learning ask here; the rule itself is `edge.domain.identity`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edge.domain.clock import Clock
from edge.domain.consent import Purpose
from edge.domain.identity import ANONYMOUS, Identity, identify
from edge.domain.ids import Token
from edge.domain.market import MarketPolicy
from edge.domain.visit import Visit
from edge.state.customers import CustomerCache, Person


@dataclass(slots=True, kw_only=True)
class PersonalContentSwitch:
    """The pause of all personal content, in force while ``on``."""

    on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGate:
    """Asks consent, market policy and the pause. ``at`` is business time, ``now`` the real time consent goes by.

    While the clock is doubted that is the latest time that it may be: what may have ended is not used.
    """

    people: CustomerCache
    policy: MarketPolicy
    pause: PersonalContentSwitch
    clock: Clock

    def identity(self, person: Person | None, visit: Visit | None, now: datetime) -> Identity:
        """Who it is and what their data may serve; the pause is not asked."""
        if person is None or visit is None:
            return ANONYMOUS
        # By how this visit came to know them: a policy may allow at the till what it forbids to a beacon.
        return identify(person.customer, visit.method, self.policy, self._latest(now))

    def purposes(
        self, token: Token | None, visit: Visit | None, at: datetime, now: datetime
    ) -> frozenset[Purpose]:
        """What holds for a visit of this person; the pause is not asked."""
        return self.identity(self.people.find(token, at), visit, now).purposes

    def agreed(self, token: Token, at: datetime, now: datetime) -> frozenset[Purpose]:
        """What the person agreed to, in the store or not."""
        person = self.people.find(token, at)
        return (
            frozenset()
            if person is None
            else person.customer.consents.allowed(self._latest(now))
        )

    def recognised(self, visit: Visit | None, at: datetime) -> Person | None:
        """The visit's person as a decision may know them; during a pause nobody is known."""
        if visit is None or self.pause.on:
            return None
        return self.people.find(visit.token, at)

    def allows(
        self,
        purpose: Purpose,
        token: Token | None,
        visit: Visit | None,
        at: datetime,
        now: datetime,
    ) -> bool:
        """Whether something may be shown for ``purpose`` to this person: they agreed, and there is no pause."""
        # The pause is asked here and not in `purposes`: it changes what is shown, not what people agreed to.
        agreed = purpose in self.purposes(token, visit, at, now)
        return agreed and not self.pause.on

    def _latest(self, now: datetime) -> datetime:
        return max(now, self.clock.latest())
