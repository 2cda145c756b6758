from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.app.model_gate import own_sales
from edge.storage.connection import open_reader
from models.evaluation.activation import DAYS
from models.serving.registry import SHIPPED_BUNDLE, STARTER_BUNDLE, BundleRegistry
from models.training.store_bundle import store_bundle
from tests.edge.cli.conftest import Cli
from tests.edge.corner_shop import CornerShop
from tests.models.keys import signed, trusting
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


def own_bundle(corner: CornerShop, out: Path) -> Path:
    """Counted from the store's own till up to two weeks ago."""
    sales = own_sales(corner.folder / "storeside.db", datetime.now(UTC))
    assert sales is not None
    store_bundle(sales, STARTER_BUNDLE, out, sales.last_day - DAYS, name="corner", seed=1)
    return signed(out)


def test_the_stores_own_sales_decide_where_there_are_any(
    cli: Cli, corner: CornerShop, tmp_path: Path
) -> None:
    good = own_bundle(corner, tmp_path / "good")
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
    assert (again.code, again.document["beside"][:7]) == (3, "corner@")


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
