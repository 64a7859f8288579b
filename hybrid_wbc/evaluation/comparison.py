"""Which classifiers differ by more than chance: paired tests on one prediction per source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NotRequired

import numpy as np
from statsmodels.stats.contingency_tables import cochrans_q, mcnemar
from statsmodels.stats.multitest import multipletests
from typing_extensions import TypedDict

from hybrid_wbc.evaluation.resampling import Resampling
from hybrid_wbc.evaluation.score_types import Interval, interval_of
from hybrid_wbc.evaluation.statistics import Predictions


class Cochran(TypedDict):
    """Cochran's Q: whether all classifiers are right equally often."""

    q: float
    degrees: int
    p: float


class Pair(TypedDict):
    """Two classifiers on the same sources: how often which is right, and whether they differ.

    `cohens_g` is the first's share of the sources that only one of them classes right, less one
    half (Cohen 1988, Statistical Power Analysis for the Behavioral Sciences), None where no source
    tells the two apart. `odds_ratio` is only_first over only_second, None where that is 0.
    `difference` is the accuracy of the first less that of the second, over all predictions.
    """

    first: str
    second: str
    both: int
    only_first: int
    only_second: int
    neither: int
    p: float
    cohens_g: float | None
    odds_ratio: float | None
    p_holm: NotRequired[float]
    difference: NotRequired[Interval]


class Comparison(TypedDict):
    """Every pair of classifiers, and all of them together, on one prediction per source.

    `drawn` says whether any of the `n_sources` had several predictions. `cochran` is None for one
    classifier, or where on no source one is right and another wrong.
    """

    n_sources: int
    drawn: bool
    cochran: Cochran | None
    pairs: list[Pair]


def compare(
    answers: Mapping[str, Sequence[Predictions]],
    *,
    seed: int,
    groups: Sequence[int] | None = None,
    resamples: int = 2000,
) -> Comparison:
    """Test every pair of classifiers, and all of them together, on the same cells.

    The tests take one prediction per source, because files of one source are not independent. Of
    a source with several, one is drawn, and the same one for every classifier. A pair is tested by
    McNemar's exact test (1947, doi 10.1007/BF02295996), with Holm's correction over the pairs
    (1979, Scandinavian Journal of Statistics 6), all of them by Cochran's Q (1950, doi
    10.1093/biomet/37.3-4.256). The difference of accuracies takes all predictions; its interval
    is clustered by source, so that it may tell more than the test does.

    Parameters
    ----------
    answers : mapping of str to sequence of Predictions
        For each classifier, or each run, its answers in every repeat. All of them answer the same
        cells in the same order.
    seed : int
    groups : sequence of int, optional
        As for `resampling.Resampling`.
    resamples : int

    Returns
    -------
    Comparison
        Every pair has its "p_holm" and "difference".

    Raises
    ------
    ValueError
        If the classifiers do not answer the same cells.
    """
    right = _right(answers)
    first = next(iter(answers.values()))
    chosen, drawn = _one_of_each_source([repeat.sources for repeat in first], seed)
    tested = {key: np.concatenate(columns)[chosen] for key, columns in right.items()}
    pairs = list(combinations(right, 2))
    result: Comparison = {
        "n_sources": len(chosen),
        "drawn": drawn,
        "cochran": _cochran(np.column_stack(list(tested.values()))),
        "pairs": [],
    }
    if not pairs:
        return result
    result["pairs"] = [_mcnemar(a, b, tested[a], tested[b]) for a, b in pairs]
    correct(result["pairs"])
    columns = [
        np.column_stack([right[a][i].astype(float) - right[b][i] for a, b in pairs])
        for i in range(len(first))
    ]
    resampling = Resampling(
        [repeat.sources for repeat in first], seed=seed, groups=groups, resamples=resamples
    )
    scores = resampling.column_scores(columns, lowest=None)
    for pair, score in zip(result["pairs"], scores, strict=True):
        # Both classifiers answer every cell: there is always a difference.
        pair["difference"] = interval_of(score)
    return result


def correct(pairs: Sequence[Pair]) -> None:
    """Give each pair the p-value that Holm's correction over all of them makes of its own.

    Parameters
    ----------
    pairs : sequence of Pair
        Each has "p" and gets "p_holm".
    """
    corrected = multipletests([pair["p"] for pair in pairs], method="holm")[1]
    for pair, p in zip(pairs, corrected, strict=True):
        pair["p_holm"] = float(p)


def _right(answers: Mapping[str, Sequence[Predictions]]) -> dict[str, list[np.ndarray]]:
    """Say for each classifier and repeat which cells it classes right."""
    (name, first), *others = answers.items()
    for other, repeats in others:
        if len(repeats) != len(first):
            raise ValueError(
                f"'{name}' answers {len(first)} repeats and '{other}' {len(repeats)}; "
                "compare answers on the same cells"
            )
        for number, (one, two) in enumerate(zip(first, repeats, strict=True)):
            alike = np.array_equal(one.true, two.true) and np.array_equal(one.sources, two.sources)
            if not alike:
                raise ValueError(
                    f"'{name}' and '{other}' answer other cells, or in another order, in repeat "
                    f"{number}; compare answers on the same cells"
                )
    return {key: [r.true == r.predicted for r in repeats] for key, repeats in answers.items()}


def _one_of_each_source(sources: Sequence[np.ndarray], seed: int) -> tuple[np.ndarray, bool]:
    """Draw the place of one prediction of each source, and say whether there was any choice."""
    every = np.concatenate(list(sources))
    by_source = np.argsort(every, kind="stable")
    _, starts, counts = np.unique(every[by_source], return_index=True, return_counts=True)
    drawn = np.random.default_rng(seed).integers(counts)
    return by_source[starts + drawn], bool((counts > 1).any())


def _cochran(right: np.ndarray) -> Cochran | None:
    """Test whether all classifiers, the columns, are right equally often."""
    if (right == right[:, :1]).all():
        return None
    test = cochrans_q(right)
    return {"q": float(test.statistic), "degrees": int(test.df), "p": float(test.pvalue)}


def _mcnemar(first_name: str, second_name: str, first: np.ndarray, second: np.ndarray) -> Pair:
    """Count the sources by which of two classifiers is right, and test whether they differ."""
    both, neither = int((first & second).sum()), int((~first & ~second).sum())
    only_first, only_second = int((first & ~second).sum()), int((~first & second).sum())
    test = mcnemar([[both, only_first], [only_second, neither]], exact=True)
    apart = only_first + only_second
    return {
        "first": first_name,
        "second": second_name,
        "both": both,
        "only_first": only_first,
        "only_second": only_second,
        "neither": neither,
        "p": float(test.pvalue),
        "cohens_g": only_first / apart - 0.5 if apart else None,
        "odds_ratio": only_first / only_second if only_second else None,
    }
