"""The modules of an offer – headline, text, picture, badge, code, disclaimer – in several languages and variants.

The step `creatives` draws one, `content` puts its words on the screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Odds = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Offer -> segment (empty = everybody) -> creative -> chance to be drawn, in ten-thousandths that sum to all."""

NO_ODDS: Odds = {}
"""Nothing is known: creatives are drawn evenly."""

# The language that is there when no better one is.
ANY_LANGUAGE = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Modules:
    """What one creative says in one language; an absent module leaves its place to the template's own.

    ``image`` is the SHA-256 of an asset, 64 hexadecimal digits; a screen that cannot get it shows the
    product's own picture. The price is the product's and is no module.
    """

    headline: str | None = None
    text: str | None = None
    image: str | None = None
    badge: str | None = None
    code: str | None = None
    disclaimer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Creative:
    """One way to say an offer. ``modules``: by language (``en``) or locale (``en-US``).

    ``template``: the templates it fits; empty = every one.
    """

    id: str
    modules: Mapping[str, Modules]
    templates: tuple[str, ...] = ()

    def fits(self, template: str) -> bool:
        """Whether it can be put into ``template``."""
        return not self.templates or template in self.templates

    def said_in(self, locale: str) -> Modules:
        """The modules for ``locale``: its own, its language's, English, or else the first there are."""
        for name in (locale, locale.partition("-")[0], ANY_LANGUAGE):
            if name in self.modules:
                return self.modules[name]
        return next(iter(self.modules.values()), Modules())
