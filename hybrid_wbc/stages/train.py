"""The training stage: the network of a repeat and, where asked for, its ensemble of networks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hybrid_wbc.config.choices import GRADIENT_DESCENT, SHAPE, SIDES
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.loading import Cells
from hybrid_wbc.data.rows import Rows
from hybrid_wbc.data.splitting import TRAIN, VALIDATION, split_by_folds
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.network import TrainedNetwork
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages.approach import make_network
from hybrid_wbc.stages.repeats import Repeat

# The repeats' own seeds lie close together; an ensemble's lie far from all of them.
_SEEDS_APART = 100_000


def train_repeat(
    config: Config, folder: RunFolder, cells: Cells, repeat: Repeat, reporter: Reporter
) -> None:
    """Train the repeat's networks that are missing, each going on from the last epoch it kept.

    With hand-made features alone there are none.
    """
    kept = Run(folder).begin_repeat(repeat.name)
    if config.classifiers.features == SHAPE:
        return
    if config.training.approach != GRADIENT_DESCENT:
        if not kept.is_trained:
            make_network(config, cells, repeat, kept, reporter)
        return
    sides: dict[str, np.ndarray] = {side: repeat.split == side for side in SIDES}
    subsets = ensemble_subsets(config, cells, repeat)
    _train_network(config, cells, repeat, sides, kept, repeat.seed, reporter)
    members = kept.members(len(subsets))
    for number, (member, subset) in enumerate(zip(members, subsets, strict=True)):
        seed = repeat.seed + _SEEDS_APART * (1 + number)
        part = sides | {TRAIN: subset}
        _train_network(config, cells, repeat, part, member, seed, reporter)


def ensemble_subsets(config: Config, cells: Cells, repeat: Repeat) -> list[np.ndarray]:
    """Say which cells each network of the ensemble is trained on: all but one fold of the side.

    Parameters
    ----------
    config : Config
    cells : Cells
    repeat : Repeat

    Returns
    -------
    list of numpy.ndarray of bool, shape (m,)
        One a network, over the cells of the repeat; empty where no ensemble is asked for.

    Raises
    ------
    InputError
        If a class has fewer sources on the training side than there are networks.
    """
    if config.ensemble.networks is None:
        return []
    training = np.flatnonzero(repeat.split == TRAIN)
    chosen = repeat.chosen[training]
    parts = split_by_folds(
        cells.labels[chosen].tolist(),
        cells.sources[chosen].tolist(),
        folds=config.ensemble.networks,
        validation=0.0,
        seed=repeat.seed,
    )
    subsets = []
    for part in parts:
        subset = np.zeros(len(repeat.split), dtype=bool)
        subset[training[part == TRAIN]] = True
        subsets.append(subset)
    return subsets


def _train_network(
    config: Config,
    cells: Cells,
    repeat: Repeat,
    sides: Mapping[str, np.ndarray],
    kept: TrainedNetwork,
    seed: int,
    reporter: Reporter,
) -> None:
    """Train one network on the cells of `sides`, and keep it, unless it is there."""
    if kept.is_trained:
        kept.training_state.unlink(missing_ok=True)
        return
    # TensorFlow takes seconds to load; the stages after extraction do without it.
    from hybrid_wbc.cnn.fitting import fit_network

    classes = repeat.classes(cells)
    labels = np.searchsorted(classes, cells.labels[repeat.chosen])
    images = Rows.of(cells.images, repeat.chosen)
    strata = labels
    if cells.origins is not None:
        _, sets = np.unique(cells.origins[repeat.chosen], return_inverse=True)
        strata = sets * len(classes) + labels
    trained, validation = sides[TRAIN], sides[VALIDATION]
    title = repeat.name if kept.name == repeat.name else f"{repeat.name} {kept.name}"
    with reporter.job(f"{title}: training") as advance:
        model, history = fit_network(
            config.network,
            config.training,
            config.augmentation,
            Rows.of(images, trained),
            labels[trained],
            strata=strata[trained],
            classes=len(classes),
            seed=seed,
            validation=(
                (Rows.of(images, validation), labels[validation]) if validation.any() else None
            ),
            checkpoint=kept.training_state,
            advance=advance,
        )
    kept.write_history(history)
    kept.write_network(model)
    # Only a kill would have needed it.
    kept.training_state.unlink(missing_ok=True)
