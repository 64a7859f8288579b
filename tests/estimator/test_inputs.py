"""What is refused before anything is computed, and how images and files become pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from hybrid_wbc.data import sizing
from hybrid_wbc.data.pixels import Pixels
from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator.hybrid import HybridClassifier
from hybrid_wbc.estimator.inputs import read_groups, read_images, read_labels


@pytest.fixture
def files(drawn, tmp_path: Path) -> list[Path]:
    """Write three of the drawn cells as PNG files."""
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for path, image in zip(paths, drawn.images, strict=False):
        Image.fromarray(image).save(path)
    return paths


def test_images_of_the_size_asked_for_are_taken_as_they_are(drawn):
    assert read_images(drawn.images, Pixels(16)) is drawn.images


def test_images_of_another_size_are_resized_as_the_command_line_does(drawn):
    read = read_images(drawn.images, Pixels(24))
    assert read.shape == (24, 24, 24, 3)
    assert np.array_equal(read[5], sizing.resize(drawn.images[5], 24))


@pytest.mark.parametrize("kind", [list, np.array, lambda paths: [str(path) for path in paths]])
def test_paths_are_read_as_their_pixels(drawn, files, kind):
    assert np.array_equal(read_images(kind(files), Pixels(16)), drawn.images[:3])


def test_a_list_of_images_is_taken_as_an_array(drawn):
    assert np.array_equal(read_images(list(drawn.images), Pixels(16)), drawn.images)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((2, 8, 8, 3)), r"float64; give uint8.*multiply by 255 and cast"),
        (np.zeros((2, 8, 8, 3), dtype=np.int64), r"received int64; give uint8 from 0 to 255"),
        (
            np.zeros((2, 8, 8), dtype=np.uint8),
            r"received shape \(2, 8, 8\); give \(images.*grey images: three times",
        ),
        (np.zeros((2, 8, 8, 4), dtype=np.uint8), r"received shape \(2, 8, 8, 4\)"),
        (np.zeros((0, 8, 8, 3), dtype=np.uint8), r"received shape \(0, 8, 8, 3\).*at least one"),
        ([np.zeros((8, 8, 3), np.uint8), np.zeros((9, 8, 3), np.uint8)], "differ in shape"),
        ("cell.png", "flat sequence of paths"),
        ([["cell.png"]], "flat sequence of paths"),
        (np.array([None, 1], dtype=object), "flat sequence of paths"),
    ],
)
def test_what_is_no_image_is_refused_with_the_next_step(X, message):
    with pytest.raises(InputError, match=message) as caught:
        read_images(X, Pixels(16))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(files):
    files[1].unlink()
    with pytest.raises(InputError, match=r"1\.png: file not found; leave it out or mend it"):
        read_images(files, Pixels(16))


def test_a_file_that_is_no_image_is_named(files):
    files[2].write_bytes(b"no image")
    with pytest.raises(InputError, match=r"2\.png: unreadable"):
        read_images(files, Pixels(16))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed, but the target y is None"),
        (["a", "b"], "received 2 labels for 3 images; give one each"),
        (["a", "a", "a"], "received 1 class; at least 2"),
        ([0.1, 0.2, 0.7], "not labels of classes: Unknown label type: continuous"),
        ([[0, 1], [1, 0], [1, 1]], r"not labels of classes: y should be a 1d array"),
        (
            np.array(["a", "b", 1], dtype=object),
            "labels of several types, int, str; make text of all",
        ),
    ],
)
def test_what_are_no_labels_is_refused(y, message):
    with pytest.raises(InputError, match=message):
        read_labels(y, 3)


def test_without_groups_each_image_is_a_source_of_its_own():
    assert read_groups(None, 3).tolist() == [0, 1, 2]


@pytest.mark.parametrize("groups", [["a", "b"], [["a"], ["b"], ["c"]]])
def test_groups_that_are_not_one_each_are_refused(groups):
    with pytest.raises(InputError, match=r"groups: received shape .* for 3 images"):
        read_groups(groups, 3)


MISSING = [
    ["a", None, "b"],
    ["a", float("nan"), "b"],
    ["a", " ", "b"],
    ("a", pd.NA, "b"),
    [1.0, np.nan, 2.0],
    np.array([1.0, np.nan, 2.0]),
    np.array(["a", np.nan, "b"]),  # numpy writes the word 'nan'
    np.array(["a", pd.NaT, "b"], dtype=object),
    pd.Series(["a", None, "b"]),
    pd.Series(["a", pd.NA, "b"], dtype="string"),
    pd.Series([1, pd.NA, 2], dtype="Int64"),
    pd.Series(["a", None, "b"], dtype="category"),
    pd.Series(["a", None, "b"], index=[7, 8, 9]).astype(str),
]


@pytest.mark.parametrize("groups", MISSING)
def test_a_missing_group_is_refused_rather_than_taken_for_a_source(groups):
    wanted = r"groups: received .* for image 1; an image of unknown source needs a name of its own"
    with pytest.raises(InputError, match=wanted) as caught:
        read_groups(groups, 3)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("y", MISSING)
def test_a_missing_label_is_refused_with_its_row_and_the_way_out(y):
    with pytest.raises(InputError, match=r"y: received .* for image 1, which is no class; leave"):
        read_labels(y, 3)


def test_how_many_labels_are_missing_is_said():
    with pytest.raises(InputError, match=r"received '' for image 0 and 2 more"):
        read_labels(["", None, pd.NA, "a"], 4)


@pytest.mark.parametrize(
    "kind", [list, np.array, pd.Series, lambda v: pd.Series(v, index=[5, 4, 3])]
)
def test_labels_and_groups_that_say_something_are_taken_as_they_are(kind):
    assert read_labels(kind(["nano", "b", "none"]), 3).tolist() == ["nano", "b", "none"]
    assert read_groups(kind([0, 1, 0]), 3).tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"network": "wbc99"}, r"received 'wbc99', choose from wbc23, table60"),
        ({"network": None}, "network: received None; give the name of a network"),
        ({"head": "tree"}, "head: received 'tree'; choose from knn, svm, forest, vote, cnn"),
        ({"epochs": 0}, "epochs: received 0; give a whole number from 1"),
        ({"epochs": 2.5}, "epochs: received 2.5"),
        ({"size": 8}, "size: received 8; give a whole number from 16 to 1024"),
        ({"size": 5000}, "size: received 5000; give a whole number from 16 to 1024"),
        ({"batch_size": 1}, "batch_size: received 1; give a whole number from 2"),
        ({"learning_rate": 0}, "learning_rate: received 0; give a number above 0"),
        ({"schedule": "step"}, "schedule: received 'step'; choose from constant, cosine"),
        ({"augment": None}, "augment: received None; choose from True, False"),
        ({"views": 4}, "views: received 4; choose from 1, 8"),
        ({"embedding_units": 1}, "embedding_units: received 1; give a whole number from 2 to 64"),
        ({"embedding_units": 65}, "embedding_units: received 65"),
        ({"head": "lgbm"}, "head: received 'lgbm'; choose from .*, cnn, logistic, ridge, lda"),
        ({"dropout": 1.0}, "dropout: received 1.0; give None or a number from 0 to below 1"),
        ({"validation": 1}, "validation: received 1; give a number from 0 to below 1"),
        ({"patience": 0, "validation": 0.2}, "patience: received 0; give None or a whole number"),
        ({"patience": 3}, "patience: .* set validation above 0"),
        ({"calibration": "all"}, "calibration: received 'all'; choose from head, whole, None"),
        ({"calibration_folds": 1}, "calibration_folds: received 1; give a whole number from 2"),
        ({"random_state": None}, "random_state: received None; give a whole number from 0"),
        ({"verbose": "x"}, "verbose: received 'x'; choose from True, False"),
        ({"head": np.zeros(2)}, r"head: received array.*; choose from knn"),
        ({"network": "table60"}, r"16×16 pixels are too few for 'table60'"),
    ],
)
def test_a_parameter_that_is_not_allowed_is_refused_when_fitting(drawn, tiny, wrong, message):
    with pytest.raises(InputError, match=message):
        HybridClassifier(**(tiny | wrong)).fit(drawn.images, drawn.labels)


def test_numbers_may_be_numpys(drawn):
    from hybrid_wbc.estimator.inputs import check_parameters

    given = {"epochs": np.int64(3), "validation": np.float32(0.1), "augment": np.bool_(False)}
    check_parameters(HybridClassifier(**given).get_params())
