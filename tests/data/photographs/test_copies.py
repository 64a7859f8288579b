"""What a set holds more than once, told from drawn smears with copies among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybrid_wbc.data.cleaning import clean
from hybrid_wbc.data.photographs.colours import colour_histograms
from hybrid_wbc.data.photographs.copies import Picture, audit_copies, find_pictures
from hybrid_wbc.data.photographs.pairs import worst_pairs
from hybrid_wbc.data.reading.readers import read
from hybrid_wbc.data.reading.samples import Sample


@pytest.fixture
def write(tmp_path: Path, smears: Path) -> Callable[..., Path]:
    """Save a drawn smear by its number, small, turned by quarters and mirrored; gives the root."""

    def write(name: str, number: int, *, turns: int = 0, mirrored: bool = False) -> Path:
        with Image.open(smears / "Main Dataset" / "lymp" / f"{number}.bmp") as smear:
            pixels = np.asarray(smear.convert("RGB").resize((180, 144)))
        if mirrored:
            pixels = pixels[:, ::-1]
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.rot90(pixels, turns).copy()).save(path)
        return tmp_path / "set"

    return write


def pictures_of(root: Path) -> list[Picture]:
    samples = read(root).samples
    return find_pictures(samples, clean(samples))


def picture(
    name: str,
    photograph: str,
    label: str = "neutrophil",
    *,
    split: str = "",
    checksum: str = "",
    cells: str = "",
) -> Picture:
    sample = Sample(name, Path(name), (label,) if label else (), split=split)
    return Picture(name, (sample,), checksum or name, photograph, cells or photograph, photograph)


def test_a_turned_copy_across_sides_is_a_shared_photograph(write):
    write("train/neut/a.png", 1)
    write("train/mono/b.png", 2)
    write("test/neut/c.png", 1, turns=1, mirrored=True)
    found = audit_copies(pictures_of(write("test/mono/d.png", 3)))
    assert found["shared"] == [
        {
            "level": "photograph",
            "sides": {"test": ["test/neut/c.png"], "train": ["train/neut/a.png"]},
        }
    ]
    assert found["sides"] == {
        "train": {"files": 2, "photographs": 2, "cell_groups": 2},
        "test": {"files": 2, "photographs": 2, "cell_groups": 2},
    }
    assert found["n_photographs"] == 3
    assert found["sources"]["train/neut/a.png"] == found["sources"]["test/neut/c.png"]
    assert len(set(found["sources"].values())) == 3


def test_dropped_byte_identical_copies_take_part(write):
    write("train/neut/a.png", 1)
    write("train/mono/b.png", 2)
    write("test/mono/c.png", 3)
    found = audit_copies(pictures_of(write("test/neut/d.png", 1)))
    assert found["duplicates"] == [["test/neut/d.png", "train/neut/a.png"]]
    assert [group["level"] for group in found["shared"]] == ["file"]
    assert found["conflicts"] == []


def test_copies_under_two_labels_conflict(write):
    write("neut/a.png", 1)
    write("mono/b.png", 1, turns=2)
    found = audit_copies(pictures_of(write("mono/c.png", 2)))
    assert found["conflicts"] == [
        {"level": "photograph", "files": {"mono/b.png": ["monocyte"], "neut/a.png": ["neutrophil"]}}
    ]
    assert found["sides"] == {} and found["shared"] == []


def test_what_the_set_and_the_pictures_put_together_is_one_source(write):
    write("neut/patient 1/a.png", 1)
    write("neut/patient 1/b.png", 2)
    write("mono/patient 2/c.png", 2, turns=1)
    found = audit_copies(pictures_of(write("mono/patient 3/d.png", 3)))
    assert found["n_photographs"] == 3 and found["n_sources"] == 2
    assert len({found["sources"][f"{name}.png"] for name in (
        "neut/patient 1/a", "neut/patient 1/b", "mono/patient 2/c")}) == 1  # fmt: skip


def test_files_that_cannot_be_read_are_no_pictures(write):
    root = write("neut/a.png", 1)
    write("mono/b.png", 2)
    (root / "mono" / "broken.png").write_bytes(b"no image")
    assert [found.id for found in pictures_of(root)] == ["mono/b.png", "neut/a.png"]


def test_several_cells_of_one_smear_are_one_picture_and_no_conflict(lisc):
    lisc("lymp", 1, [(10, 20, 10), (50, 20, 10)])
    (one, other) = pictures_of(lisc("mono", 1))
    assert len(one.samples) == 2 and len(other.samples) == 1
    assert audit_copies([one, other])["conflicts"] == []


def test_the_same_cells_are_listed_where_no_photograph_of_them_is():
    again = {"cells": "a", "split": "test"}
    set_ = [
        picture("a", "a", split="train"),
        picture("b", "b", **again),
        picture("c", "c", split="train"),
        picture("d", "c", split="test"),
    ]
    found = audit_copies(set_)["shared"]
    assert [group["level"] for group in found] == ["photograph", "cells"]
    assert found[1]["sides"] == {"train": ["a"], "test": ["b"]}


def test_a_file_without_label_or_side_agrees_with_any():
    set_ = [picture("a", "a", split="train"), picture("b", "a", label="")]
    found = audit_copies([*set_, picture("c", "c", split="test")])
    assert found["conflicts"] == [] and found["shared"] == []


def test_a_second_cell_in_view_is_no_conflict_and_another_class_is():
    one, other = picture("a", "a"), picture("b", "a", "monocyte")
    second = replace(other.samples[0], id="b#2", labels=("neutrophil",))
    both = replace(other, samples=(*other.samples, second))
    assert both.labels == ("monocyte", "neutrophil")
    assert audit_copies([one, both])["conflicts"] == []
    assert len(audit_copies([one, other])["conflicts"]) == 1


def test_boxes_in_two_photographs_of_a_field_are_no_conflict_and_in_one_they_are():
    def boxed(one: Picture) -> Picture:
        return replace(one, samples=(replace(one.samples[0], box=(0, 0, 5, 5)),))

    one, again = picture("a", "a", cells="a"), picture("b", "b", "monocyte", cells="a")
    assert audit_copies([boxed(one), boxed(again)])["conflicts"] == []
    assert len(audit_copies([one, again])["conflicts"]) == 1
    assert len(audit_copies([boxed(one), boxed(replace(again, photograph="a"))])["conflicts"]) == 1


def test_largest_sources_come_first_by_name_where_equal():
    set_ = [picture(name, name[0]) for name in ("c1", "c2", "b1", "a1", "a2")]
    assert audit_copies(set_)["largest"] == [
        {"source": "a", "files": 2},
        {"source": "c", "files": 2},
        {"source": "b", "files": 1},
    ]


def test_an_audit_does_not_depend_on_the_order_of_the_files():
    set_ = [
        picture("a", "a", split="train"),
        picture("b", "a", "monocyte", split="test"),
        picture("c", "c", split="test", checksum="same"),
        picture("d", "c", split="test", checksum="same"),
    ]
    assert audit_copies(set_) == audit_copies(set_[::-1])


# colours


def test_colours_do_not_change_when_a_picture_is_turned(write):
    write("neut/a.png", 1)
    root = write("neut/b.png", 1, turns=1, mirrored=True)
    first, second = colour_histograms(read(root).samples)
    np.testing.assert_allclose(first, second)
    assert np.isclose((first**2).sum(), 1) and first.shape == (512,)


def test_colours_are_those_of_the_cell_where_it_has_a_box(tmp_path):
    pixels = np.zeros((20, 20, 3), np.uint8)
    pixels[:10] = 255
    Image.fromarray(pixels).save(tmp_path / "a.png")
    sample = Sample("a.png", tmp_path / "a.png", ("neutrophil",), box=(0, 0, 20, 10))
    steps: list[tuple[int, int]] = []
    cell, whole = colour_histograms(
        [sample, replace(sample, box=None)], progress=lambda done, n: steps.append((done, n))
    )
    assert np.flatnonzero(cell).tolist() == [511]
    assert np.flatnonzero(whole).tolist() == [0, 511]
    assert steps == [(1, 2), (2, 2)]


# pairs


def test_pairs_across_sides_come_before_conflicts_and_copies_that_look_unlike(write):
    write("train/neut/a.png", 1)
    write("test/neut/b.png", 1, turns=1)
    write("train/mono/c.png", 2)
    write("train/neut/d.png", 2, mirrored=True)
    found = pictures_of(write("test/mono/e.png", 3))
    colours = colour_histograms([one.samples[0] for one in found])
    pairs = worst_pairs(found, colours)
    assert [pair.kind for pair in pairs] == ["sides", "conflict", "unlike", "unlike"]
    assert {pairs[0].first.id, pairs[0].second.id} == {"train/neut/a.png", "test/neut/b.png"}
    assert {pairs[1].first.id, pairs[1].second.id} == {"train/mono/c.png", "train/neut/d.png"}
    assert all(pair.match.likeness.name == "PHOTOGRAPH" for pair in pairs)
    assert all(pair.match.in_common >= 10 and pair.match.correlation > 0.75 for pair in pairs)


def test_the_pair_shown_of_a_file_on_two_sides_is_the_file(write):
    write("train/neut/a.png", 1)
    write("train/neut/b.png", 1, turns=1)
    found = pictures_of(write("test/neut/c.png", 1, turns=1))
    (pair, unlike) = worst_pairs(found, colour_histograms([one.samples[0] for one in found]))
    assert (pair.kind, pair.level) == ("sides", "file")
    assert {pair.first.id, pair.second.id} == {"train/neut/b.png", "test/neut/c.png"}
    assert unlike.first.checksum != unlike.second.checksum


def test_no_more_pairs_of_a_kind_than_asked_for_and_the_most_unlike_first(write):
    for number in (1, 2, 3):
        write(f"neut/{number}.png", number)
        root = write(f"neut/{number}-copy.png", number, turns=1)
    found = pictures_of(root)
    colours = np.zeros((6, 512), np.float32)
    colours[[position for position, one in enumerate(found) if "2" in one.id], [0, 1]] = 1
    (pair,) = worst_pairs(found, colours, most=1)
    assert (pair.first.id, pair.second.id) == ("neut/2-copy.png", "neut/2.png")
    assert pair.distance == pytest.approx(1.0)


def test_a_set_without_copies_has_no_pairs(write):
    write("neut/a.png", 1)
    found = pictures_of(write("neut/b.png", 2))
    assert worst_pairs(found, np.zeros((2, 512), np.float32)) == []
