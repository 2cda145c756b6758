from __future__ import annotations

from contextlib import closing
from pathlib import Path

from edge.domain.consent import Purpose
from edge.storage.connection import open_connection
from edge.storage.operations import command_notifications
from edge.storage.people import consents
from tests.edge.api.services.goods import ANN, BEN
from tests.edge.cli.conftest import Cli


def test_a_granted_purpose_is_allowed(cli: Cli, shop: Path) -> None:
    said = cli("consent", "grant", BEN, "--purpose", "share", "--dir", shop, "--json")
    assert said.code == 0
    assert said.document == {"token": BEN, "lines": 1, "allowed": ["recognise", "share"]}


def test_a_grant_ends_with_the_policy_s_term_and_names_its_notice(cli: Cli, shop: Path) -> None:
    cli("consent", "grant", BEN, "--purpose", "train", "--dir", shop)
    with closing(open_connection(shop / "storeside.db")) as conn:
        line = consents.of(conn, BEN).entries[-1]
    assert line.expires_at is not None
    assert (line.expires_at - line.given_at).days == 395
    assert (line.market, line.notice_id, line.channel) == ("US", "notice-us-1", "command")


def test_a_withdrawn_purpose_is_not_allowed_any_more(cli: Cli, shop: Path) -> None:
    words = [word for purpose in Purpose for word in ("--purpose", purpose.value)]
    said = cli("consent", "withdraw", ANN, *words, "--dir", shop)
    assert said.out == "8 lines added; allowed now: nothing\n"


def test_the_service_and_the_centre_are_told(cli: Cli, shop: Path) -> None:
    cli("consent", "withdraw", ANN, "--purpose", "measure", "--dir", shop)
    with closing(open_connection(shop / "storeside.db")) as conn:
        assert [(w.value, key) for _, w, key in command_notifications.since(conn, 0)] == [
            ("person", ANN)
        ]
        told = conn.execute("SELECT stream FROM outbox ORDER BY seq DESC LIMIT 1").fetchone()
    assert told == ("consents",)


def test_a_mistyped_person_is_nobody(cli: Cli, shop: Path) -> None:
    said = cli("consent", "grant", "c-nobody", "--purpose", "share", "--dir", shop)
    assert said.code == 1
    assert "nobody is known" in said.err


def test_a_mistyped_purpose_is_refused(cli: Cli, shop: Path) -> None:
    assert cli("consent", "grant", BEN, "--purpose", "everything", "--dir", shop).code == 2
    assert cli("consent", "grant", BEN, "--dir", shop).code == 2
