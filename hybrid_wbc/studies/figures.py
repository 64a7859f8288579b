"""The figures of a finished run one by one: chosen cells and classifiers, into any axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hybrid_wbc.config.choices import AS_PUBLISHED
from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import curves
from hybrid_wbc.evaluation.metrics import confusion_matrix
from hybrid_wbc.evaluation.probabilities import Probabilities, score_probabilities
from hybrid_wbc.report.figures import curves as drawn_curves
from hybrid_wbc.report.figures.display import checked_columns, figure_of, scatter_into
from hybrid_wbc.report.figures.embedding import draw_pair_plot, pair_plot
from hybrid_wbc.report.figures.features import draw_subsets, feature_subsets
from hybrid_wbc.report.figures.scores import confusion_matrices, draw_confusion
from hybrid_wbc.report.figures.style import (
    AS_PUBLISHED_TEXT,
    SMALL_SIZE,
    SYNTHETIC_TEXT,
    add_mark,
    class_handles,
    mark_axes,
)
from hybrid_wbc.runs import results
from hybrid_wbc.runs.repeat import RunRepeat
from hybrid_wbc.runs.results import Run

AxesGiven = Axes | Sequence[Axes] | np.ndarray
"""Axes to draw into: one, or as many as the figure has panels."""

_ALL = "all"


def scatter(
    run: Run,
    features: Sequence[int] | None,
    side: str,
    repeat: str | int | None,
    classifier: str | None,
    ax: Axes | None,
) -> Figure:
    """Draw two features in the plane, or three in space; see `studies.results.Run.scatter`."""
    chosen = _first_repeat(run, repeat)
    e = chosen.features("embedding to draw")
    shown = _on_side(e.split, side)
    wrong = None
    if classifier is not None:
        key, *others = _chosen_classifiers(run, classifier)
        if others:
            raise InputError("classifier: a scatter rings the mistakes of one; name one classifier")
        table = chosen.predictions()
        wrong = (table.said[key] != table.labels)[shown]
    figure = scatter_into(
        ax,
        e.X[shown],
        e.y[shown],
        e.classes.tolist(),
        features=features,
        title=f"{_side_title(side)}, {chosen.name}"
        + (f", {CLASSIFIERS[key].title}" if wrong is not None else ""),
        marks=_marks(run),
        synthetic=run.metrics()["synthetic"],
        wrong=wrong,
        names=e.names,
    )
    return _marked(run, figure) if ax is None else figure


def pairs(
    run: Run,
    features: Sequence[int] | None,
    side: str,
    repeat: str | int | None,
    ax: AxesGiven | None,
) -> Figure:
    """Draw every feature against every other; see `studies.results.Run.pairs`."""
    chosen = _first_repeat(run, repeat)
    e = chosen.features("embedding to draw")
    shown = _on_side(e.split, side)
    columns = checked_columns(features or range(1, e.X.shape[1] + 1), e.X.shape[1])
    X, y, split, classes = e.X[shown], e.y[shown], e.split[shown], e.classes.tolist()
    if ax is None:
        figure = pair_plot(
            X,
            y,
            split,
            classes,
            synthetic=run.metrics()["synthetic"],
            features=columns,
            names=e.names,
        )
        return _marked(run, figure)
    axes = np.array(_axes(ax, len(columns) ** 2), dtype=object)
    axes = axes.reshape(len(columns), len(columns))
    title = draw_pair_plot(axes, X, y, split, len(classes), columns, e.names)
    axes[0, -1].legend(
        handles=class_handles(classes), title=title, fontsize=SMALL_SIZE, title_fontsize=SMALL_SIZE
    )
    return _marked_axes(run, [axes[0, 0]])


def confusion(
    run: Run,
    classifier: str | Sequence[str] | None,
    side: str,
    repeat: str | int | None,
    ax: AxesGiven | None,
) -> Figure:
    """Draw the confusion matrices; see `studies.results.Run.confusion`."""
    metrics = run.metrics()
    classes = metrics["classes"]
    keys = _chosen_classifiers(run, classifier)
    tables = [each.predictions() for each in _repeats(run, repeat)]
    cells = [_on_side(table.split, side) for table in tables]
    counts = {
        CLASSIFIERS[key].title: np.sum(
            [
                confusion_matrix(table.labels[on], table.said[key][on], classes)
                for table, on in zip(tables, cells, strict=True)
            ],
            axis=0,
        )
        for key in keys
    }
    if ax is None:
        return _marked(run, confusion_matrices(counts, classes, synthetic=metrics["synthetic"]))
    axes = _axes(ax, len(counts))
    for axis, (title, matrix) in zip(axes, counts.items(), strict=True):
        draw_confusion(axis, matrix, classes, title)
        drawn_curves.label_axes(axis, ("predicted class", "true class"))
    return _marked_axes(run, axes)


def subsets(run: Run, ax: AxesGiven | None) -> Figure:
    """Draw every subset of the features; see `studies.results.Run.subsets`."""
    ablation = run.ablation()
    titles = {key: classifier.title for key, classifier in CLASSIFIERS.items()}
    if ax is None:
        synthetic = run.metrics()["synthetic"]
        return _marked(run, feature_subsets(ablation, titles=titles, synthetic=synthetic))
    left, right = _axes(ax, 2)
    right.legend(handles=draw_subsets(left, right, ablation, titles), fontsize=SMALL_SIZE)
    return _marked_axes(run, [right])


def roc(
    run: Run,
    classifier: str | Sequence[str] | None,
    repeat: str | int | None,
    ax: AxesGiven | None,
) -> Figure:
    """Draw the ROC curves; see `studies.results.Run.roc`."""
    return _class_curves(run, classifier, repeat, ax, drawn_curves.ROC)


def precision_recall(
    run: Run,
    classifier: str | Sequence[str] | None,
    repeat: str | int | None,
    ax: AxesGiven | None,
) -> Figure:
    """Draw the precision-recall curves; see `studies.results.Run.precision_recall`."""
    return _class_curves(run, classifier, repeat, ax, drawn_curves.PRECISION_RECALL)


def calibration(
    run: Run,
    classifier: str | Sequence[str] | None,
    repeat: str | int | None,
    ax: AxesGiven | None,
) -> Figure:
    """Draw the calibration curves; see `studies.results.Run.calibration`."""
    chosen = _repeats(run, repeat)
    seed, groups = run.config().seed, [each.seed for each in chosen]
    found = {
        CLASSIFIERS[key].title: curves.calibration(given, seed=seed, groups=groups)
        for key, given in _probabilities(run, classifier, chosen).items()
    }
    if ax is None:
        synthetic = run.metrics()["synthetic"]
        return _marked(run, drawn_curves.calibration_curves(found, synthetic=synthetic))
    axes = _axes(ax, len(found))
    for axis, (title, curve) in zip(axes, found.items(), strict=True):
        drawn_curves.draw_calibration(axis, curve, title)
        drawn_curves.label_axes(axis, drawn_curves.CALIBRATION_AXES)
    return _marked_axes(run, axes)


def _class_curves(
    run: Run,
    classifier: str | Sequence[str] | None,
    repeat: str | int | None,
    ax: AxesGiven | None,
    kind: drawn_curves.CurveKind,
) -> Figure:
    metrics, chosen = run.metrics(), _repeats(run, repeat)
    classes = metrics["classes"]
    probable = _probabilities(run, classifier, chosen)
    seed, groups = run.config().seed, [each.seed for each in chosen]
    found, areas = {}, {}
    for key, given in probable.items():
        title = CLASSIFIERS[key].title
        scores = score_probabilities(given, classes, seed=seed, groups=groups)
        areas[title] = scores[kind.area]
        found[title] = kind.of(given)
    if ax is None:
        figure = drawn_curves.class_curves(
            kind, found, areas, classes, synthetic=metrics["synthetic"]
        )
        return _marked(run, figure)
    axes = _axes(ax, len(found))
    for axis, (title, curve) in zip(axes, found.items(), strict=True):
        drawn_curves.draw_class_curves(axis, curve, areas[title], title)
        drawn_curves.label_axes(axis, kind.axes)
        drawn_curves.curve_legend(axis, classes)
    return _marked_axes(run, axes)


def _probabilities(
    run: Run, classifier: str | Sequence[str] | None, chosen: Sequence[RunRepeat]
) -> dict[str, list[Probabilities]]:
    embedded = [repeat.embeddings() for repeat in chosen]
    found = results.of_probabilities([repeat.probabilities() for repeat in chosen], embedded)
    if not found:
        raise InputError(
            f"{run.folder.path}: holds no class probabilities, an earlier version classified it; "
            "run `hybrid-wbc classify` on it"
        )
    keys = list(found) if classifier is None else _chosen_classifiers(run, classifier)
    without = [key for key in keys if key not in found]
    if without:
        raise InputError(
            f"classifier: {without[0]} gives no probabilities in this run; choose from "
            f"{', '.join(found)}"
        )
    return {key: found[key] for key in keys}


def _repeats(run: Run, repeat: str | int | None) -> list[RunRepeat]:
    names = run.metrics()["repeats"]
    every = [run.repeat(name) for name in names]
    if repeat is None:
        return every
    chosen = [each for each in every if str(repeat) in (each.name, str(each.seed))]
    if not chosen:
        raise InputError(f"repeat: received {repeat}, choose from {', '.join(names)}, or a seed")
    return chosen


def _first_repeat(run: Run, repeat: str | int | None) -> RunRepeat:
    return _repeats(run, repeat)[0]


def _chosen_classifiers(run: Run, classifier: str | Sequence[str] | None) -> list[str]:
    known = list(run.metrics()["classifiers"])
    if classifier is None:
        return known
    keys = [classifier] if isinstance(classifier, str) else list(classifier)
    unknown = [key for key in keys if key not in known]
    if unknown or not keys:
        raise InputError(
            f"classifier: received {unknown[0] if unknown else 'none'}, choose from "
            f"{', '.join(known)}"
        )
    return keys


def _on_side(split: np.ndarray, side: str) -> np.ndarray:
    there = np.unique(split).tolist()
    if side != _ALL and side not in there:
        raise InputError(f"side: received {side}, choose from {', '.join(there)}, {_ALL}")
    return np.flatnonzero((split == side) | (side == _ALL))


def _side_title(side: str) -> str:
    return "cells of all sides" if side == _ALL else f"{side} side"


def _axes(ax: AxesGiven, count: int) -> list[Axes]:
    axes = [ax] if isinstance(ax, Axes) else list(np.asarray(ax, dtype=object).flat)
    if len(axes) != count:
        raise InputError(f"ax: received {len(axes)} axes, and the figure takes {count}")
    return axes


def _marks(run: Run) -> list[str]:
    """Give what stands above everything that is drawn of a run, the last first."""
    metrics = run.metrics()
    published = [AS_PUBLISHED_TEXT] if metrics["protocol"] == AS_PUBLISHED else []
    return published + ([SYNTHETIC_TEXT] if metrics["synthetic"] else [])


def _marked(run: Run, figure: Figure) -> Figure:
    if run.metrics()["protocol"] == AS_PUBLISHED:
        add_mark(figure, AS_PUBLISHED_TEXT)
    return figure


def _marked_axes(run: Run, axes: Sequence[Axes]) -> Figure:
    for axis in axes:
        for mark in _marks(run):
            mark_axes(axis, mark)
    return figure_of(axes[0])
