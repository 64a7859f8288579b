"""What a reproduction prints: the paper's figures and ours under each protocol, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hybrid_wbc.cli.views import lines
from hybrid_wbc.cli.views.tables import gap, print_table
from hybrid_wbc.report.words import reproduction as findings

if TYPE_CHECKING:
    from hybrid_wbc.evaluation.reproduction import Reproduction
    from hybrid_wbc.studies.recipe import Plan


def show_plan(plan: Plan) -> None:
    """Show the settings of every run that a reproduction would train."""
    for config in plan.configs:
        click.echo(f"# {config.name}\n{config.to_yaml()}")


def show_reproduction(result: Reproduction, page: Path) -> None:
    """Show a result of `reproduce.reproduce`, and where its page lies."""
    drawn = "SYNTHETIC cells: " if result["synthetic"] else ""
    lines.say(f"{drawn}{result['system']}: {result['about']}")
    lines.say(f"paper: {result['citation']}")
    lines.say(f"its data: {result['data']['says']}")
    for warning in findings.warnings(result):
        lines.say(warning)
    for protocol, run in result["runs"].items():
        lines.say(f"{protocol}: {findings.rests_on(run)} ({run['folder']})")
        for change in result["changed"][protocol]:
            lines.say(f"changed: {change}", start="  ")
    click.echo()
    protocols = list(result["runs"])
    both = len(protocols) == 2
    rows = [
        [
            findings.name_of(row),
            findings.said(row["paper"]),
            *(_joined(findings.score(row[protocol], row["metric"])) for protocol in protocols),
            *([_joined(findings.difference(row["difference"]))] if both else []),
        ]
        for row in result["rows"]
    ]
    heads = ["", "paper", *protocols, *(["published − by source"] if both else [])]
    print_table(heads, rows, f"{drawn}mean (95 % interval, clustered by photograph)")
    if result["deductions"]:
        _show_deductions(result, drawn)
    click.echo()
    for sentence in findings.sentences(result):
        lines.say(sentence)
    for each in result["contradictions"]:
        lines.say(f"the paper against itself ({', '.join(each['bears_on'])}): {each['says']}")
    lines.say(f"page: {page}")


def _show_deductions(result: Reproduction, drawn: str) -> None:
    """Show what each other value of a deduced setting gives, and how far that is away."""
    click.echo()
    names = findings.deductions(result)
    rows = []
    for each in result["deductions"]:
        moved = findings.moved(each)
        cells = [
            _joined((f"{reached}, {apart}", f"({ends})"))
            for name in names
            for _, reached, apart, ends in [moved.get(name, ("", "–", "–", ""))]
        ]
        rows.append([*findings.deduced(each), *cells, findings.failed(each)])
    title = f"{drawn}what the paper leaves open: figure, and its distance from the recipe's"
    print_table(["deduced", "recipe", "instead", *names, ""], rows, title)
    lines.say(findings.how_deduced(result))


def _joined(figure: tuple[str, str]) -> str:
    return gap().join(part for part in figure if part)
