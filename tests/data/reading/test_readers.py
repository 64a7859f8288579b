"""A set is read whichever way it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from hybrid_wbc.config import names
from hybrid_wbc.data.reading.readers import LAYOUTS, read
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError


def by_id(samples: list[Sample]) -> dict[str, Sample]:
    found = {sample.id: sample for sample in samples}
    assert len(found) == len(samples)
    return found


def test_a_path_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(InputError, match="nowhere: not found"):
        read(tmp_path / "nowhere")


def test_an_unknown_layout_is_an_error_that_names_the_choices(tmp_path):
    with pytest.raises(
        InputError, match="layout 'list' is unknown; choose auto, lisc, bcisc, kaggle"
    ):
        read(tmp_path, "list")


def test_a_negative_margin_is_an_error(tmp_path):
    with pytest.raises(InputError, match="margin is -1"):
        read(tmp_path, margin=-1)


def test_an_empty_or_wrong_folder_is_an_error_that_says_what_was_found(tmp_path):
    with pytest.raises(InputError, match="found an empty folder; expected folders 'Main"):
        read(tmp_path)
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"found folders empty, 1 file \(\.txt\); expected"):
        read(tmp_path)
    with pytest.raises(InputError, match=r"found a file \.txt"):
        read(tmp_path / "notes.txt")


def test_every_layout_is_described_in_the_order_in_which_it_is_tried():
    assert list(names.LAYOUTS) == list(LAYOUTS)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_asked_for_by_name_must_be_there(tmp_path, layout):
    with pytest.raises(InputError, match=rf"expected .* \({layout}\)$") as caught:
        read(tmp_path, layout)
    assert "\n" not in str(caught.value)


def test_a_layout_asked_for_by_name_goes_before_what_auto_would_take(lisc):
    root = lisc("neut", 1)
    assert read(root).layout == "lisc"
    assert read(root, "folder").layout == "folder"


def test_the_only_label_of_a_sample_with_two_is_an_error():
    with pytest.raises(ValueError, match="too many values"):
        _ = Sample("a", Path("a"), ("monocyte", "neutrophil")).label


@pytest.mark.parametrize(
    ("folder", "dataset", "cells"),
    [
        ("pbc-128", "pbc", 13_672),
        ("kaggle-blood-cells", "kaggle-blood-cells", 12_444),
        ("bccd", "bccd", 372),
    ],
)
def test_real_sets_are_recognised_and_read_whole(real, folder, dataset, cells):
    reading = read(real(folder))
    assert reading.dataset == dataset
    assert len(by_id(reading.samples)) == cells
