from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from edge.storage.connection import open_reader
from models.serving.registry import SHIPPED_BUNDLE, BundleRegistry
from tests.edge.cli.conftest import Cli, write_config
from tests.edge.corner_shop import CornerShop, bundle_from_outside
from tests.models.keys import trusting
from tests.models.random_weights import random_network, with_weights_of


@pytest.fixture(scope="module")
def random(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Signed by a key that the store trusts, with the figures of the shipped bundle."""
    return with_weights_of(
        random_network(2, -4.0), SHIPPED_BUNDLE, tmp_path_factory.mktemp("random") / "b"
    )


@pytest.fixture
def corner(store: Path) -> CornerShop:
    """A store of goods that nobody here has seen, whose till has sold for six weeks."""
    trusting(store)
    shop = CornerShop(store)
    shop.open()
    shop.sell()
    return shop


def test_the_stores_own_sales_decide_where_there_are_any(
    cli: Cli, corner: CornerShop, tmp_path: Path
) -> None:
    good = bundle_from_outside(corner, tmp_path / "good")
    bad = with_weights_of(random_network(2, -4.0), good, tmp_path / "bad")
    said = cli("models", "activate", bad, "--dir", corner.folder, "--json")
    assert said.code == 3
    assert said.document["judged_by"] == "sales"
    assert said.document["known"] > 50
    assert said.document["rankers"]["candidate"]["gain"]["high"] < 0
    said = cli("models", "activate", good, "--dir", corner.folder, "--json")
    assert said.code == 0, said.err
    judged = said.document["judgement"]
    assert (judged["judged_by"], judged["fault"]) == ("sales", None)
    again = cli("models", "activate", bad, "--dir", corner.folder, "--json")
    assert (again.code, again.document["beside"][:6]) == (3, "chain@")


def audit(store: Path) -> list[tuple[str, str, str]]:
    with closing(open_reader(store / "storeside.db")) as conn:
        return list(conn.execute("SELECT who, act, object FROM audit"))


def test_random_weights_are_refused_with_figures_and_a_code_of_their_own(
    cli: Cli, store: Path, random: Path
) -> None:
    trusting(store)
    before = BundleRegistry(store / "models").active()
    assert cli("models", "verify", random, "--dir", store).code == 0
    said = cli("models", "activate", random, "--dir", store)
    assert said.code == 3
    assert "NDCG@10" in said.err
    assert "--anyway" in said.err
    assert BundleRegistry(store / "models").active() == before
    assert audit(store) == []
    told = cli("models", "activate", random, "--dir", store, "--json")
    assert told.code == 3
    assert told.document["active"] is None
    assert told.document["refused"] == told.document["fault"]


def test_anyway_puts_it_in_use_and_the_audit_keeps_that(
    cli: Cli, store: Path, random: Path
) -> None:
    trusting(store)
    said = cli("models", "activate", random, "--dir", store, "--anyway", "--json")
    assert said.code == 0
    fault = said.document["judgement"]["fault"]
    label = said.document["model"]
    assert audit(store) == [("operator", f"activated-anyway:{fault}", f"model/{label}")]
    active = BundleRegistry(store / "models").active()
    assert active is not None
    assert active.name == said.document["active"]


def test_a_good_bundle_needs_no_line_in_the_audit(cli: Cli, store: Path) -> None:
    said = cli("models", "activate", SHIPPED_BUNDLE, "--dir", store, "--anyway")
    assert said.code == 0
    assert "judged on" in said.out
    assert audit(store) == []


def test_without_a_database_there_is_no_anyway(cli: Cli, store: Path, random: Path) -> None:
    trusting(store)
    (store / "storeside.db").unlink()
    said = cli("models", "activate", random, "--dir", store, "--anyway")
    assert said.code == 1
    assert "storeside init" in said.err


def test_a_bundle_of_other_goods_is_refused_with_its_share_unless_overruled(
    cli: Cli, store: Path
) -> None:
    CornerShop(store).open()
    words = ("models", "activate", SHIPPED_BUNDLE, "--dir", store)
    said = cli(*words, "--json")
    assert said.code == 3
    assert (said.document["refused"], said.document["goods_known"]) == ("foreign", 0.0)
    assert "storeside models learn" in said.err
    assert BundleRegistry(store / "models").active() is None
    assert cli(*words, "--anyway").code == 0
    assert [act for _, act, _ in audit(store)] == ["activated-anyway:foreign"]
    assert BundleRegistry(store / "models").active() is not None


def test_how_little_a_bundle_may_know_is_the_store_s_own_setting(cli: Cli, store: Path) -> None:
    CornerShop(store).open()
    write_config(store, extra="least_known_pct = 0\n")
    said = cli("models", "activate", SHIPPED_BUNDLE, "--dir", store, "--json")
    assert (said.code, said.document["goods_known"]) == (0, 0.0)
