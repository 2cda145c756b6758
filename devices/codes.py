"""Codes that people and cameras read: QR codes drawn as SVG, and codes read from a picture.

The page gateway draws a shopper's ticket with it; what it reads from a picture comes back as text alone.

Reading needs the extra ``vision``, whose libraries are loaded at the first picture. Pictures stay in memory.
"""

from importlib import import_module
from io import BytesIO
from types import ModuleType
from typing import Final, Protocol, cast

import segno

from devices.errors import CodesMissing, ImageRefused

IMAGE_LIMIT: Final = 8 * 1024 * 1024
# A small file can unpack to gigabytes, so the size is judged before the pixels exist.
PIXEL_LIMIT: Final = 16_000_000
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
# Start-of-frame markers carry the size; C4, C8 and CC of this row mean other things.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class _Cv2(Protocol):
    IMREAD_GRAYSCALE: int

    def imdecode(self, buffer: object, flags: int) -> object | None: ...


class _Found(Protocol):
    text: str


class _Zxing(Protocol):
    def read_barcodes(self, image: object) -> list[_Found]: ...


def draw_svg(text: str, *, scale: int = 8) -> str:
    """A QR code as an SVG element to put into a page; it grows with its box."""
    drawn = BytesIO()
    code = segno.make_qr(text, error="m")
    code.save(
        drawn, kind="svg", scale=scale, xmldecl=False, svgns=True, nl=False, omitsize=True
    )
    return drawn.getvalue().decode()


def read_codes(image: bytes) -> list[str]:
    """The texts of all codes in a PNG or JPEG picture, without order; ImageRefused if it is no good."""
    width, height = _size(image)
    if width * height > PIXEL_LIMIT:
        raise ImageRefused(f"{width} x {height} pixels; the limit is {PIXEL_LIMIT}")
    cv2, zxing, numpy = _libraries()
    # Codes are read by brightness; colours would cost three times the memory.
    pixels = cv2.imdecode(numpy.frombuffer(image, numpy.uint8), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise ImageRefused("the picture is damaged")
    return [found.text for found in zxing.read_barcodes(pixels) if found.text]


def _libraries() -> tuple[_Cv2, _Zxing, ModuleType]:
    """OpenCV, ZXing and numpy; loading them takes a second and 60 MB, so only at the first picture."""
    try:
        loaded = import_module("cv2"), import_module("zxingcpp")
    except ImportError as error:
        raise CodesMissing from error
    return cast("_Cv2", loaded[0]), cast("_Zxing", loaded[1]), import_module("numpy")


def _size(image: bytes) -> tuple[int, int]:
    """Width and height as the picture's head states them, before anything is unpacked."""
    if len(image) > IMAGE_LIMIT:
        raise ImageRefused(f"{len(image)} bytes; the limit is {IMAGE_LIMIT}")
    size = None
    if image.startswith(_PNG):
        size = _png_size(image)
    elif image.startswith(_JPEG):
        size = _jpeg_size(image)
    # A width or height of nothing would pass any limit on their product.
    if size is None or 0 in size:
        raise ImageRefused("neither PNG nor JPEG")
    return size


def _png_size(image: bytes) -> tuple[int, int] | None:
    if len(image) < 24 or image[12:16] != b"IHDR":  # noqa: PLR2004 - the first chunk's place is fixed
        return None
    return int.from_bytes(image[16:20]), int.from_bytes(image[20:24])


def _jpeg_size(image: bytes) -> tuple[int, int] | None:
    # Behind the two bytes that begin every JPEG.
    place = 2
    while place + 9 <= len(image) and image[place] == 0xFF:  # noqa: PLR2004 - every segment begins so
        length = int.from_bytes(image[place + 2 : place + 4])
        if image[place + 1] in _FRAMES:
            height, width = image[place + 5 : place + 7], image[place + 7 : place + 9]
            return int.from_bytes(width), int.from_bytes(height)
        place += 2 + length
    return None
