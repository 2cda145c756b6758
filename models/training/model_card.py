"""The model card: what a bundle is for, what it was made of, how good it is, where it ends.

``train`` writes it into the bundle, for people to read.
"""

from models.bundle.manifest import LEARNT, Manifest

_TEXT = """# {label}

Chance that an item is in the coming basket, for a few hundred candidates in one batch.

| | |
|---|---|
| Made from | {source}, {trained_from} to {trained_until} |
| Vocabulary | {items} items with enough trips; others are scored from the shopper's own counters |
| Input | {features} features a candidate, float32; logarithms and standardisation are in the graph |
| Output | calibrated chance 0..1 |
| Graph | ONNX opset {opset}, {answer}, one thread |
| Seed | {seed}: the same data, seed and library versions give the same bytes |

## Use
Ranking what an identified shopper, an open basket or a store's hour is likely to want next. A
chance of purchase is not the effect of showing something: only a randomised holdout says that.

## Not in it
No person: the tables hold counts of items and centroids of at least 20 households, an item is
listed for a neighbourhood only if five of its households buy it. No demographics, no names, no
prices paid by anyone. Who was shown what is unknown in the data, so nothing here is causal.

## Validation
{metrics}

## Offers
{offers}

## Limits
{limits} Seasons were seen once at most. Lists that maximise accuracy hold few new items;
exploration needs a slot of its own.
"""


_LEARNT = "multilayer perceptrons"
_COUNTED = "plain counting, {name}: the network learnt here did not beat it"
_LIMITS = {
    "completejourney": """One retailer, one year, about 2,500 loyalty households: public research data, not a basis for
commercial decisions.""",
    "ta-feng": """One shop, four months, about 32,000 customers: public research data, not a basis for commercial
decisions.""",
    "till": "One store, at most the weeks of sales that it keeps, under a network trained on other stores' baskets.",
}
_OTHERS = "What was learnt holds for the stores and the time it was learnt from."

_OFFERS = """`offers.onnx`: calibrated chance that a shopper redeems an offer, from {count} features of their own
trips and coupons; logistic regression. Learnt from whole campaigns, each described on its first day: of an offer
that has run for weeks the chance is too high. Figures `offers_oof_*`: each campaign judged by a model of all
others, inside the training window. Who was sent a campaign was not drawn by chance, so this says who redeems and
never what an offer adds: uplift stays closed until there are randomised holdouts to measure it by."""

_NO_OFFERS = "No chances of redemption in this bundle: {reason}."


def write_card(manifest: Manifest, no_offers: str = "") -> str:
    """The card as Markdown. ``no_offers``: why the bundle knows no chances of redemption, where it does not."""
    offers = (
        _OFFERS.format(count=len(manifest.offer_features))
        if manifest.offer_features
        else _NO_OFFERS.format(reason=no_offers or "it was made without coupon data")
    )
    figures = [f"| {name} | {value} |" for name, value in manifest.metrics.items()]
    table = "\n".join(["| figure | value |", "|---|---|", *figures])
    return _TEXT.format(
        label=manifest.label,
        source=manifest.source,
        trained_from=manifest.trained_from,
        trained_until=manifest.trained_until,
        items=manifest.items,
        features=len(manifest.features),
        opset=manifest.opset,
        offers=offers,
        seed=manifest.seed,
        answer=_LEARNT if manifest.answer == LEARNT else _COUNTED.format(name=manifest.answer),
        limits=_LIMITS.get(manifest.source, _OTHERS),
        metrics=table if figures else "No trips after the training window to judge on.",
    )
