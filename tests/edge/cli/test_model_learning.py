"""The night: the store's own bundle is made, judged, put to work or kept back."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from edge.app.till_sales import own_lines
from edge.cli import model_learning
from edge.storage import erasure
from edge.storage.connection import open_connection, open_reader, transaction
from edge.storage.operations import command_notifications, withdrawn_models
from edge.storage.operations.command_notifications import CommandNotification
from edge.storage.operations.night_note import last_night
from models.bundle.manifest import GOLDEN, GRAPH, MANIFEST, seal
from models.bundle.scorer import Scorer
from models.bundle.signature import SIGNATURE, signer_named
from models.items import item_key
from models.serving.open_bundle import Bundle
from models.serving.registry import STARTER_BUNDLE, BundleRegistry
from models.serving.verify import read_sealed, write_golden
from models.statistics.npz_reader import read_arrays
from tests.edge.cli.conftest import Cli
from tests.edge.corner_shop import (
    DAYS,
    PEOPLE,
    SKUS,
    CornerShop,
    bundle_from_outside,
    person,
    real_baskets,
    sku,
)
from tests.models.bad_bundles import resealed
from tests.models.keys import signed, trusting


@pytest.fixture
def corner(store: Path) -> CornerShop:
    shop = CornerShop(store)
    shop.open()
    return shop


def learn(cli: Cli, corner: CornerShop, *more: str) -> dict[str, Any]:
    said = cli("models", "learn", "--dir", corner.folder, "--json", *more)
    assert said.code == 0, said.err
    document: dict[str, Any] = said.document
    return document


def active(corner: CornerShop) -> Bundle:
    return BundleRegistry(corner.folder / "models", corner.folder / "model-keys").open_active()


def notified(corner: CornerShop) -> list[CommandNotification]:
    with closing(open_reader(corner.folder / "storeside.db")) as conn:
        return [what for _, what, _ in command_notifications.since(conn, 0)]


def test_a_store_of_invented_goods_makes_its_own_bundle_and_uses_it(
    cli: Cli, corner: CornerShop
) -> None:
    corner.sell()
    told = learn(cli, corner)
    assert told["verdict"] == "activated"
    own = active(corner)
    assert own.items.keys.tolist() == [item_key(sku(n)) for n in range(SKUS)]
    assert notified(corner) == [CommandNotification.MODEL]
    trial = told["trial"]
    assert set(trial["rankers"]) == {"own", "fallback"}
    assert trial["known"] > 0


def test_the_bundle_is_signed_by_the_store_s_own_key_and_trusted_nowhere_else(
    cli: Cli, corner: CornerShop
) -> None:
    corner.sell()
    learn(cli, corner)
    folder = corner.folder / "models" / active(corner).digest
    assert (corner.folder / "model-keys" / f"{(signer_named(folder) or '')[:16]}.pub").is_file()
    elsewhere = cli("models", "verify", folder)
    assert elsewhere.code == 1
    assert "untrusted" in elsewhere.err


def test_a_dry_run_changes_nothing(cli: Cli, corner: CornerShop) -> None:
    corner.sell()
    assert learn(cli, corner, "--dry-run")["verdict"] == "would-activate"
    assert BundleRegistry(corner.folder / "models").active() is None
    assert notified(corner) == []


def test_too_few_baskets_make_no_bundle(cli: Cli, corner: CornerShop) -> None:
    corner.sell(1)
    assert learn(cli, corner)["verdict"] == "too-little"
    assert BundleRegistry(corner.folder / "models").active() is None


def test_a_second_night_meets_the_first_and_keeps_the_one_before(
    cli: Cli, corner: CornerShop
) -> None:
    corner.sell(DAYS - 1, until=corner.today - 1)
    first = learn(cli, corner)["digest"]
    corner.sell(1)
    told = learn(cli, corner)
    assert told["verdict"] == "activated"
    assert set(told["fresh"]["rankers"]) == {"own", "active"}
    assert {f.name for f in (corner.folder / "models").iterdir() if f.is_dir()} == {
        first,
        told["digest"],
    }


def test_a_network_of_random_weights_is_kept_back(
    cli: Cli, corner: CornerShop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    starter = scrambled(tmp_path / "scrambled", corner)
    monkeypatch.setattr(model_learning, "STARTER_BUNDLE", starter)
    corner.sell()
    told = learn(cli, corner)
    assert told["verdict"] == "kept-back"
    assert told["beaten_by"] == ["fallback"]
    assert BundleRegistry(corner.folder / "models").active() is None
    doctor = cli("doctor", "--dir", corner.folder, "--json").document
    (night,) = (one for one in doctor["checks"] if one["check"] == "night")
    assert night["grade"] == "warn"


def test_what_leads_from_outside_answers_until_the_store_s_own_is_as_good_again(
    cli: Cli, corner: CornerShop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    corner.sell()
    outside = bundle_from_outside(corner, tmp_path / "outside")
    # A counter that no bundle of the store's own has by itself.
    resealed(outside, rollback=3)
    shelf = BundleRegistry(corner.folder / "models", trusting(corner.folder))
    chain = shelf.activate(outside).name
    first = learn(cli, corner)
    assert first["verdict"] == "activated"
    with monkeypatch.context() as worse:
        starter = scrambled(tmp_path / "scrambled", corner)
        worse.setattr(model_learning, "STARTER_BUNDLE", starter)
        assert learn(cli, corner, "--dry-run")["verdict"] == "would-centre"
        assert active(corner).digest == first["digest"]
        would = cli("models", "learn", "--dir", corner.folder, "--dry-run")
        assert "would be put" in would.out
        told = learn(cli, corner)
        assert (told["verdict"], told["digest"]) == ("centre", chain)
        assert active(corner).digest == chain
        # It is what answers now, so the next bad night changes nothing.
        assert learn(cli, corner)["verdict"] == "kept-back"
    assert notified(corner) == [CommandNotification.MODEL] * 2
    assert learn(cli, corner)["verdict"] == "activated"
    with closing(open_reader(corner.folder / "storeside.db")) as conn:
        acts = [act for (act,) in conn.execute("SELECT act FROM audit ORDER BY rowid")]
        note = last_night(conn)
    assert acts == ["activated", "centre", "kept-back", "activated"]
    assert note is not None
    assert note.trial is not None
    assert {one.name for one in note.trial.lists} == {"own", "fallback", "active"}


def test_a_night_does_not_take_up_what_was_withdrawn(
    cli: Cli, corner: CornerShop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    corner.sell()
    outside = bundle_from_outside(corner, tmp_path / "outside")
    chain = BundleRegistry(corner.folder / "models", trusting(corner.folder)).activate(outside)
    learn(cli, corner)
    # As the centre's stream writes it while no service runs to tell the shelf.
    with closing(open_connection(corner.folder / "storeside.db")) as conn, transaction(conn):
        withdrawn_models.know(conn, chain.name, {})
    starter = scrambled(tmp_path / "scrambled", corner)
    monkeypatch.setattr(model_learning, "STARTER_BUNDLE", starter)
    told = learn(cli, corner)
    assert told["verdict"] == "kept-back"
    assert "centre" not in told["trial"]["rankers"]
    assert told["removed"] == [chain.name]


@pytest.mark.parametrize("kind", ["one product, 5,000 times", "a day of tests"])
def test_a_poisoned_day_is_left_out_and_the_rest_is_learnt(
    cli: Cli, corner: CornerShop, kind: str
) -> None:
    corner.sell(DAYS - 1, until=corner.today - 1)
    learn(cli, corner)
    clean = active(corner)
    draw = np.random.default_rng(3)
    if kind.startswith("one"):
        corner.book((corner.today, 9, None, [199]) for _ in range(5_000))
    else:
        corner.book(
            (corner.today, 9, None, (SKUS // 2 + draw.choice(SKUS // 2, 8)).tolist())
            for _ in range(60)
        )
    told = learn(cli, corner)
    assert len(told["left_out"]) == 1
    np.testing.assert_array_equal(active(corner).tables.day, clean.tables.day)


def test_one_product_scanned_thousands_of_times_in_one_basket_counts_once(
    cli: Cli, corner: CornerShop
) -> None:
    corner.sell()
    corner.book([(corner.today, 9, None, [199] * 5_000)])
    told = learn(cli, corner)
    assert (told["verdict"], told["left_out"]) == ("activated", {})


def test_who_was_erased_is_not_in_it(cli: Cli, corner: CornerShop) -> None:
    corner.sell()
    pair = (198, 199)
    corner.book((corner.today - n, 12, person(PEOPLE), pair) for n in range(8))
    learn(cli, corner)
    assert together(active(corner), pair)
    with closing(open_connection(corner.folder / "storeside.db")) as conn:
        erasure.forget(conn, person(PEOPLE), corner_now())
    learn(cli, corner)
    assert not together(active(corner), pair)


def test_without_the_purpose_train_a_basket_is_nobody_s(cli: Cli, store: Path) -> None:
    corner = CornerShop(store)
    corner.open(allowed=range(3))
    corner.sell()
    told = learn(cli, corner, "--dry-run")
    assert told["baskets"] == corner.sold
    assert 0 < told["personal"] == sum(who < 3 for *_, who, _ in real_baskets())
    with closing(open_reader(corner.folder / "storeside.db")) as conn:
        lines = own_lines(conn, datetime.now(UTC))
        # A year later their consent has run out: nobody is anybody.
        later = own_lines(conn, datetime.now(UTC) + timedelta(days=400))
    assert len(np.unique(lines.household[lines.household >= 0])) == 3
    nobody = lines.household < 0
    np.testing.assert_array_equal(-lines.household[nobody], lines.basket[nobody])
    assert (later.household < 0).all()


def together(bundle: Bundle, pair: tuple[int, int]) -> bool:
    """Whether the second stands among what is bought with the first."""
    keys = np.array([item_key(sku(n)) for n in pair])
    row, other = bundle.items.positions(keys).tolist()
    return bool((bundle.tables.kin[row] == other).any())


def corner_now() -> datetime:
    return datetime.now(UTC)


def scrambled(out: Path, corner: CornerShop) -> Path:
    """The starter with weights drawn anew, as good a bundle as any by its seals, signed by a key the store trusts."""
    parts = read_sealed(STARTER_BUNDLE)
    model = onnx.load_from_string(parts.files[GRAPH])
    draw = np.random.default_rng(1)
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.ndim == 2:
            fresh = draw.normal(0, values.std(), values.shape).astype(values.dtype)
            tensor.CopyFrom(numpy_helper.from_array(fresh, tensor.name))
    graph = model.SerializeToString()
    features = read_arrays(parts.files[GOLDEN], reason="golden", limit=2**24)["features"]
    golden = write_golden(features, Scorer(graph).score(features))
    files = {**parts.files, GRAPH: graph, GOLDEN: golden}
    for name in (MANIFEST, SIGNATURE):
        del files[name]
    out.mkdir()
    for name, data in files.items():
        (out / name).write_bytes(data)
    seals = tuple(seal(name, data) for name, data in files.items())
    manifest = parts.manifest.model_copy(update={"files": seals})
    (out / MANIFEST).write_bytes(manifest.to_bytes())
    trusting(corner.folder)
    return signed(out)
