"""The sentences about maps of what raises and lowers a network's numbers."""

from __future__ import annotations

from hybrid_wbc.evaluation.explained import AGREEING, Explanation, Mapped, Said, TrainingCell

ROLES = {"named": "named by the network", "runner-up": "comes second", "unit": "unit"}

HOW_TO_READ = (
    "Blue places raise the number, orange ones lower it. Each map has its own scale: its strongest "
    "place is fully coloured, however little that is.",
    "A map says what this network answers to when this picture is changed. It is no cause, and "
    "not what a haematologist looks at; it says nothing of whether the answer is right.",
)


def heading(mapped: Mapped) -> str:
    """Name the number, what it is, and its value."""
    kind = "unit" if mapped.role == "unit" else f"{ROLES[mapped.role]}, logit"
    return f"{mapped.name}: {kind} {mapped.value:.2f}"


def verdict(mapped: Mapped) -> str:
    """Say whether a map can be read.

    Examples
    --------
    >>> import numpy as np
    >>> rising = np.arange(16.0).reshape(4, 4)
    >>> verdict(Mapped("feature 1", "unit", 0.5, rising, -rising))
    'The two disagree: do not read this map (rank correlation -1.00).'
    """
    found = mapped.agreement
    if found is None:
        return "One of the two is the same everywhere: do not read this map."
    told = f"(rank correlation {found:.2f})"
    if mapped.is_readable:
        return f"The two agree {told}."
    return f"The two disagree: do not read this map {told}."


def answer(said: Said) -> str:
    """Write a classifier's class with its probability, and the class that comes second."""
    if said.probability is None:
        return said.label
    own = f"{said.label} {said.probability:.3f}"
    return f"{own}, then {said.other} {said.other_probability:.3f}"


def cell(shown: TrainingCell, *, distance: bool) -> str:
    """Name a training cell's class, with its distance or its unit's value."""
    return f"{shown.label}, {'distance ' if distance else ''}{shown.number:.2f}"


def in_short(explanation: Explanation) -> list[str]:
    """Say how many maps can be read, how that was found out, and what must be known."""
    maps = sum(len(picture.maps) for picture in explanation.pictures)
    readable = sum(picture.readable for picture in explanation.pictures)
    pictures = len(explanation.pictures)
    of = f"{pictures} picture{'s' if pictures > 1 else ''}"
    return [
        f"{readable} of {maps} maps of {of} can be read. In the others Grad-CAM and occlusion "
        f"disagree: their rank correlation is below {AGREEING}, which two unrelated maps reach "
        "about once in 20 times. Two that agree can still both be wrong.",
        method(explanation.layer, explanation.patch),
        *explanation.notes,
        *(f"Not explained: {line}" for line in explanation.skipped),
    ]


def method(layer: str, patch: int) -> str:
    """Say how the maps were made."""
    return (
        f"Grad-CAM takes the map of the layer {layer}. For occlusion a grey square of "
        f"{patch}×{patch} pixels, a quarter of the picture's side, covers each place of that map "
        "in turn: what the number loses by it is drawn."
    )
