"""Splits: whole sources, exact strata, seeds that repeat, and a line for each set too small."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_wbc.config.choices import SIDES
from hybrid_wbc.data.splitting import (
    TEST,
    TRAIN,
    VALIDATION,
    draw,
    split_as_published,
    split_by_folds,
    split_by_ratio,
)
from hybrid_wbc.errors import InputError

Rows = tuple[list[str], list[str]]
CLASSES = ["basophil", "lymphocyte", "neutrophil"]
# Within these a set as `rows` makes it always has cells of each class to train and to test on.
tests = st.floats(0.25, 0.5)
validations = st.floats(0, 0.2)
seeds = st.integers(0, 2**31)


@st.composite
def rows(choose: st.DrawFn, *, largest_source: int = 3, mixed_sources: int = 6) -> Rows:
    """Make labels and sources in any order: at least four sources of each class, some of two."""
    cells = []
    names = CLASSES[: choose(st.integers(1, 3))]
    for name in names:
        sizes = choose(st.lists(st.integers(1, largest_source), min_size=4, max_size=9))
        for number, size in enumerate(sizes):
            cells += [(name, f"{name} {number}")] * size
    if len(names) > 1:
        for number in range(choose(st.integers(0, mixed_sources))):
            pair = choose(st.permutations(names))[:2]
            cells += [(name, f"mixed {number}") for name in pair]
    labels, sources = zip(*choose(st.permutations(cells)), strict=True)
    return list(labels), list(sources)


def one_cell_a_source(count: int) -> Rows:
    labels = [name for name in CLASSES for _ in range(count)]
    return labels, [f"image {number}" for number in range(len(labels))]


def sides_of_sources(split: np.ndarray, sources: list[str]) -> dict[str, set[str]]:
    sides: dict[str, set[str]] = {}
    for source, side in zip(sources, split.tolist(), strict=True):
        sides.setdefault(source, set()).add(side)
    return sides


def per_class(split: np.ndarray, labels: list[str], side: str) -> Counter[str]:
    return Counter(np.asarray(labels)[split == side].tolist())


@given(rows(), tests, validations, seeds)
def test_ratio_puts_no_source_on_two_sides(cells, test, validation, seed):
    labels, sources = cells
    split = split_by_ratio(labels, sources, test=test, validation=validation, seed=seed)
    assert split.shape == (len(labels),)
    assert set(split.tolist()) <= set(SIDES)
    assert all(len(sides) == 1 for sides in sides_of_sources(split, sources).values())


@given(rows(mixed_sources=0), tests, validations, seeds)
def test_ratio_misses_its_share_by_less_than_the_largest_source(cells, test, validation, seed):
    labels, sources = cells
    split = split_by_ratio(labels, sources, test=test, validation=validation, seed=seed)
    tested = per_class(split, labels, TEST)
    largest = max(Counter(sources).values())
    for name, count in Counter(labels).items():
        assert tested[name] >= 1
        assert abs(tested[name] - round(test * count)) < largest
        assert per_class(split, labels, TRAIN)[name] >= 1


@given(rows(largest_source=1, mixed_sources=0), tests, validations, seeds)
def test_ratio_is_exact_in_each_class_where_sources_are_single_images(
    cells, test, validation, seed
):
    labels, sources = cells
    split = split_by_ratio(labels, sources, test=test, validation=validation, seed=seed)
    tested, validated = (per_class(split, labels, side) for side in (TEST, VALIDATION))
    for name, count in Counter(labels).items():
        assert tested[name] == round(test * count)
    assert abs(validated.total() - validation * len(labels)) <= len(set(labels)) / 2


def test_ratio_holds_out_fractions_of_all_cells():
    labels, sources = one_cell_a_source(20)
    split = split_by_ratio(labels, sources, test=0.3, validation=0.2, seed=0)
    for side, count in ((TEST, 6), (VALIDATION, 4), (TRAIN, 10)):
        assert per_class(split, labels, side) == dict.fromkeys(CLASSES, count)


@given(rows(), tests, validations, seeds)
def test_changing_the_validation_side_leaves_the_test_side_as_it_was(cells, test, validation, seed):
    without = split_by_ratio(*cells, test=test, validation=0, seed=seed)
    split = split_by_ratio(*cells, test=test, validation=validation, seed=seed)
    assert np.array_equal(split == TEST, without == TEST)
    assert VALIDATION not in without


@given(rows(), tests, validations, seeds, st.randoms(use_true_random=False))
def test_ratio_does_not_depend_on_the_order_of_the_cells(cells, test, validation, seed, random):
    labels, sources = cells
    order = list(range(len(labels)))
    random.shuffle(order)
    split = split_by_ratio(labels, sources, test=test, validation=validation, seed=seed)
    shuffled = split_by_ratio(
        [labels[i] for i in order],
        [sources[i] for i in order],
        test=test,
        validation=validation,
        seed=seed,
    )
    assert np.array_equal(shuffled, split[order])


def test_ratio_repeats_with_its_seed_and_differs_with_another():
    cells = one_cell_a_source(10)
    first, again, other = (
        split_by_ratio(*cells, test=0.3, validation=0.2, seed=seed) for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first == TEST, other == TEST)
    assert not np.array_equal(first == VALIDATION, other == VALIDATION)


@pytest.mark.parametrize(
    ("sources", "test", "side"),
    [(["one photograph"] * 6, 0.3, "test"), ([str(i) for i in range(6)], 0.99, "train")],
)
def test_ratio_refuses_a_class_that_cannot_lie_on_both_sides(sources, test, side):
    labels, others = one_cell_a_source(100)
    labels += ["monocyte"] * 6
    message = rf"class 'monocyte' has no cell on the {side} side \(6 in all\).*data\.classes"
    with pytest.raises(InputError, match=message):
        split_by_ratio(labels, others + sources, test=test, validation=0, seed=0)


def test_published_sides_are_kept():
    labels, sources = ["basophil"] * 3 + ["neutrophil"] * 3, list("abcdef")
    published = [TRAIN, VALIDATION, TEST] * 2
    split = split_as_published(labels, sources, published, validation=0.5, seed=0)
    assert split.tolist() == published


def test_published_split_without_validation_is_kept_where_none_is_asked_for():
    labels, sources = one_cell_a_source(4)
    published = [TRAIN, TRAIN, TEST, TEST] * 3
    split = split_as_published(labels, sources, published, validation=0, seed=0)
    assert split.tolist() == published


@given(rows(), validations, seeds)
def test_published_split_gets_its_validation_side_from_the_training_side_by_source(
    cells, validation, seed
):
    labels, sources = cells
    # The set again, from other photographs, as its own published test side.
    published = np.repeat([TRAIN, TEST], len(labels))
    split = split_as_published(
        labels * 2,
        sources + [f"test {source}" for source in sources],
        published.tolist(),
        validation=validation,
        seed=seed,
    )
    assert np.array_equal(split == TEST, published == TEST)
    training = split[: len(labels)]
    assert all(len(sides) == 1 for sides in sides_of_sources(training, sources).values())


def test_published_validation_side_repeats_with_its_seed_and_differs_with_another():
    labels, sources = one_cell_a_source(20)
    published = ([TRAIN] * 15 + [TEST] * 5) * 3
    first, again, other = (
        split_as_published(labels, sources, published, validation=0.2, seed=seed)
        for seed in (0, 0, 1)
    )
    assert per_class(first, labels, VALIDATION) == dict.fromkeys(CLASSES, 4)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("published", "found"),
    [
        (["", ""], "no side"),
        ([TRAIN, TRAIN], "train"),
        ([TEST, VALIDATION], "test, validation"),
        ([TRAIN, TEST, ""], "no side, test, train"),
        ([TRAIN, TEST, "holdout"], "holdout, test, train"),
    ],
)
def test_published_refuses_a_set_without_both_sides(published, found):
    names = ["a"] * len(published)
    with pytest.raises(InputError, match=f"received {found}; use 'ratio' or evaluation.folds"):
        split_as_published(names, names, published, validation=0, seed=0)


def test_published_refuses_a_class_that_is_never_tested():
    with pytest.raises(InputError, match="class 'neutrophil' has no cell on the test side"):
        split_as_published(
            ["basophil", "basophil", "neutrophil"],
            ["1", "2", "3"],
            [TRAIN, TEST, TRAIN],
            validation=0,
            seed=0,
        )


@given(rows(), st.integers(2, 4), st.floats(0, 0.15), seeds)
def test_folds_test_every_cell_once_and_put_no_source_on_two_sides(cells, folds, validation, seed):
    labels, sources = cells
    splits = split_by_folds(labels, sources, folds=folds, validation=validation, seed=seed)
    assert len(splits) == folds
    assert (np.sum([split == TEST for split in splits], axis=0) == 1).all()
    for split in splits:
        assert all(len(sides) == 1 for sides in sides_of_sources(split, sources).values())


def test_folds_are_stratified_and_cut_validation_as_a_fraction_of_all_cells():
    labels, sources = one_cell_a_source(20)
    for split in split_by_folds(labels, sources, folds=5, validation=0.1, seed=0):
        for side, count in ((TEST, 4), (VALIDATION, 2), (TRAIN, 14)):
            assert per_class(split, labels, side) == dict.fromkeys(CLASSES, count)


def test_folds_repeat_with_their_seed_and_differ_with_another():
    cells = one_cell_a_source(10)
    first, again, other = (
        np.stack(split_by_folds(*cells, folds=5, validation=0.1, seed=seed)) for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first == TEST, other == TEST)


def test_changing_the_validation_side_of_folds_leaves_the_test_sides_as_they_were():
    cells = one_cell_a_source(10)
    without, split = (
        np.stack(split_by_folds(*cells, folds=5, validation=validation, seed=0))
        for validation in (0, 0.2)
    )
    assert np.array_equal(without == TEST, split == TEST)


def test_folds_refuse_a_class_with_fewer_sources_than_folds():
    labels, sources = one_cell_a_source(10)
    labels += ["monocyte"] * 8
    sources += ["monocyte 1", "monocyte 2"] * 4
    with pytest.raises(InputError, match="class 'monocyte' has 2 sources, 3 folds were asked for"):
        split_by_folds(labels, sources, folds=3, validation=0, seed=0)


@given(st.lists(st.sampled_from(CLASSES), min_size=1), st.data(), seeds)
def test_draw_takes_the_number_asked_for_of_each_class_named(labels, data, seed):
    held = Counter(labels)
    named = data.draw(st.lists(st.sampled_from(sorted(held)), min_size=1, unique=True))
    counts = {name: data.draw(st.integers(1, held[name])) for name in named}
    drawn = draw(labels, counts, seed)
    assert (np.diff(drawn) > 0).all()
    assert Counter(labels[position] for position in drawn) == counts
    assert np.array_equal(drawn, draw(labels, counts, seed))


def test_draw_differs_with_another_seed():
    labels = ["basophil"] * 50
    assert not np.array_equal(draw(labels, {"basophil": 25}, 0), draw(labels, {"basophil": 25}, 1))


@pytest.mark.parametrize(("name", "held"), [("basophil", 2), ("monocyte", 0)])
def test_draw_refuses_more_than_there_are_and_names_the_classes(name, held):
    labels = ["neutrophil", "basophil", "basophil"]
    message = f"class '{name}' holds {held} cells, 3 were asked for; .*: basophil, neutrophil$"
    with pytest.raises(InputError, match=message):
        draw(labels, {name: 3}, 0)


@pytest.mark.parametrize("side", [TEST, VALIDATION])
def test_a_published_split_that_cuts_a_source_is_refused(side) -> None:
    with pytest.raises(InputError, match="puts source 'patient 1' on two sides"):
        split_as_published(
            ["basophil"] * 3,
            ["patient 1", "patient 1", "patient 2"],
            [TRAIN, side, TEST],
            validation=0.0,
            seed=0,
        )


def test_a_large_source_is_tested_about_as_often_as_a_small_one() -> None:
    large = ["large"] * 120
    labels = ["basophil"] * 280
    sources = large + [f"small {i}" for i in range(16) for _ in range(10)]
    labels += ["neutrophil"] * 40
    sources += [f"other {i}" for i in range(40)]
    tested = 0
    for seed in range(100):
        split = split_by_ratio(labels, sources, test=0.4, validation=0.0, seed=seed)
        tested += split[0] == TEST
    assert 25 <= tested <= 70
