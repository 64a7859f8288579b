"""The direction of imports, and what an installed copy brings along."""

import ast
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BUNDLED = "hybrid_wbc/data/bundled/bcisc"


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    code = "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_data_walk_through_the_rooms_in_one_direction():
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


def test_a_wheel_brings_the_configs_the_page_and_the_cells_that_come_along(tmp_path):
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
    cells = {path.relative_to(ROOT).as_posix() for path in (ROOT / BUNDLED).rglob("*.jpg")}
    assert len(cells) == 225
    assert cells | {f"{BUNDLED}/LICENSE", f"{BUNDLED}/NOTICE"} <= names
    assert {"hybrid_wbc/models/packaged.hybrid", "hybrid_wbc/models/packaged.md"} <= names
    schemas = {"hybrid_wbc/runs/schemas/metrics.json", "hybrid_wbc/studies/schemas/audit.json"}
    assert schemas <= names
    assert not [name for name in names if name.startswith("tests")]


# Modules without a test file of their name, and the file that tests them instead.
TESTED_ELSEWHERE = {
    "__main__.py": ("cli/test_main.py", "it is the command by another name"),
    "classical/graph.py": ("studies/test_export.py", "a graph is held against the classifier"),
    "classical/heads.py": ("estimator/test_hybrid.py", "a head is what the estimator asks"),
    "cli/views/agree.py": ("cli/test_smears.py", "what is shown is held against the counts"),
    "cli/views/attributes.py": ("cli/views/test_narrow.py", "seen at 80 columns, and in studies"),
    "cli/views/audit.py": ("studies/test_audit.py", "what is shown is held against the audit"),
    "cli/views/cache.py": ("cli/test_cache.py", "the command prints nothing else"),
    "cli/explain.py": ("studies/test_explain.py", "the command is one call of it"),
    "cli/views/explain.py": ("cli/views/test_narrow.py", "seen at 80 columns, and in studies"),
    "cli/views/export.py": ("studies/test_export.py", "what is shown is held against the file"),
    "cli/views/differential.py": ("cli/views/test_narrow.py", "seen at 80 columns"),
    "cli/views/lines.py": ("cli/views/test_narrow.py", "seen from every view"),
    "cli/views/listing.py": ("cli/test_main.py", "`list` prints nothing else"),
    "cli/views/reproduction.py": ("studies/test_reproduce.py", "held against the reproduction"),
    "cli/views/run.py": ("cli/test_main.py", "what is shown is held against the run"),
    "cli/views/settings.py": ("cli/test_settings.py", "the command prints nothing else"),
    "cli/plot.py": ("studies/test_draw.py", "the command is one call of it"),
    "cli/stress.py": ("studies/test_stress.py", "the command is one call of it"),
    "cli/train_on.py": ("studies/test_train_on.py", "the command is one call of it"),
    "cli/views/stress.py": ("cli/views/test_narrow.py", "every axis is shown there"),
    "cnn/applications.py": ("cnn/test_backbones.py", "seen from the networks made of them"),
    "cnn/architecture.py": ("cnn/test_networks.py", "seen from the networks made of it"),
    "cnn/batches.py": ("cnn/test_training.py", "seen from the trainings fed by it"),
    "cnn/checkpoint.py": ("cnn/test_training.py", "seen from a training that goes on"),
    "cnn/graph.py": ("studies/test_export.py", "a graph is held against the network"),
    "cnn/storage.py": ("estimator/test_archive.py", "a network is kept within what keeps it"),
    "config/names.py": ("cnn/test_networks.py", "held against what the rooms hold, as in others"),
    "config/choices.py": ("config/test_load.py", "seen from what settings take and refuse"),
    "config/data.py": ("config/test_load.py", "settings come from a file"),
    "config/network.py": ("config/test_load.py", "settings come from a file"),
    "config/settings.py": ("config/test_load.py", "settings come from a file"),
    "data/drawn/cell_types.py": ("data/drawn/test_drawing.py", "facts of the drawing"),
    "data/entries.py": ("data/test_cache.py", "an entry is seen from the cache"),
    "data/inspecting.py": ("data/test_cleaning.py", "seen from what is dropped, and why"),
    "data/reasons.py": ("data/test_cleaning.py", "each reason is given there"),
    "data/store.py": ("data/test_cache.py", "seen from what the cache keeps"),
    "data/loading.py": ("data/test_pixels.py", "every road to pixels is compared there"),
    "data/photographs/colours.py": ("studies/test_audit.py", "one figure of the audit"),
    "data/photographs/landmarks.py": ("data/photographs/test_matching.py", "the matching's eyes"),
    "data/photographs/pairs.py": ("data/photographs/test_copies.py", "pairs are shown copies"),
    "data/reading/coco.py": ("data/reading/test_detection.py", "held against voc and yolo"),
    "data/reading/frames.py": ("data/reading/test_detection.py", "held against its boxes"),
    "data/reading/samples.py": ("data/reading/test_folders.py", "what every reader gives"),
    "data/reading/voc.py": ("data/reading/test_detection.py", "held against yolo and coco"),
    "data/reading/yolo.py": ("data/reading/test_detection.py", "held against voc and coco"),
    "data/sets/archives.py": ("data/sets/test_unpacking.py", "archives are what is unpacked"),
    "data/stains.py": ("data/cells/test_finding.py", "seen from the cells found by stain"),
    "estimator/network.py": ("estimator/test_hybrid.py", "seen from the estimator's fits"),
    "evaluation/embedding_measures.py": ("evaluation/test_health.py", "health is said by them"),
    "evaluation/neighbours.py": ("evaluation/test_attributes.py", "what it predicts is explained"),
    "evaluation/predicted.py": ("cli/views/test_predict.py", "what is shown of cells"),
    "evaluation/score_types.py": ("evaluation/test_statistics.py", "types of what is summed up"),
    "report/words/card.py": ("studies/test_bundle.py", "the card of a run in one file"),
    "evaluation/overlap.py": ("test_protocols.py", "counted on runs of both protocols"),
    "report/words/differential.py": ("cli/views/test_narrow.py", "seen at 80 columns"),
    "report/pages/choosing.py": ("report/pages/test_scatter.py", "seen from what is shown"),
    "report/pages/templates.py": ("report/pages/test_run.py", "seen from the pages"),
    "runs/cell_table.py": ("studies/test_attributes.py", "attributes are read by it"),
    "runs/network.py": ("runs/test_results.py", "seen from the repeats that it is of"),
    "runs/repeat.py": ("runs/test_results.py", "a repeat is asked by its run"),
    "cli/serve.py": ("serve/test_running.py", "the command is one call of it"),
    "report/pages/served.py": ("serve/test_in_browser.py", "the page is seen where it is served"),
    "serve/answers.py": ("serve/test_app.py", "answers are held against their types"),
    "serve/forms.py": ("serve/test_uploads.py", "a form is what is taken in"),
    "serve/limits.py": ("serve/test_app.py", "each limit is passed there"),
    "serve/service.py": ("serve/test_app.py", "seen from what the endpoints give"),
    "serve/surroundings.py": ("serve/test_app.py", "seen from what the endpoints give"),
    "stages/ablate.py": ("stages/test_run.py", "stages are tested one after the other"),
    "stages/lending.py": ("studies/test_train_on.py", "seen from the runs that it warns of"),
    "stages/lent_network.py": ("studies/test_train_on.py", "seen from the runs made of it"),
    "stages/approach.py": ("studies/test_train_on.py", "seen from the runs that it makes"),
    "stages/evaluate.py": ("stages/test_run.py", "stages are tested one after the other"),
    "stages/extract.py": ("stages/test_run.py", "stages are tested one after the other"),
    "stages/handing.py": ("stages/test_cluster.py", "what is handed out is trained or fitted"),
    "stages/plot.py": ("stages/test_run.py", "stages are tested one after the other"),
    "stages/data_facts.py": ("stages/test_run.py", "seen from runs that go on"),
    "stages/sets.py": ("stages/test_run.py", "read by the first of the stages"),
    "stages/prepare.py": ("stages/test_run.py", "stages are tested one after the other"),
    "stages/repeats.py": ("stages/test_run.py", "stages are tested one after the other"),
    "stages/report.py": ("stages/test_run.py", "stages are tested one after the other"),
    "stages/train.py": ("stages/test_run.py", "stages are tested one after the other"),
    "runs/other_sets.py": ("studies/test_compare.py", "what is written is read again there"),
    "studies/cautions.py": ("cli/test_smears.py", "said by `predict` of what it is given"),
    "studies/pairing.py": ("studies/test_compare.py", "what is refused, and each test"),
    "studies/asking.py": ("studies/test_stress.py", "its answers are what is scored"),
    "studies/bundle_card.py": ("studies/test_bundle.py", "the card is read beside its file"),
    "studies/opening.py": ("studies/test_bundle.py", "a file is opened where a folder is"),
    "studies/damaging.py": ("studies/test_stress.py", "one axis of it"),
    "studies/shifting.py": ("studies/test_stress.py", "one axis of it"),
    "studies/crop.py": ("data/cells/test_cropping.py", "the command is one call of it"),
    "studies/frames.py": ("studies/test_results.py", "a run's tables are asked of it"),
    "cli/views/suspects.py": ("studies/test_suspects.py", "what is shown is held against it"),
    "studies/counting.py": ("cli/test_smears.py", "counts are held against the cells"),
    "studies/framing.py": ("cli/test_smears.py", "a found cell's road is compared there"),
    "studies/looking.py": ("cli/test_smears.py", "what a picture was taken for is seen there"),
    "studies/maps.py": ("studies/test_explain.py", "maps are what is explained"),
    "studies/model.py": ("cli/test_smears.py", "a run and a bundle are asked alike"),
    "studies/picturing.py": ("cli/test_smears.py", "each file is held against the cells"),
    "studies/predict.py": ("cli/test_smears.py", "the command is one call of it"),
    "studies/agree.py": ("cli/test_smears.py", "the command is one call of it"),
    "studies/recipe.py": ("studies/test_reproduce.py", "a recipe is what is reproduced"),
}


def test_every_module_has_a_test_of_its_name_or_is_named_here_with_where_it_is_tested():
    package, tests = ROOT / "hybrid_wbc", ROOT / "tests"
    modules = [path for path in package.rglob("*.py") if path.name != "__init__.py"]
    without = {
        module.relative_to(package).as_posix()
        for module in modules
        if not (tests / module.relative_to(package)).with_name(f"test_{module.name}").exists()
    }
    assert without == set(TESTED_ELSEWHERE)
    assert all((tests / place).is_file() for place, _ in TESTED_ELSEWHERE.values())


@pytest.mark.parametrize("place", ["helpers.py", "data/helpers.py", "report/helpers.py"])
def test_a_module_outside_the_rooms_breaks_the_contract(tmp_path, place):
    shutil.copytree(
        ROOT / "hybrid_wbc", tmp_path / "hybrid_wbc", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    (tmp_path / "hybrid_wbc" / place).write_text('"""A bit of everything."""\n')
    done = lint_imports(tmp_path)
    assert done.returncode != 0
    assert "helpers" in done.stdout


def test_only_the_runs_room_names_the_files_of_a_run():
    named = re.compile(
        r"(metrics|provenance|health|ablation|classifiers|checksums|stress)\.json|(manifest|predictions)\.csv"
        r"|embeddings\.npz|ensemble\.npy"
    )
    elsewhere = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "hybrid_wbc").rglob("*.py")
        if path.parent.name != "runs"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and named.fullmatch(node.value)
    ]
    assert elsewhere == ["hybrid_wbc/data/reading/tables.py"]  # a manifest.csv that a user gives


def test_one_file_opens_pictures():
    opening = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "hybrid_wbc").rglob("*.py")
        if re.search(r"Image\.open\(|\bimread\(", path.read_text(encoding="utf-8"))
    ]
    assert opening == ["hybrid_wbc/data/decoding/opening.py"]


def test_every_test_named_in_the_table_of_bad_inputs_exists():
    table = (ROOT / "docs" / "bad-inputs.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.py)::(\w+)` \|$", table, re.M)
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    assert len(named) == len([line for line in lines if not line.startswith("| given")]) > 80
    for file, test in named:
        assert f"def {test}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), test
