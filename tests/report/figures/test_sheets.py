"""Owns the tests of the sheets of cells: originals with copies, and predictions with mistakes."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np

from hybrid_wbc.report.figures import sheets

# The tests are no package: what several files need is read by its path.
_shared = runpy.run_path(str(Path(__file__).with_name("figure_input.py")))
CLASSES = _shared["CLASSES"]
cells = _shared["cells"]
texts = _shared["texts"]
draw_prediction_sheet = _shared["draw_prediction_sheet"]


def test_augmentation_sheet_has_a_row_per_cell_with_its_original_first() -> None:
    originals = cells(3)
    copies = np.stack([originals, originals[:, ::-1]], axis=1)
    figure = sheets.augmentation_sheet(originals, copies, CLASSES, synthetic=False)
    pictures = [axis.images[0].get_array() for axis in figure.axes if axis.images]
    assert len(pictures) == 9
    np.testing.assert_array_equal(pictures[3], originals[1])
    np.testing.assert_array_equal(pictures[5], originals[1, ::-1])
    assert {"basophil", "immature\ngranulocyte", "monocyte"} <= set(texts(figure))


def test_prediction_sheet_captions_a_mistake_with_who_said_what() -> None:
    figure = draw_prediction_sheet(False)
    right, wrong = figure.subfigs
    assert "5 of 6" in right.get_suptitle() and "1 of 6" in wrong.get_suptitle()
    (mistake,) = [axis for axis in wrong.axes if axis.images]
    assert mistake.get_title() == "basophil"
    assert mistake.get_xlabel() == "knn, forest: monocyte"
    assert {axis.get_xlabel() for axis in right.axes} == {""}


def test_prediction_sheet_without_mistakes_says_so() -> None:
    true = ["basophil", "monocyte"]
    figure = sheets.prediction_sheet(cells(2), true, {"knn": true}, synthetic=False)
    assert "no mistakes on the test side" in texts(figure)


def test_prediction_sheet_spreads_ten_over_the_classes_with_the_worst_mistakes_first() -> None:
    true = ["basophil"] * 40 + ["monocyte"] * 3
    half = ["monocyte"] * 20 + true[20:40] + ["basophil"] * 2 + ["monocyte"]
    late = true[:15] + ["monocyte"] * 5 + true[20:]
    figure = sheets.prediction_sheet(cells(43), true, {"knn": half, "svm": late}, synthetic=False)
    right, wrong = (
        [axis.get_title() for axis in part.axes if axis.images] for part in figure.subfigs
    )
    assert right == ["basophil"] * 9 + ["monocyte"]
    assert wrong == ["basophil"] * 8 + ["monocyte"] * 2
    captions = [axis.get_xlabel() for axis in figure.subfigs[1].axes if axis.images]
    assert captions[:5] == ["knn, svm: monocyte"] * 5
    assert captions[5] == "knn: monocyte"
