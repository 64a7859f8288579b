"""Owns the page of a run: one HTML file that holds its numbers, figures, settings and warnings."""

from __future__ import annotations

import base64
import functools
import io
import json
import math
import operator
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from PIL import Image

from hybrid_wbc.classical.classifiers import CLASSIFIERS
from hybrid_wbc.evaluation import overlap
from hybrid_wbc.report.figures.style import SYNTHETIC_TEXT
from hybrid_wbc.report.pages import templates
from hybrid_wbc.report.pages.templates import own_file
from hybrid_wbc.report.words import features, scores

METRIC_TITLES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_precision": "macro precision",
    "macro_recall": "macro recall",
    "macro_f1": "macro F1",
    "kappa": "Cohen's kappa",
}
SECTIONS = {
    "results": "Results",
    "differences": "Do the classifiers differ?",
    "paper": "Paper against ours",
    "embedding": "The embedding",
    "confusion": "Confusion",
    "features": "What each feature carries",
    "classes": "Class by class",
    "learning": "Learning curves",
    "mistakes": "Mistakes",
    "health": "Health of the embedding",
    "evidence": "Leakage and effective size",
    "data": "Data",
    "settings": "Settings",
    "provenance": "Provenance",
}
_FORMATS = {"share": ".3f", "signed": "+.3f", "integer": ",.0f", "decimal": ",.2f", "p": ".3f"}
_DROPPED_SHOWN = 10
_WEBP_QUALITY = 85


Path = tuple[str | int, ...]


@dataclass(frozen=True)
class _Figure:
    """What stands under a figure, what is said to who cannot see it, and how it is kept."""

    caption: str
    alt: str
    photographic: bool = False


_FIGURES = {
    "embedding_scatter": _Figure(
        "Three features of the embedding; A, training cells; B, test cells. Both panels have the "
        "same axes.",
        "Two three-dimensional scatter plots of features 1 to 3, training cells at the left and "
        "test cells at the right, a colour and marker for each class.",
    ),
    "pair_plot": _Figure(
        "Every feature of the embedding against every other, and the density of each class along "
        "the diagonal.",
        "Grid of scatter plots of each pair of the five features, coloured by class, with the "
        "density of each class on the diagonal.",
    ),
    "confusion_matrices": _Figure(
        "Rows are true classes, columns predicted ones; the number is a count of cells, the "
        "colour its share of the row.",
        "Heat maps of the confusion matrices; the tables of this section hold the same counts.",
    ),
    "classifier_comparison": _Figure(
        "Mean and 95 % interval of each classifier, and its single repeats.",
        "Accuracy of each classifier with its 95 % interval and a dot for each repeat; the table "
        "of results and the raw values hold the same numbers.",
    ),
    "feature_by_class": _Figure(
        "Exact Shapley values in percentage points: what each feature adds to the recall of each "
        "class and to the accuracy.",
        "Heat maps of the Shapley values by feature and class, one for each classifier; the "
        "tables above hold the same numbers.",
    ),
    "feature_subsets": _Figure(
        "Test accuracy of every subset of the five features, each refitted; bars are 95 % "
        "intervals.",
        "All 31 subsets of the features with the accuracy that each classifier reaches on each; "
        "the table below the figure holds the same numbers.",
    ),
    "learning_curves": _Figure(
        "Loss and accuracy of the network after each epoch.",
        "Line charts of loss and accuracy by epoch, on the training side and, where there is "
        "one, on the validation side.",
    ),
    "augmentation_sheet": _Figure(
        "Training cells, and what augmentation makes of them.",
        "Pictures of one training cell of each class beside turned, mirrored, shifted and scaled "
        "copies of it.",
        photographic=True,
    ),
    "prediction_sheet": _Figure(
        "Test cells that were classed right and wrong. Above each cell, its true class; below, "
        "what the classifiers that erred said instead.",
        "Pictures of cells that every classifier classed right, then of cells that at least one "
        "classed wrong, each with its classes in words.",
        photographic=True,
    ),
}


def render(run: Mapping[str, Any], figures: Mapping[str, bytes]) -> str:
    """Write a run as one self-contained page, which asks for nothing over the network.

    Parameters
    ----------
    run : mapping
        - 'name' (str), 'synthetic' (bool), 'sentence' (str: what was run on what), 'command'
          (str: what makes it again), 'private' (str: why it may not be passed on, or "");
        - 'features' (bool: whether the network has a five-unit layer);
        - 'metrics' (metrics.json), 'ablation' (ablation.json or None), 'health' (health.json or
          None); of a score, 'low' and 'high' may be None where there is no interval;
        - 'paper' (mapping with 'title', 'citation', 'remarks' and 'rows', or None);
        - 'mistakes' (list from `mistakes.nearest`) and 'n_mistakes' (int);
        - 'scatter' (mapping with 'cells' and 'sprite' from `interactive.scatter_cells`, or None);
        - 'leakage' (mapping with 'shared_sources', 'copies_dropped', 'conflicts_dropped',
          'sources_known' and 'sources_found');
        - 'dropped' (list of mappings with 'id' and 'reason'), 'settings' and 'provenance'
          (nested mappings).
    figures : mapping of str to bytes
        PNG files by name; any of `plotting`'s may be missing.

    Returns
    -------
    str
        HTML, the same for the same input. All text is escaped. Each number that is a result
        stands in an element whose attribute data-number is the file and dotted path that it
        comes from ("metrics:classifiers.knn.accuracy.mean", or several, joined by " + ", for a
        sum), whose data-kind is the kind that `format_number` was given, and whose text is what
        `format_number` gave.

    Raises
    ------
    KeyError, IndexError, jinja2.UndefinedError
        If `run` lacks a value that the page shows.
    """
    environment = templates.environment()
    environment.filters["base64"] = lambda content: base64.b64encode(content).decode("ascii")
    number, dropped = Numbers(run), run["dropped"]
    pictures = {name: _embed(name, png) for name, png in figures.items()}
    no_features = not run["features"]
    absent = {
        "differences": no_features,
        "paper": not run["paper"],
        "embedding": not (run["scatter"] or {"embedding_scatter", "pair_plot"} & set(figures)),
        "features": no_features,
        "health": no_features,
        "learning": "learning_curves" not in figures,
    }
    return environment.get_template("page.html.j2").render(
        {key: run[key] for key in run if key not in ("settings", "provenance")},
        styles=own_file("page.css") + own_file("scatter.css"),
        scripts=own_file("scatter.js"),
        as_published=overlap.warning(run["metrics"]["protocol"], run["metrics"]["overlap"]),
        synthetic_text=SYNTHETIC_TEXT if run["synthetic"] else "",
        sections={key: title for key, title in SECTIONS.items() if not absent.get(key)},
        titles={key: classifier.title for key, classifier in CLASSIFIERS.items()},
        metric_titles=METRIC_TITLES,
        number=number,
        findings=scores,
        feature_findings=features,
        figures=pictures,
        drop_counts=[
            (reason, f"{count:,}")
            for reason, count in Counter(_kind_of(drop["reason"]) for drop in dropped).most_common()
        ],
        dropped_shown=[(drop["id"], drop["reason"]) for drop in dropped[:_DROPPED_SHOWN]],
        settings=list(_flatten(run["settings"])),
        provenance=list(_flatten(run["provenance"])),
    )


def format_number(value: float | None, kind: str = "share") -> str:
    """Write a number as the page does.

    Parameters
    ----------
    value : float or None
        None and NaN are written as a dash.
    kind : {"share", "signed", "integer", "decimal", "p"}
        Three decimals; three with a sign; none, with commas between thousands; two, with commas;
        three, but "< 0.001" below that.

    Returns
    -------
    str
        With a typographic minus sign; what rounds to zero has no sign.
    """
    if value is None or math.isnan(value):
        return "–"
    if kind == "p" and value < 0.001:
        return "< 0.001"
    text = format(value, _FORMATS[kind])
    return text.replace("-", "−") if text.strip("+-0.,") else text.lstrip("+-")


class Numbers:
    """Writes the numbers of a run as HTML, each marked with the file and path it comes from."""

    def __init__(self, run: Mapping[str, Any]) -> None:
        self._run = run

    def __call__(self, *path: str | int, kind: str = "share") -> Markup:
        """Write the number at a path, whose first part is the file."""
        return self._marked([path], kind)

    def score(self, *path: str | int, kind: str = "share") -> Markup:
        """Write a score: its mean and, where it has one, its interval."""
        mean = self(*path, "mean", kind=kind)
        if None in (self._at((*path, "low")), self._at((*path, "high"))):
            return mean
        ends = (self(*path, end, kind=kind) for end in ("low", "high"))
        return mean + Markup(" <small>{} to {}</small>").format(*ends)

    def total(self, stem: Path, keys: Iterable[str | int], leaf: Path = (), *, kind: str) -> Markup:
        """Write the sum of the numbers at the paths that each key makes between stem and leaf."""
        return self._marked([(*stem, key, *leaf) for key in keys], kind)

    def _marked(self, paths: Sequence[Path], kind: str) -> Markup:
        values = [self._at(path) for path in paths]
        source = " + ".join(f"{path[0]}:{'.'.join(map(str, path[1:]))}" for path in paths)
        return Markup('<span data-number="{}" data-kind="{}">{}</span>').format(
            source, kind, format_number(None if None in values else sum(values), kind)
        )

    def _at(self, path: Path) -> Any:
        return functools.reduce(operator.getitem, path, self._run)  # type: ignore[arg-type]


def _embed(name: str, png: bytes) -> dict[str, Any]:
    """Turn a PNG into a smaller WebP: charts without loss, pictures of cells nearly so."""
    with Image.open(io.BytesIO(png)) as opened:
        picture = opened.convert("RGB")
    file = io.BytesIO()
    photographic = _FIGURES[name].photographic
    picture.save(file, "WEBP", lossless=not photographic, quality=_WEBP_QUALITY)
    return {
        "data": file.getvalue(),
        "width": picture.width,
        "height": picture.height,
        "caption": _FIGURES[name].caption,
        "alt": _FIGURES[name].alt,
    }


def _kind_of(reason: str) -> str:
    """Leave out which file a dropped one is a copy of, so that like reasons count together."""
    return reason.partition(":")[0].partition(" of ")[0]


def _flatten(nested: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give each value under its dotted path, as it would be named in a configuration."""
    for key, value in nested.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            yield f"{prefix}{key}", text
