from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from edge.app.market_policies import SHIPPED, read_policy
from edge.domain.consent import Purpose
from edge.domain.errors import NotProvisioned, SettingsInvalid
from edge.domain.market import PolicyCell, RecognitionMethod
from edge.storage.retention import DEFAULT_DAYS

FILES = sorted(SHIPPED.glob("*.yaml"))
LONGEST_DAYS = 400  # thirteen months


def written(folder: Path, **changed: Any) -> Path:
    """The shipped file of the demo's market with some keys changed; None takes a key away."""
    content = yaml.safe_load((SHIPPED / "us.yaml").read_text()) | changed
    file = folder / "policy.yaml"
    file.write_text(yaml.safe_dump({k: v for k, v in content.items() if v is not None}))
    return file


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_a_shipped_file_asks_for_consent_wherever_it_allows_anything(file: Path) -> None:
    policy = read_policy(file)
    assert policy.market == file.stem.upper()
    assert {allowed for _, _, allowed in policy.cells} == {PolicyCell.WITH_CONSENT}
    assert policy.notice_ids
    assert policy.sensitive_categories


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_without_a_method_that_identifies_nothing_is_personal(file: Path) -> None:
    policy = read_policy(file)
    nobody = RecognitionMethod.ANONYMOUS_CONTEXT
    assert not any(policy.allows(nobody, p, consented=True) for p in Purpose)
    assert not any(
        policy.allows(m, Purpose.PERSONALISE_PUBLIC, consented=True) for m in RecognitionMethod
    )


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_nothing_is_kept_longer_than_thirteen_months_and_every_class_is_known(
    file: Path,
) -> None:
    days = read_policy(file).retention_days
    assert max(days.values()) <= LONGEST_DAYS
    assert set(days) <= set(DEFAULT_DAYS)


def test_europe_lets_no_associate_look_anybody_up_and_asks_twice_a_year() -> None:
    policy = read_policy(SHIPPED / "eu.yaml")
    lookup = RecognitionMethod.ASSOCIATE_LOOKUP
    assert not any(policy.allows(lookup, p, consented=True) for p in Purpose)
    assert policy.allows(RecognitionMethod.KIOSK_LOGIN, Purpose.RECOGNISE, consented=True)
    assert not policy.allows(RecognitionMethod.KIOSK_LOGIN, Purpose.RECOGNISE, consented=False)
    assert policy.consent_days == 180


@pytest.mark.parametrize("method", RecognitionMethod)
@pytest.mark.parametrize("purpose", Purpose)
def test_a_cell_that_is_not_written_is_a_no(
    tmp_path: Path, method: RecognitionMethod, purpose: Purpose
) -> None:
    policy = read_policy(written(tmp_path, rows={"kiosk_login": {"recognise": "yes"}}))
    expected = (method, purpose) == (RecognitionMethod.KIOSK_LOGIN, Purpose.RECOGNISE)
    assert policy.allows(method, purpose, consented=True) == expected
    assert policy.allows(method, purpose, consented=False) == expected


def test_a_written_no_stays_a_no(tmp_path: Path) -> None:
    policy = read_policy(written(tmp_path, rows={"kiosk_login": {"recognise": "no"}}))
    assert not policy.allows(RecognitionMethod.KIOSK_LOGIN, Purpose.RECOGNISE, consented=True)


@pytest.mark.parametrize(
    "changed",
    [
        {"market": "usa!"},
        {"market": None},
        {"notice_ids": []},
        {"consent_days": 0},
        {"retention_days": {"seen": 401}},
        {"retention_days": {"outbox": 3}},
        {"retention_days": {"exposures": 35}},
        {"retention_days": {"responses": 35}},
        {"retention_days": {"redemptions": 89}},
        {"rows": {"face_recognition": {"recognise": "yes"}}},
        {"rows": {"wifi_ble_probe": {"recognise": "yes"}}},
        {"rows": {"kiosk_login": {"mood": "yes"}}},
        {"rows": {"kiosk_login": {"recognise": "perhaps"}}},
        {"extra": 1},
    ],
    ids=repr,
)
def test_what_a_policy_cannot_say_is_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(SettingsInvalid, match=r"policy\.yaml"):
        read_policy(written(tmp_path, **changed))


def test_what_caps_count_may_be_kept_just_long_enough_and_a_refusal_says_how_long(
    tmp_path: Path,
) -> None:
    least = {"exposures": 36, "responses": 36, "redemptions": 90}
    assert read_policy(written(tmp_path, retention_days=least)).retention_days == least
    with pytest.raises(SettingsInvalid, match=r"retention_days: responses .* 36"):
        read_policy(written(tmp_path, retention_days={**least, "responses": 8}))


@pytest.mark.parametrize("text", ["a: [", "- 1", "x" * 300_000, "!!python/object:os.system {}"])
def test_what_is_no_policy_at_all_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    with pytest.raises(SettingsInvalid):
        read_policy(file)


def test_a_missing_policy_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotProvisioned) as missing:
        read_policy(tmp_path / "none.yaml")
    assert missing.value.hint
