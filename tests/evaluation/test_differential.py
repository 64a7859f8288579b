"""The differential: the laboratory's order, exact limits, and limits that hold the errors too."""

import numpy as np
import pytest

from hybrid_wbc.evaluation.differential import Errors, binomial_limits, differential, in_order

EIGHT = [
    "basophil", "eosinophil", "erythroblast", "immature granulocyte", "lymphocyte", "monocyte",
    "neutrophil", "platelet",
]  # fmt: skip
FIVE = ["neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil"]

# Ruemke's table: observed per cent, at 100, 200 and 400 cells.
RUEMKE = {
    0: ((0, 3.6), (0, 1.8), (0, 0.9)),
    5: ((1.6, 11.3), (2.4, 9.0), (3.1, 7.6)),
    10: ((4.9, 17.6), (6.2, 15.0), (7.2, 13.4)),
    50: ((39.8, 60.2), (42.9, 57.1), (45.0, 55.0)),
}


@pytest.mark.parametrize("per_cent", RUEMKE)
def test_exact_limits_are_those_of_ruemkes_table(per_cent):
    for cells, expected in zip((100, 200, 400), RUEMKE[per_cent], strict=True):
        low, high = binomial_limits(np.array([per_cent * cells // 100]), cells)
        assert (round(100 * low[0], 1), round(100 * high[0], 1)) == expected


def test_classes_come_in_the_laboratorys_order_and_others_after_them():
    assert in_order(EIGHT) == [
        "neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil", "erythroblast",
        "immature granulocyte", "platelet",
    ]  # fmt: skip


def test_what_is_no_white_cell_is_counted_beside_a_hundred_of_them():
    said = ["neutrophil"] * 3 + ["erythroblast"] * 2 + ["platelet"]
    counted = differential("a", said, labels=EIGHT, unknown=4, cut_off=5)
    assert counted["cells"] == 3 and counted["beside"] == {"erythroblast": 2, "platelet": 1}
    assert counted["unknown"] == 4 and counted["cut_off"] == 5
    assert [line["label"] for line in counted["lines"]][-1] == "immature granulocyte"
    assert counted["lines"][0]["share"] == 1


@pytest.mark.parametrize(
    ("cells", "word"), [(99, "fewer than 100"), (100, "fewer than 200"), (200, ""), (0, "fewer")]
)
def test_a_word_stands_under_a_hundred_and_under_two_hundred_cells(cells, word):
    counted = differential("a", ["monocyte"] * cells, labels=FIVE)
    assert counted["word"].startswith(word) and bool(counted["word"]) == bool(word)


def test_of_nothing_counted_nothing_is_known():
    counted = differential("a", [], labels=FIVE, errors=held_out(0.9, 50, seed=0)[1])
    assert {(line["low"], line["high"]) for line in counted["lines"]} == {(0.0, 1.0)}
    assert all(line["low_with_errors"] is None for line in counted["lines"])


def held_out(right: float, per_class: int, *, seed: int, copies: int = 1):
    """Draw a classifier's confusion, and what it says of held-out cells."""
    generator = np.random.default_rng(seed)
    k = len(FIVE)
    confusion = np.empty((k, k))
    for i in range(k):
        confusion[i] = (1 - right) * np.insert(generator.dirichlet(np.ones(k - 1)), i, 0)
        confusion[i, i] = right
    y = np.repeat(np.arange(k), per_class)
    said = np.array([generator.choice(k, p=confusion[i]) for i in y]).repeat(copies)
    y = y.repeat(copies)
    names = np.array(FIVE)
    sources = np.arange(len(y)) // copies
    return confusion, Errors.of(names[y], names[said], sources.astype(str), labels=FIVE, seed=seed)


def test_without_errors_the_limits_are_nearly_the_binomial_ones():
    _, errors = held_out(1.0, 2000, seed=0)
    counts = np.array([240, 112, 24, 12, 12])
    low, high = errors.limits(counts, seed=0)
    exact_low, exact_high = binomial_limits(counts, 400)
    assert np.abs(low - exact_low).max() < 0.005 and np.abs(high - exact_high).max() < 0.005


def test_many_cells_of_one_source_say_less_than_as_many_sources():
    counts = np.array([120, 56, 12, 6, 6])
    _, many = held_out(0.85, 60, seed=1)
    _, few = held_out(0.85, 12, seed=1, copies=5)
    width = [np.subtract(*errors.limits(counts, seed=0)[::-1]).sum() for errors in (many, few)]
    assert width[1] > 1.1 * width[0]


@pytest.mark.parametrize("cells", [50, 400])
def test_limits_hold_the_true_share_where_the_binomial_ones_do_not(cells):
    """Short; `tests/benchmarks/bench_differential.py` simulates at length, from a run."""
    generator = np.random.default_rng(cells)
    wide, exact = [], []
    for draw in range(150):
        confusion, errors = held_out(0.9, 80, seed=draw)
        share = generator.dirichlet([9, 4, 1, 0.6, 0.3])
        true = generator.choice(5, size=cells, p=share)
        said = np.array([generator.choice(5, p=confusion[i]) for i in true])
        counts = np.bincount(said, minlength=5)
        for limits, into in (
            (errors.limits(counts, seed=draw), wide),
            (binomial_limits(counts, cells), exact),
        ):
            into.append((limits[0] - 1e-9 <= share) & (share <= limits[1] + 1e-9))
    held = np.mean(wide, axis=0)
    assert (held >= 0.88).all() and 0.93 <= held.mean() <= 0.985
    assert np.mean(exact) < held.mean() - (0.05 if cells == 50 else 0.2)


def test_a_class_that_is_not_there_is_held_to_be_possibly_absent():
    _, errors = held_out(0.8, 100, seed=3)
    low, _ = errors.limits(np.array([98, 2, 0, 0, 0]), seed=0)
    assert (low[1:] == 0).all() and low[0] > 0.8
