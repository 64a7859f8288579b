"""What `compare` and `transfer` show: runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hybrid_wbc.cli.views import lines
from hybrid_wbc.cli.views.tables import accuracy, macro_f1, macro_recall, p_value, print_table

if TYPE_CHECKING:
    from hybrid_wbc.evaluation.comparison import Comparison
    from hybrid_wbc.studies.compare import Compared, ComparedSet, Transfer


def show_comparison(compared: Compared) -> None:
    """Show runs side by side, and the paired tests or why there are none."""
    from hybrid_wbc.config.names import CLASSIFIERS

    runs = compared["runs"]
    for run in runs:
        drawn = "SYNTHETIC, " if run["synthetic"] else ""
        lines.say(f"{run['name']}: {drawn}{run['n_cells']} test cells, {run['n_sources']} sources")
        if run["warning"]:
            lines.say(run["warning"], start="  ")
    click.echo()
    keys = [key for key in CLASSIFIERS if any(key in run["scores"] for run in runs)]
    rows = [
        [CLASSIFIERS[key].title, *(accuracy(run["scores"].get(key)) for run in runs)]
        for key in keys
    ]
    print_table(["", *(run["name"] for run in runs)], rows, "test accuracy, mean (95 % interval)")
    click.echo()
    _show_tests(compared["paired"], compared["refused"])
    for of_set in compared["other_sets"]:
        click.echo()
        _show_set(of_set, [run["name"] for run in runs])


def _show_set(of_set: ComparedSet, names: Sequence[str]) -> None:
    """Show what the runs reached on another set, and the paired tests or why there are none."""
    from hybrid_wbc.config.names import CLASSIFIERS

    drawn = "SYNTHETIC " if of_set["synthetic"] else ""
    lines.say(
        f"{of_set['name']}, which `stress --on` asked about: {of_set['cells']} {drawn}cells, "
        f"{of_set['sources']} sources"
    )
    scores = of_set["scores"]
    asked = [name for name in names if name in scores]
    keys = [key for key in CLASSIFIERS if any(key in scores[name] for name in asked)]
    rows = [
        [CLASSIFIERS[key].title, *(macro_recall(scores[name].get(key)) for name in asked)]
        for key in keys
    ]
    click.echo()
    print_table(["", *asked], rows, "macro recall, mean (95 % interval)")
    click.echo()
    _show_tests(of_set["paired"], of_set["refused"])


def _show_tests(paired: Mapping[str, Comparison] | None, refused: str) -> None:
    from hybrid_wbc.config.names import CLASSIFIERS

    if paired is None:
        lines.say(f"no paired test: {refused}")
        return
    rows = [
        [
            CLASSIFIERS[key].title,
            f"{pair['first']} − {pair['second']}",
            f"{pair['difference']['mean']:+.3f}",
            f"{pair['difference']['low']:+.3f} to {pair['difference']['high']:+.3f}",
            f"{pair['only_first']}:{pair['only_second']}",
            p_value(pair["p_holm"]),
        ]
        for key, found in paired.items()
        for pair in found["pairs"]
    ]
    n_sources = next(iter(paired.values()))["n_sources"]
    print_table(
        ["", "pair", "difference", "95 % interval", "only one right", "p, Holm"],
        rows,
        f"accuracy, paired, {n_sources} sources: exact McNemar",
    )


def show_options(compared: Transfer, kept_at: Path) -> None:
    """Show the runs of one transfer by their options: accuracy with interval, and macro F1."""
    from hybrid_wbc.config.names import CLASSIFIERS

    runs = compared["runs"]
    drawn = "SYNTHETIC cells, " if runs[0]["synthetic"] else ""
    sets = f"trained on {compared['trained_on']}, tested on {compared['tested_on']}"
    lines.say(f"{drawn}{sets}: {runs[0]['n_cells']} test cells, {runs[0]['n_sources']} sources")
    keys = [key for key in CLASSIFIERS if any(key in run["scores"] for run in runs)]
    heads = ["stain", "normalisation", *(CLASSIFIERS[key].title for key in keys)]
    options = [[run["stain"], run["normalisation"]] for run in runs]
    rows = [
        [*option, *(accuracy(run["scores"].get(key)) for key in keys)]
        for option, run in zip(options, runs, strict=True)
    ]
    click.echo()
    print_table(heads, rows, "accuracy, mean (95 % interval)")
    rows = [
        [*option, *(macro_f1(run["scores"].get(key)) for key in keys)]
        for option, run in zip(options, runs, strict=True)
    ]
    click.echo()
    print_table(heads, rows, "macro F1")
    lines.say(f"with the paired tests: {kept_at}")
