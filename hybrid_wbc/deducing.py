"""Decides otherwise what a paper leaves open, one choice at a time, and measures the distance."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hybrid_wbc import config as configs
from hybrid_wbc.evaluation import reported
from hybrid_wbc.scoring import ScoredRun
from hybrid_wbc.settings import Config
from hybrid_wbc.systems import Protocol, System

# A choice that matters shows with a few; each alternative is trained once for each.
SEEDS = 3


@dataclass(frozen=True)
class Otherwise:
    """A recipe with one of its deduced settings at another value.

    Parameters
    ----------
    key : str
        Of the setting, "section.name".
    value, instead : object
        What it is in the settings that were started from, and here.
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
    protocol : {"as published", "by source"}
    config : Config
        Of the protocol, with what the user changed; a value that it has already is left out.

    Returns
    -------
    list of Otherwise

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
            now = settings[section][name]
            if value == now:
                continue
            settings[section][name] = value
            settings["evaluation"]["seeds"] = min(SEEDS, config.evaluation.seeds)
            word = re.sub(r"[^A-Za-z0-9.]+", "-", f"{name} {value}").strip("-")
            settings["name"] = f"{config.name}-{word}"
            resolved = configs.resolve(settings, f"{system.name}.yaml, {key}")
            found.append(Otherwise(key, now, value, choice.reason, resolved))
    return found


def measure(
    otherwise: Sequence[Otherwise],
    base: ScoredRun,
    figures: Sequence[tuple[str, str]],
    run: Callable[[Config], ScoredRun],
) -> list[dict[str, Any]]:
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
    list of dict
        "key", "value", "instead", "reason", "folder", "repeats" and "scores": for each figure
        "metric", "classifier", "score", "recipe" and "difference", its own less the recipe's.
    """
    return [
        {
            "key": each.key,
            "value": each.value,
            "instead": each.instead,
            "reason": each.reason,
            **_scored(run(each.config), base, figures),
        }
        for each in otherwise
    ]


def _scored(
    run: ScoredRun, base: ScoredRun, figures: Sequence[tuple[str, str]]
) -> Mapping[str, Any]:
    scores = []
    for metric, classifier in figures:
        score = run.score(metric, None, classifier, "test")
        before = base.score(metric, None, classifier, "test")
        apart = reported.difference(score, before) if score and before else None
        scores.append(
            {
                "metric": metric,
                "classifier": classifier,
                "score": score,
                "recipe": before,
                "difference": apart,
            }
        )
    facts = run.facts()
    return {"folder": facts["folder"], "repeats": facts["repeats"], "scores": scores}
