"""What lies in deploy/ and docs/ is held to the code and to the service manager."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cloud_sync.errors import SettingsRefused
from cloud_sync.hub.settings import load_settings as load_hub
from edge.api.ops.metrics import FIGURES
from edge.app.settings import load_settings
from edge.cli.store_location import INSTALLED
from tests.edge.app import settings_text
from tests.edge.cli import commands_text

ROOT = Path(__file__).parents[3]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
INSTALLER = (ROOT / "deploy" / "install.sh").read_text()
ANALYZE = shutil.which("systemd-analyze")
# Of 10; what systemd itself calls OK.
_EXPOSED_AT_MOST = 2.5


def test_the_shipped_settings_are_made_from_the_model() -> None:
    assert settings_text.TOML.read_text() == settings_text.as_toml()
    for key in settings_text.every_key():
        assert re.search(
            rf"^#?{key.rpartition('.')[2]} = ", settings_text.as_toml(), re.MULTILINE
        )


def test_the_shipped_settings_can_be_used_as_they_are() -> None:
    found = load_settings(settings_text.TOML)
    assert found.mqtt.ca is not None
    assert found.hub.url is None


def test_the_document_of_settings_is_made_from_the_model() -> None:
    assert settings_text.DOCUMENT.read_text() == settings_text.as_markdown()


def test_the_document_of_commands_is_made_from_the_commands() -> None:
    assert commands_text.DOCUMENT.read_text() == commands_text.as_markdown()


def test_a_hub_does_not_start_with_the_keys_of_the_example(tmp_path: Path) -> None:
    example = (ROOT / "deploy" / "hub.toml").read_text()
    with pytest.raises(SettingsRefused):
        load_hub(ROOT / "deploy" / "hub.toml")
    own = tmp_path / "hub.toml"
    own.write_text(example.replace("change-me-too", "s" * 32).replace("change-me", "c" * 32))
    assert load_hub(own).port == 8480


def test_every_metric_is_explained_to_operators() -> None:
    source = (ROOT / "edge" / "api" / "ops" / "metrics.py").read_text()
    made = set(re.findall(r'"(storeside_[a-z_]+)"', source))
    made |= {f"storeside_{figure.name}" for figure in FIGURES}
    told = re.findall(r"storeside_[a-z_]+", (ROOT / "docs" / "operations.md").read_text())
    assert {name.removesuffix("_total") for name in told} == made


@pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze on this machine")
@pytest.mark.parametrize("unit", UNITS, ids=lambda u: u.stem)
def test_a_unit_is_sound_and_exposes_little(unit: Path) -> None:
    assert ANALYZE is not None
    said = subprocess.run(  # noqa: S603 - the service manager's own
        [ANALYZE, "security", "--offline=true", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    level = re.search(r"exposure level for \S+: ([\d.]+)", said.stdout)
    assert level is not None
    assert float(level[1]) <= _EXPOSED_AT_MOST
    said = subprocess.run(  # noqa: S603 - the service manager's own
        [ANALYZE, "verify", str(unit)], capture_output=True, text=True, check=False
    )
    faults = [line for line in said.stderr.splitlines() if "is not executable" not in line]
    assert faults == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda u: u.stem)
def test_a_unit_names_what_the_installer_makes(unit: Path) -> None:
    text = unit.read_text()
    assert "User=storeside\n" in text
    (start,) = re.findall(r"^ExecStart=(\S+)", text, re.MULTILINE)
    assert start in {"/opt/storeside/.venv/bin/storeside", "/usr/sbin/mosquitto"}
    assert "home=/opt/storeside\n" in INSTALLER


def test_the_installer_puts_the_settings_where_commands_look_for_them() -> None:
    assert f"etc={INSTALLED.parent}\n" in INSTALLER
    assert f"config=$etc/{INSTALLED.name}\n" in INSTALLER


def test_the_installer_is_a_sound_script() -> None:
    shell = shutil.which("sh")
    assert shell is not None
    words = [shell, "-n", str(ROOT / "deploy" / "install.sh")]
    assert subprocess.run(words, check=False).returncode == 0  # noqa: S603 - our own
