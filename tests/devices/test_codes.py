"""Codes: what is drawn can be read again, and no picture can hurt."""

import re
import struct
import subprocess
import sys
import zlib
from io import BytesIO

import cv2
import numpy as np
import pytest
import segno

from devices.codes import draw_svg, read_codes
from devices.errors import CodesMissing, ImageRefused


def _png(text: str) -> bytes:
    drawn = BytesIO()
    segno.make_qr(text).save(drawn, kind="png", scale=6)
    return drawn.getvalue()


def _empty_png(width: int, height: int) -> bytes:
    """A picture that claims a size and packs small."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\x00" * 100)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def _jpeg(png: bytes) -> bytes:
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    done, found = cv2.imencode(".jpg", pixels)
    assert done
    return found.tobytes()


def test_what_is_drawn_as_a_picture_is_read_again() -> None:
    for text in ("https://store.example/k/AbC-123", "x" * 300):
        assert read_codes(_png(text)) == [text]
        assert read_codes(_jpeg(_png(text))) == [text]


def test_a_code_is_an_svg_element_that_grows_with_its_box() -> None:
    drawn = draw_svg('<a href="javascript:1">&')
    assert re.fullmatch(
        r'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \d+ \d+" [^<>]*><path [^<>]*/></svg>',
        drawn,
    )
    assert "width=" not in drawn
    assert "javascript" not in drawn


def test_a_picture_without_a_code_has_none() -> None:
    assert read_codes(_empty_png(9, 9)) == []


@pytest.mark.parametrize(
    "image",
    [
        b"",
        b"GIF89a" + b"\x00" * 100,
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 40,
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xd9\x00\x02" + b"\x00" * 9,
        b"\xff\xd8\xff" + b"\x00" * 40,
        _empty_png(0, 10),
        _empty_png(100, 100)[:45],
        b"\x89PNG\r\n\x1a\n" + b"x" * (8 * 1024 * 1024),
    ],
)
def test_what_is_no_picture_is_refused(image: bytes) -> None:
    with pytest.raises(ImageRefused):
        read_codes(image)


def test_a_flood_of_pixels_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(ImageRefused, match="30000 x 30000 pixels"):
        read_codes(_empty_png(30_000, 30_000))


def test_without_the_extra_the_mend_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zxingcpp", None)
    with pytest.raises(CodesMissing, match=r"storeside\[vision\]"):
        read_codes(_png("x"))


def test_the_libraries_are_loaded_at_the_first_picture_only() -> None:
    program = (
        "import sys, devices.codes; sys.exit(bool({'cv2', 'zxingcpp'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program]
    assert subprocess.run(command, check=False).returncode == 0  # noqa: S603 - our own words
