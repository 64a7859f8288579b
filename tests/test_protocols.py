"""Copies of one photograph stay together by source, are parted as published, and that is said."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from rich.console import Console

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.cli.main import main
from hybrid_wbc.cli.views.run import show_results
from hybrid_wbc.config import load
from hybrid_wbc.data.loading import Cells
from hybrid_wbc.data.photographs import naming
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import read_table
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import MANIFEST, RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import plot, prepare, repeats, report, run

AS_PUBLISHED = "split.protocol=as published"
COPIES = "abc"
CLASSES = {"Baso": "basophil", "lymp": "lymphocyte"}
PHOTOGRAPHS = range(1, 7)


def quiet() -> Reporter:
    return Reporter(Console(file=StringIO()))


def write_copies(smears: Path, root: Path, side_of: dict[str, str]) -> Path:
    """Write three copies of each of twelve photographs: as it is, turned, turned and mirrored."""
    for name in CLASSES:
        for number in PHOTOGRAPHS:
            with Image.open(smears / "Main Dataset" / name / f"{number}.bmp") as smear:
                pixels = np.asarray(smear.convert("RGB").resize((360, 288)))
            turned = [pixels, np.rot90(pixels), np.rot90(pixels[:, ::-1], 2)]
            for copy, image in zip(COPIES, turned, strict=True):
                folder = root / side_of.get(copy, "") / name
                folder.mkdir(parents=True, exist_ok=True)
                Image.fromarray(image.copy()).save(folder / f"{number}{copy}.png")
    return root


@pytest.fixture(scope="module")
def copied(tmp_path_factory, smears) -> Path:
    return write_copies(smears, tmp_path_factory.mktemp("copied"), {})


@pytest.fixture(scope="module")
def cut(tmp_path_factory, smears) -> Path:
    """The same copies, two of each photograph on the training side of the set and one to test."""
    sides = {"a": "train", "b": "train", "c": "test"}
    return write_copies(smears, tmp_path_factory.mktemp("cut"), sides)


def begin(parent: Path, data: Path, *changes: str) -> tuple[load.Config, RunFolder, Cells]:
    path = f"data.path={json.dumps(str(data))}"
    settings = load.load(
        "quickstart-drawn",
        [path, "data.layout=folder", "data.size=16", "split.test=0.34", *changes],
    )
    folder = RunFolder.create(parent, settings.name, settings.to_yaml())
    return settings, folder, prepare.prepare(settings, folder, quiet())


def photograph(sample_id: str) -> str:
    """Name a cell's photograph by what the test wrote, and not by what the program found."""
    path = Path(sample_id)
    return f"{path.parent.name}/{path.stem[:-1]}"


def photographs_of(cells: Cells, repeat: repeats.Repeat, *sides: str) -> set[str]:
    chosen = repeat.chosen[np.isin(repeat.split, sides)]
    return {photograph(sample_id) for sample_id in cells.ids[chosen].tolist()}


def finish(settings: load.Config, folder: RunFolder, cells: Cells) -> RunFolder:
    """Finish a run with drawn embeddings in place of a trained network's."""
    generator = np.random.default_rng(0)
    classes, y = np.unique(cells.labels, return_inverse=True)
    for repeat in repeats.repeats(settings, cells):
        X = generator.standard_normal((len(y), 5)).astype(np.float32) + y[:, None]
        embeddings = Embeddings(
            X=X[repeat.chosen],
            y=y[repeat.chosen],
            ids=cells.ids[repeat.chosen],
            sources=cells.sources[repeat.chosen],
            split=repeat.split,
            classes=classes,
            probabilities=np.eye(len(classes), dtype=np.float32)[y[repeat.chosen]],
        )
        Run(folder).begin_repeat(repeat.name).write_embeddings(embeddings)
        Run(folder).repeat(repeat.name).write_history({"loss": [1.0, 0.5], "accuracy": [0.5, 0.9]})
    run.classify(settings, folder, quiet())
    report.write_page(settings, folder, None, plot.Drawn())
    return folder


@pytest.fixture(scope="module")
def honest(tmp_path_factory, copied) -> RunFolder:
    return finish(*begin(tmp_path_factory.mktemp("honest"), copied, "evaluation.seeds=2"))


@pytest.fixture(scope="module")
def leaking(tmp_path_factory, copied) -> RunFolder:
    parent = tmp_path_factory.mktemp("leaking")
    return finish(*begin(parent, copied, "evaluation.seeds=2", AS_PUBLISHED))


WAYS = [
    ("split.validation=0.2", "evaluation.seeds=2"),
    ("split.validation=0.2", "evaluation.folds=3"),
]


@pytest.mark.parametrize("ways", WAYS)
def test_by_source_no_photograph_lies_on_two_sides(copied, tmp_path, ways):
    settings, _, cells = begin(tmp_path, copied, *ways)
    for repeat in repeats.repeats(settings, cells):
        sides = [photographs_of(cells, repeat, side) for side in ("train", "validation", "test")]
        assert all(sides) and sum(map(len, sides)) == len(CLASSES) * len(PHOTOGRAPHS)


@pytest.mark.parametrize("ways", WAYS)
def test_as_published_files_are_split_whatever_they_show(copied, tmp_path, ways):
    settings, _, cells = begin(tmp_path, copied, AS_PUBLISHED, *ways)
    for repeat in repeats.repeats(settings, cells):
        trained = photographs_of(cells, repeat, "train")
        assert trained & photographs_of(cells, repeat, "test")
        assert trained & photographs_of(cells, repeat, "validation")
    # Found all the same: what the intervals count is photographs.
    assert len(set(cells.sources.tolist())) == len(CLASSES) * len(PHOTOGRAPHS)


def test_a_published_split_whose_copies_leave_nothing_to_train_on_is_refused(cut, tmp_path):
    message = r"'basophil' without a training cell.*split\.protocol: as published"
    with pytest.raises(InputError, match=message):
        begin(tmp_path, cut, "split.method=published")


def test_a_published_split_that_parts_copies_runs_as_published(cut, tmp_path):
    changes = ("split.method=published", "split.validation=0.2", AS_PUBLISHED)
    settings, folder, cells = begin(tmp_path, cut, *changes)
    (repeat,) = repeats.repeats(settings, cells)
    assert len(photographs_of(cells, repeat, "test")) == len(CLASSES) * len(PHOTOGRAPHS)
    trained = photographs_of(cells, repeat, "train")
    assert trained & photographs_of(cells, repeat, "validation")
    metrics = Run(finish(settings, folder, cells)).metrics()
    assert metrics["overlap"]["shared_test_cells"] == len(trained)
    assert metrics["overlap"]["test_cells"] == 12


@pytest.fixture(scope="module")
def sided(tmp_path_factory, smears) -> Path:
    """One picture of each photograph: the first four on the training side of the set."""
    root = tmp_path_factory.mktemp("sided")
    for name in CLASSES:
        for number in PHOTOGRAPHS:
            with Image.open(smears / "Main Dataset" / name / f"{number}.bmp") as smear:
                folder = root / ("train" if number <= 4 else "test") / name
                folder.mkdir(parents=True, exist_ok=True)
                smear.convert("RGB").resize((360, 288)).save(folder / f"{number}.png")
    return root


def notes_of(folder: RunFolder) -> str:
    return "\n".join(Run(folder).provenance()["data"]["notes"])


def test_a_sets_own_sides_are_kept_and_the_runs_settings_say_so(sided, tmp_path):
    settings, folder, cells = begin(tmp_path, sided)
    assert settings.split.method == "auto"
    (repeat,) = repeats.repeats(settings, cells)
    assert repeat.split.tolist() == cells.published[repeat.chosen].tolist()
    assert Run(folder).config().split.method == "published"
    assert "own sides are kept: train 8, test 4; split.test (0.34) is not used" in notes_of(folder)


def test_a_set_without_sides_is_split_by_ratio_and_the_runs_settings_say_so(copied, tmp_path):
    _, folder, _ = begin(tmp_path, copied)
    assert Run(folder).config().split.method == "ratio"
    assert "sides" not in notes_of(folder)


@pytest.mark.parametrize(
    ("change", "by"),
    [
        ("split.method=ratio", "split.method: ratio: in seed-0"),
        ("evaluation.folds=2", "evaluation.folds: 2: in seed-0-fold-0"),
    ],
)
def test_a_split_that_overrides_the_sets_own_says_how_many_test_cells_it_trains_on(
    sided, tmp_path, capsys, change, by
):
    settings, folder, cells = begin(tmp_path, sided, change)
    first = repeats.repeats(settings, cells)[0]
    own = cells.published[first.chosen] == "test"
    trained = int((own & (first.split == "train")).sum())
    said = f"overridden by {by}, {trained} of its 4 test cells lie on the training side"
    assert said in notes_of(folder) and Run(folder).config().split.method == "ratio"
    show_results(finish(settings, folder, cells))
    assert said in capsys.readouterr().out
    assert said in (folder.path / "report.html").read_text()


def test_the_sides_of_the_set_are_said_nothing_of_where_they_are_asked_for(sided, tmp_path):
    _, folder, _ = begin(tmp_path, sided, "split.method=published")
    assert "sides" not in notes_of(folder)


def test_one_side_of_a_set_is_split_anew(sided, tmp_path):
    _, folder, _ = begin(tmp_path, sided, "data.part=train")
    assert Run(folder).config().split.method == "ratio"
    assert "all cells lie on one side of the set, train" in notes_of(folder)


def test_sides_that_nobody_asked_for_are_refused_where_their_copies_leave_nothing(cut, tmp_path):
    message = r"'basophil' without a training cell.*split anew with split\.method: ratio"
    with pytest.raises(InputError, match=message):
        begin(tmp_path, cut)


def test_metrics_count_the_test_cells_whose_photograph_was_trained_on(leaking):
    metrics = Run(leaking).metrics()
    assert metrics["protocol"] == "as published"
    assert metrics["n_files"] == 36 and metrics["n_sources"] == 12
    expected = []
    for name in metrics["repeats"]:
        rows = read_table(leaking.path / name / "predictions.csv")
        trained = {photograph(row["id"]) for row in rows if row["split"] == "train"}
        tested = [photograph(row["id"]) for row in rows if row["split"] == "test"]
        shared = [name for name in tested if name in trained]
        expected.append((len(tested), len(shared), len(set(shared))))
    keys = ("test_cells", "shared_test_cells", "shared_sources")
    overlap = metrics["overlap"]
    assert [tuple(repeat[key] for key in keys) for repeat in overlap["repeats"]] == expected
    assert [overlap[key] for key in keys] == np.sum(expected, axis=0).tolist()
    assert metrics["evidence"]["all"]["effective_sources"] == pytest.approx(12)


def test_page_and_terminal_say_as_published(leaking, capsys):
    overlap = Run(leaking).metrics()["overlap"]
    said = (
        f"AS PUBLISHED: {overlap['shared_test_cells']} of {overlap['test_cells']} test cells over "
        "the 2 repeats show a photograph that was trained on; these figures do not tell how the "
        "system does on new photographs"
    )
    page = (leaking.path / "report.html").read_text()
    assert said in page and "<title>AS PUBLISHED: " in page
    assert "these numbers are too good" in page
    show_results(leaking)
    shown = capsys.readouterr().out
    assert "AS PUBLISHED, test side" in shown and said in shown


def test_figures_and_the_ablation_say_as_published(leaking, monkeypatch):
    ablated = CliRunner().invoke(main, ["ablate", str(leaking.path), "--jobs", "1"])
    assert "AS PUBLISHED, cubic SVM: test accuracy" in ablated.stdout
    marked = []
    monkeypatch.setattr(plot, "add_mark", lambda figure, text: marked.append(text))
    monkeypatch.setattr(plot, "_DOTS_PER_INCH", 20)
    drawn = plot.draw_figures(load.load(leaking.path / "config.yaml"), leaking, None)
    assert marked == ["AS PUBLISHED: files split whatever they show, not by photograph"] * 10
    assert len(drawn.figures) == 10


def test_by_source_nothing_says_as_published(honest, capsys):
    overlap = Run(honest).metrics()["overlap"]
    assert overlap["shared_test_cells"] == 0 < overlap["test_cells"]
    show_results(honest)
    page = (honest.path / "report.html").read_text()
    assert "AS PUBLISHED" not in page + capsys.readouterr().out
    assert "found from the pictures, and are kept together" in page


def test_compared_runs_say_which_was_split_as_published(honest, leaking):
    shown = CliRunner().invoke(main, ["compare", str(honest.path), str(leaking.path)])
    assert shown.stdout.count("AS PUBLISHED: ") == 1
    piped = CliRunner().invoke(main, ["compare", str(honest.path), str(leaking.path), "--json"])
    first, second = json.loads(piped.stdout)["runs"]
    assert (first["protocol"], first["n_shared"]) == ("by source", 0)
    assert second["protocol"] == "as published" and second["n_shared"] > 0


def test_manifest_holds_the_sources_that_were_found(honest):
    rows = read_table(honest.path / MANIFEST)
    names = {photograph(row["id"]): row["source"] for row in rows}
    assert len(rows) == 36 and len(set(names.values())) == len(names) == 12
    assert all(row["source"] == names[photograph(row["id"])] for row in rows)
    data = Run(honest).provenance()["data"]
    assert data["sources_found"] and "its 36 cells come from 12 photographs" in data["notes"][-1]


def test_a_run_that_goes_on_takes_its_sources_from_the_manifest(copied, tmp_path, monkeypatch):
    settings, folder, cells = begin(tmp_path, copied)
    kept = Run(folder)
    for row in (rows := kept.manifest()):
        row["source"] = f"then {row['source']}"
    kept.write_manifest(rows)
    monkeypatch.setattr(naming, "name_sources", None)
    again = prepare.prepare(settings, folder, quiet())
    assert again.sources.tolist() == [f"then {source}" for source in cells.sources.tolist()]


def test_crops_name_the_photographs_that_were_found_in_the_whole_pictures(copied, tmp_path):
    arguments = ["data", "crop", str(copied), str(tmp_path / "out"), "--layout", "folder"]
    cropped = CliRunner().invoke(main, [*arguments, "--size", "16"])
    assert cropped.exit_code == 0, cropped.output
    rows = read_table(tmp_path / "out" / "crops.csv")
    names = {photograph(row["image"]): row["source"] for row in rows}
    assert len(rows) == 36 and len(set(names.values())) == len(names) == 12
    assert all(row["source"] == names[photograph(row["image"])] for row in rows)


def test_smears_name_their_sources_and_none_is_found(smears, tmp_path, monkeypatch):
    monkeypatch.setattr(naming, "find_sources", None)
    _, folder, _ = begin(tmp_path, smears, "data.layout=lisc")
    assert not Run(folder).provenance()["data"]["sources_found"]


def test_the_setting_of_earlier_versions_is_refused_with_what_to_do():
    with pytest.raises(InputError, match=r"unknown key 'data\.sources': .*take the key out"):
        load.load("kaggle", ["data.sources=found"])
