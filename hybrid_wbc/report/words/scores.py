"""Owns the plain sentences about scores: what the numbers of a run say, computed from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from markupsafe import Markup

from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.evaluation.comparison import Comparison, Pair
from hybrid_wbc.evaluation.score_types import ClassifierScores
from hybrid_wbc.evaluation.scoring import Metrics

# The usual level; p-values are Holm-corrected before they are held against it.
SIGNIFICANCE = 0.05
_PAIRS_TOLD = 3
# With fewer test cells of a class, one cell moves its recall by more than 10 points.
FEW_TESTED = 10
# In the name of a repeat that is a fold, as `runs.folder.repeat_name` gives it.
_FOLD = "-fold-"
# Means that are equal on paper differ in their last bits.
SAME = 1e-9

Scores = Mapping[str, ClassifierScores]
_Key = TypeVar("_Key")


class NumberWriter(Protocol):
    """Writes the number at a path into the run, marked with where it comes from."""

    def __call__(self, *path: str | int, kind: str = ...) -> Markup:
        """Give the number as HTML."""


def accuracy_range(scores: Scores, number: NumberWriter) -> Markup:
    """Say how accurate the classifiers are.

    Parameters
    ----------
    scores : mapping
        The part 'classifiers' of metrics.json.
    number : NumberWriter

    Returns
    -------
    Markup
        One sentence, escaped, as from every function of this file.
    """
    means = {key: given["accuracy"]["mean"] for key, given in scores.items()}
    best, worst = highest(means), highest({key: -mean for key, mean in means.items()})
    high, low = (
        number("metrics", "classifiers", keys[0], "accuracy", "mean") for keys in (best, worst)
    )
    if len(means) == 1:
        return Markup("{} has a test accuracy of {}.").format(capital(titles(best)), high)
    if best == worst:
        return Markup("Every classifier has a test accuracy of {}.").format(high)
    return Markup("Test accuracy lies between {} ({}) and {} ({}).").format(
        low, titles(worst), high, titles(best)
    )


def few_tested(metrics: Metrics) -> str:
    """Say which class has too few test cells for its figures to mean much; "" where none has.

    Parameters
    ----------
    metrics : Metrics

    Returns
    -------
    str
        With the number of test cells, plain: of the first repeat, or of all folds of a seed, which
        test each cell once, but for those that are trained on alone.
    """
    first = metrics["repeats"][0]
    counts = metrics["counts"].get(TEST, {})
    if _FOLD in first:
        seeds = len({repeat.partition(_FOLD)[0] for repeat in metrics["repeats"]})
        by_class = next(iter(metrics["classifiers"].values()))["per_class"]
        counts = {name: by_class[name]["support"] // seeds for name in counts}
    few = {name: count for name, count in counts.items() if count < FEW_TESTED}
    if not few:
        return ""
    fewest = min(few.values())
    of = [name for name, count in few.items() if count == fewest]
    others = f", and fewer than {FEW_TESTED} of {len(few)} classes" if len(few) > len(of) else ""
    everyone = len(of) == len(counts)
    named = "each class" if everyone else f"{', '.join(of[:-1])} and {of[-1]}" if of[1:] else of[0]
    each = "" if everyone or len(of) == 1 else " each"
    where = f" in {first}" if len(metrics["repeats"]) > 1 else ""
    where = " over the folds" if _FOLD in first else where
    moved = (
        "none can be found" if not fewest else f"one cell is {100 / fewest:.0f} points of recall"
    )
    return (
        f"Few test cells: {fewest}{each} of {named}{others}, {sum(counts.values())} in all{where}; "
        f"{moved}, and figures by class say little."
    )


def what_is_summed(metrics: Metrics) -> str:
    """Say what counts over several repeats hold; "" where there is one repeat."""
    tested = metrics["evidence"][TEST]["cells"]
    if len(metrics["repeats"]) == 1:
        return ""
    said = " Counts are summed over the repeats, "
    if tested == metrics["overlap"]["test_cells"]:
        return said + "which test each cell once."
    return said + "which test many of the same cells."


def sides_are_fixed(metrics: Metrics) -> bool:
    """Whether every repeat has the same sides: no cell was on more than one."""
    on_a_side = (each for side, each in metrics["evidence"].items() if side != "all")
    return sum(each["cells"] for each in on_a_side) == metrics["evidence"]["all"]["cells"]


def differences(comparison: Comparison, number: NumberWriter) -> list[Markup]:
    """Say which differences between classifiers hold.

    Parameters
    ----------
    comparison : Comparison
        The part 'comparison' of metrics.json.
    number : NumberWriter

    Returns
    -------
    list of Markup
        The first is a summary of the others. Which classifier is above which is told by the
        counts that McNemar's test itself uses: the difference over all predictions may point the
        other way.
    """
    pairs = comparison["pairs"]
    if not pairs:
        return [Markup("One classifier was scored: there is no pair to compare.")]
    at = ("metrics", "comparison", "pairs")
    order = sorted(range(len(pairs)), key=lambda place: pairs[place]["p_holm"])
    held = [place for place in order if pairs[place]["p_holm"] < SIGNIFICANCE]
    if held:
        told = [
            Markup("{} of {} of classifiers differ{} beyond chance.").format(
                len(held), _pairs(len(pairs)), "s" if len(held) == 1 else ""
            )
        ]
        told += [_above(pairs[place], (*at, place), number) for place in held[:_PAIRS_TOLD]]
        if held[_PAIRS_TOLD:]:
            told.append(Markup("The table below has the others."))
    else:
        told = [
            Markup(
                "No pair of classifiers differs beyond chance: "
                "the smallest Holm-corrected p of {} is {}."
            ).format(_pairs(len(pairs)), number(*at, order[0], "p_holm", kind="p")),
            Markup("That does not show that they are equal."),
        ]
    return told


def _pairs(count: int) -> str:
    return f"{count} pair{'s' if count > 1 else ''}"


def _above(pair: Pair, at: tuple[str | int, ...], number: NumberWriter) -> Markup:
    better, gained, worse, lost = pair["first"], "only_first", pair["second"], "only_second"
    if pair["only_second"] > pair["only_first"]:
        better, gained, worse, lost = worse, lost, better, gained
    return Markup(
        "{} is above {}: it alone is right on {} sources, the other alone on {} "
        "(Holm-corrected p: {})."
    ).format(
        capital(titles([better])),
        titles([worse]),
        number(*at, gained, kind="integer"),
        number(*at, lost, kind="integer"),
        number(*at, "p_holm", kind="p"),
    )


def lowest_recall(scores: Scores, classes: Sequence[str], number: NumberWriter) -> Markup:
    """Say which class each classifier misses most; "" where all classes are found alike.

    Parameters
    ----------
    scores : mapping
        The part 'classifiers' of metrics.json.
    classes : sequence of str
    number : NumberWriter
    """
    missed: dict[str, list[Markup]] = {}
    for key, given in scores.items():
        recall = {name: given["per_class"][name]["recall"]["mean"] for name in classes}
        known = {name: -mean for name, mean in recall.items() if mean is not None}
        lowest = highest(known)
        for name in lowest if len(lowest) < len(known) else []:
            at = ("metrics", "classifiers", key, "per_class", name, "recall", "mean")
            missed.setdefault(name, []).append(Markup("{} {}").format(titles([key]), number(*at)))
    if not missed:
        return Markup("")
    told = [Markup("{} ({})").format(name, join(by)) for name, by in missed.items()]
    return Markup("Lowest recall: {}.").format(join(told, "; "))


def highest(values: Mapping[_Key, float]) -> list[_Key]:
    """Give the keys of the largest value, which several may share, in their order."""
    top = max(values.values())
    return [key for key, value in values.items() if value >= top - SAME]


def titles(keys: Iterable[str]) -> Markup:
    """Name classifiers as people do."""
    return join(CLASSIFIERS[key].title for key in keys)


def join(parts: Iterable[str], comma: str = ", ", last: str = "and") -> Markup:
    """Join words or clauses by commas and a last word, escaping what is not Markup."""
    *first, end = parts
    return Markup(f" {last} ").join([Markup(comma).join(first), end] if first else [end])


def capital(text: str) -> str:
    """Begin a sentence, leaving the other letters (KNN) as they are."""
    return text[:1].upper() + text[1:]
