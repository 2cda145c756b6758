import stat
from pathlib import Path

import pytest

from edge.domain.errors import SettingsInvalid
from edge.lab.demo.data_folder import claim_folder


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_second_demo_gets_the_next_folder() -> None:
    with claim_folder(None) as first, claim_folder(None) as second:
        assert first.path.name == ".storeside-demo"
        assert second.path.name == ".storeside-demo-2"


def test_a_folder_is_fresh_at_each_start() -> None:
    with claim_folder(None) as folder:
        (folder.path / "old").mkdir()
        (folder.path / "old" / "file").write_text("x")
        folder.write_secret("store.key")
    with claim_folder(None) as folder:
        assert [path.name for path in folder.path.iterdir()] == ["demo.lock"]


def test_a_link_in_an_old_folder_is_removed_and_not_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    with claim_folder(None) as folder:
        (folder.path / "link").symlink_to(kept)
    with claim_folder(None) as folder:
        assert not (folder.path / "link").is_symlink()
    assert kept.is_dir()


def test_a_folder_that_is_no_demos_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(SettingsInvalid, match="left alone"), claim_folder(tmp_path / "mine"):
        pass
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_a_given_folder_is_one_demos_only(tmp_path: Path) -> None:
    with (
        claim_folder(tmp_path / "a"),
        pytest.raises(SettingsInvalid, match="already") as error,
        claim_folder(tmp_path / "a"),
    ):
        pass
    assert "--dir" in str(error.value.hint)


def test_secrets_are_readable_by_us_alone() -> None:
    with claim_folder(None) as folder:
        key = folder.write_secret("store.key")
        assert len(bytes.fromhex(key)) == 32
        assert folder.write_secret("admin.key", "known") == "known"
        for name in ("store.key", "admin.key"):
            mode = stat.S_IMODE((folder.secrets / name).stat().st_mode)
            assert mode == 0o600
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
