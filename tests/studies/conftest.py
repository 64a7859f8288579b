"""What the studies' tests share: a drawn run with its ablation, in a folder like a user's."""

from __future__ import annotations

import pytest

from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages.ablate import ablate


@pytest.fixture(scope="session")
def ablated(tmp_path_factory, make_run) -> RunFolder:
    """Give `artifacts/00000-quickstart` with two seeds, of which every subset is scored."""
    path = tmp_path_factory.mktemp("looked-at") / "artifacts" / "00000-quickstart"
    folder = make_run(path, seeds=(0, 3), copies=2)
    ablate(Run(folder).config(), folder, Reporter(), jobs=1)
    return folder
