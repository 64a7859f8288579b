"""The 95 % interval of one score, made from its resamplings, and how often it holds.

How it is made. The variance comes from a bootstrap over sources: all files of a source are drawn
together, in every repeat that tested them (the cluster bootstrap; Field and Welsh 2007, doi
10.1111/j.1467-9868.2007.00593.x). What the seeds differ by beyond it is added. The variance tells
how many independent files would be as sure of the score, and Wilson's interval for that number
(1927, doi 10.1080/01621459.1927.10502953) keeps within the score's range and leans away from its
ends; it is among those recommended for clustered samples (Franco and others 2019, PMC6690503).
Few wrong sources say little about the variance. The number of files is therefore averaged with
the number of sources, as if sources were right or wrong as a whole; that number counts as much as
one wrong source. Where all is right or all is wrong, the interval is Clopper and Pearson's for as
many sources (1934, doi 10.1093/biomet/26.4.404).

How often it holds, by `tests/benchmarks/bench_coverage.py`. For copies that agree with a
correlation of 0.5 to 1, 30 to 350 sources and an accuracy of 0.75 to 0.98, it covers the true
accuracy in 92 to 98 % of all sets, and in 93 to 97 % for most settings. It is too wide (97 to 98 %)
where fewer than two or so sources are wrong, and a little too narrow (92 to 93 %) where a few of
150 or more sources give most of the copies. Taking files for sources covers 23 to 62 %. Over ten
seeds of a set of LISC's size it covers 93 to 97 %; over two or three seeds, or over the folds of
one, 87 to 98 %, least where trainings differ much, for so few do not tell by how much. Two seeds
that differ can leave an interval that says next to nothing. Of a single training it says nothing
about another. The other scores over all classes cover 91 to 95 % where the rarest class has eight
sources, and less where it has fewer: a class without an error shows no spread.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from hybrid_wbc.evaluation.metrics import mean_of_known

CONFIDENCE = 0.95
_TAIL = (1 - CONFIDENCE) / 2
# Resamplings that agree but for rounding know no spread.
_NO_VARIANCE = 1e-13


def variance_of_mean(
    values: np.ndarray, spread: np.ndarray, n_sources: float
) -> tuple[float, float]:
    """Give the variance of a score's mean over seeds, and its degrees of freedom.

    Seeds differ because they test other sources, which the resamplings show, and because they
    train anew, which is the rest. The degrees of freedom of the sum are Satterthwaite's (1946, doi
    10.2307/3002019).

    Parameters
    ----------
    values : numpy.ndarray of float, shape (seeds,)
        The score in each seed; not a number where a seed has none.
    spread : numpy.ndarray of float, shape (seeds, resamples)
        The same in every resampling of the sources.
    n_sources : float
        Effective number of sources behind the score.

    Returns
    -------
    variance, freedom : float
        Infinite and 0 with fewer than two sources, which tell nothing of others.
    """
    if n_sources < 2:
        return np.inf, 0.0
    unbiased = n_sources / (n_sources - 1)
    values, spread = values[~np.isnan(values)], spread[~np.isnan(values)]
    means = mean_of_known(spread, axis=0)
    of_sources = float(np.var(means[~np.isnan(means)])) * unbiased
    if len(values) < 2:
        return of_sources, n_sources - 1
    excess = float(np.var(values, ddof=1))
    complete = spread[:, ~np.isnan(spread).any(axis=0)]
    if complete.size:
        shifts = complete - complete.mean(axis=1, keepdims=True)
        excess -= float(np.var(shifts, axis=0, ddof=1).mean()) * unbiased
    if excess <= 0:
        return of_sources, n_sources - 1
    of_seeds = excess / len(values)
    parts = of_sources**2 / (n_sources - 1) + of_seeds**2 / (len(values) - 1)
    return of_sources + of_seeds, (of_sources + of_seeds) ** 2 / parts


def of_share(
    share: float, variance: float, freedom: float, n_sources: float
) -> tuple[float, float]:
    """Give the interval of a score between 0 and 1.

    Parameters
    ----------
    share : float
        The score.
    variance, freedom : float
        As `variance_of_mean` gives them.
    n_sources : float
        Effective number of sources behind the score; 0 where nothing was counted.

    Returns
    -------
    low, high : float
        Everything from 0 to 1 with fewer than two sources, unless they are all right or all wrong.
    """
    if n_sources and share in (0.0, 1.0):
        edge = _TAIL ** (1 / n_sources)
        return (edge, 1.0) if share else (0.0, 1 - edge)
    if n_sources < 2:
        return 0.0, 1.0
    binomial = share * (1 - share)
    n_wrong = n_sources * binomial
    n_files = binomial / variance if variance > _NO_VARIANCE else n_sources
    n_files = (n_wrong * n_files + n_sources) / (n_wrong + 1)
    ratio = float(special.stdtrit(freedom, 1 - _TAIL)) ** 2 / n_files
    centre = (share + ratio / 2) / (1 + ratio)
    half = float(np.sqrt(ratio * binomial + ratio**2 / 4)) / (1 + ratio)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def of_difference(
    difference: float, variance: float, freedom: float, n_sources: float
) -> tuple[float, float]:
    """Give the interval of the difference of two scores, or of any figure between -1 and 1.

    Student's, cut at -1 and 1, with the variance that half a source more would bring on which only
    one of the two is right: without it two classifiers that seldom differ would seem surely equal.
    Agresti and Min (2005, Statistics in Medicine 24, 729-740) add to a paired table likewise.

    Parameters
    ----------
    difference : float
    variance, freedom, n_sources : float
        As for `of_share`.

    Returns
    -------
    low, high : float
        Everything from -1 to 1 with fewer than two sources.
    """
    if n_sources < 2:
        return -1.0, 1.0
    deviation = np.sqrt(variance + 0.5 / n_sources**2)
    half = float(special.stdtrit(freedom, 1 - _TAIL) * deviation)
    return max(difference - half, -1.0), min(difference + half, 1.0)


def of_loss(mean: float, variance: float, freedom: float) -> tuple[float, float]:
    """Give the interval of a mean loss, which has no upper end and few cells that count most.

    Student's on the scale of the logarithm, so that it never reaches below 0 and leans upwards.

    Parameters
    ----------
    mean : float
        At least 0.
    variance, freedom : float
        As `variance_of_mean` gives them, of at least two sources.

    Returns
    -------
    low, high : float
        Both 0 where the loss is.
    """
    if mean <= 0:
        return 0.0, 0.0
    ratio = float(np.exp(special.stdtrit(freedom, 1 - _TAIL) * np.sqrt(variance) / mean))
    return mean / ratio, mean * ratio
