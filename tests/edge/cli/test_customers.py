from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.cli.customers import LONGEST_BYTES, LineRefused, read
from edge.domain.consent import Purpose
from edge.domain.ids import Token, link_code
from edge.storage.connection import open_connection
from edge.storage.operations import command_notifications
from edge.storage.people import consents, customers, identifier_links, profiles
from models.features.profile import Profile
from models.items import item_key
from tests.edge.cli.conftest import Cli
from tests.edge.storage import stored

ANN = Token("c-annabelannabel234567")
RAW = {"loyalty": "LOY-99887766", "email": "Ann.Example@shop.test", "phone": "+1 555 123 4567"}
YES = {
    "purpose": "recognise",
    "market": "US",
    "state": "given",
    "given_at": "2026-01-02T10:00:00Z",
}


def person(token: str = ANN, **changed: object) -> dict[str, object]:
    return {"token": token, "identifiers": RAW, "consents": [YES], **changed}


def write(folder: Path, *lines: object) -> Path:
    file = folder.parent / "people.jsonl"
    file.write_text(
        "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in lines)
    )
    return file


@pytest.fixture
def conn(store: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_connection(store / "storeside.db")) as opened:
        yield opened


def test_a_person_is_known_with_their_consents(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    line = person(locale="fr-FR", segments=["family"])
    said = cli("customers", "import", write(store, line), "--dir", store, "--json")
    found = customers.find(conn, ANN)
    assert (said.code, said.document) == (0, {"imported": 1, "erased": 0, "refused": []})
    assert found is not None
    assert (found.locale, found.segments) == ("fr-FR", ("family",))
    assert [e.purpose for e in found.consents.entries] == [Purpose.RECOGNISE]


def test_identifiers_lead_to_the_person_as_the_kiosk_codes_them(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    cli("customers", "import", write(store, person()), "--dir", store)
    key = bytes.fromhex((store / "secrets" / "store.key").read_text())
    typed = {
        "loyalty": "loy 99887766",
        "email": " ann.example@SHOP.test",
        "phone": "1-555-123-4567",
    }
    for kind, value in typed.items():
        assert identifier_links.find(conn, link_code(key, kind, value, "US")) == ANN


def test_no_raw_identifier_is_anywhere_in_the_data_folder(cli: Cli, store: Path) -> None:
    said = cli("customers", "import", write(store, person()), "--dir", store, "--json")
    kept = b"".join(f.read_bytes() for f in store.rglob("*") if f.is_file()).lower()
    for raw in (b"99887766", b"ann.example", b"5551234567", b"555 123 4567"):
        assert raw not in kept
        assert raw.decode() not in said.out + said.err


def test_history_becomes_habits(cli: Cli, store: Path, conn: sqlite3.Connection) -> None:
    history = [{"sku": "1000050", "trips": 7, "last_at": "2026-01-01T12:00:00Z"}]
    trips = [{"at": "2026-01-03T12:00:00Z", "skus": ["1000099"]}]
    cli(
        "customers",
        "import",
        write(store, person(history=history, trips=trips)),
        "--dir",
        store,
    )
    profile = Profile.from_bytes(profiles.find(conn, ANN) or b"")
    assert set(profile.keys.tolist()) == {item_key("1000050"), item_key("1000099")}


def test_a_running_service_is_told_of_everybody(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    cli("customers", "import", write(store, person(), person("c-ben22222")), "--dir", store)
    assert [(what.value, key) for _, what, key in command_notifications.since(conn, 0)] == [
        ("person", ANN), ("person", "c-ben22222"),
    ]  # fmt: skip


def test_the_same_file_twice_is_one_ledger_line(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    file = write(store, person())
    for _ in range(2):
        assert cli("customers", "import", file, "--dir", store).out.startswith(
            "1 people imported"
        )
    assert len(consents.of(conn, ANN).entries) == 1


def test_good_lines_are_taken_and_bad_ones_named(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    bad = ["no json", person("c-b"), person("c-bbbb", identifiers={"phone": "n/a"})]
    file = write(
        store, person(), *bad, "", person("c-dddd", app_key={"kty": "OKP"}), person("c-eeee")
    )
    said = cli("customers", "import", file, "--dir", store, "--json")
    assert said.code == 1
    assert said.document["imported"] == 2
    assert [one["line"] for one in said.document["refused"]] == [2, 3, 4, 6]
    assert "line 4: identifiers.phone: nobody" in said.err
    assert stored.count(conn, "customers") == 2


def test_nothing_of_a_refused_line_stays(
    cli: Cli, store: Path, conn: sqlite3.Connection
) -> None:
    file = write(store, person(app_key={"kty": "OKP"}))
    assert (
        cli("customers", "import", file, "--dir", store).err
        == "line 1: app_key: a kid is missing\n"
    )
    assert customers.find(conn, ANN) is None
    assert command_notifications.since(conn, 0) == ()


def test_who_was_erased_stays_so(cli: Cli, store: Path, conn: sqlite3.Connection) -> None:
    file = write(store, person())
    cli("customers", "import", file, "--dir", store)
    cli("privacy", "erase", ANN, "--dir", store)
    said = cli("customers", "import", file, "--dir", store, "--json")
    assert (said.code, said.document["erased"]) == (0, 1)
    assert customers.find(conn, ANN) is None


def test_a_missing_file_is_one_sentence(cli: Cli, store: Path, tmp_path: Path) -> None:
    said = cli("customers", "import", tmp_path / "none.jsonl", "--dir", store)
    assert said.code == 1
    assert said.err.endswith("none.jsonl: No such file or directory\n")


def test_a_store_never_set_up_is_refused(cli: Cli, store: Path) -> None:
    (store / "storeside.db").unlink()
    said = cli("customers", "import", write(store, person()), "--dir", store)
    assert "storeside init" in said.err


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"x" * (LONGEST_BYTES + 1), "longer than"),
        (json.dumps(person(mail="x")).encode(), "mail: Extra inputs"),
        (
            json.dumps(person(consents=[{**YES, "purpose": "sell"}])).encode(),
            "consents.0.purpose",
        ),
        (json.dumps(person(consents=[{**YES, "given_at": "2026-01-02"}])).encode(), "given_at"),
        (json.dumps(person(identifiers={"face": "1234"})).encode(), "identifiers.face"),
        (json.dumps(person(history=[{"sku": "1", "trips": 0}])).encode(), "history.0"),
        (b"[]", "Input should be an object"),
    ],
)
def test_a_line_that_is_no_person_is_refused_by_its_field(line: bytes, reason: str) -> None:
    with pytest.raises(LineRefused, match=reason):
        read(line)


json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
fields = st.sampled_from(
    ["token", "identifiers", "consents", "history", "links", "trips", "locale"]
)


@given(changed=st.dictionaries(fields, json_values, max_size=3))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_json_is_a_person_or_refused_without_its_content(
    changed: dict[str, object],
) -> None:
    text = json.dumps({**person(), **changed}).encode()
    try:
        said = read(text).token
    except LineRefused as refused:
        said = str(refused)
    assert "99887766" not in said
