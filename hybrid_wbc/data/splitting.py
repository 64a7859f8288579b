"""Which side each sample lies on: stratified by class, whole sources together, seeded by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from hybrid_wbc.config.choices import SIDES
from hybrid_wbc.errors import InputError

TRAIN, VALIDATION, TEST = SIDES
# A stream of random numbers for each decision, so that changing one leaves the others alone.
_DRAW, _HOLD_OUT_TEST, _HOLD_OUT_VALIDATION = 1, 2, 3
_TOO_FEW = "it has too few independent sources:"
_LEAVE_OUT = "or leave the class out with data.classes"


def draw(labels: Sequence[str], counts: Mapping[str, int], seed: int) -> np.ndarray:
    """Draw a fixed number of samples of each class, without replacement.

    Parameters
    ----------
    labels : sequence of str, length n
        The class of each sample.
    counts : mapping of str to int
        How many to draw of each class; classes not named are left out.
    seed : int
        The repeat's seed.

    Returns
    -------
    numpy.ndarray of int64, shape (sum of counts,)
        Sorted positions of the samples drawn.

    Raises
    ------
    InputError
        If a class holds fewer samples than asked for.
    """
    names = np.asarray(labels)
    generator = np.random.default_rng([seed, _DRAW])
    drawn = []
    for name, wanted in sorted(counts.items()):
        members = np.flatnonzero(names == name)
        if len(members) < wanted:
            raise InputError(
                f"data.draw: class '{name}' holds {len(members)} cells, {wanted} were asked for; "
                f"classes at hand: {', '.join(sorted(set(labels)))}"
            )
        drawn.append(generator.choice(members, size=wanted, replace=False))
    return np.sort(np.concatenate(drawn))


def split_by_ratio(
    labels: Sequence[str],
    sources: Sequence[str],
    *,
    test: float,
    validation: float,
    seed: int,
) -> np.ndarray:
    """Split at random by ratio, stratified by class, every source on one side.

    The test side is cut first and the validation side from what is left, so that changing the
    size of the validation side leaves the test side as it was.

    Parameters
    ----------
    labels, sources : sequences of str, length n
        The class of each sample and the photograph, smear or patient that it comes from.
    test, validation : float
        Fractions of all samples, each in [0, 1).
    seed : int
        The repeat's seed.

    Returns
    -------
    numpy.ndarray of str, shape (n,)
        "train", "validation" or "test".

    Raises
    ------
    InputError
        If a class has too few sources to lie on both the training and the test side.
    """
    split = np.full(len(labels), TRAIN, dtype=object)
    in_test = _hold_out(labels, sources, test, [seed, _HOLD_OUT_TEST])
    split[in_test] = TEST
    remaining = np.flatnonzero(~in_test)
    split[remaining[validation_side(labels, sources, remaining, validation, seed)]] = VALIDATION
    _require_every_class(labels, split, f"{_TOO_FEW} add cells, change split.test, {_LEAVE_OUT}")
    return split.astype(str)


def split_as_published(
    labels: Sequence[str],
    sources: Sequence[str],
    published: Sequence[str],
    *,
    validation: float,
    seed: int,
) -> np.ndarray:
    """Keep the split that the set comes with; cut a validation side where it brings none.

    Parameters
    ----------
    labels, sources, published : sequences of str, length n
        The class, source and published side ("train", "validation" or "test") of each sample.
    validation : float
        Fraction of all training samples to hold out where the set has no validation side.
    seed : int
        The repeat's seed.

    Returns
    -------
    numpy.ndarray of str, shape (n,)

    Raises
    ------
    InputError
        If the set brings no split, or only one side of it, or puts one source on two.
    """
    split = np.asarray(published, dtype=object)
    sides = set(split.tolist())
    if not {TRAIN, TEST} <= sides or not sides <= set(SIDES):
        found = ", ".join(sorted(side or "no side" for side in sides))
        raise InputError(
            "split.method: 'published' needs samples marked train and test, "
            f"received {found}; use 'ratio' or evaluation.folds"
        )
    sides_of: dict[str, set[str]] = defaultdict(set)
    for source, side in zip(sources, split.tolist(), strict=True):
        sides_of[source].add(side)
    shared = sorted(source for source, its_sides in sides_of.items() if len(its_sides) > 1)
    if shared:
        raise InputError(
            f"split.method: published, the set's own sides, puts source '{shared[0]}' on two sides "
            f"({len(shared)} such sources); split anew with split.method: ratio or "
            "evaluation.folds, or reproduce the sides as they are, marked so wherever they are "
            "shown, with split.protocol: as published"
        )
    if VALIDATION not in sides:
        training = np.flatnonzero(split == TRAIN)
        held_out = validation_side(labels, sources, training, validation, seed)
        split[training[held_out]] = VALIDATION
    _require_every_class(
        labels, split, f"these are the set's own sides: set split.method: ratio, {_LEAVE_OUT}"
    )
    return split.astype(str)


def split_by_folds(
    labels: Sequence[str],
    sources: Sequence[str],
    *,
    folds: int,
    validation: float,
    seed: int,
) -> list[np.ndarray]:
    """Cut into k folds, each the test side once, stratified by class, every source on one side.

    Parameters
    ----------
    labels, sources : sequences of str, length n
        The class and source of each sample.
    folds : int
        How many, at least 2.
    validation : float
        Fraction of all samples to hold out of each fold's training side.
    seed : int
        The repeat's seed.

    Returns
    -------
    list of numpy.ndarray of str, each of shape (n,)

    Raises
    ------
    InputError
        If a class has fewer sources than there are folds.
    """
    for name in sorted(set(labels)):
        n_sources = len({s for s, label in zip(sources, labels, strict=True) if label == name})
        if n_sources < folds:
            raise InputError(
                f"class '{name}' has {n_sources} sources, {folds} folds were asked for: lower "
                "evaluation.folds (or ensemble.networks)"
            )
    from sklearn.model_selection import StratifiedGroupKFold  # readers need none of it: seconds

    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    splits = []
    for training, testing in splitter.split(np.zeros(len(labels)), labels, sources):
        split = np.full(len(labels), TRAIN, dtype=object)
        split[testing] = TEST
        held_out = validation_side(labels, sources, training, validation, seed)
        split[training[held_out]] = VALIDATION
        _require_every_class(
            labels, split, f"{_TOO_FEW} add cells, lower evaluation.folds, {_LEAVE_OUT}"
        )
        splits.append(split.astype(str))
    return splits


def validation_side(
    labels: Sequence[str],
    sources: Sequence[str],
    training: np.ndarray,
    validation: float,
    seed: int,
) -> np.ndarray:
    """Choose the validation side out of the training side, whole sources together.

    Parameters
    ----------
    labels, sources : sequences of str, length n
        The class and source of each sample.
    training : numpy.ndarray of int, shape (m,)
        Positions of the training side.
    validation : float
        Fraction of all samples to hold out.
    seed : int
        The repeat's seed.

    Returns
    -------
    numpy.ndarray of bool, shape (m,)
        Over `training`.
    """
    share = min(1.0, validation * len(labels) / max(1, len(training)))
    return _hold_out(
        [labels[i] for i in training],
        [sources[i] for i in training],
        share,
        [seed, _HOLD_OUT_VALIDATION],
    )


def _hold_out(
    labels: Sequence[str], sources: Sequence[str], ratio: float, seed: Sequence[int]
) -> np.ndarray:
    """Choose whole sources at random until each class has about its share held out.

    A source is taken where that brings the classes nearer to their shares: classes made of single
    images get theirs exactly, a large source has its chance, and none is ever cut.
    """
    names, label_of = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    groups, group_of = np.unique(np.asarray(sources, dtype=str), return_inverse=True)
    contents = np.zeros((len(groups), len(names)), dtype=np.int64)
    np.add.at(contents, (group_of, label_of), 1)
    lacking = np.rint(ratio * contents.sum(axis=0)).astype(np.int64)
    chosen = np.zeros(len(groups), dtype=bool)
    for group in np.random.default_rng(seed).permutation(len(groups)):
        left = lacking - contents[group]
        if np.abs(left).sum() < np.abs(lacking).sum():
            chosen[group] = True
            lacking = left
    return chosen[group_of]


def _require_every_class(labels: Sequence[str], split: np.ndarray, advice: str) -> None:
    names = np.asarray(labels)
    for side in (TRAIN, TEST):
        missing = sorted(set(labels) - set(names[split == side].tolist()))
        if missing:
            raise InputError(
                f"split: class '{missing[0]}' has no cell on the {side} side "
                f"({int((names == missing[0]).sum())} in all); {advice}"
            )
