"""What a run's scores rest on is counted by side, and each cell once over all repeats."""

import numpy as np

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.evaluation.scoring import count_cells, count_evidence

IDS = ["1.png", "2.png#1", "2.png#2", "3.png"]


def repeat(split: list[str]) -> Embeddings:
    return Embeddings(
        X=np.zeros((4, 5)),
        y=np.array([0, 1, 1, 0]),
        ids=np.array(IDS),
        sources=np.array(["a", "b", "b", "b"]),
        split=np.array(split),
        classes=np.array(["basophil", "monocyte", "neutrophil"]),
        probabilities=np.zeros((4, 3)),
    )


def test_evidence_counts_a_cell_once_however_often_it_is_tested():
    first, second = repeat(["train", "test", "test", "train"]), repeat(["test"] * 3 + ["train"])
    found = count_evidence([first, second])
    assert list(found) == ["train", "test", "all"]
    assert found["test"] == {"files": 2, "cells": 3, "sources": 2, "effective_sources": 9 / 5}
    assert found["train"] == {"files": 2, "cells": 2, "sources": 2, "effective_sources": 2.0}
    assert found["all"]["cells"] == 4 and found["all"]["files"] == 3


def test_cells_are_counted_by_side_and_class_with_the_classes_that_have_none():
    counts = count_cells(repeat(["train", "test", "test", "train"]))
    assert counts == {
        "train": {"basophil": 2, "monocyte": 0, "neutrophil": 0},
        "test": {"basophil": 0, "monocyte": 2, "neutrophil": 0},
    }
