"""A finished run for Python: its numbers as pandas tables, and its figures."""

from __future__ import annotations

import html
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.evaluation import overlap
from hybrid_wbc.evaluation.scoring import Metrics
from hybrid_wbc.runs import results as files
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.studies import figures
from hybrid_wbc.studies.figures import AxesGiven

if TYPE_CHECKING:
    import pandas


class Run:
    """A finished run: its numbers as tables, and its figures; made by `load_run`.

    Nothing is trained and nothing is written. A table is read from the run folder when it is first
    asked for.

    Parameters
    ----------
    files : hybrid_wbc.runs.results.Run
        What reads the run folder.

    Attributes
    ----------
    name : str
        Of the run folder.
    classes, classifiers, repeats : list of str
        Names of the classes, keys of the classifiers, and names of the seeds or folds.
    synthetic : bool
        Whether the cells were drawn; every figure then says so.

    Examples
    --------
    >>> from hybrid_wbc import load_run
    >>> run = load_run("artifacts/00000-quickstart")
    >>> run.classifiers
    ['knn', 'svm', 'forest', 'cnn', 'vote']
    >>> accuracy = run.scores.query("score == 'accuracy'").set_index("classifier")
    >>> bool(accuracy.loc["knn", "low"] <= accuracy.loc["knn", "mean"])
    True
    >>> figure = run.scatter(features=(1, 4), side="test")
    >>> figure.axes[0].get_xlabel()
    'feature 1'
    """

    def __init__(self, files: files.Run) -> None:
        self.files = files

    @cached_property
    def _metrics(self) -> Metrics:
        return self.files.metrics()

    @property
    def name(self) -> str:
        """The name of the run folder."""
        return self.files.folder.path.resolve().name

    @property
    def classes(self) -> list[str]:
        """The names of the classes."""
        return list(self._metrics["classes"])

    @property
    def classifiers(self) -> list[str]:
        """The keys of the classifiers, such as "knn"."""
        return list(self._metrics["classifiers"])

    @property
    def repeats(self) -> list[str]:
        """The names of the seeds or folds, such as "seed-0"."""
        return list(self._metrics["repeats"])

    @property
    def synthetic(self) -> bool:
        """Whether the cells were drawn."""
        return self._metrics["synthetic"]

    @cached_property
    def scores(self) -> pandas.DataFrame:
        """Every score on the test side: a row a classifier, score and class.

        The columns are `classifier`, `class` ("all" for the scores over all classes), `score`,
        `mean`, the ends `low` and `high` of its 95 % interval, and the value in each repeat. The
        scores of probabilities (`roc_auc`, `average_precision`, `log_loss`, `brier_score`) are
        there for the classifiers that give any.
        """
        from hybrid_wbc.studies import frames

        return frames.scores(self.files)

    @cached_property
    def predictions(self) -> pandas.DataFrame:
        """What each classifier says of every cell: a row a cell and repeat.

        The columns are `repeat`, `id`, `source`, `side`, `label`, and one a classifier.
        """
        from hybrid_wbc.studies import frames

        return frames.predictions(self.files)

    @cached_property
    def probabilities(self) -> pandas.DataFrame:
        """The class probabilities of the test cells: a row a cell, classifier and repeat.

        The columns are `repeat`, `id`, `label`, `classifier`, and one a class. Empty for a run that
        an earlier version classified: `hybrid-wbc classify` adds them.
        """
        from hybrid_wbc.studies import frames

        return frames.probabilities(self.files)

    @cached_property
    def embedding(self) -> pandas.DataFrame:
        """The features of every cell: a row a cell and repeat.

        The columns are `repeat`, `id`, `source`, `side`, `label`, and `feature_1` to the last.
        """
        from hybrid_wbc.studies import frames

        return frames.embedding(self.files)

    @cached_property
    def ablation(self) -> pandas.DataFrame:
        """What every subset of the features reaches: a row a classifier, subset, score and class.

        The columns are `classifier`, `features` (such as "1,4,5"), `class` ("all" for the
        accuracy), `score` ("accuracy" or "recall"), `mean`, `low`, `high`, and the value in each
        repeat.
        """
        from hybrid_wbc.studies import frames

        return frames.ablation(self.files)

    def scatter(
        self,
        *,
        features: Sequence[int] | None = None,
        side: str = "test",
        repeat: str | int | None = None,
        classifier: str | None = None,
        ax: Axes | None = None,
    ) -> Figure:
        """Draw two features of the embedding in the plane, or three in space.

        Parameters
        ----------
        features : sequence of two or three int, optional
            Counted from 1. By default the first three, or the first two where `ax` is 2-D.
        side : {"train", "validation", "test", "all"}
        repeat : str or int, optional
            A repeat's name, or a seed; the first by default.
        classifier : str, optional
            Rings are drawn around the cells that it classes wrong.
        ax : matplotlib.axes.Axes, optional
            To draw into; by default a new figure.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        InputError
            If there is no such feature, side, repeat or classifier, or `ax` does not fit.
        """
        return figures.scatter(self.files, features, side, repeat, classifier, ax)

    def pairs(
        self,
        *,
        features: Sequence[int] | None = None,
        side: str = "all",
        repeat: str | int | None = None,
        ax: AxesGiven | None = None,
    ) -> Figure:
        """Draw every feature against every other, and their densities along the diagonal.

        Parameters
        ----------
        features : sequence of int, optional
            Counted from 1; all by default.
        side, repeat
            As for `scatter`.
        ax : array of matplotlib.axes.Axes, shape (d, d), optional

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        InputError
            As for `scatter`.
        """
        return figures.pairs(self.files, features, side, repeat, ax)

    def confusion(
        self,
        *,
        classifier: str | Sequence[str] | None = None,
        side: str = "test",
        repeat: str | int | None = None,
        ax: AxesGiven | None = None,
    ) -> Figure:
        """Draw the confusion matrix of each classifier.

        Parameters
        ----------
        classifier : str or sequence of str, optional
            Keys; all by default.
        side : {"train", "validation", "test", "all"}
        repeat : str or int, optional
            A repeat's name, or a seed; by default the counts of all repeats are summed.
        ax : matplotlib.axes.Axes, or one for each classifier, optional

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        InputError
            As for `scatter`.
        """
        return figures.confusion(self.files, classifier, side, repeat, ax)

    def subsets(self, *, ax: AxesGiven | None = None) -> Figure:
        """Draw the accuracy of every classifier on every subset of the features.

        Parameters
        ----------
        ax : two matplotlib.axes.Axes, optional
            For the subsets' dots, and for the accuracies.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        InputError
            If the run has no ablation, or `ax` does not fit.
        """
        return figures.subsets(self.files, ax)

    def roc(
        self,
        *,
        classifier: str | Sequence[str] | None = None,
        repeat: str | int | None = None,
        ax: AxesGiven | None = None,
    ) -> Figure:
        """Draw the ROC curves on the test side, one class against the rest.

        Parameters
        ----------
        classifier : str or sequence of str, optional
            Keys; by default all that give probabilities.
        repeat : str or int, optional
            A repeat's name, or a seed; by default the curves are means over the repeats.
        ax : matplotlib.axes.Axes, or one for each classifier, optional

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        InputError
            If the run holds no probabilities, or as for `scatter`.
        """
        return figures.roc(self.files, classifier, repeat, ax)

    def precision_recall(
        self,
        *,
        classifier: str | Sequence[str] | None = None,
        repeat: str | int | None = None,
        ax: AxesGiven | None = None,
    ) -> Figure:
        """Draw the precision-recall curves on the test side, one class against the rest.

        Parameters
        ----------
        classifier, repeat, ax
            As for `roc`.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        InputError
            As for `roc`.
        """
        return figures.precision_recall(self.files, classifier, repeat, ax)

    def calibration(
        self,
        *,
        classifier: str | Sequence[str] | None = None,
        repeat: str | int | None = None,
        ax: AxesGiven | None = None,
    ) -> Figure:
        """Draw how often each classifier is right, by how sure it says that it is.

        Parameters
        ----------
        classifier, repeat, ax
            As for `roc`.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        InputError
            As for `roc`.
        """
        return figures.calibration(self.files, classifier, repeat, ax)

    def __repr__(self) -> str:
        mark = overlap.mark(self._metrics["protocol"], synthetic=self.synthetic)
        return (
            f"<Run {self.name}: {mark}{len(self.classes)} classes, {len(self.repeats)} repeat(s), "
            f"{len(self.classifiers)} classifiers>"
        )

    def _repr_html_(self) -> str:
        mark = overlap.mark(self._metrics["protocol"], synthetic=self.synthetic)
        rows = "".join(
            f"<tr><th>{html.escape(CLASSIFIERS[key].title)}</th>"
            f"<td>{score['mean']:.3f}</td><td>{score['low']:.3f} to {score['high']:.3f}</td></tr>"
            for key, score in (
                (key, given["accuracy"]) for key, given in self._metrics["classifiers"].items()
            )
        )
        return (
            f"<table><caption>{html.escape(mark + self.name)}: {len(self.classes)} classes, "
            f"{len(self.repeats)} repeat(s)</caption><thead><tr><th>classifier</th>"
            "<th>test accuracy</th><th>95 % interval</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )


def load_run(path: str | Path) -> Run:
    """Open a finished run.

    Parameters
    ----------
    path : str or Path
        Of the run folder, such as "artifacts/00007-lisc".

    Returns
    -------
    Run

    Raises
    ------
    InputError
        If there is no run folder, or its predictions have not been scored yet.

    Examples
    --------
    >>> from hybrid_wbc import load_run
    >>> run = load_run("artifacts/00000-quickstart")
    >>> sorted(run.predictions.columns[:5])
    ['id', 'label', 'repeat', 'side', 'source']
    >>> len(run.embedding) == len(run.predictions)
    True
    """
    run = Run(files.Run(RunFolder.open(Path(path))))
    run.files.metrics()  # a run that is not scored is refused at once
    return run
