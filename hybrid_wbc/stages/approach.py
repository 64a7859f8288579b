"""Which approach makes a repeat's network of a lent one: compared on folds, the best taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hybrid_wbc.classical import classifiers
from hybrid_wbc.classical.calibration import grouped_folds
from hybrid_wbc.config.choices import (
    BEST_OF_FOLDS,
    FINE_TUNED,
    GIVEN_EMBEDDING,
    NEW_EMBEDDING,
    Approach,
)
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.loading import Cells
from hybrid_wbc.data.splitting import TRAIN
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.approaches import Approaches, ApproachScore, best_of, score_approach
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.repeat import RunRepeat
from hybrid_wbc.stages.lent_network import TrainingSide, embedder, make
from hybrid_wbc.stages.repeats import Repeat

FEWEST_TO_FINE_TUNE = 20
"""Training cells that the rarest class needs before fine-tuning is tried."""
_FROZEN: tuple[Approach, ...] = (GIVEN_EMBEDDING, NEW_EMBEDDING)
# Each fold of a comparison with fine-tuning costs a training.
_FOLDS, _FOLDS_WITH_TRAINING = 5, 3


def make_network(
    config: Config, cells: Cells, repeat: Repeat, kept: RunRepeat, reporter: Reporter
) -> None:
    """Make the network of a repeat of the one that `network.weights` names, and keep it.

    Raises
    ------
    InputError
        If the network cannot be read, is of another size of pictures, or has no embedding to keep.
    """
    from hybrid_wbc.cnn import lent  # TensorFlow takes seconds to load

    trained = repeat.chosen[repeat.split == TRAIN]
    classes = repeat.classes(cells)
    model = lent.load(Path(config.network.weights))
    size = model.input_shape[1:3]
    if size != (config.data.size,) * 2:
        raise InputError(
            f"data.size: received {config.data.size}, and {config.network.weights} takes {size[0]}"
            f"×{size[1]} pixels; set data.size={size[0]}"
        )
    images = cells.images[trained]
    with reporter.job(f"{repeat.name}: asking the given network") as advance:
        described = lent.describe(model, images, views=config.network.views, progress=advance)
    side = TrainingSide(
        config,
        repeat.name,
        repeat.seed,
        classes,
        images,
        np.searchsorted(classes, cells.labels[trained]),
        cells.sources[trained],
        ~cells.seen[trained] if cells.seen is not None else np.ones(len(trained), dtype=bool),
        described,
        reporter,
    )
    told = kept.approaches() or choose(side)
    kept.write_approaches(told)
    reporter.say(f"{repeat.name}: {in_words(told)}")
    network, history = make(side, _named(told["chosen"]), kept.training_state)
    kept.write_history(history)
    kept.write_network(network)
    kept.training_state.unlink(missing_ok=True)  # only a kill would have needed it


def in_words(told: Approaches) -> str:
    """Say what was tried, what each reached, and what was taken."""
    scores = ", ".join(
        f"{name} {score['balanced_accuracy']['mean']:.3f} "
        f"({score['balanced_accuracy']['low']:.3f} to {score['balanced_accuracy']['high']:.3f})"
        for name, score in told["scores"].items()
    )
    compared = (
        f"mean balanced accuracy of KNN, SVM and forest on {told['folds']} folds of "
        f"{told['cells']} training cells: {scores}; "
        if scores
        else ""
    )
    return f"{compared}taken: {told['chosen']}, {told['reason']}"


def _named(name: str) -> Approach:
    return next(known for known in (*_FROZEN, FINE_TUNED) if known == name)


def choose(side: TrainingSide) -> Approaches:
    """Choose an approach by folds of the training side, or take what the settings name.

    Parameters
    ----------
    side : TrainingSide

    Returns
    -------
    Approaches

    Raises
    ------
    InputError
        If the settings name an approach that the given network is not fit for.
    """
    asked = side.config.training.approach
    has_embedding = bool(side.described.embedding.shape[1])
    if asked != BEST_OF_FOLDS:
        if asked == GIVEN_EMBEDDING and not has_embedding:
            raise InputError(
                f"training.approach: '{GIVEN_EMBEDDING}', and {side.config.network.weights} has no "
                f"embedding layer; set '{NEW_EMBEDDING}' or '{BEST_OF_FOLDS}'"
            )
        return _uncompared(asked, "as the settings say")
    candidates: list[Approach] = [*_FROZEN] if has_embedding else [NEW_EMBEDDING]
    fewest = int(np.bincount(side.y).min())
    frozen = side.config.network.backbone == "frozen"
    if fewest < FEWEST_TO_FINE_TUNE:
        why = f"; not fine-tuned, for that {FEWEST_TO_FINE_TUNE} training cells of each class are "
        why += f"needed and the rarest has {fewest}"
    elif frozen:
        why = "; not fine-tuned, since network.backbone is frozen"
    else:
        why = ""
        candidates.append(FINE_TUNED)
    scored = np.flatnonzero(side.scorable)
    folds = _FOLDS_WITH_TRAINING if FINE_TUNED in candidates else _FOLDS
    fold_of = np.full(len(side.y), -1)
    try:
        if len(np.unique(side.y[scored])) < len(side.classes):
            raise InputError("a class has no training cell that the given network never saw")
        fold_of[scored] = grouped_folds(
            side.classes[side.y[scored]], side.sources[scored], folds=folds, seed=side.seed
        )
    except InputError as error:
        return _uncompared(NEW_EMBEDDING, f"without a comparison: {error}")
    scores: dict[str, ApproachScore] = {
        name: score_approach(
            side.classes[side.y[scored]],
            {key: side.classes[said[scored]] for key, said in _ask(side, name, fold_of).items()},
            side.sources[scored],
            side.classes.tolist(),
            seed=side.seed,
        )
        for name in candidates
    }
    best = best_of(scores)
    reason = "the best on the folds" if len(candidates) > 1 else "the only one that there is"
    return {
        "chosen": best,
        "reason": reason + why,
        "cells": len(scored),
        "folds": int(fold_of.max()) + 1,
        "scores": scores,
    }


def _uncompared(chosen: str, reason: str) -> Approaches:
    return {"chosen": chosen, "reason": reason, "cells": 0, "folds": 0, "scores": {}}


def _ask(side: TrainingSide, approach: Approach, fold_of: np.ndarray) -> dict[str, np.ndarray]:
    """Ask the classifiers about each fold by what was made without it.

    What the given network saw, of fold -1, is always fitted on and never asked about.
    """
    said = {key: np.full(len(side.y), -1) for key in classifiers.PAPER}
    for number in range(int(fold_of.max()) + 1):
        tested = fold_of == number
        part = side.taken(~tested, f"{side.title}, fold {number + 1}: {approach}")
        embed = embedder(part, approach)
        X, X_tested = embed(part), embed(side.taken(tested, part.title))
        options = side.config.classifiers.model_dump(include={"neighbours", "svm", "trees"})
        for key, classifier in classifiers.build(seed=side.seed, **options).items():
            said[key][tested] = classifier.fit(X, part.y).predict(X_tested)
    return said
