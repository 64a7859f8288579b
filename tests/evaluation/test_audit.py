"""What an audit counts of each class, and how a pair of pictures becomes plain data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hybrid_wbc.data.photographs.copies import Picture
from hybrid_wbc.data.photographs.landmarks import Likeness, Match
from hybrid_wbc.data.photographs.pairs import Pair
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.evaluation.audit import count_classes, describe


def picture(name: str, source: str, *labels: str, side: str = "") -> Picture:
    samples = tuple(
        Sample(f"{name}#{number}", Path(name), (label,), split=side)
        for number, label in enumerate(labels)
    )
    return Picture(name, samples, f"bytes of {name}", source, source, source)


def cells(*pictures: Picture) -> list[tuple[Sample, Picture]]:
    return [(sample, each) for each in pictures for sample in each.samples]


def test_cells_of_one_picture_are_one_file_and_its_copies_one_photograph():
    counted = count_classes(
        cells(
            picture("a.png", "a.png", "neutrophil", "neutrophil"),
            picture("b.png", "a.png", "neutrophil"),
            picture("c.png", "c.png", "monocyte"),
        )
    )
    assert list(counted) == ["monocyte", "neutrophil"]
    assert counted["neutrophil"] == {
        "cells": 3, "files": 2, "photographs": 1, "sources": 1, "effective_sources": 1.0,
    }  # fmt: skip


def test_a_source_with_most_of_the_cells_makes_few_effective_ones():
    counted = count_classes(
        cells(
            picture("a.png", "a.png", "monocyte", "monocyte", "monocyte"),
            picture("b.png", "b.png", "monocyte"),
        )
    )
    assert counted["monocyte"]["effective_sources"] == pytest.approx(16 / 10)


def test_a_pair_names_its_files_labels_and_sides_in_one_order():
    first = picture("train/a.png", "train/a.png", "neutrophil", side="train")
    second = picture("test/b.png", "train/a.png", "monocyte", "basophil", side="test")
    match = Match(Likeness.PHOTOGRAPH, 31, 0.97)
    described = describe(Pair("sides", "photograph", first, second, 0.2, match))
    assert described["files"] == ["train/a.png", "test/b.png"]
    assert described["labels"] == [["neutrophil"], ["basophil", "monocyte"]]
    assert described["sides"] == ["train", "test"]
    assert (described["likeness"], described["landmarks"]) == ("photograph", 31)
    assert json.loads(json.dumps(described)) == described
