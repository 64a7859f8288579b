"""The sentences about a differential: what was counted, and what its limits hold."""

from __future__ import annotations

from hybrid_wbc.evaluation.differential import FEWEST_SOURCES, Differential


def in_short(slide: Differential) -> str:
    """Say how many cells of how many pictures were counted, and what so few tell."""
    fields = f"{slide['smears']} picture{'s' * (slide['smears'] != 1)}"
    told = f"{slide['cells']} cell{'s' * (slide['cells'] != 1)} of {fields}"
    return f"{told} ({slide['word']})" if slide["word"] else told


def has_errors(slide: Differential) -> bool:
    """Say whether there are limits that hold the classifier's errors too."""
    return any(line["low_with_errors"] is not None for line in slide["lines"])


def about_limits(slide: Differential) -> str:
    """Say what the limits of a differential hold."""
    if not slide["cells"]:
        return "no cell was counted: nothing is known of any share"
    if has_errors(slide):
        return "with the errors: these limits hold the mistakes made on held-out cells too"
    return (
        "the limits are those of counting alone: limits that hold the classifier's errors too "
        f"need held-out cells of {FEWEST_SOURCES} sources of each class of white cells"
    )


def about_corrected() -> str:
    """Say what the limits hold of a slide whose cells somebody has corrected."""
    return (
        "labels were corrected: the limits are those of counting alone, since how the classifier "
        "errs says nothing of cells that somebody has looked at"
    )
