from __future__ import annotations

import shutil
from pathlib import Path

from edge.state.replay import replay
from tests.edge.campaigns.whatif.busy import PEOPLE
from tests.replays import DECISIONS_A_PERSON, again_elsewhere, shelf_in


def test_a_copied_folder_replays_to_the_same_bytes_in_a_process_set_up_otherwise(
    lived: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(lived.parent, tmp_path / "copy"))
    found = again_elsewhere(copy)
    assert found["different"] == []
    assert found["identical"] == found["replayed"] == DECISIONS_A_PERSON * PEOPLE
    assert found == replay(lived, shelf_in(lived.parent)).as_json()
