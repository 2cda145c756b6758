"""Bad bundles by signature, manifest and files."""

import json
import os
from pathlib import Path

from models.bundle.signature import SIGNATURE, Signature, key_id, sign
from tests.models.bad_bundles import bad, resealed, rewritten
from tests.models.keys import KEY, STRANGER, signed


def manifest_of(folder: Path) -> Path:
    return folder / "manifest.json"


def replaced(file: Path) -> Path:
    file.unlink()
    return file


# Who signed it.


@bad("unsigned")
def unsigned(folder: Path) -> None:
    (folder / SIGNATURE).unlink()


@bad("untrusted")
def signed_by_a_stranger(folder: Path) -> None:
    sign(folder, STRANGER)


@bad("signature")
def signed_by_a_stranger_in_our_name(folder: Path) -> None:
    made = STRANGER.sign(manifest_of(folder).read_bytes()).hex()
    said = Signature(key=key_id(KEY.public_key()), signature=made)
    (folder / SIGNATURE).write_bytes(said.to_bytes())


@bad("signature")
def signature_of_another_bundle(folder: Path) -> None:
    said = Signature(key=key_id(KEY.public_key()), signature=KEY.sign(b"another").hex())
    (folder / SIGNATURE).write_bytes(said.to_bytes())


@bad("signature")
def signature_in_capitals(folder: Path) -> None:
    said = json.loads((folder / SIGNATURE).read_bytes())
    said["signature"] = said["signature"].upper()
    (folder / SIGNATURE).write_text(json.dumps(said))


@bad("signature")
def signature_written_otherwise(folder: Path) -> None:
    said = json.loads((folder / SIGNATURE).read_bytes())
    (folder / SIGNATURE).write_text(json.dumps(said))


@bad("signature")
def signature_cut_off(folder: Path) -> None:
    os.truncate(folder / SIGNATURE, 90)


@bad("signature")
def signature_empty(folder: Path) -> None:
    os.truncate(folder / SIGNATURE, 0)


@bad("file-size")
def signature_of_a_megabyte(folder: Path) -> None:
    (folder / SIGNATURE).write_bytes(b" " * 2**20)


@bad("file-missing")
def signature_is_a_link(folder: Path) -> None:
    replaced(folder / SIGNATURE).symlink_to(manifest_of(folder))


@bad("file-missing")
def signature_is_a_pipe(folder: Path) -> None:
    os.mkfifo(replaced(folder / SIGNATURE))


# What the manifest says.


@bad("signature")
def manifest_changed_after_signing(folder: Path) -> None:
    text = manifest_of(folder).read_text()
    manifest_of(folder).write_text(text.replace('"rollback": 1', '"rollback": 9'))


@bad("signature")
def manifest_cut_off(folder: Path) -> None:
    os.truncate(manifest_of(folder), 700)


@bad("file-missing")
def manifest_missing(folder: Path) -> None:
    manifest_of(folder).unlink()


@bad("file-missing")
def manifest_is_a_pipe(folder: Path) -> None:
    os.mkfifo(replaced(manifest_of(folder)))


@bad("file-size")
def manifest_of_ten_megabytes(folder: Path) -> None:
    manifest_of(folder).write_bytes(b'{"a":"' + b"x" * 10_000_000 + b'"}')


@bad("manifest")
def manifest_empty(folder: Path) -> None:
    manifest_of(folder).write_bytes(b"")
    signed(folder)


@bad("manifest")
def manifest_no_text(folder: Path) -> None:
    manifest_of(folder).write_bytes(b"\xff\xfe{")
    signed(folder)


@bad("manifest")
def manifest_nested_too_deep(folder: Path) -> None:
    manifest_of(folder).write_bytes(b"[" * 60_000)
    signed(folder)


@bad("manifest")
def manifest_with_a_key_twice(folder: Path) -> None:
    text = manifest_of(folder).read_text()
    manifest_of(folder).write_text(text.replace('"seed"', '"rollback": 0, "seed"'))
    signed(folder)


@bad("manifest")
def manifest_with_a_field_of_its_own(folder: Path) -> None:
    rewritten(folder, surprise=1)


@bad("manifest")
def manifest_in_another_format(folder: Path) -> None:
    rewritten(folder, format=2)


@bad("manifest")
def manifest_with_text_for_a_number(folder: Path) -> None:
    rewritten(folder, rollback="1")


@bad("manifest")
def manifest_with_an_endless_metric(folder: Path) -> None:
    rewritten(folder, metrics={"ndcg": float("inf")})


@bad("manifest")
def manifest_that_moves_the_cursor(folder: Path) -> None:
    rewritten(folder, source="\x1b[2J")


@bad("manifest")
def seal_of_half_a_digest(folder: Path) -> None:
    files = json.loads(manifest_of(folder).read_bytes())["files"]
    rewritten(folder, files=[{**files[0], "sha256": files[0]["sha256"][:32]}, *files[1:]])


def renamed(folder: Path, name: str) -> None:
    files = json.loads(manifest_of(folder).read_bytes())["files"]
    rewritten(folder, files=[{**files[0], "name": name}, *files[1:]])


@bad("manifest")
def seal_of_a_file_outside(folder: Path) -> None:
    renamed(folder, "../model.onnx")


@bad("manifest")
def seal_of_a_file_of_the_system(folder: Path) -> None:
    renamed(folder, "/etc/passwd")


@bad("manifest")
def seal_of_a_file_twice(folder: Path) -> None:
    renamed(folder, "tables.npz")


@bad("manifest")
def seal_of_a_file_too_many(folder: Path) -> None:
    files = json.loads(manifest_of(folder).read_bytes())["files"]
    rewritten(folder, files=[*files, {**files[0], "name": "more.bin"}])


@bad("manifest")
def seal_forgotten(folder: Path) -> None:
    files = json.loads(manifest_of(folder).read_bytes())["files"]
    rewritten(folder, files=files[1:])


@bad("file-size")
def seals_of_too_much_in_all(folder: Path) -> None:
    files = json.loads(manifest_of(folder).read_bytes())["files"]
    rewritten(folder, files=[{**one, "size": 9 * 2**20} for one in files])


@bad("expired")
def expired(folder: Path) -> None:
    rewritten(folder, expires="2026-01-31")


@bad("older")
def below_the_counter(folder: Path) -> None:
    rewritten(folder, rollback=0)


@bad("older")
def of_an_earlier_day(folder: Path) -> None:
    rewritten(folder, trained_until="2017-05-20")


@bad("service")
def for_a_newer_service(folder: Path) -> None:
    rewritten(folder, minimum_service="99.0.0")


@bad("features")
def of_other_features(folder: Path) -> None:
    rewritten(folder, features=["own_trips"])


@bad("ports")
def with_ports_of_another_width(folder: Path) -> None:
    rewritten(folder, inputs=[{"name": "features", "kind": "float32", "shape": ["n", 7]}])


@bad("manifest")
def with_ports_of_absurd_width(folder: Path) -> None:
    rewritten(folder, inputs=[{"name": "features", "kind": "float32", "shape": ["n", 2**40]}])


@bad("tables")
def of_another_number_of_items(folder: Path) -> None:
    rewritten(folder, items=7)


# What lies in the folder.


@bad("hash")
def model_cut_in_half(folder: Path) -> None:
    os.truncate(folder / "model.onnx", (folder / "model.onnx").stat().st_size // 2)


@bad("hash")
def tables_without_the_last_byte(folder: Path) -> None:
    os.truncate(folder / "tables.npz", (folder / "tables.npz").stat().st_size - 1)


@bad("hash")
def model_empty(folder: Path) -> None:
    os.truncate(folder / "model.onnx", 0)


@bad("hash")
def card_of_another_bundle(folder: Path) -> None:
    (folder / "MODEL_CARD.md").write_text("# good\n")


@bad("file-size")
def model_with_a_tail(folder: Path) -> None:
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"\0")


@bad("file-missing")
def golden_missing(folder: Path) -> None:
    (folder / "golden.npz").unlink()


@bad("file-missing")
def model_is_a_link(folder: Path) -> None:
    (folder / "model.onnx").rename(folder.parent / ".model")
    (folder / "model.onnx").symlink_to(folder.parent / ".model")


@bad("file-missing")
def model_is_a_pipe(folder: Path) -> None:
    os.mkfifo(replaced(folder / "model.onnx"))


@bad("file-missing")
def model_is_an_endless_device(folder: Path) -> None:
    replaced(folder / "model.onnx").symlink_to("/dev/zero")


@bad("file-missing")
def model_is_a_folder(folder: Path) -> None:
    replaced(folder / "model.onnx").mkdir()


@bad("file-extra")
def a_file_too_many(folder: Path) -> None:
    (folder / "weights.bin").write_bytes(b"\0")


@bad("file-extra")
def a_hidden_file(folder: Path) -> None:
    (folder / ".model.onnx").write_bytes(b"\0")


@bad("hash")
def another_bundle_s_tables(folder: Path) -> None:
    """Mix and match: both halves were sealed once, never together."""
    data = (folder / "tables.npz").read_bytes()
    (folder / "tables.npz").write_bytes(data + b"\0")
    resealed(folder)
    (folder / "tables.npz").write_bytes(b"\0" + data)
