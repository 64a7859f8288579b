"""What a model's own cells tell of new ones is the same for a run, its file, and some classes."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from hybrid_wbc.classical import subspace
from hybrid_wbc.cli.main import main
from hybrid_wbc.config.load import load
from hybrid_wbc.data.cells import finding
from hybrid_wbc.errors import InputError
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.studies import opening
from hybrid_wbc.studies.model import of_run, open_model


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def few_are_enough():
    """Let a subspace be found from a few dozen cells and features."""
    with pytest.MonkeyPatch.context() as patch:
        for name, number in {"_FEWEST": 2, "_CELLS": 8, "_WIDTH": 2}.items():
            patch.setattr(subspace, name, number)
        yield


@pytest.fixture(scope="module")
def run(few_are_enough, run_of_three_colours, tmp_path_factory) -> Path:
    """The run, extracted again so that it has a subspace."""
    copy = tmp_path_factory.mktemp("extracted") / "run"
    shutil.copytree(run_of_three_colours, copy)
    for stage in ("extract", "classify", "report"):
        done = call(stage, copy)
        assert done.exit_code == 0, done.output
    return copy


@pytest.fixture(scope="module")
def pictures(run_of_three_colours) -> Path:
    return run_of_three_colours.parent / "cells"


def strangeness(*arguments) -> dict[str, float]:
    done = call("predict", *arguments, "--as", "cells", "--json", "-")
    assert done.exit_code == 0, done.output
    cells = json.loads(done.stdout)["cells"]
    assert all(cell["unlike"] == (cell["strangeness"] > 1) for cell in cells)
    return {"/".join(Path(cell["image"]).parts[-2:]): cell["strangeness"] for cell in cells}


def test_a_cell_is_as_strange_when_it_is_asked_about_as_when_it_was_extracted(run, pictures):
    model, said = open_model(run), strangeness(run, pictures)
    outside, e = model.held_out.outside, model.embedded
    assert len(outside) == len(model.held_out.y) and (outside > 0).all() and (outside < 1).all()
    # Fewer than 20 held-out cells were called each class, so that there is one limit.
    limit = np.quantile(outside, 0.95, method="higher")
    ids = e.ids[e.split == "test"].tolist()
    assert [said[cell] for cell in ids] == pytest.approx((outside / limit).tolist(), abs=1e-3)


def test_its_file_calls_the_same_cells_as_strange(run, pictures):
    path = run.parent / "one.hybrid"
    done = call("export", run, "--bundle", path)
    assert done.exit_code == 0, done.output
    of_run, of_file = strangeness(run, pictures), strangeness(path, pictures)
    assert of_file == pytest.approx(of_run, abs=0.01)
    outside = open_model(path).embedded.outside
    assert np.isnan(outside).sum() == len(open_model(path).trained)


def test_among_some_classes_the_limits_are_of_their_cells_alone(run, pictures):
    names = open_model(run).classes[:2]
    said = strangeness(run, "--classes", ",".join(names), *(pictures / name for name in names))
    held_out = open_model(run).held_out
    limit = np.quantile(held_out.outside[held_out.y < 2], 0.95, method="higher")
    e = open_model(run).embedded
    chosen = (e.split == "test") & (e.y < 2)
    expected = e.outside[chosen] / limit
    assert [said[cell] for cell in e.ids[chosen]] == pytest.approx(expected.tolist(), abs=1e-3)


def test_a_run_without_a_subspace_goes_by_the_distance_and_says_so(
    run, run_of_three_colours, pictures
):
    model = open_model(run_of_three_colours)
    assert model.held_out.outside is None and model.embedded.subspace is None
    assert max(strangeness(run_of_three_colours, pictures).values()) >= 1
    told = "unlike anything seen goes by the distance in the embedding"
    for asked, says in ((run_of_three_colours, True), (run, False)):
        done = call("predict", asked, pictures, "--as", "cells", "--json", "-")
        warnings = json.loads(done.stdout)["warnings"]
        assert any(line.startswith(told) for line in warnings) is says


def test_where_many_cells_are_strange_the_statistics_of_the_target_are_offered(
    run, pictures, tmp_path
):
    paths = sorted(pictures.rglob("*.png"))
    assert len(paths) >= 20
    for number, path in enumerate(paths):
        with Image.open(path) as image:
            Image.fromarray(255 - np.asarray(image.convert("RGB"))).save(tmp_path / f"{number}.png")
    offered = f" of {len(paths)} cells are unlike anything seen: if they are of another stain"
    for asked, options, says in (
        (tmp_path, (), True),
        (tmp_path, ("--statistics", "target"), False),
        (pictures, (), False),
        (tmp_path / "0.png", (), False),
    ):
        done = call("predict", run, asked, "--as", "cells", "--json", "-", *options)
        assert done.exit_code == 0, done.output
        warnings = json.loads(done.stdout)["warnings"]
        assert any(offered in line for line in warnings) is says


@pytest.mark.parametrize("option", ["statistics of the target", "an ensemble"])
def test_a_cell_is_as_strange_to_a_run_that_adapts_or_has_several_networks(
    few_are_enough, short_training, pictures, other_cells_of_three_colours, tmp_path, option
):
    changes = {
        "statistics of the target": [
            "network.statistics=target", f"data.test_path={other_cells_of_three_colours}",
        ],
        "an ensemble": ["ensemble.networks=2"],
    }[option]  # fmt: skip
    options = ["--data", pictures, "--out", tmp_path, "--seeds", "1", *short_training]
    done = call("train", "pbc", *options, *(f"--set={each}" for each in changes))
    assert done.exit_code == 0, done.output
    for stage in ("extract", "classify"):
        done = call(stage, tmp_path / "00000-pbc")
        assert done.exit_code == 0, done.output
    model = open_model(tmp_path / "00000-pbc")
    # As fewer than 20 cells were tested, there is one limit.
    assert len(model.held_out.y) < 20
    limit = np.quantile(model.held_out.outside, 0.95, method="higher")
    e = model.embedded
    tested = e.split == "test"
    place = other_cells_of_three_colours if option == "statistics of the target" else pictures
    names = ["/".join(Path(cell).parts[-2:]) for cell in e.ids[tested].tolist()]
    # Statistics are taken of all that is asked about at once: here, as in the run, the tested.
    said = strangeness(tmp_path / "00000-pbc", *(place / name for name in names))
    expected = (e.outside[tested] / limit).tolist()
    assert [said[name] for name in names] == pytest.approx(expected, abs=1e-3)
    if option == "an ensemble":
        # All its networks take on the target, and the mean of them answers.
        changed = strangeness(tmp_path / "00000-pbc", pictures, "--statistics", "target")
        assert changed != strangeness(tmp_path / "00000-pbc", pictures)
        return
    # A file of it is tested where it is opened, before there is any target.
    done = call("export", tmp_path / "00000-pbc", "--bundle", tmp_path / "one.hybrid")
    assert done.exit_code == 0, done.output
    of_file = strangeness(tmp_path / "one.hybrid", *(place / name for name in names))
    assert of_file == pytest.approx(said, abs=0.01)
    for statistics, warned in (("training", True), ("target", False)):
        done = call(
            "predict", tmp_path / "one.hybrid", place, "--statistics", statistics, "--json", "-"
        )
        warnings = json.loads(done.stdout)["warnings"]
        assert any("asked about with the statistics of target" in w for w in warnings) is warned


@pytest.mark.parametrize(
    "changes",
    [
        ["network.normalisation=fixed", "training.backbone_rate=0.05"],
        ["network.normalisation=group", "training.backbone_rate=0.05"],
        ["network.backbone=frozen"],
    ],
)
def test_a_run_that_trained_no_batch_normalisation_has_no_statistics_to_choose(
    changes, run, monkeypatch
):
    config = load("elsewhere", ["data.path=cells", *changes])
    monkeypatch.setattr(opening, "open_run", lambda _: (config, RunFolder(run), None))
    with pytest.raises(InputError, match="--statistics target: the run elsewhere has no batch"):
        opening.open_finished(run, "target")
    assert opening.open_finished(run, "training")[0].network.statistics == "training"


def test_a_network_that_diverged_is_refused_before_a_subspace_is_sought(run, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    kept = Run(RunFolder(copy)).repeat("seed-0")
    network = kept.network()
    network.set_weights([np.full_like(weights, np.nan) for weights in network.get_weights()])
    kept.write_network(network)
    done = call("extract", copy)
    assert done.exit_code == 2 and "the training diverged" in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("crop", ["as is", "fitted"])
def test_a_run_whose_cells_another_version_found_says_so_where_its_pictures_rest_on_that(
    run, monkeypatch, crop
):
    folder = RunFolder.open(run)
    config = Run(folder).config()
    cut = config.model_copy(update={"data": config.data.model_copy(update={"crop": crop})})
    assert not any("another version" in line for line in of_run(cut, folder).warnings)
    monkeypatch.setattr(finding, "VERSION", finding.VERSION + 1)
    told = [line for line in of_run(cut, folder).warnings if "found by another version" in line]
    assert len(told) == (crop != "as is") and all("extract RUN" in line for line in told)
