from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.app.market_policies import SHIPPED
from edge.app.provisioning import (
    check_address,
    clock_of,
    code_rules_of,
    read_keys,
    read_policy_of,
)
from edge.app.settings import Settings
from edge.domain.clock import ReplayClock, SystemClock
from edge.domain.errors import NotProvisioned, SettingsInvalid


def settings(folder: Path, **changed: Any) -> Settings:
    store = {"id": "s1", "market": "US", "time_zone": "UTC"}
    return Settings(data_dir=folder, **{"store": store, **changed})


def secrets(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.key").write_text(text)
    return folder


def test_the_stores_secrets_are_read(tmp_path: Path) -> None:
    keys = read_keys(secrets(tmp_path, store="ab" * 32, ticket="cd" * 32 + "\n"))
    assert (keys.store, keys.ticket) == (b"\xab" * 32, b"\xcd" * 32)


@pytest.mark.parametrize("text", [None, "", "ab" * 31, "not hexadecimal", "ü" * 64])
def test_a_missing_or_weak_secret_stops_the_start(tmp_path: Path, text: str | None) -> None:
    secrets(tmp_path, ticket="cd" * 32, **({} if text is None else {"store": text}))
    with pytest.raises(NotProvisioned, match=r"store\.key"):
        read_keys(tmp_path)


def test_the_policy_is_the_markets_own_and_no_other(tmp_path: Path) -> None:
    assert read_policy_of(settings(tmp_path)).market == "US"
    store = {"id": "s1", "market": "EU", "time_zone": "UTC"}
    assert read_policy_of(settings(tmp_path, store=store)).market == "EU"
    foreign = settings(tmp_path, policy={"file": SHIPPED / "eu.yaml"})
    with pytest.raises(SettingsInvalid) as wrong:
        read_policy_of(foreign)
    assert wrong.value.hint


def test_a_market_without_a_policy_stops_the_start(tmp_path: Path) -> None:
    store = {"id": "s1", "market": "ZZ", "time_zone": "UTC"}
    with pytest.raises(NotProvisioned):
        read_policy_of(settings(tmp_path, store=store))


def test_a_shop_goes_by_the_system_and_a_demo_by_what_it_is_told(tmp_path: Path) -> None:
    assert type(clock_of(settings(tmp_path))) is SystemClock
    assert type(clock_of(settings(tmp_path, clock={"source": "replay"}))) is ReplayClock


def test_passwords_cross_no_network_in_the_clear(tmp_path: Path) -> None:
    check_address(settings(tmp_path))
    with pytest.raises(SettingsInvalid, match="without TLS"):
        check_address(settings(tmp_path, mqtt={"host": "192.0.2.1"}))
    check_address(settings(tmp_path, mqtt={"host": "192.0.2.1", "ca": tmp_path / "ca.pem"}))
    with pytest.raises(SettingsInvalid, match="loopback only"):
        check_address(
            settings(tmp_path, http={"host": "192.0.2.1"}, clock={"source": "replay"})
        )


@pytest.mark.parametrize(
    ("currency", "exponent", "number"),
    [("USD", 2, "840"), ("JPY", 0, "392"), ("KWD", 3, "414")],
)
def test_codes_are_read_by_the_store_s_currency_and_country(
    tmp_path: Path, currency: str, exponent: int, number: str
) -> None:
    store = {"id": "s1", "market": "EU", "time_zone": "UTC", "currency": currency}
    rules = code_rules_of(settings(tmp_path, store={**store, "country": "SE"}))
    assert (rules.exponent, rules.number, rules.country) == (exponent, number, "SE")
    assert rules.layouts is None
    assert code_rules_of(settings(tmp_path, store=store)).country == "EU"
