"""A model that is told which of its classes can occur, and chooses among these alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hybrid_wbc.data.sets.class_names import class_name
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.probabilities import likeliest_of, of_chosen
from hybrid_wbc.studies.asking import Answers
from hybrid_wbc.studies.model import HeldOut, Model


def among(model: Model, classes: Sequence[str]) -> Model:
    """Have a model choose among some of its classes.

    What is known of a smear counts: where no erythroblasts are looked for, a cell that looks most
    like one gets the likeliest of the other classes. The probabilities of the classes that can
    occur are divided by their sum, for held-out cells as for new ones, and only held-out cells of
    these classes count: prediction sets and the differential's limits hold for such pictures.

    Parameters
    ----------
    model : Model
    classes : sequence of str
        Two or more of the model's, however they are spelled.

    Returns
    -------
    Model
        Only classifiers with probabilities answer, and one that gives none of these classes any
        keeps what it said; of the one that is counted, all are alike likely then.

    Raises
    ------
    InputError
        If a name is not a class of the model, or fewer than two are named.
    """
    classes = [name if name in model.classes else class_name(name) for name in classes]
    unknown = [name for name in classes if name not in model.classes]
    if unknown or len(set(classes)) < 2:
        received = ", ".join(classes) or "nothing"
        raise InputError(
            f"--classes: received {received}; name two or more of {', '.join(model.classes)}"
        )
    chosen = np.array([name in classes for name in model.classes])
    all_names = np.array(model.classes)
    names, others = all_names[chosen], ", ".join(all_names[~chosen])

    def say(images: np.ndarray, measured: np.ndarray | None) -> Answers:
        answers = model.say(images, measured)
        if model.answered_by not in answers.given:
            raise InputError(
                f"--classes: {model.answered_by} of {model.name} gives no probabilities, by which "
                "the likeliest of some classes could be told; leave --classes out"
            )
        given = {key: of_chosen(p, chosen) for key, p in answers.given.items()}
        said = {key: all_names[likeliest_of(p, chosen)] for key, p in answers.given.items()}
        said[model.answered_by] = names[given[model.answered_by].argmax(axis=1)]
        return replace(
            answers, said={key: said[key] for key in answers.said if key in said}, given=given
        )

    note = f"--classes: no answer names {others}, whatever a cell looks like"
    return replace(
        model,
        classes=names.tolist(),
        say=say,
        held_out=None if model.held_out is None else _held_out(model.held_out, chosen),
        warnings=[*model.warnings, *([note] if others else [])],
    )


def _held_out(held_out: HeldOut, chosen: np.ndarray) -> HeldOut:
    """Keep the held-out cells of the chosen classes, and what is said of them among these."""
    kept = chosen[held_out.y]
    position = np.cumsum(chosen) - 1
    probabilities = of_chosen(held_out.probabilities[kept], chosen)
    return HeldOut(
        X=held_out.X[kept],
        y=position[held_out.y[kept]],
        sources=held_out.sources[kept],
        said=probabilities.argmax(axis=1),
        probabilities=probabilities,
        outside=None if held_out.outside is None else held_out.outside[kept],
    )
