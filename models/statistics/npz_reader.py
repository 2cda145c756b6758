"""Arrays out of an npz file that may be hostile: every size is known and allowed before it is unpacked.

``tables.read_tables`` and ``serving.verify`` read a bundle's arrays through it.
"""

import io
import math
import re
import zipfile
import zlib
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from models.errors import BundleRefused

# The tables have some twenty.
_ENTRIES_MAX = 64
# What each line of the archive's directory begins with; packed data may hold it too, though hardly ever.
_ENTRY = b"PK\x01\x02"
_MAGIC = b"\x93NUMPY\x01\x00"
# Magic, version and the length of the header, as numpy's format says.
_PREFIX_BYTES = 10
# As numpy writes it, for numbers and text; nothing is evaluated.
_HEADER = re.compile(
    rb"\{'descr': '([<|][biufU]\d{1,4})', 'fortran_order': (True|False), "
    rb"'shape': \(([\d, ]{0,80})\), \} *\n"
)
_SUFFIX = ".npy"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read_arrays(data: bytes, *, reason: str, limit: int) -> dict[str, npt.NDArray[Any]]:
    """The arrays by name, at most ``limit`` bytes of them. Raises ``BundleRefused`` with ``reason``.

    Numbers and text only: nothing is unpickled, whatever an entry says of itself.
    """
    # Before zipfile opens it, which makes an object of every entry.
    if data.count(_ENTRY) > 2 * _ENTRIES_MAX:
        _refuse(reason, "a directory without end")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_entries(entries, reason, limit)
            return {
                one.filename.removesuffix(_SUFFIX): _array(_unpacked(archive, one), reason)
                for one in entries
            }
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as broken:
        _refuse(reason, str(broken), broken)
    except (NotImplementedError, RuntimeError, TypeError) as broken:
        _refuse(reason, f"it cannot be unpacked: {type(broken).__name__}", broken)


def _check_entries(entries: list[zipfile.ZipInfo], reason: str, limit: int) -> None:
    """By the directory alone; an entry that is longer than it says is cut off and fails its checksum."""
    names = [one.filename for one in entries]
    if len(entries) > _ENTRIES_MAX or len(set(names)) != len(names):
        _refuse(reason, f"{len(entries)} entries, or one twice")
    for one in entries:
        plain = one.filename.removesuffix(_SUFFIX)
        if not plain.isidentifier() or not plain.isascii() or one.filename == plain:
            _refuse(reason, "an entry is named like no array")
        if one.compress_type not in _METHODS or one.flag_bits & 1:
            _refuse(reason, f"{plain} is packed in a strange way")
    if sum(one.file_size for one in entries) > limit:
        _refuse(reason, f"more than {limit} bytes when unpacked")


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The entry's bytes; asked for by number, since without one a lie about the size is unpacked whole."""
    with archive.open(entry) as file:
        return file.read(entry.file_size)


def _array(raw: bytes, reason: str) -> npt.NDArray[Any]:
    """The array of one entry, whose header must account for every byte of it."""
    begins = _PREFIX_BYTES + int.from_bytes(raw[_PREFIX_BYTES - 2 : _PREFIX_BYTES], "little")
    header = _HEADER.fullmatch(raw[_PREFIX_BYTES:begins])
    if not raw.startswith(_MAGIC) or header is None:
        _refuse(reason, "an array with a strange header")
    kind, by_column, sides = (part.decode() for part in header.groups())
    dtype, shape = np.dtype(kind), tuple(int(side) for side in sides.split(",") if side.strip())
    # Text of no width would let any shape fit into no bytes.
    if dtype.itemsize == 0 or math.prod(shape) * dtype.itemsize != len(raw) - begins:
        _refuse(reason, "an array of another size than it says")
    array = np.frombuffer(raw, dtype, offset=begins)
    # A copy: what lies over bytes cannot be written to, and keeps all of them.
    return array.reshape(shape, order="F" if by_column == "True" else "C").copy()


def _refuse(reason: str, detail: str, cause: BaseException | None = None) -> NoReturn:
    raise BundleRefused(reason=reason, detail=detail) from cause
