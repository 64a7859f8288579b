"""What the commands' tests share: a finished run."""

import pytest
from click.testing import CliRunner

from hybrid_wbc.cli.main import main


@pytest.fixture(scope="session")
def finished(tmp_path_factory, smears):
    """Give a run's folder, and what the command that made it said."""
    out = tmp_path_factory.mktemp("artifacts")
    settings = [f"--set={s}" for s in ("data.size=32", "training.epochs=1", "split.test=0.34")]
    arguments = ["run", "quickstart-drawn", "--data", str(smears), "--out", str(out), *settings]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return next(out.iterdir()), result
