"""Owns the tests of the sentences about attributes: no claim where the interval holds nothing."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from hybrid_wbc.report.pages.numbers import Numbers
from hybrid_wbc.report.words import attributes as words

# The tests are no package: what several files need is read by its path.
_shared = runpy.run_path(str(Path(__file__).parents[1] / "page_input.py"))
a_run, told, flat = (_shared[name] for name in ("a_run", "told", "flat"))


@pytest.fixture
def run() -> dict[str, Any]:
    """A run whose feature 3 tells most of the first attribute and of the second nothing does."""
    run = a_run()
    for attribute, of_third, gain in zip(
        run["attributes"]["attributes"], (0.4, 0.005), (0.2, 0.005), strict=True
    ):
        attribute["class_alone"], attribute["p_holm"] = flat(0.3), 0.01 if gain > 0.1 else 0.2
        for subset in attribute["subsets"]:
            subset["alone"] = flat(of_third if 3 in subset["features"] else 0.001)
            subset["beyond_class"] = flat(gain)
    return run


def sentence(run: dict[str, Any], place: int) -> str:
    return told(words.sentence(run["attributes"], place, Numbers(run)))


def test_the_feature_that_tells_most_is_named_beside_all_and_the_class(run: Any) -> None:
    assert sentence(run, 0) == (
        "Feature 3 tells most of nucleus shape: 0.400 of its variation (0.390 to 0.410); the five "
        "together tell 0.400, the class alone 0.300; beyond the class they tell 0.200 "
        "(0.190 to 0.210)."
    )


def test_nothing_is_claimed_where_the_interval_holds_nothing(run: Any) -> None:
    said = sentence(run, 1)
    assert said.startswith(
        "No feature alone surely tells anything of cell area: feature 3 comes to"
    )
    assert said.endswith("beyond the class they tell nothing certain, 0.005 (−0.005 to 0.015).")


def test_a_feature_that_comes_as_near_is_named(run: Any) -> None:
    run["attributes"]["attributes"][0]["subsets"][1]["alone"] = flat(0.39)
    assert "(0.390 to 0.410, which overlaps with feature 2)" in sentence(run, 0)


def test_the_summary_counts_the_attributes_that_gain(run: Any) -> None:
    found = run["attributes"]
    assert words.summary(found) == (
        "Beyond the class, the five together tell something of 1 of 2 attributes, "
        "most of nucleus shape."
    )
    found["attributes"].reverse()
    del found["attributes"][1]
    assert words.summary(found) == (
        "Beyond the class, the five together tell nothing certain of cell area."
    )
    found["attributes"][0]["subsets"][-1]["beyond_class"] = flat(0.5)
    assert "nothing certain" in words.summary(found)  # not after the correction
    found["attributes"][0]["p_holm"] = 0.04
    assert words.summary(found) == (
        "Beyond the class, the five together tell something of cell area."
    )


def test_notes_name_what_took_no_part(run: Any) -> None:
    assert words.notes(run["attributes"]) == [
        "300 rows: 120 of test cells, 100 of cells that the run trained on or left out, 80 of no "
        "cell of the run (gone-1.png, gone-2.png, gone-3.png and others).",
        "7 test cells stand in no row.",
        "Values of too few test cells are left out: nucleus shape <odd> (3).",
        "Columns that are left out: label (the class itself).",
    ]


@pytest.mark.parametrize(
    ("count", "said"), [(1, "the one feature"), (9, "the nine together"), (12, "the 12 together")]
)
def test_any_number_of_features_is_named(run: Any, count: int, said: str) -> None:
    found = run["attributes"] | {"features": [f"feature {n}" for n in range(count)]}
    assert words.together(found) == said
