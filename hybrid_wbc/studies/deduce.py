"""Decides otherwise what a paper leaves open, one choice at a time, and measures the distance."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hybrid_wbc.config import load as configs
from hybrid_wbc.config.choices import Protocol
from hybrid_wbc.config.settings import Config
from hybrid_wbc.config.systems import Metric, System
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.reproduction import Deduction, Moved
from hybrid_wbc.studies.score import ScoredRun

# Each alternative is a training of its own for each seed; of ten, three are a start.
SEEDS = 3


@dataclass(frozen=True)
class Otherwise:
    """A recipe with one of its deduced settings at another value.

    Parameters
    ----------
    key : str
        Of the setting, "section.name".
    value, instead : object
        What the recipe has, and what this has.
    reason : str
        Why the recipe has the value that it has.
    config : Config
    """

    key: str
    value: Any
    instead: Any
    reason: str
    config: Config


def alternatives(system: System, protocol: Protocol, config: Config) -> list[Otherwise]:
    """Give the settings of a recipe with each other value that its choices name, one at a time.

    Parameters
    ----------
    system : System
    protocol : Protocol
    config : Config
        Of the protocol, with what the user changed: a setting that the user chose is no longer
        open.

    Returns
    -------
    list of Otherwise
        With the first `SEEDS` of its seeds.

    Raises
    ------
    InputError
        If one of them cannot be with what the user changed.
    """
    found = []
    for key, choice in system.choices(protocol).items():
        section, _, name = key.partition(".")
        for value in choice.instead:
            settings = config.model_dump()
            if settings[section][name] != choice.value:
                continue
            settings[section][name] = value
            settings["evaluation"]["seeds"] = min(SEEDS, config.evaluation.seeds)
            word = re.sub(r"[^A-Za-z0-9.]+", "-", f"{name} {value}").strip("-")
            settings["name"] = f"{config.name}-{word}"
            resolved = configs.resolve(settings, f"{system.name}.yaml, {key}")
            found.append(Otherwise(key, choice.value, value, choice.reason, resolved))
    return found


def measure(
    otherwise: Sequence[Otherwise],
    base: ScoredRun,
    figures: Sequence[tuple[Metric, str]],
    run: Callable[[Config], ScoredRun],
) -> list[Deduction]:
    """Train each alternative, and give its figures and how far they lie from the recipe's.

    Parameters
    ----------
    otherwise : sequence of Otherwise
    base : ScoredRun
        Of the settings that the alternatives were made from, with as many seeds.
    figures : sequence of (metric, classifier)
        What to score on the test side.
    run : callable
        Trains by settings, or finds the run of them.

    Returns
    -------
    list of Deduction
    """
    return [_measure(each, base, figures, run) for each in otherwise]


def _measure(
    each: Otherwise,
    base: ScoredRun,
    figures: Sequence[tuple[Metric, str]],
    run: Callable[[Config], ScoredRun],
) -> Deduction:
    try:
        scored = run(each.config)
    except InputError as error:  # such as a rate at which nothing but NaN is left
        return {
            "key": each.key,
            "value": each.value,
            "instead": each.instead,
            "reason": each.reason,
            "failed": str(error),
            "scores": [],
        }
    facts = scored.facts()
    return {
        "key": each.key,
        "value": each.value,
        "instead": each.instead,
        "reason": each.reason,
        "failed": None,
        "folder": facts["folder"],
        "repeats": facts["repeats"],
        "at_chance": facts["at_chance"],
        "scores": [_beside(scored, base, *figure) for figure in figures],
    }


def _beside(run: ScoredRun, base: ScoredRun, metric: Metric, classifier: str) -> Moved:
    return {
        "metric": metric,
        "classifier": classifier,
        "score": run.score(metric, None, classifier, "test"),
        "recipe": base.score(metric, None, classifier, "test"),
        "difference": run.distance(base, metric, classifier),
    }
