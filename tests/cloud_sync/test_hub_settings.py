"""The hub's settings: what is refused, and in which words."""

from pathlib import Path

import pytest

from cloud_sync.errors import SettingsRefused
from cloud_sync.hub.settings import load_settings

GOOD = """
data_dir = "hub"
central_key = "central-key-of-the-tests"
[store_keys]
s-1 = "store-key-of-the-tests"
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "hub.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_good_file_is_read_with_its_defaults(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, GOOD))
    assert (settings.host, settings.port) == ("127.0.0.1", 8480)
    assert settings.tls() is None
    assert "store-key" not in repr(settings)


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORESIDE_HUB_PORT", "9000")
    assert load_settings(write(tmp_path, "port = 8000\n" + GOOD)).port == 9000


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("colour = 1\n" + GOOD, "colour: Extra inputs"),
        ("port = 99999\n" + GOOD, "port: Input should be less"),
        (GOOD.replace("store-key-of-the-tests", "short"), "s-1: Value should have at least 16"),
        (GOOD.replace("s-1", '"S 1"'), "String should match pattern"),
        (GOOD.replace("store-key", "central-key"), "a key of their own"),
        ('host = "0.0.0.0"\n' + GOOD, "set tls_cert, tls_key"),
        ('tls_cert = "x.pem"\n' + GOOD, "go together"),
        ("data_dir = ", "hub.toml: "),
        ("", "data_dir: Field required"),
    ],
)
def test_a_bad_file_is_refused_with_the_key_at_fault(
    tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(SettingsRefused) as caught:
        load_settings(write(tmp_path, text))
    assert reason in str(caught.value)


def test_no_secret_stands_in_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused) as caught:
        load_settings(write(tmp_path, GOOD.replace("store-key-of-the-tests", "hunter2")))
    assert "hunter2" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="No such file"):
        load_settings(tmp_path / "none.toml")
