from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge.campaigns.authoring.errors import PictureRefused
from edge.campaigns.authoring.picture_formats import LIMIT_BYTES, media_of

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{}</svg>'


def painted(form: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(out, form)
    return out.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_is_known_by_its_bytes(form: str) -> None:
    assert media_of(painted(form)) == f"image/{form.casefold()}"


def test_a_plain_drawing_is_taken() -> None:
    drawn = SVG.format('<defs><linearGradient id="g"/></defs><path fill="url(#g)" d="M0 0h9"/>')
    assert media_of(drawn.encode()) == "image/svg+xml"
    assert (
        media_of(b'<?xml version="1.0" encoding="UTF-8"?>' + drawn.encode()) == "image/svg+xml"
    )


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<rect onload="alert(1)"/>',
        '<a href="https://example.org"><rect/></a>',
        '<image href="https://example.org/x.png"/>',
        '<use xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="#x"/>',
        '<rect fill="url(https://example.org/#x)"/>',
        '<rect style="background: \\75rl(x)"/>',
        "<style>@import 'x'</style>",
        "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>",
        "<animate attributeName='href' to='javascript:x'/>",
        "<script xmlns='http://www.w3.org/1999/xhtml'>x</script>",
        '<?xml-stylesheet href="x.css"?>',
    ],
)
def test_a_drawing_that_could_do_more_than_be_looked_at_is_refused(inside: str) -> None:
    with pytest.raises(PictureRefused):
        media_of(SVG.format(inside).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"%PDF-1.7",
        b"<html></html>",
        b"<svg></svg>",
        b'<!DOCTYPE svg [<!ENTITY a "aa">]>' + SVG.encode(),
        b'<?xml version="1.0" encoding="UTF-7"?>' + SVG.format("").encode(),
        b'<?xml-stylesheet href="x"?>' + SVG.format("").encode(),
        SVG.format("<desc>" + "x" * 300_000 + "</desc>").encode(),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(body: bytes) -> None:
    with pytest.raises(PictureRefused, match="no PNG"):
        media_of(body)


def test_a_film_is_too_large() -> None:
    with pytest.raises(PictureRefused, match="at most"):
        media_of(painted("PNG") + bytes(LIMIT_BYTES))


@given(st.binary(max_size=200))
def test_junk_is_refused(body: bytes) -> None:
    with pytest.raises(PictureRefused):
        media_of(b"<" + body)
