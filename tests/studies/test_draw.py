"""One figure as a file, as `plot --figure` is used."""

from __future__ import annotations

from io import BytesIO

import pytest
from click.testing import CliRunner
from PIL import Image

from hybrid_wbc.cli import plot as commands
from hybrid_wbc.cli.main import main
from hybrid_wbc.studies.draw import FIGURES, FORMATS


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_the_command_names_the_figures_and_formats_that_there_are():
    options = {option.name: option for option in commands.plot.params}
    assert list(options["figure"].type.choices) == list(FIGURES)
    assert list(options["kind"].type.choices) == list(FORMATS)


def test_a_scatter_of_chosen_features_is_written_where_it_is_asked_for(ablated, tmp_path):
    out = tmp_path / "new" / "scatter.png"
    done = call("plot", ablated.path, "--figure", "scatter", "--features", "1,4,5", "--side",
                "test", "--seed", 3, "--classifier", "knn", "--dpi", 40, "--out", out)  # fmt: skip
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(out)
    assert Image.open(BytesIO(out.read_bytes())).size == (288, 200)


@pytest.mark.parametrize(("kind", "begins"), [("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_the_format_is_that_of_the_file_and_the_same_figure_the_same_bytes(
    ablated, tmp_path, kind, begins
):
    made = []
    for name in ("one", "two"):
        out = tmp_path / f"{name}.{kind}"
        assert call("plot", ablated.path, "--figure", "roc", "--out", out).exit_code == 0
        made.append(out.read_bytes())
    assert made[0] == made[1] and made[0].startswith(begins)
    assert b"/Type3" not in made[0]


def test_without_a_file_the_figure_lies_in_the_runs_own_folder(ablated):
    done = call("plot", ablated.path, "--figure", "confusion", "--format", "svg")
    assert done.exit_code == 0, done.output
    path = ablated.path / "figures" / "confusion.svg"
    assert done.stdout.strip() == str(path) and path.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--figure", "scatter", "--features", "1,6"], "features: received 6; there are 5"),
        (["--figure", "scatter", "--features", "a,b"], "--features: received 'a,b'; give their"),
        (["--figure", "scatter", "--side", "tset"], "side: received tset, choose from test, train"),
        (["--figure", "scatter", "--seed", "5"], "repeat: received 5, choose from seed-0"),
        (["--figure", "roc", "--side", "test"], "--side: the figure roc does not take it; scatter"),
        (["--figure", "roc", "--classifier", "svn"], "classifier: received svn, choose from knn"),
        (["--figure", "rok"], "'rok' is not one of"),
        (["--figure", "roc", "--format", "png", "--out", "a.pdf"], "--format: received png for"),
        (["--figure", "roc", "--out", "a.tif"], "--out takes a file that ends in .png, .pdf, .svg"),
        (["--figure", "roc", "--out", "folder.png"], "--out: folder.png is a folder"),
        (["--figure", "roc", "--dpi", "0"], "--dpi"),
        (["--features", "1,2"], "--features: needs --figure; choose from scatter"),
    ],
)
def test_a_users_mistake_is_one_line(ablated, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.png").mkdir()
    done = call("plot", ablated.path, *arguments)
    assert done.exit_code == 2 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert message in line
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]


def test_a_place_that_cannot_be_is_one_line(ablated, tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = call("plot", ablated.path, "--figure", "subsets", "--out", tmp_path / "file" / "a.png")
    assert done.exit_code == 2 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "a.png lies below" in line
