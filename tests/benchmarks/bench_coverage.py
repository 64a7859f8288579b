"""How often 95 % intervals hold the true accuracy: clustered by source, and files as sources."""

from itertools import product

import numpy as np
from scipy import stats

from hybrid_wbc.evaluation.metrics import OVERALL, scores
from hybrid_wbc.evaluation.resampling import Resampling
from hybrid_wbc.evaluation.statistics import Predictions, summarise

SETS, RESAMPLES, CELLS = 1000, 1000, 242
SOURCES, ACCURACIES = (30, 71, 150, 350), (0.75, 0.87, 0.95, 0.98)


def copies_of(sources: int, equal: bool) -> np.ndarray:
    """About ten copies of each source, or most copies of a few."""
    if equal:
        return np.full(sources, 10)
    places = (np.arange(sources) + 0.5) / sources
    return np.maximum(1, stats.lognorm(1.0, scale=10 * np.exp(-0.5)).ppf(places).round()).astype(
        int
    )


def copied_sources(copies, accuracy, correlation, generator) -> np.ndarray:
    """Draw right and wrong files, a column for each simulated set; correlated within a source."""
    shape = (len(copies), SETS)
    if correlation == 1:
        chance = (generator.random(shape) < accuracy).astype(float)
    else:
        strength = (1 - correlation) / correlation
        chance = generator.beta(accuracy * strength, (1 - accuracy) * strength, shape)
    chance = np.repeat(chance, copies, axis=0)
    return (generator.random(chance.shape) < chance).astype(float)


def repeated_cells(tests, accuracy, cell, training, generator) -> list[np.ndarray]:
    """Draw right and wrong cells of each repeat; cells keep their difficulty between repeats.

    A cell is right where a normal variable is below a threshold; `cell` and `training` are the
    shares of its variance that come from the cell and from the repeat's training.
    """
    sets = SETS // 2
    difficulty = generator.normal(0, cell**0.5, (CELLS, sets))
    threshold = stats.norm.ppf(accuracy)
    columns = []
    for test in tests:
        shift = generator.normal(0, training**0.5, (1, sets))
        noise = generator.normal(0, (1 - cell - training) ** 0.5, (len(test), sets))
        columns.append((difficulty[test] + shift + noise < threshold).astype(float))
    return columns


def coverage(sources, columns, accuracy, groups=None) -> tuple[float, float]:
    """Give the share of intervals that hold the true accuracy in percent, and their mean width."""
    resampling = Resampling(sources, seed=0, groups=groups, resamples=RESAMPLES)
    ends = np.array([(s["low"], s["high"]) for s in resampling.column_scores(columns)])
    held = (ends[:, 0] <= accuracy) & (accuracy <= ends[:, 1])
    return 100 * held.mean(), (ends[:, 1] - ends[:, 0]).mean()


def line(setting: str, clustered: tuple[float, float], naive: tuple[float, float]) -> str:
    mark = " " if 93 <= clustered[0] <= 97 else "*"
    return (
        f"{setting}  {clustered[0]:5.1f}{mark} {clustered[1]:.3f}   {naive[0]:5.1f}  {naive[1]:.3f}"
    )


def sum_up(covered: list[float]) -> float:
    inside = float(np.mean([93 <= each <= 97 for each in covered]))
    print(f"{inside:.0%} of the settings within 93-97 %; {min(covered):.1f}-{max(covered):.1f} %")
    return inside


def test_clustered_intervals_hold_the_true_accuracy_where_copies_repeat():
    generator = np.random.default_rng(0)
    print("\ncopies   correlation  sources  accuracy  clustered, width  naive, width")
    covered = []
    for equal, correlation, sources, accuracy in product(
        (True, False), (0.5, 0.75, 1.0), SOURCES, ACCURACIES
    ):
        copies = copies_of(sources, equal)
        columns = [copied_sources(copies, accuracy, correlation, generator)]
        clustered = coverage([np.repeat(np.arange(sources), copies)], columns, accuracy)
        naive = coverage([np.arange(copies.sum())], columns, accuracy)
        covered.append(clustered[0])
        setting = (
            f"{'equal' if equal else 'unequal':8} {correlation:11.2f} {sources:8} {accuracy:9}"
        )
        print(line(setting, clustered, naive))
    assert sum_up(covered) >= 0.7
    assert min(covered) >= 91.5


def test_clustered_intervals_hold_the_true_accuracy_over_several_trainings():
    generator = np.random.default_rng(1)
    print("\ndesign              cell  training  accuracy  clustered, width  naive, width")
    covered = []
    for design, accuracy, (cell, training) in product(
        ("10 seeds of 30 %", "3 seeds of 30 %", "2 seeds of 30 %", "1 seed of 5 folds"),
        ACCURACIES,
        ((0.3, 0.0), (0.9, 0.0), (0.6, 0.02), (0.6, 0.1)),
    ):
        seeds, folds = int(design.split()[0]), 5 if "folds" in design else 1
        tests = []
        for _ in range(seeds):
            order = generator.permutation(CELLS)
            tests += np.array_split(order, folds) if folds > 1 else [order[: round(0.3 * CELLS)]]
        columns = repeated_cells(tests, accuracy, cell, training, generator)
        groups = np.repeat(range(seeds), folds).tolist()
        clustered = coverage(tests, columns, accuracy, groups)
        files = np.split(np.arange(sum(map(len, tests))), np.cumsum([*map(len, tests)])[:-1])
        naive = coverage(files, columns, accuracy, groups)
        covered.append(clustered[0])
        print(line(f"{design:18} {cell:5} {training:9} {accuracy:9}", clustered, naive))
    sum_up(covered)
    # Ten seeds, as the runs of LISC's size have.
    assert np.mean([92 <= each <= 98 for each in covered[:16]]) >= 0.9


def test_intervals_of_the_other_scores_with_a_rare_class():
    generator = np.random.default_rng(2)
    names = [f"class {i}" for i in range(5)]
    sources_of_class, copies, right = np.array([28, 20, 16, 8, 8]), 4, 0.9
    wrong = (1 - right) / 4
    chances = np.full((5, 5), wrong) + (right - wrong) * np.eye(5)
    truth = scores(sources_of_class[:, None] * chances)
    label = np.repeat(np.arange(5), sources_of_class)
    held = dict.fromkeys(OVERALL, 0)
    for _ in range(400):
        said = np.array([generator.choice(5, p=chances[of]) for of in label])
        cells = Predictions(
            true=np.repeat(np.array(names)[label], copies),
            predicted=np.repeat(np.array(names)[said], copies),
            sources=np.repeat([f"photograph {i}" for i in range(len(label))], copies),
        )
        found = summarise([cells], names, seed=0, resamples=300)
        for name in OVERALL:
            held[name] += found[name]["low"] <= truth[name] <= found[name]["high"]
    print("\n80 sources of 4 copies, 8 of them of the rarest class; 400 sets")
    for name, count in held.items():
        print(f"{name:18} {count / 4:5.1f} %")
    assert held["accuracy"] >= 368
