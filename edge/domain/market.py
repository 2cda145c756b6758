"""What a market's law and house rules allow, as data: method × purpose, denied unless written down.

Market files are read into it at the start; identity and every use of data ask it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from edge.domain.consent import Purpose


class RecognitionMethod(StrEnum):
    """How a person or a situation came to be known."""

    APP_BEACON = "app_beacon"
    KIOSK_LOGIN = "kiosk_login"
    POS_LOYALTY = "pos_loyalty"
    RECEIPT_QR = "receipt_qr"
    ASSOCIATE_LOOKUP = "associate_lookup"
    ANONYMOUS_CONTEXT = "anonymous_context"


class PolicyCell(StrEnum):
    """A cell of the policy matrix."""

    NO = "no"
    WITH_CONSENT = "with_consent"
    YES = "yes"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPolicy:
    """The rules in force in one market.

    Units: ``retention_days`` by data class; ``consent_days`` until a yes must be asked again;
    ``privacy_weight_pct`` 0..100 the price of privacy in ranking.
    Source: a reviewed file, ``edge/app/market_policies/*.yaml``; an unknown cell is a no.
    """

    market: str
    version: str
    cells: frozenset[tuple[RecognitionMethod, Purpose, PolicyCell]]
    sensitive_categories: frozenset[str] = frozenset()
    notice_ids: frozenset[str] = frozenset()
    consent_days: int = 395
    privacy_weight_pct: int = 0
    retention_days: dict[str, int] = field(default_factory=dict[str, int])

    def allows(self, method: RecognitionMethod, purpose: Purpose, *, consented: bool) -> bool:
        """Whether data known through ``method`` may serve ``purpose``; no row means no."""
        if (method, purpose, PolicyCell.YES) in self.cells:
            return True
        return consented and (method, purpose, PolicyCell.WITH_CONSENT) in self.cells

    @property
    def purposes(self) -> tuple[Purpose, ...]:
        """What data may serve here at all, by whatever method a person came to be known."""
        allowed = {purpose for _, purpose, cell in self.cells if cell is not PolicyCell.NO}
        return tuple(p for p in Purpose if p in allowed)

    def askable(self, method: RecognitionMethod) -> tuple[Purpose, ...]:
        """Purposes for which a yes makes a difference to somebody known through ``method``."""
        return tuple(p for p in Purpose if (method, p, PolicyCell.WITH_CONSENT) in self.cells)
