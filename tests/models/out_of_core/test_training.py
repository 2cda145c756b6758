"""A bundle learnt at the size of a chain."""

from pathlib import Path

from models.out_of_core.material import MaterialPlan
from models.out_of_core.sample import SamplePlan
from models.out_of_core.training import train_chain
from models.serving.verify import verify_bundle
from tests.models.keys import TRUST, signed
from tests.models.out_of_core.conftest import LIMITS, quiet
from tests.models.town import SMALL, UNTIL


def test_a_chain_s_bundle_keeps_all_promises_and_learns_again_from_what_was_counted(
    town: Path, tmp_path: Path
) -> None:
    material = MaterialPlan(
        folds=SMALL.folds,
        tables=SMALL.tables,
        sample=SamplePlan(people=1000, store_trips=10**6),
    )

    def learn(out: Path) -> bytes:
        train_chain(
            town,
            out,
            UNTIL,
            7,
            quiet,
            work=tmp_path / "work",
            limits=LIMITS,
            plan=SMALL,
            material=material,
        )
        return (out / "manifest.json").read_bytes()

    first = learn(tmp_path / "bundle")
    assert verify_bundle(signed(tmp_path / "bundle"), TRUST).metrics["ndcg_at_10"] > 0
    assert learn(tmp_path / "again") == first
