"""Owns the figure of counts beside a reference: Bland and Altman's plot of each class."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from hybrid_wbc.evaluation.agreement import Agreement
from hybrid_wbc.report.figures.style import (
    BLUE,
    GREY,
    TEXT_SIZE,
    TITLE_SIZE,
    VERMILION,
    new_figure,
    wrapped,
)

_COLUMNS = 3
_PANEL = 2.2
_NAME_CHARACTERS = 32


def bland_altman(agreement: Agreement) -> Figure:
    """Draw the difference of two counts of each slide by their mean, class by class.

    Parameters
    ----------
    agreement : Agreement

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each class, three a row. The line is the bias with its 95 % interval, the dashed
        lines are the limits of agreement.
    """
    rows = -(-len(agreement["classes"]) // _COLUMNS)
    figure = new_figure(_PANEL * rows, synthetic=False)
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for panel in panels[len(agreement["classes"]) :]:
        panel.remove()
    for panel, of_class in zip(panels, agreement["classes"], strict=False):
        counted, reference = np.array(of_class["counted"]), np.array(of_class["reference"])
        panel.plot((counted + reference) / 2, counted - reference, "o", color=BLUE, ms=4, alpha=0.7)
        panel.axhline(0, color=GREY, linewidth=0.8)
        if of_class["bias"] is not None:
            bias = of_class["bias"]
            panel.axhline(bias["value"], color=VERMILION, linewidth=1.2)
            panel.axhspan(bias["low"], bias["high"], color=VERMILION, alpha=0.15, linewidth=0)
            for limit in (of_class["lower"], of_class["upper"]):
                panel.axhline(limit, color=VERMILION, linewidth=1.0, linestyle="--")
        panel.set_title(wrapped(of_class["label"], _NAME_CHARACTERS), fontsize=TITLE_SIZE)
        panel.tick_params(labelsize=TEXT_SIZE)
        panel.set_xlabel("mean of both, %", fontsize=TEXT_SIZE)
        panel.set_ylabel("count − reference, points", fontsize=TEXT_SIZE)
    return figure
