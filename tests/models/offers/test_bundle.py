"""Chances of redemption as a part of a bundle: written, sealed, checked, asked."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from models.bundle.manifest import (
    CARD,
    MANIFEST,
    OFFERS,
    OFFERS_GOLDEN,
    SEALED_WITH_OFFERS,
    read_manifest,
)
from models.errors import BundleRefused
from models.features.profile import Profile
from models.offers.facts import OfferFacts, OfferHistory, target_of
from models.offers.features import OFFER_FEATURES, describe_offers
from models.offers.learning import learn_offers
from models.offers.wallet import Wallet
from models.serving.local_fallback import LocalFallback
from models.serving.open_bundle import Bundle, open_bundle
from models.serving.ranker import RedemptionPredictor
from models.serving.verify import verify_bundle
from models.sources.journey import Journey
from models.training.train import train
from tests.models.bad_bundles import resealed
from tests.models.keys import TRUST, signed
from tests.models.town import SMALL, UNTIL, UNTIL_DAY

OFFERED = ((100, 101, 102), (116,), (140, 9_999), (100,))
TODAY = UNTIL_DAY + 3


def quiet(_stage: str, _part: float) -> None:
    """Progress that nobody watches."""


@pytest.fixture(scope="module")
def with_offers(coupon_town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bundles") / "with-offers"
    train(coupon_town, out, UNTIL, 3, quiet, SMALL)
    return signed(out)


@pytest.fixture
def copy(with_offers: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(with_offers, tmp_path / "copy"))


@pytest.fixture(scope="module")
def knowing(with_offers: Path) -> Bundle:
    return open_bundle(with_offers, TRUST)


@pytest.fixture
def profile() -> Profile:
    made = Profile.empty()
    for day in range(TODAY - 60, TODAY, 6):
        for key in (100, 101, 103 + day % 3):
            made.record(key, day)
    return made


def history() -> OfferHistory:
    wallet = Wallet().counting(TODAY - 40, 2).redeeming(TODAY - 9, (100, 104))
    return wallet.redeeming(TODAY, (116,)).history


def changed(folder: Path, change: Callable[[Any], None]) -> None:
    model = onnx.load_model_from_string((folder / OFFERS).read_bytes())
    change(model)
    (folder / OFFERS).write_bytes(model.SerializeToString(deterministic=True))
    resealed(folder)


def refusal(folder: Path) -> str:
    with pytest.raises(BundleRefused) as caught:
        verify_bundle(folder, TRUST)
    return caught.value.reason


def test_a_source_with_campaigns_gives_a_bundle_that_knows_offers(
    knowing: Bundle, with_offers: Path
) -> None:
    manifest = knowing.manifest
    assert manifest.offer_features == OFFER_FEATURES
    assert sorted(one.name for one in manifest.files) == sorted(SEALED_WITH_OFFERS)
    assert manifest.metrics["offers_rows"] > manifest.metrics["offers_redeemed"] > 0
    assert manifest.metrics["offers_oof_pr_auc"] > manifest.metrics["offers_base_rate"]
    assert "uplift stays closed" in (with_offers / CARD).read_text()


def test_a_source_without_campaigns_gives_one_that_says_why_not(
    bundle: Bundle, bundle_dir: Path, profile: Profile
) -> None:
    assert bundle.manifest.offer_features == ()
    assert bundle.redemption(profile, OFFERED, history(), TODAY) is None
    assert "no campaign" in (bundle_dir / CARD).read_text()


def test_a_bundle_is_asked_for_chances_and_the_fallback_is_not(knowing: Bundle) -> None:
    assert isinstance(knowing, RedemptionPredictor)
    assert not isinstance(LocalFallback(), RedemptionPredictor)


def test_the_bundle_answers_what_a_plain_numpy_model_answers(
    knowing: Bundle, coupon_town: Path, coupon_journey: Journey, profile: Profile
) -> None:
    items = knowing.items
    model = learn_offers(coupon_town, coupon_journey, items, UNTIL_DAY).model
    assert model is not None
    aims = [target_of(OfferFacts(items=np.array(one, np.int64)), items) for one in OFFERED]
    expected = model.chances(describe_offers(profile, aims, history(), items, TODAY))
    found = knowing.redemption(profile, OFFERED, history(), TODAY)
    assert found is not None
    assert np.abs(found - expected).max() <= 1e-5


def test_what_was_asked_before_changes_no_answer(knowing: Bundle, profile: Profile) -> None:
    past = history()
    knowing.redemption(profile, OFFERED[2:], OfferHistory(), TODAY)
    knowing.redemption(profile, OFFERED[:1], past, TODAY)
    again = knowing.redemption(profile, OFFERED, past, TODAY)
    fresh = knowing.redemption(profile.copy(), OFFERED, history(), TODAY)
    assert again is not None
    assert fresh is not None
    assert again.tobytes() == fresh.tobytes()


def test_coupons_handed_in_make_a_redemption_likelier(
    knowing: Bundle, profile: Profile
) -> None:
    one = knowing.redemption(profile, OFFERED, OfferHistory(), TODAY)
    other = knowing.redemption(profile, OFFERED, history(), TODAY)
    assert one is not None
    assert other is not None
    assert (other > one).all()


def test_no_offers_are_no_chances(knowing: Bundle, profile: Profile) -> None:
    found = knowing.redemption(profile, (), OfferHistory(), TODAY)
    assert found is not None
    assert found.shape == (0,)


@pytest.mark.parametrize("name", [OFFERS, OFFERS_GOLDEN])
def test_one_of_the_two_files_alone_is_refused(copy: Path, name: str) -> None:
    manifest, _ = read_manifest(copy)
    files = tuple(one for one in manifest.files if one.name != name)
    (copy / name).unlink()
    (copy / MANIFEST).write_bytes(manifest.model_copy(update={"files": files}).to_bytes())
    signed(copy)
    assert refusal(copy) == "manifest"


def test_features_of_another_service_are_refused(copy: Path) -> None:
    resealed(copy, offer_features=OFFER_FEATURES[:-1])
    assert refusal(copy) == "features"
    resealed(copy, offer_features=())
    assert refusal(copy) == "features"


def test_a_graph_beside_a_bundle_that_does_not_seal_it_is_refused(
    bundle_dir: Path, copy: Path, tmp_path: Path
) -> None:
    plain = Path(shutil.copytree(bundle_dir, tmp_path / "plain"))
    shutil.copy(copy / OFFERS, plain / OFFERS)
    assert refusal(plain) == "file-extra"


def test_changed_weights_are_refused(copy: Path) -> None:
    def nudged(model: Any) -> None:
        tensor = model.graph.initializer[-1]
        weights = onnx.numpy_helper.to_array(tensor) + np.float32(0.1)
        tensor.CopyFrom(onnx.numpy_helper.from_array(weights, tensor.name))

    changed(copy, nudged)
    assert refusal(copy) == "golden"


def test_an_operator_that_offers_do_not_need_is_refused(copy: Path) -> None:
    def stranger(model: Any) -> None:
        model.graph.node.append(onnx.helper.make_node("Loop", ["chances"], ["more"]))

    changed(copy, stranger)
    assert refusal(copy) == "operator"


def test_golden_rows_of_the_ranker_are_none_of_the_offers(copy: Path) -> None:
    shutil.copy(copy / "golden.npz", copy / OFFERS_GOLDEN)
    resealed(copy)
    assert refusal(copy) == "golden"
