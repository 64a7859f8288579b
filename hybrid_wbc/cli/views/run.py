"""What commands print on stdout: results, what a data set holds, and what can be named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import numpy as np

from hybrid_wbc.cli.views import lines
from hybrid_wbc.cli.views.tables import gap, print_table, with_interval
from hybrid_wbc.runs.folder import RunFolder

if TYPE_CHECKING:
    from hybrid_wbc.evaluation.ablation import Shapley
    from hybrid_wbc.evaluation.metrics import Overall
    from hybrid_wbc.runs.repeat import RunRepeat

# More columns do not fit a terminal.
_MOST_FEATURES = 8


def show_results(folder: RunFolder) -> None:
    """Show a run's features and scores."""
    from hybrid_wbc.config.names import CLASSIFIERS
    from hybrid_wbc.evaluation import overlap
    from hybrid_wbc.report.words.scores import few_tested
    from hybrid_wbc.runs.results import Run

    run = Run(folder)
    metrics = run.metrics()
    names: tuple[Overall, ...] = ("accuracy", "balanced_accuracy", "macro_f1", "kappa")
    _show_features(run.repeat(metrics["repeats"][0]), synthetic=metrics["synthetic"])
    rows = [
        [CLASSIFIERS[key].title, *(with_interval(scores[name]) for name in names)]
        for key, scores in metrics["classifiers"].items()
    ]
    mark = overlap.mark(metrics["protocol"], synthetic=metrics["synthetic"])
    title = f"{mark}{_what_is_shown(len(metrics['repeats']))}"
    print_table(["", *(name.replace("_", gap()) for name in names)], rows, title)
    for name, part in metrics.get("test_parts", {}).items():
        rows = [
            [CLASSIFIERS[key].title, *(with_interval(scores[each]) for each in names)]
            for key, scores in part["classifiers"].items()
        ]
        titles = ["", *(each.replace("_", gap()) for each in names)]
        print_table(titles, rows, f"{mark}of these, {part['cells']:,} cells of {name}")
    if warning := overlap.warning(metrics["protocol"], metrics["overlap"]):
        lines.say(warning)
    softmax = metrics["classifiers"].get("cnn")
    if softmax is not None and "element_wise_accuracy" in softmax:
        lines.say(
            "with binary cross-entropy Keras reports element-wise accuracy: "
            f"{softmax['element_wise_accuracy']['mean']:.3f}, where "
            f"{softmax['accuracy']['mean']:.3f} of the cells are classed right"
        )
    if few := few_tested(metrics):
        lines.say(f"warning: {few}")
    lines.say(f"{metrics['n_files']} files of {metrics['n_sources']} sources")
    for note in metrics["notes"]:
        lines.say(f"note: {note}")
    lines.say(f"page: {folder.page}")


def _what_is_shown(repeats: int) -> str:
    if repeats == 1:
        return "test side of one training (95 % interval)"
    return f"test side, {repeats} repeats, mean (95 % interval)"


def _show_features(repeat: RunRepeat, *, synthetic: bool) -> None:
    """Show the features of the first two test cells of each class."""
    from hybrid_wbc.data.splitting import TEST

    embeddings = repeat.embeddings()
    if not embeddings.has_features:
        return
    tested = embeddings.split == TEST
    shown = [
        position
        for label in range(len(embeddings.classes))
        for position in np.flatnonzero(tested & (embeddings.y == label))[:2]
    ]
    rows = [
        [
            embeddings.ids[position].rpartition("/")[2],
            embeddings.classes[embeddings.y[position]],
            *(f"{value:.2f}" for value in embeddings.X[position, :_MOST_FEATURES]),
        ]
        for position in shown
    ]
    names = embeddings.names
    first = f"the first {_MOST_FEATURES} of {len(names)} " if len(names) > _MOST_FEATURES else ""
    title = f"{first}features of {len(shown)} of {int(tested.sum())} test cells, {repeat.name}"
    if synthetic:
        title = f"SYNTHETIC cells, {title}"
    print_table(["cell", "class", *names[:_MOST_FEATURES]], rows, title)
    click.echo()


def show_ablation(folder: RunFolder, protocol: str) -> None:
    """Show what each feature is worth to each classifier; `protocol` is that of the run's split."""
    from hybrid_wbc.config.names import CLASSIFIERS
    from hybrid_wbc.evaluation import overlap
    from hybrid_wbc.runs.results import Run

    run = Run(folder)
    ablation = run.ablation()
    mark = overlap.mark(protocol, synthetic=run.provenance()["data"]["synthetic"])
    chance = ablation["chance"]["accuracy"]["mean"]
    for key, found in ablation["classifiers"].items():
        accuracy = {
            tuple(entry["features"]): entry["accuracy"]["mean"] for entry in found["subsets"]
        }
        everything = max(accuracy, key=len)
        rows = []
        for number, name in enumerate(ablation["features"], start=1):
            others = tuple(feature for feature in everything if feature != number)
            refitted = [f"{accuracy[number,]:.3f}", f"{accuracy[others]:.3f}"]
            shuffled = f"{found['permutation'][number - 1]['mean']:+.3f}"
            worth, most = _shapley(found["shapley"], number - 1)
            rows.append([name, *refitted, worth, shuffled, most])
        print_table(
            ["", "alone", "left out", "Shapley", "shuffled", "most for the recall of"],
            rows,
            f"{mark}{CLASSIFIERS[key].title}: test accuracy {accuracy[everything]:.3f} with "
            f"all {len(everything)} features, {chance:.3f} by chance",
        )
        click.echo()
    exact = all(found["shapley"] is not None for found in ablation["classifiers"].values())
    lines.say(
        "alone, left out: accuracy. "
        + (
            "Shapley: exact; the column adds up to the accuracy less chance. "
            if exact
            else "Shapley: not computed of more than eight features. "
        )
        + "shuffled: accuracy lost when the column is shuffled among the test cells, another "
        "question than refitting."
    )
    lines.say(f"every refit: {folder.ablation_table}")


def _shapley(worth: Shapley | None, feature: int) -> tuple[str, str]:
    """Give what a feature is worth, and the class whose recall it adds most to."""
    if worth is None:
        return "–", "–"
    gains = {
        label: mean
        for label, scores in worth["recall"].items()
        if (mean := scores[feature]["mean"]) is not None
    }
    # A feature that adds to no recall is of most use to none.
    label, gain = max(gains.items(), key=lambda each: each[1], default=("", 0.0))
    most = f"{label} {gain:+.3f}" if gain > 0 else "none"
    return f"{worth['accuracy'][feature]['mean']:+.3f}", most
