"""Owns the sheets of cell images: augmented copies, and cells classified right and wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from hybrid_wbc.report.figures.style import SMALL_SIZE, TEXT_SIZE, TITLE_SIZE, new_figure, wrapped

Pixels = npt.NDArray[np.uint8]
Errors = npt.NDArray[np.int_]

_COLUMNS = 5
_MOST_CELLS = 2 * _COLUMNS
_CAPTION_CHARACTERS = 21


def augmentation_sheet(
    originals: Pixels, augmented: Pixels, labels: Sequence[str], *, synthetic: bool
) -> Figure:
    """Show each cell at the left and what augmentation makes of it at the right.

    Parameters
    ----------
    originals : ndarray of uint8, shape (n, h, w, 3)
        Cells as the network would see them without augmentation.
    augmented : ndarray of uint8, shape (n, m, h, w, 3)
        m augmented copies of each.
    labels : sequence of n str
        Class name of each cell.
    synthetic : bool
        Whether the cells were drawn.

    Returns
    -------
    matplotlib.figure.Figure
        A row per cell.
    """
    count, copies = augmented.shape[:2]
    # The empty second column sets the original apart.
    widths = [1.0, 0.15] + [1.0] * copies
    cell = 6.0 / sum(widths)
    figure = new_figure(0.6 + count * cell, synthetic=synthetic)
    axes = figure.subplots(count, len(widths), squeeze=False, width_ratios=widths)
    for row, original, made, label in zip(axes, originals, augmented, labels, strict=True):
        _show(row[0], original)
        row[0].set_ylabel(
            wrapped(label, 14), fontsize=TEXT_SIZE, rotation=0, ha="right", va="center"
        )
        row[1].set_axis_off()
        for axis, copy in zip(row[2:], made, strict=True):
            _show(axis, copy)
    axes[0, 0].set_title("original", fontsize=TITLE_SIZE)
    axes[0, 2].set_title("augmented copies", fontsize=TITLE_SIZE, loc="left")
    return figure


def prediction_sheet(
    images: Sequence[Pixels] | Pixels,
    true: Sequence[str],
    predicted: Mapping[str, Sequence[str]],
    *,
    synthetic: bool,
) -> Figure:
    """Show cells that every classifier got right, and below them cells that some got wrong.

    Parameters
    ----------
    images : sequence of n ndarrays of uint8, shape (h, w, 3)
        The whole test side of one repeat, for the counts in the headings to be the test side's.
    true : sequence of n str
        Their classes.
    predicted : mapping of str to sequence of n str
        What each classifier said, by the classifier's name.
    synthetic : bool
        Whether the cells were drawn.

    Returns
    -------
    matplotlib.figure.Figure
        At most ten cells a block, taken from the classes in turn; mistakes that more classifiers
        make come first. A caption gives the true class and each other answer with who gave it.
    """
    errors = np.array(
        [
            sum(answers[index] != name for answers in predicted.values())
            for index, name in enumerate(true)
        ],
        dtype=np.int_,
    )
    right = _spread(np.flatnonzero(errors == 0), true, errors)
    wrong = _spread(np.flatnonzero(errors > 0), true, errors)
    total, mistaken = len(errors), int((errors > 0).sum())
    blocks = [
        (
            right,
            f"Correct for every classifier: {total - mistaken:,} of {total:,} cells",
            "no cell is correct for every classifier",
        ),
        (
            wrong,
            f"Mistaken by one classifier or more: {mistaken:,} of {total:,} cells",
            "no mistakes on the test side",
        ),
    ]
    captions = [
        _caption(true[index], {who: said[index] for who, said in predicted.items()})
        for index in range(total)
    ]
    heights = [_block_height(shown, captions) for shown, _, _ in blocks]
    figure = new_figure(sum(heights) + 0.3 * synthetic, synthetic=synthetic)
    parts = figure.subfigures(2, 1, squeeze=False, height_ratios=heights).ravel()
    for part, (shown, heading, otherwise) in zip(parts, blocks, strict=True):
        part.suptitle(heading, fontsize=TITLE_SIZE, x=0.02, ha="left")
        if len(shown):
            _draw_block(part, [images[index] for index in shown], [captions[i] for i in shown])
        else:
            part.text(0.5, 0.4, otherwise, fontsize=TITLE_SIZE, ha="center", style="italic")
    return figure


def _spread(candidates: npt.NDArray[np.intp], true: Sequence[str], errors: Errors) -> list[int]:
    """Take cells from the classes in turn, most mistaken first, then earliest."""
    queues: dict[str, list[int]] = {}
    for index in sorted(candidates.tolist(), key=lambda index: (-errors[index], index)):
        queues.setdefault(true[index], []).append(index)
    turns = sorted(
        (turn, name, index) for name, queue in queues.items() for turn, index in enumerate(queue)
    )
    chosen = [index for _, _, index in turns[:_MOST_CELLS]]
    return sorted(chosen, key=lambda index: (-errors[index], true[index], index))


def _caption(true: str, answers: Mapping[str, str]) -> tuple[str, str]:
    said: dict[str, list[str]] = {}
    for who, answer in answers.items():
        if answer != true:
            # A line may not break inside "(20 trees)".
            said.setdefault(answer, []).append(re.sub(r" (?=[^(]*\))", "\xa0", who))
    lines = [
        wrapped(f"{', '.join(names)}: {answer}", _CAPTION_CHARACTERS)
        for answer, names in said.items()
    ]
    return wrapped(true, _CAPTION_CHARACTERS), "\n".join(lines)


def _block_height(shown: Sequence[int], captions: Sequence[tuple[str, str]]) -> float:
    if not shown:
        return 0.8
    rows = [shown[start : start + _COLUMNS] for start in range(0, len(shown), _COLUMNS)]
    lines = [max(len("\n".join(captions[index]).splitlines()) - 1 for index in row) for row in rows]
    return 0.3 + 1.6 * len(rows) + 0.12 * sum(lines)


def _draw_block(
    part: SubFigure, images: Sequence[Pixels], captions: Sequence[tuple[str, str]]
) -> None:
    axes = part.subplots(-(-len(images) // _COLUMNS), _COLUMNS, squeeze=False).ravel()
    for axis, image, (true, others) in zip(axes, images, captions, strict=False):
        _show(axis, image)
        axis.set_title(true, fontsize=SMALL_SIZE, fontweight="bold", pad=3)
        axis.set_xlabel(others, fontsize=SMALL_SIZE, labelpad=2)
    for axis in axes[len(images) :]:
        axis.set_axis_off()


def _show(axis: Axes, image: Pixels) -> None:
    axis.imshow(image)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.spines[:].set_linewidth(0.5)
