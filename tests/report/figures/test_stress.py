"""The figures of stress: a panel for each damage, classifier or set, and a line for each score."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from hybrid_wbc.report.figures import stress
from hybrid_wbc.report.figures.style import SYNTHETIC_TEXT

# The tests are no package: what several files need is read by its path.
page_input = runpy.run_path(str(Path(__file__).parents[1] / "page_input.py"))
TITLES = {key: key.upper() for key in page_input["CLASSIFIERS"]}


@pytest.fixture
def found():
    return page_input["a_stress"]()


def shown(figure):
    return [axis for axis in figure.axes if axis.axison]


def answered(found):
    return {
        name: {key: each["answered"] for key, each in tested["certainty"].items()}
        for name, tested in (("at home", found["home"]), ("bcisc", found["shift"][0]))
    }


def test_damage_is_drawn_from_no_damage_on_with_its_intervals(found):
    figure = stress.damage_curves(found["damage"], titles=TITLES, synthetic=False)
    (axis,) = shown(figure)
    assert axis.get_title() == "blur" and axis.get_xlabel() == "% of the width"
    line = axis.lines[0]
    assert line.get_xdata().tolist() == [0, 0.5, 2]
    steps = found["damage"]["kinds"]["blur"]["steps"]
    means = [step["classifiers"]["knn"]["accuracy"]["mean"] for step in steps]
    assert np.allclose(line.get_ydata()[1:], means)
    assert line.get_ydata()[0] == found["damage"]["undamaged"]["knn"]["mean"]
    assert len(axis.collections) == len(TITLES)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == list(TITLES.values())


def test_few_cells_stand_over_their_number_below_what_all_cells_reach(found):
    everything = {
        key: scores["balanced_accuracy"] for key, scores in found["home"]["classifiers"].items()
    }
    figure = stress.few_cells_curves(found["few_cells"], everything, titles=TITLES, synthetic=False)
    axes = shown(figure)
    assert [axis.get_title() for axis in axes] == ["KNN", "SVM", "FOREST"]
    for axis, key in zip(axes, ("knn", "svm", "forest"), strict=True):
        curve, _, dashed = axis.lines
        assert curve.get_xdata().tolist() == [5, 50]
        assert dashed.get_ydata()[0] == everything[key]["mean"]
        assert dashed.get_linestyle() == "--"


def test_accuracy_by_the_share_answered_has_a_panel_for_each_set(found):
    figure = stress.answered_curves(answered(found), titles=TITLES, synthetic=False)
    axes = shown(figure)
    assert [axis.get_title() for axis in axes] == ["at home", "bcisc"]
    assert axes[0].lines[0].get_xdata().tolist() == [share / 10 for share in range(1, 11)]
    assert len(axes[1].lines) == 2 * len(TITLES)


def test_each_figure_says_synthetic_of_drawn_cells_alone(found):
    def texts(synthetic):
        scores = found["home"]["classifiers"]
        everything = {key: each["balanced_accuracy"] for key, each in scores.items()}
        options = {"titles": TITLES, "synthetic": synthetic}
        return [
            figure.get_suptitle()
            for figure in (
                stress.damage_curves(found["damage"], **options),
                stress.few_cells_curves(found["few_cells"], everything, **options),
                stress.answered_curves(answered(found), **options),
            )
        ]

    assert texts(True) == [SYNTHETIC_TEXT] * 3 and texts(False) == [""] * 3
