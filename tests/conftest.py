"""What several rooms' tests share: drawn smears, small settings, a cache of their own."""

from pathlib import Path

import hypothesis
import pytest

from hybrid_wbc.data.synthetic import write_smears

# A shared machine can be slow for a moment; the whole suite's time is watched instead.
hypothesis.settings.register_profile("shared", deadline=None)
hypothesis.settings.load_profile("shared")

SMALL = [
    "data.size=32",
    "training.epochs=2",
    "training.batch_size=8",
    "split.test=0.34",
]


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Keep decoded images out of the user's cache."""
    patch = pytest.MonkeyPatch()
    patch.setenv("HYBRID_WBC_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield
    patch.undo()


@pytest.fixture(scope="session")
def smears(tmp_path_factory) -> Path:
    """Six drawn smears a class, in LISC's layout."""
    path = tmp_path_factory.mktemp("data") / "smears"
    write_smears(path, per_class=6, seed=1)
    return path


@pytest.fixture
def small() -> list[str]:
    """Settings under which a run takes seconds."""
    return list(SMALL)
