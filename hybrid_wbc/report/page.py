"""Owns the page of a run: one HTML file that holds its numbers, figures, settings and warnings."""

from __future__ import annotations

import base64
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from hybrid_wbc.classical.classifiers import CLASSIFIERS
from hybrid_wbc.report.style import SYNTHETIC_TEXT

METRIC_TITLES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_precision": "macro precision",
    "macro_recall": "macro recall",
    "macro_f1": "macro F1",
    "kappa": "Cohen's kappa",
}
# A figure that is not named here is shown under its own name.
FIGURE_CAPTIONS = {
    "embedding_scatter": "Three features of the embedding; A, training cells; B, test cells. "
    "Both panels have the same axes.",
    "pair_plot": "Every feature of the embedding against every other, and the density of each "
    "class along the diagonal.",
    "confusion_matrices": "Rows are true classes, columns predicted ones; the number is a count "
    "of cells, the colour its share of the row.",
    "learning_curves": "Loss and accuracy of the network after each epoch.",
    "classifier_comparison": "Mean and 95 % interval of each classifier, and its single repeats.",
    "augmentation_sheet": "Training cells, and what augmentation makes of them.",
    "prediction_sheet": "Cells that were classified right and wrong. Above each cell, its true "
    "class; below, what the classifiers that erred said instead.",
}
_DROPPED_SHOWN = 10


def render(run: Mapping[str, Any], figures: Mapping[str, bytes]) -> str:
    """Write a run as one self-contained page, which asks for nothing over the network.

    Parameters
    ----------
    run : mapping
        'name' (str), 'synthetic' (bool), 'metrics' (the run's metrics.json), 'settings' (nested
        mapping), 'dropped' (list of mappings with 'id' and 'reason') and 'provenance' (mapping).
        Of a score, 'low' and 'high' may be None where there is no interval.
    figures : mapping of str to bytes
        PNG files by name, in the order in which they are to be shown.

    Returns
    -------
    str
        HTML, the same for the same input. All text is escaped.

    Raises
    ------
    jinja2.UndefinedError
        If `run` lacks a value that the page shows.
    """
    environment = Environment(
        loader=PackageLoader("hybrid_wbc.report", "."), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["decimal"] = _decimal
    dropped = run["dropped"]
    return environment.get_template("page.html.j2").render(
        name=run["name"],
        synthetic=run["synthetic"],
        synthetic_text=SYNTHETIC_TEXT,
        metrics=run["metrics"],
        metric_titles=list(METRIC_TITLES.items()),
        classifiers=[
            (CLASSIFIERS[name].title, scores)
            for name, scores in run["metrics"]["classifiers"].items()
        ],
        figures=[
            {
                "title": name.replace("_", " ").capitalize(),
                "caption": FIGURE_CAPTIONS.get(name, ""),
                "data": base64.b64encode(png).decode("ascii"),
            }
            for name, png in figures.items()
        ],
        dropped=dropped,
        drop_counts=[
            (reason, f"{count:,}")
            for reason, count in Counter(drop["reason"] for drop in dropped).most_common()
        ],
        dropped_shown=[(drop["id"], drop["reason"]) for drop in dropped[:_DROPPED_SHOWN]],
        settings=list(_flatten(run["settings"])),
        provenance=list(_flatten(run["provenance"])),
    )


def _decimal(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.3f}"


def _flatten(nested: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give each value under its dotted path, as it would be named in a configuration."""
    for key, value in nested.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            yield f"{prefix}{key}", text
