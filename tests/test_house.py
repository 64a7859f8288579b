"""The direction of imports, and what an installed copy brings along."""

import shutil
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
    copy = tmp_path / "copy"  # building writes beside the sources
    copy.mkdir()
    for name in ("hybrid_wbc", "configs"):
        shutil.copytree(ROOT / name, copy / name)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", tmp_path, copy], check=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    files = (ROOT / "configs").rglob("*.yaml")
    configs = {f"hybrid_wbc/{path.relative_to(ROOT).as_posix()}" for path in files}
    assert "hybrid_wbc/configs/papers/s0-wbc23.yaml" in configs
    assert (
        configs | {"hybrid_wbc/report/pages/templates/page.html.j2", "hybrid_wbc/py.typed"} <= names
    )
    schemas = {"hybrid_wbc/runs/schemas/metrics.json", "hybrid_wbc/studies/schemas/audit.json"}
    assert schemas <= names
    assert not [name for name in names if name.startswith("tests")]
