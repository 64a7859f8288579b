"""The picture of a smear with its cells: boxes in the classes' colours, labels within the frame."""

import runpy
from pathlib import Path

import numpy as np

from hybrid_wbc.report.figures.boxes import class_colours, draw_boxes

a_cell = runpy.run_path(str(Path(__file__).parents[1] / "cell_input.py"))["a_cell"]
CLASSES = ("basophil", "monocyte")


def test_a_box_has_the_colour_of_its_class_and_the_rest_stays_as_it_was():
    image = np.full((200, 300, 3), 200, np.uint8)
    cell = a_cell("a.png", "monocyte", 12)
    drawn = np.asarray(draw_boxes(image, [cell], CLASSES, synthetic=False))
    assert drawn.shape == image.shape and (image == 200).all()
    assert tuple(drawn[59, 130]) == class_colours(CLASSES)["monocyte"]
    assert tuple(drawn[40, 135]) == tuple(drawn[150, 10]) == (200, 200, 200)


def test_a_label_of_any_script_and_place_stays_in_the_frame():
    image = np.full((40, 60, 3), 200, np.uint8)
    cells = [a_cell("a.png", "单核细胞", n, box=(n, 0, 60, 40), cut_off=True) for n in (0, 40)]
    drawn = draw_boxes(image, cells, ["单核细胞"], synthetic=True)
    assert drawn.size == (60, 40)


def test_a_picture_of_a_single_cell_has_no_box():
    image = np.full((40, 60, 3), 200, np.uint8)
    drawn = draw_boxes(image, [a_cell("a.png", "monocyte", box=None)], CLASSES, synthetic=False)
    assert (np.asarray(drawn) == 200).all()
