"""Levels of folders: sides, classes, patients and slides are told apart, or refused."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hybrid_wbc.data.reading.levels import holds_no_cells, places, side_of, sources_of
from hybrid_wbc.data.sets.class_names import EIGHT_TYPES
from hybrid_wbc.errors import InputError


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("Train_Set", "train"),
        ("Test-A", "test"),
        ("TestB", "test"),
        ("train images", "train"),
        ("VALID", "validation"),
        ("val_data", "validation"),
        ("testset", "test"),
        ("test_1", "test"),
        ("contest", ""),
        ("latest", ""),
        ("train_test", ""),
        ("restrain", ""),
        ("neutrophil", ""),
        ("slide_A", ""),
    ],
)
def test_a_side_is_known_whatever_stands_around_its_name(name, side):
    assert side_of(name) == side


@pytest.mark.parametrize("name", ["masks", "Masks", "Ground Truth", "ground_truths", "LABELS"])
def test_folders_of_masks_and_annotations_hold_no_cells(name):
    assert holds_no_cells(name)
    assert not holds_no_cells("neutrophil")


def told(*folders: str) -> dict[str, tuple[str, str, str]]:
    placed = places([tuple(folder.split("/")) for folder in folders], "set")
    sources = sources_of(list(placed.values()))
    return {
        "/".join(parts): (place.label, place.split, source)
        for (parts, place), source in zip(placed.items(), sources, strict=True)
    }


def test_patients_inside_unknown_classes_are_sources():
    assert told("blast/patient 1", "blast/patient 2", "healthy/patient 1") == {
        "blast/patient 1": ("blast", "", "patient 1"),
        "blast/patient 2": ("blast", "", "patient 2"),
        "healthy/patient 1": ("healthy", "", "patient 1"),
    }


def test_patients_above_the_classes_are_sources():
    assert told("P01/blast", "P02/blast", "P01/normal") == {
        "P01/blast": ("blast", "", "P01"),
        "P02/blast": ("blast", "", "P02"),
        "P01/normal": ("normal", "", "P01"),
    }


def test_what_lies_beside_a_known_class_is_a_class_however_deep():
    assert told("neutrophil/patient 1", "neutrophil/patient 2", "blast/patient 3") == {
        "neutrophil/patient 1": ("neutrophil", "", "patient 1"),
        "neutrophil/patient 2": ("neutrophil", "", "patient 2"),
        "blast/patient 3": ("blast", "", "patient 3"),
    }


def test_all_slides_of_a_patient_stay_together():
    found = told("mono/p1/slide 1", "mono/p1/slide 2", "neut/p2/slide 1")
    assert [source for _, _, source in found.values()] == ["p1", "p1", "p2"]


def test_sides_may_stand_above_or_inside_the_classes():
    assert told("Train_Set/neut", "Test-A/neut", "mono/val") == {
        "Train_Set/neut": ("neutrophil", "train", ""),
        "Test-A/neut": ("neutrophil", "test", ""),
        "mono/val": ("monocyte", "validation", ""),
    }


def test_numbers_alone_are_classes_and_beside_names_they_are_sources():
    assert {label for label, _, _ in told("0", "1").values()} == {"0", "1"}
    assert [source for _, _, source in told("ab/17", "ab/18", "cd/17").values()] == [
        "17",
        "18",
        "17",
    ]


def test_two_levels_that_could_both_be_classes_are_refused_with_both():
    with pytest.raises(InputError, match=r"could be the folders A, B or the folders x1, x2, x3"):
        told("A/x1", "A/x2", "B/x3")


def test_slides_without_any_class_are_refused_with_the_way_out():
    with pytest.raises(InputError, match=r"slide_A, slide_B look like .* labels\.csv"):
        told("slide_A", "slide_B")


words = st.text("abcdefghijklmnop", min_size=3, max_size=8)


@given(
    classes=st.lists(st.sampled_from(EIGHT_TYPES), min_size=2, max_size=5, unique=True),
    patients=st.lists(st.integers(1, 99), min_size=2, max_size=4, unique=True),
    sides=st.sampled_from([("",), ("train", "test"), ("Training Set", "Test-B", "val")]),
    wrapper=st.one_of(st.none(), words),
    above=st.booleans(),
)
def test_a_planted_class_side_and_patient_are_found(classes, patients, sides, wrapper, above):
    planted = {}
    for name in classes:
        for patient in patients:
            for side in sides:
                inner = [f"patient {patient}", name] if above else [name, f"patient {patient}"]
                parts = tuple(part for part in (wrapper, side, *inner) if part)
                planted[parts] = (name, side_of(side), f"patient {patient}")
    placed = places(list(planted), "set")
    sources = sources_of(list(placed.values()))
    found = {
        parts: (place.label, place.split, source)
        for (parts, place), source in zip(placed.items(), sources, strict=True)
    }
    assert found == planted
