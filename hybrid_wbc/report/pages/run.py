"""Owns the page of a run: one HTML file that holds its numbers, figures, settings and warnings."""

from __future__ import annotations

import base64
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from PIL import Image
from typing_extensions import TypedDict

from hybrid_wbc.classical.extra import EXTRA
from hybrid_wbc.classical.tuning import Tuned
from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.data.decoding.pictures import decode
from hybrid_wbc.evaluation import overlap
from hybrid_wbc.evaluation.ablation import Ablation
from hybrid_wbc.evaluation.approaches import Approaches
from hybrid_wbc.evaluation.attributes import AttributesTold
from hybrid_wbc.evaluation.health import Health
from hybrid_wbc.evaluation.scoring import Metrics
from hybrid_wbc.evaluation.stress import Stress
from hybrid_wbc.report.figures.style import SYNTHETIC_TEXT
from hybrid_wbc.report.pages import templates
from hybrid_wbc.report.pages.captions import Caption, captions
from hybrid_wbc.report.pages.mistakes import Mistake
from hybrid_wbc.report.pages.numbers import Numbers
from hybrid_wbc.report.pages.scatter import ScatterCells
from hybrid_wbc.report.pages.suspects import Pictured
from hybrid_wbc.report.pages.templates import explorer_scripts, own_file
from hybrid_wbc.report.words import attributes, features, scores
from hybrid_wbc.report.words import stress as stress_words

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
    "probabilities": "Probabilities",
    "features": "What each feature carries",
    "attributes": "What the features tell of shape and colour",
    "classes": "Class by class",
    "learning": "Learning curves",
    "mistakes": "Mistakes",
    "suspects": "Suspected wrong labels",
    "stress": "Under stress",
    "health": "Health of the embedding",
    "evidence": "Leakage and effective size",
    "data": "Data",
    "settings": "Settings",
    "provenance": "Provenance",
}
PROBABILITY_TITLES = {
    "roc_auc": "area under the ROC curve",
    "average_precision": "average precision",
    "log_loss": "log loss",
    "brier_score": "Brier score",
}
_DROPPED_SHOWN = 10
# Beyond so many features, their correlations fill more of a page than anybody reads.
_MOST_CORRELATED = 16
_WEBP_QUALITY = 85


class Scatter(TypedDict):
    """The explorer: its cells, and a sheet of their pictures as WebP."""

    cells: ScatterCells
    sprite: bytes | None


class Leakage(TypedDict):
    """What could let a test cell be known beforehand, and what was done about it.

    `shared_sources` lie on more than one side of a repeat; `sources_found` says whether they were
    found from the pictures.
    """

    shared_sources: int
    copies_dropped: int
    conflicts_dropped: int
    sources_known: bool
    sources_found: bool


class Dropped(TypedDict):
    """A file that was left out."""

    id: str
    reason: str


class Shown(TypedDict):
    """What a run's page shows.

    `sentence` says what was run on what, `command` what makes it again, `folder` where the run lies
    as a command names it, `private` why it may not be passed on, or nothing; `augmentation` what is
    done to training images; `features` how many the classifiers take, 0 without any, and `learned`
    how many of them are the network's; `tuning` what was chosen in each repeat by a search on its
    training side, empty where nothing was searched; `approaches` how each repeat's network was made
    of a given one, empty where none was given; `paper` is what `against_paper` gives, with the
    paper's title and citation.
    """

    name: str
    sentence: str
    command: str
    folder: str
    private: str
    synthetic: bool
    features: int
    learned: int
    metrics: Metrics
    tuning: dict[str, dict[str, Tuned]]
    approaches: dict[str, Approaches]
    ablation: Ablation | None
    attributes: AttributesTold | None
    health: Health | None
    stress: Stress | None
    paper: Mapping[str, object] | None
    mistakes: list[Mistake]
    n_mistakes: int
    suspects: list[Pictured]
    n_suspects: int
    scatter: Scatter | None
    leakage: Leakage
    settings: Mapping[str, object]
    augmentation: str
    dropped: list[Dropped]
    provenance: Mapping[str, object]


class _Picture(TypedDict):
    """A figure as the page holds it; `dark` is what is shown in the dark in its place."""

    data: bytes
    dark: bytes | None
    photographic: bool
    width: int
    height: int
    caption: str
    alt: str


def render(
    run: Shown, figures: Mapping[str, bytes], dark: Mapping[str, bytes] = MappingProxyType({})
) -> str:
    """Write a run as one self-contained page, which asks for nothing over the network.

    Parameters
    ----------
    run : Shown
        A score whose ends are None is shown without its interval.
    figures : mapping of str to bytes
        PNG files by name, on white paper; any of `stages.plot`'s may be missing.
    dark : mapping of str to bytes
        Those of them that hold pictures of cells, on dark paper. Other figures are shown in the
        dark with their lightness turned.

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
    captioned = captions(run["features"], run["learned"])
    pictures = {name: _embed(captioned[name], png, dark.get(name)) for name, png in figures.items()}
    no_features = not run["features"]
    absent = {
        "differences": no_features,
        "paper": not run["paper"],
        "embedding": not (run["scatter"] or {"embedding_scatter", "pair_plot"} & set(figures)),
        "probabilities": not any(
            "probability" in given for given in run["metrics"]["classifiers"].values()
        ),
        "features": no_features,
        "attributes": not run["attributes"],
        "suspects": no_features,
        "health": no_features,
        "learning": "learning_curves" not in figures,
        "stress": not run["stress"],
    }
    return environment.get_template("page.html.j2").render(
        {key: value for key, value in run.items() if key not in ("settings", "provenance")},
        styles=own_file("page.css") + own_file("scatter.css"),
        scripts=explorer_scripts(),
        as_published=overlap.warning(run["metrics"]["protocol"], run["metrics"]["overlap"]),
        synthetic_text=SYNTHETIC_TEXT if run["synthetic"] else "",
        sections={key: title for key, title in SECTIONS.items() if not absent.get(key)},
        titles={key: classifier.title for key, classifier in CLASSIFIERS.items()},
        metric_titles=METRIC_TITLES,
        probability_titles=PROBABILITY_TITLES,
        number=number,
        findings=scores,
        feature_findings=features,
        in_words=features.in_words,
        most_correlated=_MOST_CORRELATED,
        extras=[key for key in run["metrics"]["classifiers"] if key in EXTRA],
        attribute_findings=attributes,
        stress_words=stress_words,
        stress_places=list(stress_words.places(run["stress"])) if run["stress"] else [],
        figures=pictures,
        drop_counts=[
            (reason, f"{count:,}")
            for reason, count in Counter(_kind_of(drop["reason"]) for drop in dropped).most_common()
        ],
        dropped_shown=[(drop["id"], drop["reason"]) for drop in dropped[:_DROPPED_SHOWN]],
        settings=list(_flatten(run["settings"])),
        provenance=list(_flatten(run["provenance"])),
    )


def _embed(caption: Caption, png: bytes, dark: bytes | None) -> _Picture:
    """Turn a PNG into a smaller WebP: charts without loss, pictures of cells nearly so."""
    photographic = caption.photographic
    picture = Image.fromarray(decode(png, of_any_size=True))
    return {
        "data": _webp(picture, lossless=not photographic),
        "dark": dark
        and _webp(Image.fromarray(decode(dark, of_any_size=True)), lossless=not photographic),
        "photographic": photographic,
        "width": picture.width,
        "height": picture.height,
        "caption": caption.caption,
        "alt": caption.alt,
    }


def _webp(picture: Image.Image, *, lossless: bool) -> bytes:
    file = io.BytesIO()
    picture.save(file, "WEBP", lossless=lossless, quality=_WEBP_QUALITY)
    return file.getvalue()


def _kind_of(reason: str) -> str:
    """Leave out which file a dropped one is a copy of, so that like reasons count together."""
    return reason.partition(":")[0].partition(" of ")[0]


def _flatten(nested: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give each value under its dotted path, as it would be named in a configuration."""
    for key, value in nested.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            yield f"{prefix}{key}", text
