from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.cli import store_location
from edge.cli.store_location import become_owner, need_data, settings_at
from edge.domain.errors import NotProvisioned, SettingsInvalid
from tests.edge.cli.conftest import write_config


def test_a_settings_file_names_the_store(store: Path) -> None:
    assert settings_at(store / "storeside.toml").data_dir == store


def test_a_folder_is_enough_where_its_settings_lie_in_it(store: Path) -> None:
    assert settings_at(None, store).store.id == "store-1"


def test_a_copied_folder_is_read_where_it_lies(store: Path, tmp_path: Path) -> None:
    copy = store.rename(tmp_path / "copy")
    assert settings_at(None, copy).data_dir == copy


def test_settings_and_data_may_lie_apart(store: Path, tmp_path: Path) -> None:
    apart = write_config(tmp_path / "etc")
    assert settings_at(apart, store).data_dir == store


def test_a_folder_without_settings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"holds no storeside.toml"):
        settings_at(None, tmp_path)


def test_no_place_at_all_is_refused_with_the_mend() -> None:
    with pytest.raises(SettingsInvalid) as refused:
        settings_at(None)
    assert "--config" in str(refused.value.hint)


def test_the_installed_store_is_the_one_without_a_name(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_location, "INSTALLED", store / "storeside.toml")
    assert settings_at(None).data_dir == store


def test_a_store_that_was_never_set_up_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotProvisioned) as refused:
        need_data(settings_at(write_config(tmp_path / "new")))
    assert "storeside init" in str(refused.value.hint)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_command_of_root_goes_on_as_the_owner_of_the_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, 65_534, 65_534)
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        become_owner(tmp_path)
        os._exit(0 if (os.geteuid(), os.getegid()) == (65_534, 65_534) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_folder_of_our_own_changes_nothing(tmp_path: Path) -> None:
    before = os.geteuid()
    become_owner(tmp_path)
    become_owner(tmp_path / "none")
    assert os.geteuid() == before
