"""Owns what becomes of the sides that a set itself has: kept, split anew, or refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from hybrid_wbc.config.choices import AUTO, PUBLISHED, RATIO, SIDES, Method
from hybrid_wbc.data.splitting import TEST, TRAIN, VALIDATION
from hybrid_wbc.errors import InputError

NO_SIDE = "no side"
"""What cells without a side are counted under, where others have one."""
REFUSED = "a run would refuse"
"""How a plan begins where a run would end with an error."""
_ANEW = "split.method: ratio (or evaluation.folds) splits all cells anew"


def decide(asked: Method, published: Sequence[str], *, folds: bool = False) -> Method:
    """Say how the cells are split, where the settings leave it to what the set itself says.

    A set whose cells all lie on one side, or on none, is split anew: nothing that the set keeps
    apart is mixed. Where only some cells have a side, or no side is there to be tested on, every
    way on would be a guess about which cells may be trained on.

    Parameters
    ----------
    asked : {"auto", "ratio", "published"}
    published : sequence of str
        The side that the set puts each kept cell on, or "".
    folds : bool
        Whether the whole set is cut into folds.

    Returns
    -------
    {"ratio", "published"}

    Raises
    ------
    InputError
        If some cells have a side and others have none, or there is no train or no test side.

    Examples
    --------
    >>> decide("auto", ["train", "train", "test"])
    'published'
    >>> decide("auto", ["", "", ""])
    'ratio'
    """
    if asked != AUTO:
        return asked
    held = set(published)
    if folds or len(held) <= 1:
        return RATIO
    if "" in held:
        raise InputError(
            "split.method: auto keeps a set's own sides where every cell has one, received "
            f"{counted(published)}: give each cell a side, or take the sides away; {_ANEW}"
        )
    if not {TRAIN, TEST} <= held:
        raise InputError(
            "split.method: auto keeps a set's own sides where there are a train and a test side, "
            f"received {counted(published)}: name the side that is to be tested on test; {_ANEW}"
        )
    return PUBLISHED


def counted(published: Sequence[str]) -> str:
    """Say how many cells lie on each side, such as `train 100, test 48, no side 2`."""
    counts = Counter(published)
    return ", ".join(f"{side or NO_SIDE} {counts[side]:,}" for side in (*SIDES, "") if counts[side])


def plan(published: Sequence[str], n_left_out: int) -> str:
    """Say which split a run would take by default.

    Parameters
    ----------
    published : sequence of str
        As for `decide`.
    n_left_out : int
        Cells that are set aside where the set's own sides are kept, not among `published`; see
        `apart.on_scored_sides`.

    Returns
    -------
    str
    """
    try:
        method = decide(AUTO, published)
    except InputError as error:
        return f"{REFUSED}: {error}"
    if method == PUBLISHED:
        kept = f"a run keeps the set's own sides: {counted(published)}"
        if not n_left_out:
            return kept
        cells = (
            "1 cell is left out, whose source is"
            if n_left_out == 1
            else f"{n_left_out:,} cells are left out, whose sources are"
        )
        return f"{kept}; {cells} tested or validated on too"
    side = published[0] if published else ""
    if side:
        return f"a run splits the cells anew, since all lie on one side, {side}"
    return "a run splits the cells, by ratio or in folds: the set has no sides of its own"


def kept_note(published: Sequence[str], *, test: float, validation: float) -> str:
    """Say that the set's own sides were kept without being asked for, and what that leaves unused.

    Parameters
    ----------
    published : sequence of str
    test, validation : float
        Of the settings.

    Returns
    -------
    str
    """
    unused = [f"split.test ({test:g})"]
    if validation and VALIDATION in published:
        unused.append(f"split.validation ({validation:g})")
    return (
        f"the set's own sides are kept: {counted(published)}; {' and '.join(unused)} "
        f"{'are' if len(unused) > 1 else 'is'} not used, and {_ANEW}"
    )


def overridden_note(
    published: np.ndarray, chosen: np.ndarray, split: np.ndarray, *, repeat: str, by: str
) -> str:
    """Say that the set's own sides were not kept, and how many of its test cells are trained on.

    Parameters
    ----------
    published : numpy.ndarray of str, shape (n,)
        The set's own side of each kept cell.
    chosen : numpy.ndarray of int, shape (m,)
        The cells that take part in the first repeat.
    split : numpy.ndarray of str, shape (m,)
        The side of each in that repeat.
    repeat : str
        Its name.
    by : str
        The setting that splits anew.

    Returns
    -------
    str
        Empty where the set has no sides.
    """
    sides = published.tolist()
    if len(set(sides)) <= 1:
        side = sides[0] if sides else ""
        said = f"all cells lie on one side of the set, {side}: {by} splits them anew"
        return said if side else ""
    tested = published[chosen] == TEST
    trained = int((tested & (split == TRAIN)).sum())
    cells = int(tested.sum())
    said = (
        f": in {repeat}, {trained:,} of its {cells:,} test cells lie on the training side"
        if cells
        else ""
    )
    return f"the set's own sides ({counted(sides)}) were overridden by {by}{said}"
