"""What a screen would have to do without: a language, a creative for its template, a picture, words.

`check` calls it with the prepared portfolio and the pictures that there are.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge.campaigns.checks.findings import Fault, Finding, error, warning
from edge.campaigns.checks.prepared_portfolio import PreparedPortfolio, screens_of
from edge.domain.creative import Creative, Modules
from edge.domain.offer import Offer


def fallback(study: PreparedPortfolio) -> Iterator[Finding]:
    """Offers with creatives; one without says its own headline everywhere."""
    for offer in study.lasting:
        for creative in offer.creatives:
            yield from _language(study, offer, creative)
            yield from _blank(offer, creative)
        yield from _pictures(study, offer)
        yield from _templates(study, offer)


def _language(study: PreparedPortfolio, offer: Offer, creative: Creative) -> Iterator[Finding]:
    language = study.portfolio.language
    # A regional form, such as en-GB, speaks the language.
    if not any(name.partition("-")[0] == language for name in creative.modules):
        yield error(
            Fault.NO_DEFAULT_LANGUAGE,
            offer.id,
            creative.id,
            says=f"offer {offer.id}: creative {creative.id} is not there in {language!r}, the language of last resort",
            mend=f"add its modules for {language!r}",
        )


def _blank(offer: Offer, creative: Creative) -> Iterator[Finding]:
    blank = sorted(name for name, said in creative.modules.items() if said == Modules())
    if blank:
        yield error(
            Fault.BLANK_CREATIVE,
            offer.id,
            creative.id,
            says=f"offer {offer.id}: its creative {creative.id} says nothing in {', '.join(blank)}",
            mend="write a headline, or take the language out",
        )


def _pictures(study: PreparedPortfolio, offer: Offer) -> Iterator[Finding]:
    said = [modules for creative in offer.creatives for modules in creative.modules.values()]
    for image in sorted(
        {modules.image for modules in said if modules.image} - study.portfolio.assets
    ):
        wordless = any(m.image == image and not (m.headline or m.text) for m in said)
        tell = error if wordless else warning
        yield tell(
            Fault.MISSING_IMAGE,
            offer.id,
            image,
            says=f"offer {offer.id}: the picture {image[:12]} is not there"
            + (
                ", and it is all that is said"
                if wordless
                else "; the product's own stands for it"
            ),
            mend="add the picture to the assets, or name one that is there",
        )


def _templates(study: PreparedPortfolio, offer: Offer) -> Iterator[Finding]:
    campaign = study.campaign_of(offer)
    known = {creative.id for creative in offer.creatives}
    # What an arm names and the offer has not, `variants` tells; here only what can be drawn counts.
    kept = [set(v.creatives) & known for v in campaign.variants] if campaign else []
    choices = [some for some in kept if some] or [known]
    for place in screens_of(offer) if known else ():
        fitting = {creative.id for creative in offer.creatives if creative.fits(place.template)}
        if any(fitting.isdisjoint(some) for some in choices):
            yield error(
                Fault.NO_FITTING_CREATIVE,
                offer.id,
                place.name,
                says=f"offer {offer.id} stands at {place.name}, and none of its creatives fits {place.template}",
                mend=f"add a creative for {place.template}, or leave {place.name} out of its placements",
            )
