"""The repeats of a run: which cells take part in each, and on which side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hybrid_wbc.config.choices import AS_PUBLISHED, PUBLISHED, Method
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data import sides, splitting
from hybrid_wbc.data.loading import Cells
from hybrid_wbc.data.reading import samples
from hybrid_wbc.data.sets.class_names import class_name
from hybrid_wbc.errors import InputError
from hybrid_wbc.runs.folder import repeat_name


@dataclass(frozen=True)
class Repeat:
    """One training and test: which cells of the set take part, and on which side.

    Parameters
    ----------
    name : str
        Of its folder.
    seed : int
    chosen : numpy.ndarray of int, shape (m,)
        Positions in the set.
    split : numpy.ndarray of str, shape (m,)
    """

    name: str
    seed: int
    chosen: np.ndarray
    split: np.ndarray

    def classes(self, cells: Cells) -> np.ndarray:
        """Give the names of the classes that take part, sorted."""
        return np.unique(cells.labels[self.chosen])


def method_of(config: Config, cells: Cells) -> Method:
    """Say how the cells are split: as the settings say, or as the set's own sides allow.

    Raises
    ------
    InputError
        If the settings leave it to the set, and what the set says is not clear.
    """
    folds = config.evaluation.folds is not None
    return sides.decide(config.split.method, cells.published.tolist(), folds=folds)


def note_of_sides(config: Config, cells: Cells) -> str:
    """Say what became of the sides that the set itself has, where nobody asked for it by name.

    Returns
    -------
    str
        Empty where the set has none, or the settings ask for its own.
    """
    published = cells.published.tolist()
    if not any(published) or config.split.method == PUBLISHED:
        return ""
    if method_of(config, cells) == PUBLISHED:
        if config.data.test_path is not None:
            return ""
        return sides.kept_note(
            published, test=config.split.test, validation=config.split.validation
        )
    folds = config.evaluation.folds
    first = repeats(config, cells)[0]
    by = "split.method: ratio" if folds is None else f"evaluation.folds: {folds}"
    return sides.overridden_note(
        cells.published, first.chosen, first.split, repeat=first.name, by=by
    )


def repeats(config: Config, cells: Cells) -> list[Repeat]:
    """Draw and split the cells for each seed, and for each fold of it.

    As published the files are split whatever they show; the cells keep their sources, so that
    intervals count photographs all the same.
    """
    apart = cells.sources
    if config.split.protocol == AS_PUBLISHED:
        apart = np.array([samples.image_of(sample_id) for sample_id in cells.ids.tolist()])
    method = method_of(config, cells)
    found = []
    for seed in range(config.seed, config.seed + config.evaluation.seeds):
        chosen = np.arange(len(cells.ids))
        drawn_from = _drawn_from(config, cells)
        counts = _counts(config, cells.labels[drawn_from])
        if counts is not None:
            drawn = splitting.draw(cells.labels[drawn_from].tolist(), counts, seed)
            chosen = np.sort(np.r_[drawn_from[drawn], np.setdiff1d(chosen, drawn_from)])
        labels, sources = cells.labels[chosen].tolist(), apart[chosen].tolist()
        validation = config.split.validation
        if config.evaluation.folds is not None:
            splits = splitting.split_by_folds(
                labels, sources, folds=config.evaluation.folds, validation=validation, seed=seed
            )
        elif method == PUBLISHED:
            published = cells.published[chosen].tolist()
            splits = [
                splitting.split_as_published(
                    labels, sources, published, validation=validation, seed=seed
                )
            ]
        else:
            splits = [
                splitting.split_by_ratio(
                    labels, sources, test=config.split.test, validation=validation, seed=seed
                )
            ]
        if config.training.needs_validation and (splits[0] != splitting.VALIDATION).all():
            raise InputError(
                "training.best_weights and training.patience choose by the validation side, which "
                "is empty: raise split.validation"
            )
        if cells.seen is not None:
            splits = _without_seen_tested(cells, chosen, splits)
        for fold, split in enumerate(splits):
            name = repeat_name(seed, fold if len(splits) > 1 else None)
            found.append(Repeat(name, seed, chosen, split))
    return found


def _without_seen_tested(
    cells: Cells, chosen: np.ndarray, splits: list[np.ndarray]
) -> list[np.ndarray]:
    """Move what a lent network saw to the training side of every split.

    Raises
    ------
    InputError
        If a class would not be tested any more, or nothing in one of the splits.
    """
    if cells.seen is None:
        return splits
    seen = cells.seen[chosen]
    moved = [np.where(seen, splitting.TRAIN, split) for split in splits]
    tested = np.any([split == splitting.TEST for split in moved], axis=0)
    labels = cells.labels[chosen]
    untested = sorted(set(labels.tolist()) - set(labels[tested].tolist()))
    if untested:
        n_seen, of_all = int((seen & (labels == untested[0])).sum()), (labels == untested[0]).sum()
        raise InputError(
            f"network.weights: {n_seen} of the {of_all} cells of class '{untested[0]}' share their "
            "source with what the given network was trained on, and no other is left to test on: "
            "add cells, leave the class out with data.classes, or give a network that never saw "
            "them"
        )
    empty = sum(bool((split != splitting.TEST).all()) for split in moved)
    if empty:
        raise InputError(
            f"network.weights: {int(seen.sum())} of the {len(seen)} cells share their source with "
            f"what the given network was trained on, and {empty} of {len(moved)} folds have no "
            "other to test on: lower evaluation.folds, add cells, or give a network that never "
            "saw them"
        )
    return moved


def _drawn_from(config: Config, cells: Cells) -> np.ndarray:
    """Give the positions that cells are drawn from: a second set for the test stays whole."""
    if config.data.test_path is None:
        return np.arange(len(cells.ids))
    return np.flatnonzero(cells.published != splitting.TEST)


def _counts(config: Config, labels: np.ndarray) -> dict[str, int] | None:
    """Say how many cells to draw of each class, where not all take part."""
    draw = config.data.draw
    if draw is not None:
        counts = {class_name(name): n for name, n in draw.items()}
        if len(counts) < len(draw):
            raise InputError(f"data.draw: two of {', '.join(draw)} name the same class")
        return counts
    if config.data.balance:
        names, found = np.unique(labels, return_counts=True)
        return dict.fromkeys(names.tolist(), int(found.min()))
    return None
