from __future__ import annotations

import pytest

from edge.domain.creative import Creative, Modules

GERMAN, AUSTRIAN, ENGLISH = (Modules(headline=h) for h in ("Milch", "Milch!", "Milk"))
SPOKEN = Creative(id="a", modules={"de": GERMAN, "de-AT": AUSTRIAN, "en": ENGLISH})


@pytest.mark.parametrize(
    ("locale", "said"),
    [("de-AT", AUSTRIAN), ("de-DE", GERMAN), ("de", GERMAN), ("fr-FR", ENGLISH), ("", ENGLISH)],
)
def test_the_nearest_language_is_spoken(locale: str, said: Modules) -> None:
    assert SPOKEN.said_in(locale) == said


def test_without_english_any_language_is_better_than_none() -> None:
    assert Creative(id="a", modules={"de": GERMAN}).said_in("fr") == GERMAN
    assert Creative(id="a", modules={}).said_in("fr") == Modules()


def test_without_named_templates_it_fits_every_one() -> None:
    assert SPOKEN.fits("board")
    assert [
        Creative(id="a", modules={}, templates=("tiles",)).fits(t) for t in ("tiles", "board")
    ] == [
        True,
        False,
    ]
