from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks import Webhook

from devices.tills.webhooks import secret_of, signed_by
from edge.app.provisioning import read_keys
from tests.edge.cli.conftest import Cli, write_config


def test_an_added_device_is_told_all_it_needs(cli: Cli, store: Path) -> None:
    said = cli("device", "add", "till-7", "--class", "pos", "--dir", store, "--json")
    account = said.document
    assert said.code == 0
    assert {"device", "class", "host", "port", "tls", "username", "password", "ca"} <= set(
        account
    )
    assert (account["username"], account["tls"], account["ca"]) == ("till-7", False, None)
    assert account["topics"]["event"] == "storeside/1/store-1/pos/till-7/event"
    assert "page" not in account


def test_devices_may_be_told_another_address_than_the_service(cli: Cli, store: Path) -> None:
    file = write_config(store)
    file.write_text(
        file.read_text().replace(
            "[mqtt]", '[mqtt]\npublic_host = "mqtt.store"\npublic_port = 8883'
        )
    )
    account = cli("device", "add", "k", "--class", "kiosk", "--dir", store, "--json").document
    assert (account["host"], account["port"]) == ("mqtt.store", 8883)


def test_a_page_is_named_once_its_port_is_known(cli: Cli, store: Path) -> None:
    (store / "run.json").write_text(json.dumps({"http": 8080}))
    said = cli("device", "add", "k", "--class", "kiosk", "--zone", "entrance", "--dir", store)
    assert "http://127.0.0.1:8080/kiosk/k#key=" in said.out


def test_the_password_is_kept_nowhere(cli: Cli, store: Path) -> None:
    account = cli("device", "add", "k", "--class", "kiosk", "--dir", store, "--json").document
    kept = b"".join(f.read_bytes() for f in store.rglob("*") if f.is_file())
    assert account["password"].encode() not in kept


def test_the_list_names_devices_and_no_secret(cli: Cli, store: Path) -> None:
    cli("device", "add", "cam-1", "--class", "camera", "--zone", "dairy", "--dir", store)
    rows = cli("device", "list", "--dir", store, "--json").document["devices"]
    assert [row["device"] for row in rows] == ["cam-1", "console"]
    assert rows[0]["zone"] == "dairy"
    assert "hashed" not in rows[0]
    assert "cam-1" in cli("device", "list", "--dir", store).out


def test_a_revoked_device_is_gone(cli: Cli, store: Path) -> None:
    cli("device", "add", "cam-1", "--class", "camera", "--dir", store)
    assert cli("device", "revoke", "cam-1", "--dir", store, "--json").document == {
        "revoked": "cam-1"
    }
    assert "cam-1" not in cli("device", "list", "--dir", store).out
    assert cli("device", "revoke", "console", "--dir", store).out == "revoked console\n"


def test_a_refusal_is_one_sentence(cli: Cli, store: Path) -> None:
    said = cli("device", "add", "No Good", "--class", "pos", "--dir", store, "--json")
    assert (said.code, said.out) == (1, "")
    assert said.err == "storeside: a device's name is 1 to 32 of a-z, 0-9 and -\n"


def test_an_unknown_device_cannot_be_revoked(cli: Cli, store: Path) -> None:
    assert "'x'" in cli("device", "revoke", "x", "--dir", store).err


def test_an_unknown_class_is_refused(cli: Cli, store: Path) -> None:
    assert cli("device", "add", "x", "--class", "replay", "--dir", store).code == 2


def test_a_till_with_webhooks_is_told_its_secret_once(cli: Cli, store: Path) -> None:
    words = ("device", "add", "cloud", "--class", "pos", "--webhook", "--dir", store)
    account = cli(*words, "--json").document
    body, at = "{}", datetime.now(UTC)
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(account["webhook"]).sign("m", at, body),
    }
    key = read_keys(store / "secrets").store
    salt = json.loads((store / "fleet" / "fleet.json").read_text())["devices"][0]["webhook"]
    assert signed_by([("cloud", secret_of(key, "cloud", salt))], headers, body.encode())
    kept = b"".join(f.read_bytes() for f in store.rglob("*") if f.is_file())
    assert account["webhook"].removeprefix("whsec_").encode() not in kept


def test_only_a_till_signs(cli: Cli, store: Path) -> None:
    said = cli("device", "add", "k", "--class", "kiosk", "--webhook", "--dir", store)
    assert said.code == 1
    assert cli("device", "list", "--dir", store, "--json").document["devices"][0]["device"] == (
        "console"
    )
