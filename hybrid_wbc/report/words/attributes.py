"""Owns the sentences about attributes: what the features tell of each, and beyond the class."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from hybrid_wbc.evaluation.attributes import Attribute, AttributesTold
from hybrid_wbc.evaluation.score_types import Score
from hybrid_wbc.report.words.features import in_words
from hybrid_wbc.report.words.scores import SIGNIFICANCE, NumberWriter, capital, join


def name_of(attribute: Attribute) -> str:
    """Name an attribute as one would say it."""
    return " ".join(attribute["name"].replace("_", " ").split())


def together(found: AttributesTold) -> str:
    """Name all features: the five together."""
    count = len(found["features"])
    if count == 1:
        return "the one feature"
    return f"the {in_words(count)} together"


def surely_more(score: Score) -> bool:
    """Whether the whole interval lies above nothing."""
    return score["low"] is not None and score["low"] > 0


def gains_surely(attribute: Attribute) -> bool:
    """Whether all features tell more than the class, corrected for the number of attributes."""
    gain = attribute["subsets"][-1]["beyond_class"]
    return surely_more(gain) and attribute["p_holm"] < SIGNIFICANCE


def summary(found: AttributesTold) -> str:
    """Say of how many attributes the features tell more than the class does, the most first."""
    gains = [
        (attribute["subsets"][-1]["beyond_class"]["mean"], name_of(attribute))
        for attribute in found["attributes"]
        if gains_surely(attribute)
    ]
    count = len(found["attributes"])
    of = f"of {count} attributes" if count > 1 else f"of {name_of(found['attributes'][0])}"
    if not gains:
        return f"Beyond the class, {together(found)} tell nothing certain {of}."
    if count == 1:
        return f"Beyond the class, {together(found)} tell something {of}."
    names = [name for _, name in sorted(gains, reverse=True)]
    return (
        f"Beyond the class, {together(found)} tell something of {len(gains)} {of}, "
        f"most of {join(names[:3])}."
    )


def sentence(found: AttributesTold, place: int, number: NumberWriter) -> Markup:
    """Say which feature tells most of an attribute, and what all tell beyond the class.

    Parameters
    ----------
    found : AttributesTold
    place : int
        Of the attribute.
    number : NumberWriter

    Returns
    -------
    Markup
        One sentence, escaped.
    """
    attribute = found["attributes"][place]
    at = ("attributes", "attributes", place)
    last = len(attribute["subsets"]) - 1
    width = len(found["features"])
    best = _best(attribute, width)
    mean, low, high = _score((*at, "subsets", best, "alone"), number)
    if surely_more(attribute["subsets"][best]["alone"]):
        rivals = [found["features"][rival] for rival in _rivals(attribute, best, width)]
        first = Markup("{} tells most of {}: {} of its variation ({} to {}{})").format(
            capital(found["features"][best]),
            name_of(attribute),
            mean,
            low,
            high,
            Markup(", which overlaps with {}").format(join(rivals)) if rivals else "",
        )
    else:
        first = Markup("No feature alone surely tells anything of {}: {} comes to {} ({} to {})")
        first = first.format(name_of(attribute), found["features"][best], mean, low, high)
    gain = Markup("{} ({} to {})").format(*_score((*at, "subsets", last, "beyond_class"), number))
    surely = gains_surely(attribute)
    return Markup("{}; {} tell {}, the class alone {}; beyond the class they tell {}.").format(
        first,
        together(found),
        number(*at, "subsets", last, "alone", "mean"),
        number(*at, "class_alone", "mean"),
        gain if surely else Markup("nothing certain, {}").format(gain),
    )


def notes(found: AttributesTold) -> list[str]:
    """Say which cells, rows, values and columns took no part."""
    said = [
        f"{found['rows']:,} rows: {found['tested']:,} of test cells, {found['elsewhere']:,} of "
        f"cells that the run trained on or left out, {found['unmatched']:,} of no cell of the run"
        f"{_listed(found['named'], found['unmatched'])}."
    ]
    if found["without_row"]:
        said.append(f"{found['without_row']:,} test cells stand in no row.")
    left_out = [
        f"{name_of(attribute)} {', '.join(f'{v} ({n})' for v, n in attribute['left_out'].items())}"
        for attribute in found["attributes"]
        if attribute["left_out"]
    ]
    if left_out:
        said.append(f"Values of too few test cells are left out: {'; '.join(left_out)}.")
    if found["unused"]:
        unused = "; ".join(f"{each['name']} ({each['reason']})" for each in found["unused"])
        said.append(f"Columns that are left out: {unused}.")
    return said


def _best(attribute: Attribute, width: int) -> int:
    """Find the single feature that tells most; the singles come first among the subsets."""
    singles: Sequence[float] = [each["alone"]["mean"] for each in attribute["subsets"][:width]]
    return max(range(width), key=singles.__getitem__)


def _rivals(attribute: Attribute, best: int, width: int) -> list[int]:
    """Find the other single features whose intervals reach into that of the best."""
    singles = [each["alone"] for each in attribute["subsets"][:width]]
    return [
        place
        for place, score in enumerate(singles)
        if place != best and score["high"] >= singles[best]["low"]
    ]


def _score(at: tuple[str | int, ...], number: NumberWriter) -> tuple[Markup, Markup, Markup]:
    mean, low, high = (number(*at, end) for end in ("mean", "low", "high"))
    return mean, low, high


def _listed(named: Sequence[str], count: int) -> str:
    if not named:
        return ""
    shown = named[:3]
    return f" ({', '.join(shown)}{' and others' if count > len(shown) else ''})"
