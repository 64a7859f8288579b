"""Owns the plain sentences about features: what each of them carries, by the ablation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from hybrid_wbc.classical.embeddings import count_learned
from hybrid_wbc.evaluation.ablation import Ablation, Subset
from hybrid_wbc.evaluation.score_types import AnyScore
from hybrid_wbc.report.words.scores import SAME, NumberWriter, capital, highest, join, titles

Path = tuple[str | int, ...]
Subsets = Sequence[Subset]


_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def in_words(count: int) -> str:
    """Write a whole number in words up to ten, and in figures beyond.

    Examples
    --------
    >>> in_words(5), in_words(64)
    ('five', '64')
    """
    return _WORDS[count] if count < len(_WORDS) else str(count)


def has_both(ablation: Ablation) -> bool:
    """Whether some features are a network's and others hand-made."""
    return 0 < count_learned(ablation["features"]) < len(ablation["features"])


def told_subset(features: Sequence[int], names: Sequence[str], last: str = ", ") -> str:
    """Name a subset: by numbers where all features are a network's, else in words.

    Parameters
    ----------
    features : sequence of int
        Counted from 1, in order.
    names : sequence of str
        Of all features.
    last : str
        Stands before the last of them.

    Examples
    --------
    >>> names = ["feature 1", "feature 2", "cell area", "nucleus area", "nucleus lobes"]
    >>> told_subset([1, 2], names[:2]), told_subset([2, 4], names)
    ('1, 2', 'feature 2, nucleus area')
    >>> told_subset([1, 2], names), told_subset([3, 4, 5], names), told_subset([1, 2, 3, 5], names)
    ("the network's", 'the hand-made', 'all but nucleus area')
    """
    learned, count = count_learned(names), len(names)
    if learned == count:
        said = [str(feature) for feature in features]
    elif list(features) == list(range(1, count + 1)):
        return "all"
    elif learned and list(features) == list(range(1, learned + 1)):
        return "the network's"
    elif learned and list(features) == list(range(learned + 1, count + 1)):
        return "the hand-made"
    elif len(features) == count - 1 > 1:
        return f"all but {names[next(iter({*range(1, count + 1)} - {*features})) - 1]}"
    else:
        said = [names[feature - 1] for feature in features]
    return last.join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def place_of(subsets: Subsets, features: Sequence[int]) -> int:
    """Find a subset, of features counted from 1, in a classifier's list of them."""
    return next(i for i, subset in enumerate(subsets) if subset["features"] == list(features))


def places_alone(subsets: Subsets) -> list[int]:
    """Find the subsets of each feature alone, in the order of the features."""
    return [place_of(subsets, [feature]) for feature in subsets[-1]["features"]]


def places_without(subsets: Subsets) -> list[int]:
    """Find the subsets that lack one feature, in the order of the features that they lack."""
    everything = subsets[-1]["features"]
    return [place_of(subsets, [f for f in everything if f != lost]) for lost in everything]


def leading_feature(ablation: Ablation, number: NumberWriter) -> Markup:
    """Say which feature carries most of each classifier's accuracy.

    Parameters
    ----------
    ablation : Ablation
    number : NumberWriter

    Returns
    -------
    Markup
        Escaped, as from every function of this file. One sentence: by the Shapley values, or,
        where there are too many features for them, by what each reaches alone. Where some features
        are hand-made and others a network's, what each kind reaches, in a sentence a classifier.
    """
    if has_both(ablation):
        return Markup(" ").join(_kinds(ablation, key, number) for key in ablation["classifiers"])
    groups: dict[Markup, list[Markup]] = {}
    clear = True
    for key, part in ablation["classifiers"].items():
        worth = part["shapley"]
        if worth is None:
            return _leading_alone(ablation, number)
        values = worth["accuracy"]
        best = highest(_means(values))
        clear = clear and len(best) == 1 and not _rivals(values, best)
        at = ("ablation", "classifiers", key, "shapley", "accuracy", best[0], "mean")
        groups.setdefault(_named(ablation, best), []).append(
            Markup("{} {}").format(titles([key]), number(*at, kind="signed"))
        )
    told = [Markup("{} ({})").format(names, join(by)) for names, by in groups.items()]
    return Markup("{} {}.").format(
        "The largest part of the accuracy above chance comes from"
        if clear
        else "Which feature carries most is not certain: the largest Shapley value is that of",
        join(told),
    )


def _leading_alone(ablation: Ablation, number: NumberWriter) -> Markup:
    told = []
    for key, part in ablation["classifiers"].items():
        single = places_alone(part["subsets"])
        best = highest(
            {i: part["subsets"][place]["accuracy"]["mean"] for i, place in enumerate(single)}
        )
        at = ("ablation", "classifiers", key, "subsets", single[best[0]], "accuracy", "mean")
        told.append(
            Markup("{} for {} ({})").format(
                _named(ablation, best, "or"), titles([key]), number(*at)
            )
        )
    return Markup("The feature that is most accurate alone: {}.").format(join(told))


def feature_answer(ablation: Ablation, key: str, number: NumberWriter) -> list[Markup]:
    """Say what each feature is worth to one classifier.

    Parameters
    ----------
    ablation : Ablation
    key : str
        The classifier.
    number : NumberWriter

    Returns
    -------
    list of Markup
        What carries most; how far one feature alone gets; what the loss of one costs; which class
        leans on which feature. The first and the last are by Shapley values, where there are any.
    """
    part = ablation["classifiers"][key]
    at = ("ablation", "classifiers", key)
    refitted = [
        _alone(ablation, part["subsets"], (*at, "subsets"), number),
        _left_out(ablation, part["subsets"], (*at, "subsets"), number),
    ]
    worth = part["shapley"]
    if has_both(ablation):
        return [_kinds(ablation, key, number), *refitted]
    if worth is None:
        return refitted
    return [
        _carries_most(ablation, worth["accuracy"], (*at, "shapley", "accuracy"), number),
        *refitted,
        *_leanings(ablation, worth["recall"], (*at, "shapley", "recall"), number),
    ]


def _kinds(ablation: Ablation, key: str, number: NumberWriter) -> Markup:
    """Say what the network's features and the hand-made ones reach, apart and together."""
    subsets = ablation["classifiers"][key]["subsets"]
    learned, count = count_learned(ablation["features"]), len(ablation["features"])
    at = ("ablation", "classifiers", key, "subsets")
    kinds = [range(1, learned + 1), range(learned + 1, count + 1), range(1, count + 1)]
    reached = [number(*at, place_of(subsets, list(kind)), "accuracy", "mean") for kind in kinds]
    return Markup(
        "{}: the network's {} features alone reach {}, the {} hand-made ones alone {}, and all "
        "together {}."
    ).format(
        capital(titles([key])),
        in_words(learned),
        reached[0],
        in_words(count - learned),
        *reached[1:],
    )


def _carries_most(
    ablation: Ablation,
    values: Sequence[AnyScore],
    at: Path,
    number: NumberWriter,
) -> Markup:
    best = highest(_means(values))
    rivals = _rivals(values, best)
    doubt = Markup("")
    if rivals:
        everyone = len(best) + len(rivals) == len(values)
        doubt = Markup("; its interval overlaps with {}").format(
            "those of all others" if everyone else _named(ablation, rivals)
        )
    return Markup("{} {} the most accuracy: Shapley value {}{}.").format(
        capital(_named(ablation, best)),
        "carries" if len(best) == 1 else "carry alike",
        number(*at, best[0], "mean", kind="signed"),
        doubt,
    )


def _rivals(values: Sequence[AnyScore], best: Sequence[int]) -> list[int]:
    """Find the features whose intervals reach into that of the best."""
    low = values[best[0]]["low"]
    return [
        place
        for place, value in enumerate(values)
        if place not in best
        and low is not None
        and (high := value["high"]) is not None
        and high >= low
    ]


def _alone(ablation: Ablation, subsets: Subsets, at: Path, number: NumberWriter) -> Markup:
    single = places_alone(subsets)
    means = {i: subsets[place]["accuracy"]["mean"] for i, place in enumerate(single)}
    best = highest(means)
    chance, full = ablation["chance"]["accuracy"]["mean"], subsets[-1]["accuracy"]["mean"]
    numbers = (
        number("ablation", "chance", "accuracy", "mean"),
        number(*at, len(subsets) - 1, "accuracy", "mean"),
        _named(ablation, best, "or"),
        number(*at, single[best[0]], "accuracy", "mean"),
    )
    if full <= chance + SAME:
        return Markup("Chance ({}) is not beaten by all features ({}); {} alone: {}.").format(
            *numbers
        )
    way = (means[best[0]] - chance) / (full - chance)
    return Markup(
        "One feature alone gets {} of the way from chance ({}) to all of them ({}): {} reaches {}."
    ).format(
        "nearly all" if way >= 0.9 else "more than half" if way > 0.5 else "no more than half",
        *numbers,
    )


def _left_out(ablation: Ablation, subsets: Subsets, at: Path, number: NumberWriter) -> Markup:
    without = places_without(subsets)
    full = subsets[-1]["accuracy"]["mean"]
    costs = {i: full - subsets[place]["accuracy"]["mean"] for i, place in enumerate(without)}
    worst = highest(costs)
    before = number(*at, len(subsets) - 1, "accuracy", "mean")
    after = number(*at, without[worst[0]], "accuracy", "mean")
    if costs[worst[0]] <= SAME:
        return Markup(
            "On average any one feature can be left out at no cost: {} at least, {} with all."
        ).format(after, before)
    return Markup("On average, leaving out {} costs most: {} instead of {}.").format(
        _named(ablation, worst, "or"), after, before
    )


def _leanings(
    ablation: Ablation,
    values: Mapping[str, Sequence[AnyScore]],
    at: Path,
    number: NumberWriter,
) -> list[Markup]:
    best = []
    for name, row in values.items():
        means = _means(row)
        if means and max(means.values()) > SAME:
            places = highest(means)
            best.append((means[places[0]], name, places))
    if not best:
        return []
    told = [
        Markup("{} on {} ({})").format(
            name, _named(ablation, places), number(*at, name, places[0], "mean", kind="signed")
        )
        for _, name, places in sorted(best, key=lambda leaning: -leaning[0])
    ]
    return [Markup("The recall of each class leans most, strongest first: {}.").format(join(told))]


def _means(values: Sequence[AnyScore]) -> dict[int, float]:
    return {i: mean for i, value in enumerate(values) if (mean := value["mean"]) is not None}


def _named(ablation: Ablation, places: Sequence[int], last: str = "and") -> Markup:
    return join((ablation["features"][place] for place in places), last=last)
