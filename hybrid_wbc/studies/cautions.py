"""What must be known to read what a model says of pictures."""

from __future__ import annotations

from collections.abc import Sequence

from hybrid_wbc.evaluation.predicted import PredictedCell, shortest_names
from hybrid_wbc.studies.looking import Picture
from hybrid_wbc.studies.model import Model

# Of files that a line names.
_NAMED = 3
# From which the model is to be told of another microscope: fewer may be rare cells, or a few bad
# pictures.
_ENOUGH_CELLS, _MANY_UNLIKE = 20, 0.25


def cautions(model: Model, seen: Sequence[Picture]) -> list[str]:
    """Say what the pictures were taken for, and what that means for the model's answers.

    Parameters
    ----------
    model : Model
    seen : sequence of Picture

    Returns
    -------
    list of str
    """
    warnings = []
    for kind, other in (("cell", "smears"), ("smear", "cells")):
        guessed = [p.path.name for p in seen if p.guessed and p.kind == kind]
        if guessed:
            what = "single cells" if kind == "cell" else "smears"
            warnings.append(
                f"taken for {what} by what lies in them: {some_of(guessed)}; "
                f"--as {other} says otherwise"
            )
    smears = [picture for picture in seen if picture.kind == "smear"]
    if any(picture.kind == "cell" for picture in seen) and model.framing.of_smears:
        warnings.append(
            "the model was trained on cells cut out of smears: give pictures of single cells, "
            "framed alike"
        )
    if smears and (framed := model.framing.warning()):
        warnings.append(framed)
    names = shortest_names(str(picture.path) for picture in seen)
    count = sum(picture.cell_count for picture in seen)
    if model.adapts and count:
        those = f"these {count} cells" if count > 1 else "this one cell, which changes little"
        warnings.append(
            f"batch normalisation takes its statistics from {those}, without labels: an answer "
            "depends on the other cells"
        )
    first: dict[str, Picture] = {}
    copies = [
        f"{names[str(picture.path)]} (of {names[str(first[picture.content].path)]})"
        for picture in seen
        if picture.content and first.setdefault(picture.content, picture) is not picture
    ]
    if copies:
        warnings.append(f"byte-identical copies, counted once more each: {some_of(copies)}")
    empty = [picture.path.name for picture in smears if not picture.cells]
    if empty:
        warnings.append(f"no white cell found in {some_of(empty)}")
    return warnings


def of_another_microscope(model: Model, cells: Sequence[PredictedCell]) -> list[str]:
    """Say what can be done where many cells are strange, if it can be.

    Parameters
    ----------
    model : Model
    cells : sequence of PredictedCell
        What was said of all cells.

    Returns
    -------
    list of str
        Of one line, or none.
    """
    unlike = sum(cell["unlike"] is True for cell in cells)
    if model.adapts or len(cells) < _ENOUGH_CELLS or unlike < _MANY_UNLIKE * len(cells):
        return []
    from hybrid_wbc.cnn.normalisation import trained_normalisations  # TensorFlow takes seconds

    if model.network is None or not trained_normalisations(model.network):
        return []
    return [
        f"{unlike} of {len(cells)} cells are unlike anything seen: if they are of another stain or "
        "microscope than the model's, --statistics target takes its statistics from them"
    ]


def some_of(names: Sequence[str]) -> str:
    """Name the first few, and say how many more there are.

    Examples
    --------
    >>> some_of(["a.png", "b.png", "c.png", "d.png"])
    'a.png, b.png, c.png and 1 more'
    """
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
