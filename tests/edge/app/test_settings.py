from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from edge.app.settings import Strategy, StrategySettings, load_settings
from edge.domain.errors import SettingsInvalid
from edge.domain.placement import PLACEMENTS
from models.serving.ranker import BY_CHANCE
from models.statistics.tables import Tables
from models.strategies.registry import named

LEAST = """\
data_dir = "/var/lib/storeside"
[store]
id = "store-1"
market = "US"
time_zone = "America/New_York"
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "storeside.toml"
    file.write_text(text)
    return file


def test_a_store_needs_little_to_be_told(tmp_path: Path) -> None:
    found = load_settings(write(tmp_path, LEAST))
    assert (found.store.currency, found.http.host, found.mqtt.port) == (
        "USD",
        "127.0.0.1",
        1883,
    )
    assert found.clock.source == "system"
    # A new shop opens without a model, and learns.
    assert found.model.fallback


def test_a_currency_that_there_is_not_is_refused_with_the_mend(tmp_path: Path) -> None:
    text = LEAST.replace("[store]", '[store]\ncurrency = "EURO"')
    with pytest.raises(SettingsInvalid, match=r"ISO 4217: .* such as EUR"):
        load_settings(write(tmp_path, text))


@pytest.mark.parametrize(
    ("market", "more", "region"),
    [
        ("US", "", "US"),
        ("DE", 'locale = "en-US"', "DE"),
        ("CA-QC", 'locale = "fr-CA"', "CA"),
        ("EU", 'locale = "de-DE"', "DE"),
        ("EU", 'locale = "de"', None),
        ("EU", 'locale = "de-DE"\ncountry = "AT"', "AT"),
    ],
)
def test_telephone_numbers_are_dialled_in_the_stores_country(
    tmp_path: Path, market: str, more: str, region: str | None
) -> None:
    text = LEAST.replace('market = "US"', f'market = "{market}"\n{more}')
    assert load_settings(write(tmp_path, text)).store.region == region


def test_everything_lies_in_the_data_folder(tmp_path: Path) -> None:
    found = load_settings(write(tmp_path, LEAST))
    home = Path("/var/lib/storeside")
    assert (found.database, found.secrets) == (home / "storeside.db", home / "secrets")
    assert (found.fleet, found.bundles) == (home / "fleet", home / "models")


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORESIDE_LOG_LEVEL", "debug")
    monkeypatch.setenv("STORESIDE_HTTP__PORT", "9000")
    found = load_settings(write(tmp_path, LEAST))
    assert (found.log_level, found.http.port) == ("debug", 9000)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (("", 'colour = "red"\n'), "colour"),
        (("[store]", "[store]\nsize = 3"), "store.size"),
        (('"store-1"', '"Store One"'), "store.id"),
        (('"America/New_York"', '"Mars/Base"'), "store.time_zone"),
        (('"America/New_York"', '"../etc/passwd"'), "store.time_zone"),
        (("[store]", "[http]\nport = 70000\n[store]"), "http.port"),
        (("[store]", "[mqtt]\nport = 0\n[store]"), "mqtt.port"),
        (("[store]", "[limits]\nidle_minutes = 0\n[store]"), "limits.idle_minutes"),
        (("[store]", "[decision]\nholdout_pct = 60\n[store]"), "decision.holdout_pct"),
        (('"/var/lib/storeside"', "7"), "data_dir"),
        (('id = "store-1"\n', ""), "store.id"),
        (("[store]", '[store]\ncurrency = "ABC"'), "store.currency"),
        (("[store]", '[store]\ncurrency = "usd"'), "store.currency"),
        (("[store]", '[store]\ncurrency = "XAU"'), "store.currency"),
        (("[store]", '[store]\ncountry = "EU"'), "store.country"),
        (("[store]", '[loyalty]\nranges = ["4"]\n[store]'), "loyalty.ranges"),
        (("[store]", '[loyalty]\nranges = ["2708*2"]\n[store]'), "loyalty.ranges"),
    ],
)
def test_a_key_or_value_that_cannot_be_used_is_named(
    tmp_path: Path, change: tuple[str, str], where: str
) -> None:
    old, new = change
    text = LEAST.replace(old, new) if old else new + LEAST
    with pytest.raises(SettingsInvalid, match=rf"storeside\.toml: {where}: "):
        load_settings(write(tmp_path, text))


@pytest.mark.parametrize("text", ["= 3", "data_dir = "])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        load_settings(write(tmp_path, text))
    assert refused.value.hint == "start from deploy/storeside.toml"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid):
        load_settings(tmp_path / "none.toml")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsInvalid):
        load_settings(tmp_path / "bad.toml")


def test_settings_do_not_change_once_read(tmp_path: Path) -> None:
    found = load_settings(write(tmp_path, LEAST))
    with pytest.raises(ValueError, match="frozen"):
        found.log_level = "debug"


def test_each_place_goes_by_chance_unless_a_strategy_is_named(tmp_path: Path) -> None:
    assert load_settings(write(tmp_path, LEAST)).strategies.by_placement() == {}
    named_ = LEAST + '[strategies]\ntill_addon = "also-bought"\nkiosk_home = "chance"\n'
    found = load_settings(write(tmp_path, named_)).strategies.by_placement()
    assert found == {"till-addon": "also-bought"}


def test_a_strategy_that_nobody_knows_is_refused_with_the_names_of_those_known(
    tmp_path: Path,
) -> None:
    text = LEAST + '[strategies]\nkiosk_home = "luck"\n'
    with pytest.raises(SettingsInvalid, match=r"strategies\.kiosk_home: .*'low-price'"):
        load_settings(write(tmp_path, text))


def test_every_strategy_and_every_screen_can_be_chosen() -> None:
    nothing = Tables.__new__(Tables)  # a name is asked for, no table
    assert get_args(Strategy) == (BY_CHANCE, *named(nothing))
    screens = {p.name for p in PLACEMENTS.values() if p.surface != "none"}
    assert {name.replace("_", "-") for name in StrategySettings.model_fields} == screens


def test_layouts_of_codes_are_taken_as_they_are_written(tmp_path: Path) -> None:
    goods = '[goods]\nvariable_measure = ["20AAAAAPPPPPC", "21AAAAAVWWWWC"]\n'
    found = load_settings(write(tmp_path, LEAST + goods)).goods
    assert found.variable_measure == ("20AAAAAPPPPPC", "21AAAAAVWWWWC")


@pytest.mark.parametrize("places", ["20AAAAAPPPPC", "40AAAAAPPPPPC", "21AAAAVPPPPPPC"])
def test_a_layout_that_is_none_stops_the_start_with_its_mend(
    tmp_path: Path, places: str
) -> None:
    file = write(tmp_path, f'{LEAST}[goods]\nvariable_measure = ["{places}"]\n')
    with pytest.raises(SettingsInvalid, match=f"goods.variable_measure.*{places}") as refused:
        load_settings(file)
    assert refused.value.hint is not None
    assert "20AAAAAPPPPPC" in refused.value.hint
