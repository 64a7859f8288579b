"""What commands print on stdout: results, what a data set holds, and what can be named."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from hybrid_wbc import config, systems
from hybrid_wbc.runs import METRICS, PAGE, RunFolder


def show_results(folder: RunFolder) -> None:
    """Show a run's features and scores."""
    from hybrid_wbc.classical.classifiers import CLASSIFIERS
    from hybrid_wbc.evaluation import overlap
    from hybrid_wbc.stages import EMBEDDINGS

    metrics = folder.read_json(METRICS)
    names = ("accuracy", "balanced_accuracy", "macro_f1", "kappa")
    _show_features(folder.path / metrics["repeats"][0] / EMBEDDINGS, metrics["synthetic"])
    # On a terminal the interval goes below its mean: four of them side by side need 100 columns.
    gap = "\n" if sys.stdout.isatty() else " "
    rows = []
    for key, scores in metrics["classifiers"].items():
        cells = [
            f"{scores[name]['mean']:.3f}{gap}{scores[name]['low']:.3f}–{scores[name]['high']:.3f}"
            for name in names
        ]
        rows.append([CLASSIFIERS[key].title, *cells])
    mark = overlap.mark(metrics["protocol"], synthetic=metrics["synthetic"])
    title = f"{mark}test side, {len(metrics['repeats'])} repeat(s), mean (95 % interval)"
    print_table(["", *(name.replace("_", gap) for name in names)], rows, title)
    if warning := overlap.warning(metrics):
        click.echo(warning)
    softmax = metrics["classifiers"]["cnn"]
    if "element_wise_accuracy" in softmax:
        click.echo(
            "with binary cross-entropy Keras reports element-wise accuracy: "
            f"{softmax['element_wise_accuracy']['mean']:.3f}, where "
            f"{softmax['accuracy']['mean']:.3f} of the cells are classed right"
        )
    click.echo(f"{metrics['n_files']} files of {metrics['n_sources']} sources")
    for note in metrics["notes"]:
        click.echo(f"note: {note}")
    click.echo(f"page: {folder.path / PAGE}")


def _show_features(path: Path, synthetic: bool) -> None:
    """Show the five features of the first two test cells of each class."""
    from hybrid_wbc.classical.embeddings import Embeddings
    from hybrid_wbc.data.splitting import TEST

    embeddings = Embeddings.load(path)
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
            *(f"{value:.2f}" for value in embeddings.X[position]),
        ]
        for position in shown
    ]
    features = [f"feature {number}" for number in range(1, embeddings.X.shape[1] + 1)]
    title = f"features of {len(shown)} of {int(tested.sum())} test cells, {path.parent.name}"
    if synthetic:
        title = f"SYNTHETIC cells, {title}"
    print_table(["cell", "class", *features], rows, title)
    click.echo()


def show_check(summary: dict[str, Any]) -> None:
    """Show what `checking.check` found in a data set."""
    kind = "SYNTHETIC, " if summary["synthetic"] else ""
    known = f", recognised as {summary['dataset']}" if summary["dataset"] else ""
    click.echo(f"{summary['path']}: {kind}layout {summary['layout']}{known}")
    sides = sorted({side for counts in summary["classes"].values() for side in counts})
    order = [side for side in ("all", "train", "validation", "test") if side in sides]
    rows = [[name, *(str(counts.get(side, 0)) for side in order)]
            for name, counts in summary["classes"].items()]  # fmt: skip
    totals = [sum(c.get(side, 0) for c in summary["classes"].values()) for side in order]
    rows.append(["total", *map(str, totals)])
    heads = ["cells" if side == "all" else side for side in order]
    print_table(["class", *heads], rows)
    sizes = list(summary["sizes"].items())
    shown = ", ".join(f"{size} ({n})" for size, n in sizes[:5])
    click.echo(f"image sizes: {shown}" + (f" and {len(sizes) - 5} more" if sizes[5:] else ""))
    click.echo(
        f"sources: {summary['n_sources'] or 'none'} named by the set"
        + ("" if summary["n_sources"] else "; a run finds the photographs from the pictures")
    )
    click.echo(f"missing labels: {summary['missing_labels']}")
    click.echo(f"duplicates: {summary['duplicates']}")
    click.echo(f"dropped: {len(summary['dropped'])}")
    for drop in summary["dropped"][:20]:
        click.echo(f"  {drop['id']}: {drop['reason']}")
    if len(summary["dropped"]) > 20:
        click.echo(f"  and {len(summary['dropped']) - 20} more; --json shows all")
    for note in summary["notes"]:
        click.echo(f"note: {note}")
    for warning in summary["warnings"]:
        click.echo(f"warning: {warning}")


def show_ablation(folder: RunFolder, protocol: str) -> None:
    """Show what each feature is worth to each classifier; `protocol` is that of the run's split."""
    from hybrid_wbc.classical.classifiers import CLASSIFIERS
    from hybrid_wbc.evaluation import overlap
    from hybrid_wbc.stages import ABLATION, ABLATION_TABLE

    ablation = folder.read_json(ABLATION)
    mark = overlap.mark(protocol, synthetic=folder.provenance()["data"]["synthetic"])
    chance = ablation["chance"]["accuracy"]["mean"]
    for key, found in ablation["classifiers"].items():
        accuracy = {
            tuple(entry["features"]): entry["accuracy"]["mean"] for entry in found["subsets"]
        }
        everything = max(accuracy, key=len)
        rows = []
        for number, name in enumerate(ablation["features"], start=1):
            others = tuple(feature for feature in everything if feature != number)
            gains = {
                label: scores[number - 1]["mean"]
                for label, scores in found["shapley"]["recall"].items()
                if scores[number - 1]["mean"] is not None
            }
            most = max(gains, key=lambda label: gains[label])
            worth = found["shapley"]["accuracy"][number - 1]["mean"]
            figures = (
                f"{accuracy[number,]:.3f}",
                f"{accuracy[others]:.3f}",
                f"{worth:+.3f}",
                f"{-found['permutation'][number - 1]['mean']:+.3f}",
                f"{most} {gains[most]:+.3f}",
            )
            rows.append([name, *figures])
        print_table(
            ["", "alone", "left out", "Shapley", "shuffled", "most for the recall of"],
            rows,
            f"{mark}{CLASSIFIERS[key].title}: test accuracy {accuracy[everything]:.3f} with "
            f"all {len(everything)} features, {chance:.3f} by chance",
        )
        click.echo()
    click.echo("alone, left out: accuracy. Shapley: exact; the column adds up to the accuracy less")
    click.echo("chance. shuffled: change of the accuracy, another question than refitting.")
    click.echo(f"every refit: {folder.path / ABLATION_TABLE}")


def show_comparison(compared: dict[str, Any]) -> None:
    """Show runs side by side, and the paired tests or why there are none."""
    from hybrid_wbc.classical.classifiers import CLASSIFIERS

    runs = compared["runs"]
    for run in runs:
        drawn = "SYNTHETIC, " if run["synthetic"] else ""
        click.echo(f"{run['name']}: {drawn}{run['n_cells']} test cells, {run['n_sources']} sources")
        if run["warning"]:
            click.echo(f"  {run['warning']}")
    click.echo()
    keys = [key for key in CLASSIFIERS if any(key in run["scores"] for run in runs)]
    rows = [
        [CLASSIFIERS[key].title, *(_accuracy(run["scores"].get(key)) for run in runs)]
        for key in keys
    ]
    print_table(["", *(run["name"] for run in runs)], rows, "test accuracy, mean (95 % interval)")
    click.echo()
    if compared["refused"]:
        click.echo(f"no paired test: {compared['refused']}")
        return
    rows = [
        [
            CLASSIFIERS[key].title,
            f"{pair['first']} − {pair['second']}",
            f"{pair['difference']['mean']:+.3f}",
            f"{pair['difference']['low']:+.3f} to {pair['difference']['high']:+.3f}",
            f"{pair['only_first']}:{pair['only_second']}",
            _p_value(pair["p_holm"]),
        ]
        for key, found in compared["paired"].items()
        for pair in found["pairs"]
    ]
    n_sources = next(iter(compared["paired"].values()))["n_sources"]
    print_table(
        ["", "pair", "difference", "95 % interval", "only one right", "p, Holm"],
        rows,
        f"paired, {n_sources} sources: exact McNemar",
    )


def show_options(compared: dict[str, Any]) -> None:
    """Show the runs of one transfer by their options: accuracy with interval, and macro F1."""
    from hybrid_wbc.classical.classifiers import CLASSIFIERS

    runs = compared["runs"]
    drawn = "SYNTHETIC cells, " if runs[0]["synthetic"] else ""
    sets = f"trained on {compared['trained_on']}, tested on {compared['tested_on']}"
    click.echo(f"{drawn}{sets}: {runs[0]['n_cells']} test cells, {runs[0]['n_sources']} sources")
    keys = [key for key in CLASSIFIERS if any(key in run["scores"] for run in runs)]
    heads = ["stain", "normalisation", *(CLASSIFIERS[key].title for key in keys)]
    options = [[run["stain"], run["normalisation"]] for run in runs]
    rows = [
        [*option, *(_accuracy(run["scores"].get(key)) for key in keys)]
        for option, run in zip(options, runs, strict=True)
    ]
    click.echo()
    print_table(heads, rows, "accuracy, mean (95 % interval)")
    rows = [
        [*option, *(_macro_f1(run["scores"].get(key)) for key in keys)]
        for option, run in zip(options, runs, strict=True)
    ]
    click.echo()
    print_table(heads, rows, "macro F1")


def _macro_f1(scores: dict[str, Any] | None) -> str:
    return "–" if scores is None else f"{scores['macro_f1']['mean']:.3f}"


def _accuracy(scores: dict[str, Any] | None) -> str:
    if scores is None:
        return "–"
    accuracy = scores["accuracy"]
    gap = "\n" if sys.stdout.isatty() else " "
    return f"{accuracy['mean']:.3f}{gap}{accuracy['low']:.3f}–{accuracy['high']:.3f}"


def _p_value(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print a table, its first column to the left and the others to the right."""
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for number, column in enumerate(columns):
        if number == 0:
            table.add_column(column, overflow="fold")
        else:
            table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    # Into a pipe, a table is as wide as it needs to be.
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def print_pairs(pairs: Sequence[tuple[str, str]], indent: str) -> None:
    """Print names with their descriptions, one a line."""
    width = max(len(name) for name, _ in pairs)
    for name, description in pairs:
        click.echo(f"{indent}{name:<{width}}  {description}")


def listed(kind: str) -> list[tuple[str, str]]:
    """Give the names of one kind that a config or command can use, each with a description."""
    if kind == "networks":
        from hybrid_wbc.cnn.networks import NETWORKS

        return [(name, network.description) for name, network in NETWORKS.items()]
    if kind == "classifiers":
        from hybrid_wbc.classical.classifiers import CLASSIFIERS

        return [(name, f"{c.title}: {c.description}") for name, c in CLASSIFIERS.items()]
    if kind == "layouts":
        from hybrid_wbc.data.readers import LAYOUTS

        return [(name, layout.description) for name, layout in LAYOUTS.items()]
    if kind == "systems":
        return [(name, systems.load(name).about) for name in systems.names()]
    return [(name, config.load(name).description) for name in config.shipped()]
