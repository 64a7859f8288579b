"""Time of the ablation: LISC-sized, and on as many embeddings as a large set gives.

The embeddings are drawn, so that the figures can be had anywhere: eight classes as far apart as
those of a network trained on PBC, all five features 0.99 accurate and one alone about 0.5.
"""

from __future__ import annotations

import time

import numpy as np
from joblib import Parallel, delayed
from measured import spread, write_table

from hybrid_wbc.classical.classifiers import PAPER, build
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.evaluation import ablation, refitting
from hybrid_wbc.evaluation.shapley import subsets

SIZES = (1_000, 4_000, 13_672)


def draw(cells: int, classes: int, *, test: float, seed: int) -> Embeddings:
    generator = np.random.default_rng(seed)
    y = generator.integers(classes, size=cells)
    # The same places for every size, or the sizes would differ in difficulty.
    places = np.random.default_rng(1).standard_normal((classes, 5)) * 2.4
    X = (places[y] + generator.standard_normal((cells, 5)) * 0.7).astype(np.float32)
    names = np.array([f"cell-{i}" for i in range(cells)])
    split = np.where(generator.random(cells) < test, "test", "train")
    labels = np.array([f"class {i}" for i in range(classes)])
    return Embeddings(X, y, names, names, split, labels, np.eye(classes, dtype=np.float32)[y])


def seconds(repeats: list[Embeddings], jobs: int) -> tuple[float, dict]:
    seeds = list(range(len(repeats)))
    start = time.perf_counter()
    refits = refitting.refit(repeats, seeds, {}, jobs=jobs)
    summary = ablation.summarise(refits, repeats, names=list(map(str, seeds)), groups=seeds, seed=0)
    return time.perf_counter() - start, summary


def by_hand(repeats: list[Embeddings], jobs: int) -> float:
    """Do the same fits in the loop that a user would write; nothing is shuffled or summed up."""

    def score(repeat: Embeddings, columns: tuple[int, ...], key: str, seed: int) -> float:
        (X, y), (test_X, test_y) = repeat.side("train"), repeat.side("test")
        chosen = list(columns)
        return build(seed=seed)[key].fit(X[:, chosen], y).score(test_X[:, chosen], test_y)

    start = time.perf_counter()
    Parallel(n_jobs=jobs)(
        delayed(score)(repeat, columns, key, seed)
        for seed, repeat in enumerate(repeats)
        for columns in subsets(5)
        for key in PAPER
    )
    return time.perf_counter() - start


def test_ten_seeds_of_a_small_set_take_at_most_six_seconds():
    repeats = [draw(242, 5, test=0.3, seed=seed) for seed in range(10)]
    pairs = np.array([(by_hand(repeats, 2), seconds(repeats, jobs=2)[0]) for _ in range(3)])
    write_table(
        "ablation of a small set",
        ["scikit-learn's loop with joblib, s", "with all that follows, s", "speed, pair by pair"],
        [[spread(pairs[:, 0], 1), spread(pairs[:, 1], 1), spread(pairs[:, 0] / pairs[:, 1])]],
    )
    # The first round starts joblib's processes as well.
    assert np.median(pairs[:, 1]) <= 6


def test_a_large_set_takes_at_most_ten_seconds_and_two_workers_nearly_halve_it():
    rows, taken = [], {}
    for cells in SIZES:
        repeats = [draw(cells, 8, test=0.2, seed=0)]
        taken[cells], summary = seconds(repeats, jobs=2)
        accuracy = {len(e["features"]): e["accuracy"]["mean"]
                    for e in summary["classifiers"]["svm"]["subsets"]}  # fmt: skip
        rows.append([f"{cells:,}", f"{taken[cells]:.1f}", "", "", f"{accuracy[5]:.3f}"])
    alone, _ = seconds(repeats, jobs=1)
    loop = by_hand(repeats, 2)
    gain = alone / taken[SIZES[-1]]
    rows[-1][2:4] = [f"{alone:.1f} ({gain:.2f} times)", f"{loop:.1f}"]
    write_table(
        "ablation of a large set",
        ["cells", "2 workers, s", "1 worker, s", "scikit-learn's loop, s", "SVM on all five"],
        rows,
    )
    assert taken[SIZES[-1]] <= 10
    assert gain >= 1.7
