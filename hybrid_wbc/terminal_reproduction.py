"""What a reproduction prints: the paper's figures and ours under each protocol, side by side."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from hybrid_wbc.evaluation.reported import ELEMENT_WISE
from hybrid_wbc.systems import PROTOCOLS
from hybrid_wbc.terminal import print_table


def show_reproduction(result: Mapping[str, Any], path: Path) -> None:
    """Show a result of `reproducing.reproduce`, and where it is kept."""
    drawn = "SYNTHETIC cells: " if result["synthetic"] else ""
    click.echo(f"{drawn}{result['system']}: {result['about']}")
    click.echo(f"paper: {result['citation']}")
    click.echo(f"its data: {result['data']['says']}")
    if result["other_data"]:
        click.echo(
            "OTHER DATA: these cells are not the set that the paper's figures are of "
            f"({result['data']['name']}), or not all of it"
        )
    for protocol in PROTOCOLS:
        if protocol in result["runs"]:
            click.echo(f"{protocol}: {_rests_on(result['runs'][protocol])}")
            for change in result["changed"][protocol]:
                click.echo(f"  changed: {change}")
    click.echo()
    shown = [protocol for protocol in PROTOCOLS if protocol in result["runs"]]
    difference = ["published − by source"] if len(shown) == 2 else []
    rows = [
        [
            name_of(row),
            _paper(row),
            *(_score(row[protocol], row["metric"]) for protocol in shown),
            *([_difference(row)] if difference else []),
        ]
        for row in result["rows"]
    ]
    title = "mean (95 % interval, clustered by photograph)"
    print_table(["", "paper", *shown, *difference], rows, f"{drawn}{title}")
    click.echo()
    for sentence in _sentences(result):
        click.echo(sentence)
    for each in result["contradictions"]:
        click.echo(f"the paper against itself ({', '.join(each['bears_on'])}): {each['says']}")
    click.echo(f"kept: {path}")


def name_of(row: Mapping[str, Any]) -> str:
    """Name a figure by its metric and by what sets it apart from others of the metric."""
    from hybrid_wbc.classical.classifiers import CLASSIFIERS

    parts = [row["metric"]]
    if row["class"]:
        parts.append(row["class"])
    if row["classifier"] != "cnn":
        parts.append(CLASSIFIERS[row["classifier"]].title)
    on = {
        "test": None,
        "all": "all images, trained on or not",
        "not stated": "of images not named",
    }
    side = on.get(row["scored_on"], f"{row['scored_on']} side")
    if side:
        parts.append(side)
    if row["paper"] and row["paper"]["epochs"]:
        parts.append(f"{row['paper']['epochs']} epochs")
    return ", ".join(parts)


def _rests_on(run: Mapping[str, Any]) -> str:
    test = run["evidence"]["test"]
    trainings = "training" if run["repeats"] == 1 else "trainings"
    overlap = run["overlap"]
    shared = (
        f"; {overlap['shared_test_cells']:,} of {overlap['test_cells']:,} test images show a "
        "photograph that was trained on"
        if overlap["shared_test_cells"]
        else ""
    )
    return (
        f"{run['data']}, {run['repeats']} {trainings} of {run['epochs']} epochs; tested on "
        f"{test['cells']:,} cells of {test['sources']:,} photographs, worth "
        f"{test['effective_sources']:,.0f}{shared} ({run['folder']})"
    )


def _paper(row: Mapping[str, Any]) -> str:
    paper = row["paper"]
    if paper is None:
        return "–"
    ends = [f"{paper[end]:,.5g}" for end in ("lowest", "highest")]
    return "–".join(dict.fromkeys(ends))


def _score(score: Mapping[str, Any] | None, metric: str) -> str:
    if score is None:
        return "–"
    mean = _number(score["mean"], metric)
    if metric == "misclassified":
        return f"{mean} of {score['of']:,.0f}"
    if score["low"] is None:
        return mean
    gap = "\n" if sys.stdout.isatty() else " "
    return f"{mean}{gap}{_number(score['low'], metric)}–{_number(score['high'], metric)}"


def _difference(row: Mapping[str, Any]) -> str:
    found = row["difference"]
    if found is None:
        return "–"
    if found["low"] is None:
        return f"{found['mean']:+.3f}"
    gap = "\n" if sys.stdout.isatty() else " "
    return f"{found['mean']:+.3f}{gap}{found['low']:+.3f} to {found['high']:+.3f}"


def _number(value: float, metric: str) -> str:
    return f"{value:,.0f}" if metric == "misclassified" else f"{value:.3f}"


def _sentences(result: Mapping[str, Any]) -> Sequence[str]:
    """Say how far the element-wise accuracy lies above the share of images that are right."""
    found = {
        (row["metric"], protocol): row[protocol]["mean"]
        for row in result["rows"]
        for protocol in PROTOCOLS
        if row["classifier"] == "cnn" and not row["class"] and row["scored_on"] == "test"
        if row[protocol]
    }
    return [
        f"{protocol}: Keras' element-wise accuracy says {found[ELEMENT_WISE, protocol]:.3f} where "
        f"{found['accuracy', protocol]:.3f} of the images are right"
        for protocol in PROTOCOLS
        if (ELEMENT_WISE, protocol) in found and ("accuracy", protocol) in found
    ]
