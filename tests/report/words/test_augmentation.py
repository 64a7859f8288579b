"""Owns the tests of the sentences about augmentation."""

from __future__ import annotations

from hybrid_wbc.config.network import Augmentation
from hybrid_wbc.report.words.augmentation import told


def test_the_six_operations_are_told_with_their_ranges():
    assert told(Augmentation(), 0) == (
        "Drawn anew for each training image and epoch. Form: mirrored left to right or not; "
        "mirrored top to bottom or not; shifted by up to 10% of the width; shifted by up to 10% of "
        "the height; turned by up to 180°; 0.9 to 1.1 times as large. Colours: as they are."
    )


def test_changes_of_colour_are_told_beside_them():
    colour = {"stain_scale": 0.2, "stain_shift": 0.1, "brightness": 0.05, "contrast": 0.1,
              "hue": 8.0, "saturation": 0.3}  # fmt: skip
    said = told(Augmentation(colour=colour), 0)
    assert said.endswith(
        " Colours: each stain 0.82 to 1.22 times as strong; each stain's optical density shifted "
        "by up to 0.1; brightness shifted by up to 5% of white; contrast 0.90 to 1.11 times; hue "
        "turned by up to 8°; saturation 0.74 to 1.35 times."
    )


def test_what_is_not_done_is_not_told():
    still = {"reflect_x": False, "reflect_y": False, "translate_x": 0.0, "translate_y": 0.0,
             "rotation": 0.0, "scale": [1.0, 1.0]}  # fmt: skip
    assert "Form: not moved. Colours: as they are." in told(Augmentation(**still), 0)
    assert told(Augmentation(enabled=False), 0) == ""


def test_changes_of_sharpness_are_told_where_there_are_any():
    told_of = told(Augmentation(sharpness={"blur": 1.5, "noise": 0.03}), 0)
    assert told_of.endswith(
        "Sharpness: half of the images blurred by a Gaussian of up to 1.5 pixels; noise of up to "
        "3% of white."
    )
    assert "Sharpness" not in told(Augmentation(), 0)


def test_epochs_that_change_form_alone_are_told():
    assert told(Augmentation(), 8).endswith("The last 8 epochs change form alone.")
