"""The direction of imports, and what an installed copy brings along."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_data_walk_through_the_rooms_in_one_direction():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_a_wheel_brings_the_configs_and_the_page(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path),
         "--no-build-isolation", "--no-index", str(ROOT)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    configs = {f"hybrid_wbc/configs/{path.name}" for path in (ROOT / "configs").glob("*.yaml")}
    assert len(configs) >= 5
    assert configs | {"hybrid_wbc/report/page.html.j2", "hybrid_wbc/py.typed"} <= names
    assert not [name for name in names if name.startswith("tests")]
