"""What commands say of a published system: where its settings come from, what its paper reports."""

from __future__ import annotations

from collections.abc import Iterable

import yaml

from hybrid_wbc.cli.views.tables import print_words
from hybrid_wbc.config.systems import PROTOCOLS, Choice, Figure, System


def show_system(system: System) -> None:
    """Show a system's paper, its settings, its figures and where it does not agree with itself."""
    print_words(
        ["", ""],
        [
            (system.name, system.about),
            ("paper", system.title),
            ("cite", system.citation),
            *([("from", system.url)] if system.url else []),
            ("data", f"{system.dataset.name}: {system.dataset.says}"),
        ],
    )
    choices = ["setting", "value", "basis", "where in the paper, or why"]
    print_words(choices, _rows(system.settings))
    for protocol in PROTOCOLS:
        rules = system.protocols[protocol]
        print_words(choices, _rows(rules.settings), f"{protocol}: {rules.about}")
    print_words(
        ["figure", "value", "scored on", "in the paper's words", "basis", "place"],
        [
            (_name(figure), _value(figure), figure.scored_on, figure.words, figure.basis,
             figure.place)
            for figure in system.figures
        ],
    )  # fmt: skip
    print_words(
        ["bears on", "contradiction"],
        [(", ".join(each.bears_on), each.says) for each in system.contradictions],
    )


def _rows(settings: dict[str, Choice]) -> Iterable[tuple[str, ...]]:
    for key, choice in settings.items():
        value, *others = (
            yaml.safe_dump(each, default_flow_style=True).removesuffix("...\n").strip()
            for each in (choice.value, *choice.instead)
        )
        left = f" (also open: {', '.join(others)})" if others else ""
        yield key, f"{value}{left}", choice.basis, choice.reason


def _name(figure: Figure) -> str:
    """Name a figure by its metric, and by what sets it apart from others of the metric."""
    apart = [figure.class_name, None if figure.classifier == "cnn" else figure.classifier]
    if figure.epochs:
        apart.append(f"{figure.epochs} epochs")
    return ", ".join([figure.metric, *(part for part in apart if part)])


def _value(figure: Figure) -> str:
    return "–".join(f"{value:g}" for value in dict.fromkeys(figure.span))
