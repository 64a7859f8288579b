"""Owns the words of a reproduction, which its page, terminal and tables of results share."""

from __future__ import annotations

from hybrid_wbc.config.choices import Protocol
from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.config.systems import PROTOCOLS, Metric, ScoredOn
from hybrid_wbc.evaluation.reported import ELEMENT_WISE, Difference, Reached
from hybrid_wbc.evaluation.reproduction import Deduction, Named, Reproduction, RunFacts, Said
from hybrid_wbc.evaluation.score_types import Interval

_SIDES: dict[ScoredOn, str] = {
    "test": "",
    "all": "all images, trained on or not",
    "not stated": "of images not named",
    "validation": "validation side",
    "training": "training side",
}
_DECIMALS: dict[Metric, int] = {"loss": 4, "misclassified": 0}


def name_of(row: Named) -> str:
    """Name a figure by its metric and by what sets it apart from others of the metric."""
    parts = [row["metric"], row["class"] or ""]
    if row["classifier"] != "cnn":
        parts.append(CLASSIFIERS[row["classifier"]].title)
    parts.append(_SIDES[row["scored_on"]])
    if row["paper"] and row["paper"]["epochs"]:
        parts.append(f"{row['paper']['epochs']} epochs")
    return ", ".join(part for part in parts if part)


def said(paper: Said | None) -> str:
    """Give a paper's figure, or the two ends that its words can mean."""
    if paper is None:
        return "–"
    return "–".join(dict.fromkeys(f"{paper[end]:,.5g}" for end in ("lowest", "highest")))


def score(found: Reached | None, metric: Metric) -> tuple[str, str]:
    """Give one of our figures and its interval, which is empty where there is none."""
    if found is None:
        return "–", ""
    mean, low, high = (
        "" if found[end] is None else f"{found[end]:,.{_DECIMALS.get(metric, 3)}f}"
        for end in ("mean", "low", "high")
    )
    if metric == "misclassified":
        return f"{mean} of {found['of']:,.0f}", ""
    return mean, f"{low}–{high}" if low else ""


def difference(found: Difference | Interval | None) -> tuple[str, str]:
    """Give the difference of the two protocols and its interval, where there are any."""
    if found is None:
        return "–", ""
    ends = "" if found["low"] is None else f"{found['low']:+.3f} to {found['high']:+.3f}"
    return f"{found['mean']:+.3f}", ends


def deduced(each: Deduction) -> list[str]:
    """Name a deduced setting, with its value in the recipe and the other that was tried."""
    return [each["key"], *(str(each[value]).lower() for value in ("value", "instead"))]


def moved(each: Deduction) -> dict[str, tuple[str, str, str, str]]:
    """Give what the recipe and another value of it reach, by the figure's name.

    Each is the recipe's mean over the same seeds, the other's, how far that is away, and the
    interval of the distance. There are none where the other could not be run.
    """
    found = {}
    for reached in each["scores"]:
        named: Named = {
            "metric": reached["metric"],
            "class": None,
            "classifier": reached["classifier"],
            "scored_on": "test",
            "paper": None,
        }
        found[name_of(named)] = (
            score(reached["recipe"], reached["metric"])[0],
            score(reached["score"], reached["metric"])[0],
            *difference(reached["difference"]),
        )
    return found


def deductions(result: Reproduction) -> list[str]:
    """Name the figures that each deduction has, those of the first that could be run."""
    return list(next((moved(each) for each in result["deductions"] if each["scores"]), {}))


def how_deduced(result: Reproduction) -> str:
    """Say what a deduction's row is, and what its interval does not hold."""
    repeats = max((each["repeats"] for each in result["deductions"] if each["scores"]), default=0)
    protocol = next(iter(result["runs"]))
    if repeats == 1:
        return f"{protocol}, one training each: another seed may move a figure as far"
    return (
        f"{protocol}, {repeats} trainings each, the same seeds and test images as the recipe's; "
        "95 % intervals, not corrected for their number"
    )


def failed(each: Deduction) -> str:
    """Say why another value could not be run, or how many of its trainings came to nothing."""
    if each["failed"]:
        return f"did not run: {each['failed']}"
    return (
        f"{each['at_chance']} of {each['repeats']} never left chance" if each["at_chance"] else ""
    )


def rests_on(run: RunFacts) -> str:
    """Say what a protocol's figures rest on, and how many test images show trained photographs."""
    test, overlap = run["evidence"]["test"], run["overlap"]
    trainings = "training" if run["repeats"] == 1 else "trainings"
    epochs = "epoch" if run["epochs"] == 1 else "epochs"
    shared = (
        f"; {overlap['shared_test_cells']:,} of {overlap['test_cells']:,} test images show a "
        "photograph that was trained on"
        if overlap["shared_test_cells"]
        else ""
    )
    # Results that were kept by earlier versions do not say.
    lost = f" ({run['at_chance']} never left chance)" if run.get("at_chance") else ""
    return (
        f"{run['data']}, {run['repeats']} {trainings} of {run['epochs']} {epochs}{lost}; tested on "
        f"{test['cells']:,} images of {test['sources']:,} photographs, worth "
        f"{test['effective_sources']:,.0f} of equal share{shared}"
    )


def cuts(result: Reproduction, protocol: Protocol) -> str:
    """Say what a protocol's run has less of than its recipe; nothing where it has all."""
    # Results that were kept by earlier versions do not say.
    found = result.get("cuts", {}).get(protocol, [])
    return ", ".join(
        f"weights drawn by the seed, not {cut['recipe']}"
        if cut["of"] == "weights"
        else f"{cut['here']:,} of {cut['recipe']:,} {cut['of']}"
        for cut in found
    )


def warnings(result: Reproduction) -> list[str]:
    """Say what must be known before a figure is read."""
    found = [
        f"SHORTENED, {protocol}: {told}"
        for protocol in result["runs"]
        if (told := cuts(result, protocol))
    ]
    if result["other_data"]:
        found.append(
            "OTHER DATA: these images are not the set that the paper's figures are of "
            f"({result['data']['name']}), or not all of it"
        )
    return found


def sentences(result: Reproduction) -> list[str]:
    """Say what is left by source, and how far element-wise accuracy lies from images right."""
    means = {
        (row["metric"], protocol): reached["mean"]
        for row in result["rows"]
        for protocol in result["runs"]
        if row["classifier"] == "cnn" and not row["class"] and row["scored_on"] == "test"
        if (reached := row[protocol])
    }
    found = []
    both = [m for p in PROTOCOLS if (m := means.get(("accuracy", p))) is not None]
    if len(both) == len(PROTOCOLS):
        left = (
            f"of {both[0]:.3f} of the images right as published, {both[1]:.3f} are left by source"
        )
        no_fewer = (
            f"{both[0]:.3f} of the images are right as published, and no fewer by source: "
            f"{both[1]:.3f}"
        )
        found.append(left if both[1] < both[0] else no_fewer)
    found += [
        f"{protocol}: Keras' element-wise accuracy says {means[ELEMENT_WISE, protocol]:.3f} where "
        f"{means['accuracy', protocol]:.3f} of the images are right"
        for protocol in result["runs"]
        if (ELEMENT_WISE, protocol) in means and ("accuracy", protocol) in means
    ]
    return found
