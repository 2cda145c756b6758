import stat
import tomllib
from pathlib import Path

from edge.lab.private_files import Scalar, toml, write_private


def test_settings_are_written_as_toml(tmp_path: Path) -> None:
    table: dict[str, Scalar | dict[str, Scalar]] = {
        "data_dir": tmp_path,
        "port": 1,
        "on": True,
        "part": {"quote": 'a"b\\c', "pace": 0.5, "store-7": "x"},
    }
    assert tomllib.loads(toml(table)) == {
        "data_dir": str(tmp_path),
        "port": 1,
        "on": True,
        "part": {"quote": 'a"b\\c', "pace": 0.5, "store-7": "x"},
    }


def test_a_private_file_is_ours_alone_and_written_over(tmp_path: Path) -> None:
    file = tmp_path / "key"
    write_private(file, "an older and longer one")
    write_private(file, "fresh")
    assert file.read_text() == "fresh"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
