"""Bad bundles by their arrays: sealed and signed, so that tables or golden rows alone are wrong."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from models.serving.verify import write_golden
from tests.models.bad_bundles import bad

MB = 2**20


def changed(file: Path, **changes: Callable[[Any], Any]) -> None:
    with np.load(file) as archive:
        arrays = {name: archive[name] for name in archive.files}
    for name, change in changes.items():
        arrays[name] = change(arrays.get(name, np.zeros(1)))
    np.savez(file, **arrays)


def header(shape: tuple[int, ...], dtype: str = "<f4") -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return file.getvalue()


def with_entry(file: Path, name: str, data: bytes) -> None:
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, data)


def bomb(file: Path, *, says: int = 1024 * MB) -> None:
    """A gigabyte of zeros in one megabyte; ``says`` is what the archive's directory says of it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(bytes(MB)) + packer.flush(zlib.Z_FULL_FLUSH)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("bomb.npy", packed * 1024 + b"\x03\x00")
        entry = archive.filelist[-1]
        entry.compress_type, entry.file_size = zipfile.ZIP_DEFLATED, says


@bad("tables", sealed=True)
def tables_that_are_no_archive(folder: Path) -> None:
    (folder / "tables.npz").write_bytes(b"PK nothing")


@bad("tables", sealed=True)
def tables_with_a_bomb(folder: Path) -> None:
    bomb(folder / "tables.npz")


@bad("tables", sealed=True)
def tables_with_a_bomb_that_lies(folder: Path) -> None:
    """The directory says a hundred bytes; the gigabyte comes out only when it is unpacked."""
    bomb(folder / "tables.npz", says=100)


@bad("golden", sealed=True)
def golden_rows_with_a_bomb(folder: Path) -> None:
    bomb(folder / "golden.npz")


@bad("tables", sealed=True)
def tables_with_an_object(folder: Path) -> None:
    changed(folder / "tables.npz", worth=lambda _: np.array([object()]))


@bad("tables", sealed=True)
def tables_named_to_climb(folder: Path) -> None:
    with_entry(folder / "tables.npz", "../../escaped.npy", header((0,)))


@bad("tables", sealed=True)
def tables_with_an_entry_twice(folder: Path) -> None:
    with zipfile.ZipFile(folder / "tables.npz") as archive:
        entries = [(one, archive.read(one)) for one in archive.infolist()]
    with zipfile.ZipFile(folder / "tables.npz", "w") as archive:
        for one, data in entries:
            archive.writestr(one, data)
        archive.filelist.append(archive.filelist[-1])


@bad("tables", sealed=True)
def tables_of_a_hundred_entries(folder: Path) -> None:
    with zipfile.ZipFile(folder / "tables.npz", "a") as archive:
        for number in range(100):
            archive.writestr(f"more_{number}.npy", header((0,)))


@bad("tables", sealed=True)
def tables_with_a_directory_without_end(folder: Path) -> None:
    """Four hundred thousand lines of directory, all of one small entry."""
    data = (folder / "tables.npz").read_bytes()
    at = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x01\x02", at + 4)
    lines = data[at:end] * (18 * MB // (end - at))
    count = struct.pack("<HHII", 0xFFFF, 0xFFFF, len(lines), at)
    (folder / "tables.npz").write_bytes(
        data[:at] + lines + b"PK\x05\x06\0\0\0\0" + count + b"\0\0"
    )


@bad("tables", sealed=True)
def tables_of_three_byte_numbers(folder: Path) -> None:
    with_entry(folder / "tables.npz", "odd.npy", header((0,)).replace(b"<f4", b"<i3"))


@bad("tables", sealed=True)
def tables_that_declare_an_exabyte(folder: Path) -> None:
    with_entry(folder / "tables.npz", "huge.npy", header((2**60,)) + b"\0" * 8)


@bad("tables", sealed=True)
def tables_with_a_header_of_code(folder: Path) -> None:
    text = b"(" * 3000
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text
    with_entry(folder / "tables.npz", "deep.npy", data)


@bad("tables", sealed=True)
def tables_packed_in_a_strange_way(folder: Path) -> None:
    with zipfile.ZipFile(folder / "tables.npz", "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("more.npy", header((0,)))


@bad("tables", sealed=True)
def tables_with_a_password(folder: Path) -> None:
    data = bytearray((folder / "tables.npz").read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    (folder / "tables.npz").write_bytes(data)


@bad("tables", sealed=True)
def items_out_of_order(folder: Path) -> None:
    changed(folder / "tables.npz", items_keys=lambda keys: keys[::-1])


@bad("tables", sealed=True)
def neighbours_off_the_shelf(folder: Path) -> None:
    changed(folder / "tables.npz", kin=lambda kin: kin + 1000)


@bad("tables", sealed=True)
def neighbours_in_a_line(folder: Path) -> None:
    changed(folder / "tables.npz", kin=np.ravel, kin_cosine=np.ravel)


@bad("tables", sealed=True)
def names_that_are_numbers(folder: Path) -> None:
    changed(folder / "tables.npz", items_type_names=lambda names: np.zeros(len(names)))


@bad("tables", sealed=True)
def shares_that_are_no_numbers(folder: Path) -> None:
    changed(folder / "tables.npz", day=lambda day: day * np.nan)


@bad("tables", sealed=True)
def a_table_forgotten(folder: Path) -> None:
    with np.load(folder / "tables.npz") as archive:
        arrays = {name: archive[name] for name in archive.files if name != "worth"}
    np.savez(folder / "tables.npz", **arrays)


@bad("golden", sealed=True)
def golden_scores_changed(folder: Path) -> None:
    changed(folder / "golden.npz", chances=lambda chances: chances * 0.9)


@bad("golden", sealed=True)
def golden_scores_that_are_no_numbers(folder: Path) -> None:
    changed(folder / "golden.npz", chances=lambda chances: chances * np.nan)


@bad("not-finite", sealed=True)
def golden_rows_that_are_no_numbers(folder: Path) -> None:
    changed(folder / "golden.npz", features=lambda features: features * np.nan)


@bad("golden", sealed=True)
def golden_rows_of_nothing(folder: Path) -> None:
    changed(folder / "golden.npz", features=lambda f: f[:0], chances=lambda c: c[:0])


@bad("golden", sealed=True)
def golden_rows_without_number(folder: Path) -> None:
    changed(folder / "golden.npz", chances=lambda _: np.float32(1))


@bad("golden", sealed=True)
def golden_rows_of_a_year(folder: Path) -> None:
    changed(
        folder / "golden.npz",
        features=lambda f: np.tile(f, (20, 1)),
        chances=lambda c: np.tile(c, 20),
    )


@bad("golden", sealed=True)
def golden_rows_of_three_features(folder: Path) -> None:
    data = write_golden(np.ones((2, 3), np.float32), np.ones(2, np.float32))
    (folder / "golden.npz").write_bytes(data)


@bad("golden", sealed=True)
def golden_rows_in_double_precision(folder: Path) -> None:
    changed(folder / "golden.npz", chances=lambda chances: chances.astype(np.float64))
