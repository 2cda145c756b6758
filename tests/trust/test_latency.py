from __future__ import annotations

from models.serving.local_fallback import LocalFallback
from tests.trust.latency import LIVE, Shop


def test_the_portfolio_on_trial_is_live_and_works() -> None:
    """How long it takes is the campaign's to say; that it is the real thing is this test's."""
    shop = Shop(LocalFallback(), LIVE)
    assert len(shop.catalogue.campaigns) == LIVE
    assert len(shop.catalogue.offers) == 2 * LIVE
    took = [shop.decide() for _ in range(10)]
    assert min(took) > 0
