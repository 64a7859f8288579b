"""Owns the model card of a run in one file: what it is, what it reached, what it is not for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.sets.catalog import DATASETS
from hybrid_wbc.evaluation.certainty import Certainty
from hybrid_wbc.evaluation.conformal import Coverage
from hybrid_wbc.evaluation.score_types import AnyScore
from hybrid_wbc.evaluation.scoring import Metrics
from hybrid_wbc.evaluation.stress import Stress, Tested

_NOT_FOR = (
    "This is for research. It is no medical device, it was held against no patients' outcomes, and "
    "no answer of it is a diagnosis. Its figures are of the laboratories that are named here: in "
    "another, measure it first (`hybrid-wbc stress`), or train it on (`hybrid-wbc train-on`)."
)


def card(
    title: str,
    config: Config,
    metrics: Metrics,
    *,
    versions: Mapping[str, str],
    dataset: str,
    stress: Stress | None,
    certainty: Mapping[str, Certainty],
    coverage: Sequence[Coverage],
    changed: Mapping[str, int],
    cells: int,
    answered_by: str,
    about: str = "",
) -> str:
    """Write a model card.

    Parameters
    ----------
    title : str
    config : Config
    metrics : Metrics
        Of the run, which the card's figures are of unless it says otherwise.
    versions : mapping of str to str
        Of the program and its libraries, which made it.
    dataset : str
        The catalogue's name of the set that it was trained on, or empty.
    stress : Stress or None
        Where it was measured, what it reaches on other sets.
    certainty : mapping of str to Certainty
        By classifier, of the held-out cells.
    coverage : sequence of Coverage
        Of the prediction sets, by level.
    changed : mapping of str to int
        By classifier: the held-out cells whose class is another in half precision.
    cells : int
        How many held-out cells were asked about in half precision.
    answered_by : str
        The classifier whose answer is counted.
    about : str
        What its maker says of the data, their licences and its use, in Markdown.

    Returns
    -------
    str
        Markdown.
    """
    synthetic = "**SYNTHETIC: trained on drawn cells; its answers say nothing of blood.**\n\n"
    parts = [
        f"# {title}\n\n{synthetic if metrics['synthetic'] else ''}{_NOT_FOR}",
        f"## What it is\n\n{_what(config, versions, metrics, answered_by)}",
        f"## Data\n\n{_data(metrics, dataset)}" + (f"\n\n{about.strip()}" if about.strip() else ""),
        "## On cells that took no part\n\n" + _scores(metrics),
        _by_class(metrics, answered_by),
        "## How sure it is\n\n" + _sureness(certainty, coverage, cells, changed),
        "## On other sets\n\n" + _elsewhere(stress),
    ]
    if metrics["notes"]:
        parts.append("## What must be known\n\n" + _bullets(metrics["notes"]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _what(config: Config, versions: Mapping[str, str], metrics: Metrics, answered_by: str) -> str:
    network = config.network
    start = {"none": "drawn weights", "imagenet": "ImageNet's weights"}.get(
        network.weights, "weights of a file"
    )
    lines = [
        f"{network.name} from {start}, cut at a layer of {network.embedding_units} units, on "
        f"{config.data.size}×{config.data.size} pixels (crop: {config.data.crop}); the classifiers "
        f"are {', '.join(_title(key) for key in metrics['classifiers'])}",
        f"the answer that is counted is that of {_title(answered_by)}, over {network.views} "
        f"view{'s' if network.views > 1 else ''} of each picture",
        f"trained for {config.training.epochs} epochs with seed {config.seed}, by the config "
        f"`{config.name}` of hybrid-wbc {versions.get('hybrid-wbc', 'of an unknown version')}",
        "made with "
        + ", ".join(
            f"{name} {version}" for name, version in versions.items() if name != "hybrid-wbc"
        ),
        f"classes: {', '.join(metrics['classes'])}",
    ]
    return _bullets(lines)


def _data(metrics: Metrics, dataset: str) -> str:
    counts = metrics["counts"]
    sides = list(counts)
    rows = [
        [label, *(f"{counts[side].get(label, 0):,}" for side in sides)]
        for label in metrics["classes"]
    ]
    split = (
        "Photographs, smears or patients, as far as they are known, lie on one side each "
        f"(split: {metrics['protocol']})."
    )
    known = DATASETS.get(dataset)
    licence = f"\n\n{known.title}: {known.licence}. {known.citation}" if known else ""
    trained = f"Trained on {metrics['trained_on']}. {split}"
    return f"{trained}{licence}\n\n{_table(['cells', *sides], rows)}"


def _scores(metrics: Metrics) -> str:
    head = ["tested on", "cells", "classifier", "accuracy", "macro recall", "macro F1"]
    rows = []
    parts = metrics.get("test_parts") or {}
    given = [("all", metrics["evidence"]["test"]["cells"], metrics["classifiers"])]
    if len(parts) > 1:
        given += [(name, part["cells"], part["classifiers"]) for name, part in parts.items()]
    for name, cells, classifiers in given:
        for key, scores in classifiers.items():
            shown = (scores["accuracy"], scores["macro_recall"], scores["macro_f1"])
            rows.append([name, f"{cells:,}", _title(key), *map(_score, shown)])
    return "95 % intervals by bootstrap over sources.\n\n" + _table(head, rows)


def _by_class(metrics: Metrics, answered_by: str) -> str:
    scores = metrics["classifiers"][answered_by]["per_class"]
    rows = [
        [label, *(_score(each[name]) for name in ("recall", "precision", "f1"))]
        for label, each in scores.items()
    ]
    head = ["class", "recall", "precision", "F1"]
    return f"By class, {_title(answered_by)}:\n\n{_table(head, rows)}"


def _sureness(
    certainty: Mapping[str, Certainty],
    coverage: Sequence[Coverage],
    cells: int,
    changed: Mapping[str, int],
) -> str:
    rows = [
        [_title(key), _score(each["calibration_error"]), _score(each["brier_score"])]
        for key, each in certainty.items()
    ]
    table = _table(["classifier", "expected calibration error", "Brier score"], rows)
    sets = [
        f"prediction sets at {each['level']:.0%} hold the true class of {each['covered']:.1%} of "
        f"{each['cells']:,} cells that they were not made from "
        f"({_range(each['per_class'].values())} by class), with {each['size']:.2f} classes on "
        "average"
        for each in coverage
    ]
    others = [f"{_title(key)} {count}" for key, count in changed.items() if count]
    half = (
        f"the network is kept in half precision: of {cells:,} held-out cells the class is another "
        f"than the run's for {', '.join(others) or 'none'}; the probabilities and sets here are of "
        "half precision, the accuracies above of the run"
    )
    return f"{table}\n\n{_bullets([*sets, half])}"


def _elsewhere(stress: Stress | None) -> str:
    if stress is None or not stress["shift"]:
        return "Not measured: `hybrid-wbc stress RUN --on SET`, and then bundle the run again."
    head = ["set", "cells", "classes", "classifier", "accuracy", "macro recall", "among these"]
    rows = [
        [
            tested["name"],
            f"{tested['cells']:,}",
            str(len(tested["classes"])),
            _title(key),
            _score(scores["accuracy"]),
            _score(scores["macro_recall"]),
            _among(tested, key),
        ]
        for tested in stress["shift"]
        for key, scores in tested["classifiers"].items()
    ]
    told = (
        "Sets that it was not trained on, over the classes that both have; an answer that names "
        "another class counts as wrong. The last column is the macro recall where no other class "
        "can be named, as with `predict --classes`."
    )
    return f"{told}\n\n{_table(head, rows)}"


def _among(tested: Tested, key: str) -> str:
    scores = tested.get("among_shared", {})
    return _score(scores[key]["macro_recall"]) if key in scores else "–"


def _title(key: str) -> str:
    return CLASSIFIERS[key].title


def _score(score: AnyScore) -> str:
    if score["mean"] is None:
        return "–"
    if score["low"] is None or score["high"] is None:
        return f"{score['mean']:.3f}"
    return f"{score['mean']:.3f} ({score['low']:.3f} to {score['high']:.3f})"


def _range(shares: Iterable[float | None]) -> str:
    known = [share for share in shares if share is not None]
    return f"{min(known):.1%} to {max(known):.1%}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
