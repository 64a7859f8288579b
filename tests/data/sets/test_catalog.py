from __future__ import annotations

import pytest

from hybrid_wbc.data.reading.readers import LAYOUTS
from hybrid_wbc.data.sets.catalog import DATASETS, SAME_PHOTOGRAPHS
from hybrid_wbc.data.sets.class_names import CLASS_NAMES


def test_every_data_set_speaks_the_vocabulary_and_names_a_reader():
    for name, dataset in DATASETS.items():
        assert dataset.name == name
        assert dataset.layout in LAYOUTS
        assert list(dataset.classes) == sorted(dataset.counts)
        assert set(dataset.classes) <= set(CLASS_NAMES)
        assert dataset.licence
        assert dataset.citation
        assert dataset.source.startswith("http")
        assert dataset.obtain


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("lisc", 242),
        ("bcisc", 268 - 43),
        ("kaggle-blood-cells", 12_444),
        ("pbc", 17_092),
        ("bloodmnist", 11_959 + 1_712 + 3_421),
        ("raabin-wbc", 212 + 744 + 2427 + 561 + 6231 + 89 + 322 + 1034 + 234 + 2660),
        ("segmentation-wbc", 300),
    ],
)
def test_counts_add_up_to_the_published_total(name, cells):
    assert sum(DATASETS[name].counts.values()) == cells


def test_the_sides_of_a_set_add_up_to_its_counts():
    kaggle = DATASETS["kaggle-blood-cells"]
    assert {side: sum(counts.values()) for side, counts in kaggle.sides.items()} == {
        "train": 9_957,
        "test": 2_487,
    }
    for dataset in DATASETS.values():
        for name in dataset.counts if dataset.sides else ():
            each = (counts[name] for counts in dataset.sides.values())
            assert sum(each) == dataset.counts[name]


def test_sets_of_the_same_photographs_are_pairs_of_the_catalogue():
    for pair in SAME_PHOTOGRAPHS:
        assert len(pair) == 2 and pair <= set(DATASETS)
