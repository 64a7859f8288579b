"""The figures of a run: of the cells and classifiers asked for, in given axes too."""

from __future__ import annotations

import matplotlib.pyplot
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from hybrid_wbc import InputError, Run, load_run
from hybrid_wbc.report.figures.style import AS_PUBLISHED_TEXT, SYNTHETIC_TEXT

METHODS = {
    "scatter": (1, {"features": (1, 4)}),
    "pairs": (9, {"features": (1, 4, 5)}),
    "confusion": (5, {}),
    "subsets": (2, {}),
    "roc": (5, {}),
    "precision_recall": (5, {}),
    "calibration": (5, {}),
}


@pytest.fixture(scope="module")
def run(ablated) -> Run:
    return load_run(ablated.path)


def texts(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(Text))


@pytest.mark.parametrize("name", METHODS)
def test_every_figure_says_synthetic_in_a_new_figure_and_in_given_axes(run, name):
    count, options = METHODS[name]
    drawn = getattr(run, name)(**options)
    assert isinstance(drawn, Figure) and SYNTHETIC_TEXT in texts(drawn)
    figure = Figure()
    axes = figure.subplots(1, count)
    assert getattr(run, name)(**options, ax=axes) is figure
    assert SYNTHETIC_TEXT in texts(figure)
    assert matplotlib.pyplot.get_fignums() == []


@pytest.mark.parametrize("name", ["scatter", "roc"])
def test_an_as_published_run_says_so_on_each_figure(run, name, monkeypatch):
    metrics = run.files.metrics() | {"protocol": "as published"}
    monkeypatch.setattr("hybrid_wbc.runs.results.Run.metrics", lambda self: metrics)
    assert AS_PUBLISHED_TEXT in texts(getattr(run, name)())
    figure = Figure()
    options = {} if name == "scatter" else {"classifier": "knn"}
    getattr(run, name)(**options, ax=figure.subplots())
    assert AS_PUBLISHED_TEXT in texts(figure)


def test_a_scatter_shows_the_side_and_repeat_and_rings_the_mistakes(run):
    repeat = run.files.repeat("seed-3")
    e, table = repeat.embeddings(), repeat.predictions()
    (axis,) = run.scatter(features=(2, 5), side="train", repeat=3, classifier="cnn").axes
    on = e.split == "train"
    assert axis.get_title() == f"train side, seed-3, CNN softmax ({on.sum()} cells)"
    *points, rings = axis.collections
    assert sum(len(each.get_offsets()) for each in points) == on.sum()
    wrong = on & (table.said["cnn"] != table.labels)
    assert np.allclose(rings.get_offsets(), e.X[wrong][:, [1, 4]])
    everything = run.scatter(side="all", repeat="seed-3").axes[0]
    assert everything.name == "3d" and f"({len(e.ids)} cells)" in everything.get_title()


def test_confusion_is_of_the_classifiers_and_repeats_asked_for(run):
    every = run.confusion().axes
    counts = run.files.metrics()["classifiers"]["knn"]["confusion"]
    written = [int(text.get_text()) for text in every[0].texts]
    assert written == np.ravel(counts).tolist()
    figure = run.confusion(classifier=["svm", "vote"], repeat="seed-0")
    shown = [axis for axis in figure.axes if axis.get_title()]
    assert [axis.get_title().splitlines()[0] for axis in shown] == ["cubic SVM", "soft vote"]
    tested = (run.files.repeat("seed-0").embeddings().split == "test").sum()
    assert sum(int(text.get_text()) for text in shown[0].texts) == tested


def test_the_area_in_a_title_is_that_of_the_scores(run):
    axis = Figure().subplots()
    run.roc(classifier="forest", ax=axis)
    score = run.files.metrics()["classifiers"]["forest"]["probability"]["roc_auc"]
    assert f"mean area {score['mean']:.3f}\n({score['low']:.3f} to" in axis.get_title()


def test_the_subsets_dots_and_accuracies_lie_in_the_same_rows_of_given_axes(run):
    left, right = Figure().subplots(1, 2)
    run.subsets(ax=[left, right])
    assert left.get_ylim() == right.get_ylim() == (30.5, -0.5)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("scatter", {"features": (1, 6)}, "features: received 6; there are 5"),
        ("pairs", {"features": (0,)}, "features: received 0; there are 5"),
        ("scatter", {"side": "tset"}, "side: received tset, choose from test, train, all"),
        ("scatter", {"repeat": 7}, "repeat: received 7, choose from seed-0, seed-3"),
        ("scatter", {"classifier": ("knn", "svm")}, "a scatter rings the mistakes of one"),
        ("confusion", {"classifier": "svn"}, "classifier: received svn, choose from knn"),
        ("roc", {"classifier": ()}, "classifier: received none"),
        ("roc", {"ax": Figure().subplots()}, "ax: received 1 axes, and the figure takes 5"),
    ],
)
def test_what_there_is_not_is_refused_with_the_choices(run, name, options, message):
    with pytest.raises(InputError, match=message):
        getattr(run, name)(**options)


def test_a_network_without_five_units_has_no_embedding_to_draw(run, monkeypatch):
    from hybrid_wbc.classical.embeddings import Embeddings

    e = run.files.repeat("seed-0").embeddings()
    facts = {name: getattr(e, name) for name in ("y", "ids", "sources", "split", "classes")}
    bare = Embeddings(X=e.X[:, :0], probabilities=e.probabilities, **facts)
    monkeypatch.setattr("hybrid_wbc.runs.repeat.RunRepeat.embeddings", lambda self: bare)
    with pytest.raises(InputError, match="its network has no embedding layer"):
        run.scatter()
