from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devices.fleet import Fleet
from edge.app import doctor
from edge.app.doctor import DoctorFinding, Grade, examine
from edge.app.settings import ModelSettings, Settings, load_settings
from edge.cli.init import provide
from edge.domain.consent import ConsentEntry, ConsentState, Purpose
from edge.domain.creative import Creative, Modules
from edge.domain.ids import Token
from edge.storage.catalogue import offers
from edge.storage.connection import open_connection, transaction
from edge.storage.people import consents
from models.serving.registry import SHIPPED_BUNDLE, BundleRegistry
from tests.edge.builders import offer
from tests.edge.cli.conftest import write_config
from tests.models.bad_bundles import resealed
from tests.models.keys import trusting

ANN = Token("c-annannann")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = load_settings(write_config(tmp_path / "store"))
    list(provide(found))
    return found


def finding(settings: Settings, check: str) -> DoctorFinding:
    return next(one for one in examine(settings) if one.check == check)


def blocks(settings: Settings, check: str, says: str) -> None:
    found = finding(settings, check)
    assert found.grade is Grade.BLOCKS
    assert says in found.says
    assert found.mend


def test_nothing_blocks_a_store_that_was_set_up(settings: Settings) -> None:
    assert [one for one in examine(settings) if one.grade is Grade.BLOCKS] == []


def test_a_picture_that_an_offer_shows_and_nobody_has_is_warned_of(settings: Settings) -> None:
    assert finding(settings, "pictures").grade is Grade.OK
    creative = Creative(id="a", modules={"en": Modules(image="ab" * 32)})
    with closing(open_connection(settings.database)) as conn:
        offers.upsert(conn, [offer(creatives=(creative,))])
    found = finding(settings, "pictures")
    assert (found.grade, "abababababab of offer o-1" in found.says) == (Grade.WARN, True)
    with closing(open_connection(settings.database)) as conn:
        conn.execute("DROP TABLE assets")
    assert "earlier version" in finding(settings, "pictures").says


def test_a_store_never_set_up_is_told_to_be(tmp_path: Path) -> None:
    found = examine(load_settings(write_config(tmp_path / "new")))
    blocked = {one.check: one.mend for one in found if one.grade is Grade.BLOCKS}
    assert {"secrets", "database", "ledger"} <= set(blocked)
    assert all("storeside init" in str(mend) for mend in blocked.values())


def test_a_missing_folder_blocks(tmp_path: Path) -> None:
    settings = load_settings(write_config(tmp_path / "x"))
    settings = settings.model_copy(update={"data_dir": tmp_path / "none"})
    blocks(settings, "folder", "there is no folder")


def test_an_old_python_blocks(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_PYTHON", (9, 0))
    blocks(settings, "python", "older than")


def test_a_broker_across_the_network_needs_tls(settings: Settings) -> None:
    mqtt = settings.mqtt.model_copy(update={"host": "10.0.0.5"})
    blocks(settings.model_copy(update={"mqtt": mqtt}), "addresses", "without TLS")


def test_a_folder_open_to_others_is_warned_of(settings: Settings) -> None:
    settings.data_dir.chmod(0o755)
    found = finding(settings, "folder")
    assert (found.grade, found.mend) == (Grade.WARN, f"chmod 700 {settings.data_dir}")


def test_a_secret_open_to_others_blocks(settings: Settings) -> None:
    (settings.secrets / "store.key").chmod(0o644)
    blocks(settings, "secrets", "others can read store.key")


def test_a_short_secret_blocks(settings: Settings) -> None:
    (settings.secrets / "ticket.key").write_text("abcd")
    assert finding(settings, "secrets").grade is Grade.BLOCKS


def test_a_market_without_a_policy_blocks(settings: Settings) -> None:
    store = settings.store.model_copy(update={"market": "XX"})
    blocks(settings.model_copy(update={"store": store}), "policy", "no market policy")


def test_a_damaged_database_blocks(settings: Settings) -> None:
    with settings.database.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)
    assert finding(settings, "database").grade is Grade.BLOCKS


def test_a_changed_line_of_the_ledger_blocks(settings: Settings) -> None:
    entry = ConsentEntry(
        id="1", token=ANN, purpose=Purpose.SHARE, state=ConsentState.REFUSED, market="US",
        notice_id="", given_at=datetime.now(UTC),
    )  # fmt: skip
    with closing(open_connection(settings.database)) as conn, transaction(conn):
        consents.append(conn, [entry])
        conn.execute("UPDATE consents SET state = 'given'")
    blocks(settings, "ledger", "line 1 of the consent ledger")


def test_a_full_disk_blocks(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.storage.disk_space.shutil.disk_usage", lambda _: FULL)
    blocks(settings, "space", "free on the disk")


def test_little_room_for_the_outbox_is_warned_of(settings: Settings) -> None:
    limits = settings.limits.model_copy(update={"outbox_mb": 10**9})
    found = finding(settings.model_copy(update={"limits": limits}), "space")
    assert found.grade is Grade.WARN


def test_no_model_blocks_where_the_settings_want_one(settings: Settings) -> None:
    (BundleRegistry(settings.bundles).root / "active.json").unlink(missing_ok=True)
    assert finding(settings, "model").grade is Grade.OK
    wanting = settings.model_copy(update={"model": ModelSettings(fallback=False)})
    blocks(wanting, "model", "no model is active")


def test_a_broken_model_is_warned_of(settings: Settings) -> None:
    root = BundleRegistry(settings.bundles).root
    root.mkdir(exist_ok=True)
    (root / "active.json").write_text('{"digests":["deadbeef"]}')
    found = finding(settings, "model")
    assert found.grade is Grade.WARN
    assert "fallback" in found.says


@pytest.mark.parametrize(("days", "says"), [(3, "expires on"), (-3, "fallback")])
def test_a_model_near_or_past_its_last_day_is_warned_of(
    settings: Settings, tmp_path: Path, days: int, says: str
) -> None:
    bundle = Path(shutil.copytree(SHIPPED_BUNDLE, tmp_path / "dated"))
    keys = trusting(settings.data_dir)
    last = datetime.now(UTC).date() + timedelta(days=days)
    resealed(bundle, expires=last)
    BundleRegistry(settings.bundles, keys, today=lambda: last).activate(bundle)
    found = finding(settings, "model")
    assert found.grade is Grade.WARN
    assert says in found.says
    assert "storeside models activate" in (found.mend or "")


def test_a_damaged_fleet_blocks(settings: Settings) -> None:
    (settings.fleet / "fleet.json").write_text("{")
    assert finding(settings, "devices").grade is Grade.BLOCKS


def test_a_store_without_devices_is_warned_of(settings: Settings) -> None:
    Fleet(settings.fleet, settings.store.id).revoke("console")
    assert finding(settings, "devices").grade is Grade.WARN


def test_a_mapping_that_is_none_is_warned_of(settings: Settings) -> None:
    assert finding(settings, "mappings").grade is Grade.OK
    settings.mappings.mkdir()
    (settings.mappings / "own.toml").write_text("orders = 1")
    found = finding(settings, "mappings")
    assert (found.grade, "own.toml" in found.says) == (Grade.WARN, True)
    assert found.mend


def test_a_clock_in_the_past_blocks(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_NOT_BEFORE", datetime.now(UTC) + timedelta(days=1))
    blocks(settings, "clock", "which is past")


def test_a_clock_behind_the_last_write_blocks(settings: Settings) -> None:
    ahead = time.time() + 86_400
    os.utime(settings.database, (ahead, ahead))
    blocks(settings, "clock", "but the store wrote at")


def test_a_clock_behind_the_last_decision_blocks(settings: Settings) -> None:
    late = (datetime.now(UTC) + timedelta(days=3)).timestamp() * 1_000_000
    with closing(sqlite3.connect(settings.database)) as conn, conn:
        conn.execute(
            "INSERT INTO decisions (id, at_us, placement, kind, inputs, output, core_us, total_us)"
            " VALUES ('d', ?, 'p', 'context', x'', x'', 0, 0)",
            (int(late),),
        )
    blocks(settings, "clock", "but the store wrote at")
    replay = settings.clock.model_copy(update={"source": "replay"})
    assert finding(settings.model_copy(update={"clock": replay}), "clock").grade is Grade.OK


FULL = type("Usage", (), {"total": 10**12, "free": 10**6})()
