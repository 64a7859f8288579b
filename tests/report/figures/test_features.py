"""Owns the tests of the ablation's figures: what they are given, shown where it belongs."""

from __future__ import annotations

import copy
import itertools
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.evaluation.refitting import ablated_subsets
from hybrid_wbc.report.figures import features
from hybrid_wbc.report.figures.style import BLACK, BLUE, GREEN, SYNTHETIC_TEXT, VERMILION

# The tests are no package: what several files need is read by its path.
save_twice = runpy.run_path(str(Path(__file__).with_name("figure_input.py")))["save_twice"]

CLASSES = ["basophil", "immature granulocyte", "monocyte"]
TITLES = {"knn": "KNN", "svm": "cubic SVM", "forest": "random forest"}
SUBSETS = [list(s) for size in range(1, 6) for s in itertools.combinations(range(1, 6), size)]


def score(mean: float | None, half: float | None = 0.03) -> dict[str, Any]:
    known = mean is not None and half is not None
    ends = {"low": mean - half, "high": mean + half} if known else {"low": None, "high": None}
    return {"mean": mean, **ends, "raw": [mean]}


def ablation() -> dict[str, Any]:
    """Draw an ablation in which every number is another one."""
    generator = np.random.default_rng(5)
    parts = {}
    for key in TITLES:
        subsets = [
            {"features": subset, "accuracy": score(0.1 * len(subset) + generator.uniform(0.3, 0.4))}
            for subset in SUBSETS
        ]
        of_size = [[s for s in subsets if len(s["features"]) == size] for size in range(1, 6)]
        best = [max(group, key=lambda s: s["accuracy"]["mean"]) for group in of_size]
        worth = generator.uniform(-0.2, 0.4, (len(CLASSES) + 1, 5))
        parts[key] = {
            "subsets": subsets,
            "best": [{"size": size, **subset} for size, subset in enumerate(best, start=1)],
            "shapley": {
                "accuracy": [score(value) for value in worth[-1]],
                "recall": {
                    name: [score(value) for value in row]
                    for name, row in zip(CLASSES, worth[:-1], strict=True)
                },
            },
        }
    return {
        "features": [f"feature {number}" for number in range(1, 6)],
        "chance": {"accuracy": score(0.25)},
        "classifiers": parts,
    }


def draw_feature_by_class(synthetic: bool, given: dict[str, Any] | None = None) -> Figure:
    parts = (given or ablation())["classifiers"]
    return features.feature_by_class(parts, CLASSES, titles=TITLES, synthetic=synthetic)


def draw_feature_subsets(synthetic: bool, given: dict[str, Any] | None = None) -> Figure:
    return features.feature_subsets(given or ablation(), titles=TITLES, synthetic=synthetic)


DRAWINGS = [draw_feature_by_class, draw_feature_subsets]


def maps(figure: Figure) -> list[tuple[Axes, Axes]]:
    """Give each classifier's pair of heat maps: by class, and of the accuracy."""
    drawn = figure.axes[: 2 * len(TITLES)]
    return list(zip(drawn[::2], drawn[1::2], strict=True))


def marks(axis: Axes, colour: str) -> list[Any]:
    return [
        line for line in axis.lines if line.get_color() == colour and len(line.get_xdata()) == 1
    ]


def intervals(axis: Axes, colour: str) -> list[Any]:
    return [
        line
        for line in axis.lines
        if line.get_color() == colour and len(line.get_xdata()) == 2 and line.get_linestyle() == "-"
    ]


def memberships(axis: Axes) -> list[list[int]]:
    lines = [line for line in axis.lines if line.get_color() == BLACK]
    assert [set(line.get_ydata()) for line in lines] == [{row} for row in range(len(lines))]
    return [list(line.get_xdata()) for line in lines]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_figures_say_synthetic_only_of_drawn_cells(draw: Callable[[bool], Figure]) -> None:
    texts = [{text.get_text() for text in draw(drawn).findobj(Text)} for drawn in (True, False)]
    assert SYNTHETIC_TEXT in texts[0]
    assert SYNTHETIC_TEXT not in texts[1]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_figures_save_without_warning_the_same_each_time_and_leave_no_state(
    draw: Callable[[bool], Figure],
) -> None:
    save_twice(draw)


@pytest.mark.parametrize("draw", DRAWINGS)
def test_figures_leave_what_they_are_given_as_it_was(draw: Callable[..., Figure]) -> None:
    given = ablation()
    before = copy.deepcopy(given)
    draw(False, given)
    assert given == before


@pytest.mark.parametrize("draw", DRAWINGS)
def test_nothing_is_cut_off_at_the_figures_edge(draw: Callable[[bool], Figure]) -> None:
    figure = draw(True)
    figure.draw_without_rendering()
    drawn = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert drawn.x0 >= 0 and drawn.x1 <= width
    assert drawn.y0 >= 0 and drawn.y1 <= height


def test_feature_by_class_holds_every_value_in_points_with_the_accuracy_set_apart() -> None:
    given = ablation()
    figure = draw_feature_by_class(False, given)
    for (left, right), (key, part) in zip(maps(figure), given["classifiers"].items(), strict=True):
        assert left.get_title(loc="left") == TITLES[key]
        worth = part["shapley"]
        expected = [[100 * worth["recall"][name][i]["mean"] for name in CLASSES] for i in range(5)]
        np.testing.assert_allclose(left.collections[0].get_array(), expected)
        np.testing.assert_allclose(
            right.collections[0].get_array(), [[100 * s["mean"]] for s in worth["accuracy"]]
        )
        written = [text.get_text().strip("()").replace("−", "-") for text in left.texts]
        np.testing.assert_allclose(
            [float(text) for text in written], np.ravel(expected), atol=0.051
        )
    bottom_left, bottom_right = maps(figure)[-1]
    assert [label.get_text() for label in bottom_left.get_xticklabels()] == CLASSES
    assert [label.get_text() for label in bottom_right.get_xticklabels()] == ["accuracy"]
    assert [label.get_text() for label in bottom_left.get_yticklabels()] == list("12345")


def test_feature_by_class_has_one_colour_scale_around_0_over_all_panels() -> None:
    given = ablation()
    given["classifiers"]["svm"]["shapley"]["recall"]["monocyte"][2] = score(-0.75)
    figure = draw_feature_by_class(False, given)
    limits = {axis.collections[0].get_clim() for pair in maps(figure) for axis in pair}
    assert limits == {(-75.0, 75.0)}


def test_feature_by_class_brackets_a_value_whose_interval_holds_0() -> None:
    given = ablation()
    recall = given["classifiers"]["knn"]["shapley"]["recall"]
    recall["basophil"] = [score(0.02), score(0.04), score(-0.02), score(-0.0004), score(0.02, None)]
    left, _ = maps(draw_feature_by_class(False, given))[0]
    written = [text.get_text() for text in left.texts][:: len(CLASSES)]
    assert written == ["(2.0)", "4.0", "(−2.0)", "(0.0)", "2.0"]


def test_feature_by_class_draws_a_dash_for_a_class_without_test_cells() -> None:
    given = ablation()
    for part in given["classifiers"].values():
        part["shapley"]["recall"]["monocyte"] = [score(None)] * 5
    for left, _ in maps(draw_feature_by_class(False, given)):
        dashes = [text.get_position() for text in left.texts if text.get_text() == "–"]
        assert dashes == [(2.5, row + 0.5) for row in range(5)]
        assert len(left.texts) == 15


def test_feature_by_class_writes_white_only_on_dark_cells() -> None:
    given = ablation()
    accuracy = [score(value) for value in (0.8, -0.8, 0.5, -0.5, 0.0)]
    given["classifiers"]["forest"]["shapley"]["accuracy"] = accuracy
    _, right = maps(draw_feature_by_class(False, given))[2]
    assert [to_hex(text.get_color()) for text in right.texts] == ["#ffffff"] * 2 + ["#000000"] * 3


def test_feature_subsets_has_a_row_per_subset_by_size_and_then_by_score() -> None:
    given = ablation()
    left, right = draw_feature_subsets(False, given).axes
    rows = memberships(left)
    assert sorted(rows) == sorted(SUBSETS)
    means = [
        np.mean([part["subsets"][SUBSETS.index(row)]["accuracy"]["mean"] for part in parts])
        for parts in [given["classifiers"].values()]
        for row in rows
    ]
    order = [(len(row), -mean) for row, mean in zip(rows, means, strict=True)]
    assert order == sorted(order)
    first, last = right.get_ylim()
    assert (first, last) == (30.5, -0.5)
    assert [label.get_text() for label in left.get_yticklabels()] == [
        "1 feature",
        "2 features",
        "3 features",
        "4 features",
        "5 features",
    ]


def test_feature_subsets_draws_each_accuracy_with_its_interval_in_its_row() -> None:
    given = ablation()
    left, right = draw_feature_subsets(False, given).axes
    rows = memberships(left)
    shapes = set()
    for colour, part in zip((BLUE, VERMILION, GREEN), given["classifiers"].values(), strict=True):
        expected = [part["subsets"][SUBSETS.index(row)]["accuracy"] for row in rows]
        points, lines = marks(right, colour), intervals(right, colour)
        assert [point.get_xdata()[0] for point in points] == [s["mean"] for s in expected]
        assert [tuple(line.get_xdata()) for line in lines] == [
            (s["low"], s["high"]) for s in expected
        ]
        heights = [point.get_ydata()[0] for point in points]
        assert [round(height) for height in heights] == list(range(31))
        assert [line.get_ydata()[0] for line in lines] == heights
        shapes |= {point.get_marker() for point in points}
    assert len(shapes) == 3


def test_feature_subsets_fills_only_the_best_of_each_size() -> None:
    given = ablation()
    left, right = draw_feature_subsets(False, given).axes
    rows = memberships(left)
    for colour, part in zip((BLUE, VERMILION, GREEN), given["classifiers"].values(), strict=True):
        filled = [
            row
            for row, point in zip(rows, marks(right, colour), strict=True)
            if point.get_markerfacecolor() == colour
        ]
        assert filled == [best["features"] for best in part["best"]]


def test_feature_subsets_bands_every_second_size_and_marks_chance() -> None:
    for axis in draw_feature_subsets(False).axes:
        bands = [(patch.get_y(), patch.get_y() + patch.get_height()) for patch in axis.patches]
        assert bands == [(-0.5, 4.5), (14.5, 24.5), (29.5, 30.5)]
    (chance,) = [line for line in axis.lines if line.get_linestyle() == "--"]
    assert set(chance.get_xdata()) == {0.25}


def test_feature_subsets_names_every_mark_and_says_that_the_best_is_optimistic() -> None:
    (legend,) = draw_feature_subsets(False).legends
    assert [text.get_text() for text in legend.get_texts()] == [*TITLES.values(), "chance"]
    assert "95 % interval" in legend.get_title().get_text()
    assert "optimistic" in legend.get_title().get_text()


def test_feature_subsets_without_an_interval_draws_the_mark_alone() -> None:
    given = ablation()
    for subset in given["classifiers"]["svm"]["subsets"]:
        subset["accuracy"] = score(subset["accuracy"]["mean"], None)
    _, right = draw_feature_subsets(False, given).axes
    assert intervals(right, VERMILION) == []
    assert len(marks(right, VERMILION)) == 31
    assert len(intervals(right, BLUE)) == 31


@pytest.mark.parametrize("width", [2, 9, 64])
def test_feature_subsets_takes_many_features_and_classifiers(width: int) -> None:
    subsets = [[feature + 1 for feature in subset] for subset in ablated_subsets(width)]
    keys = list(CLASSIFIERS)
    part = {
        "subsets": [{"features": subset, "accuracy": score(0.5)} for subset in subsets],
        "best": [{"size": width, "features": subsets[-1], "accuracy": score(0.5)}],
        "shapley": None,
    }
    given = {
        "features": [f"feature {number}" for number in range(1, width + 1)],
        "chance": {"accuracy": score(0.25)},
        "classifiers": dict.fromkeys(keys, part),
    }
    titles = {key: each.title for key, each in CLASSIFIERS.items()}
    figure = features.feature_subsets(given, titles=titles, synthetic=False)
    assert figure.get_figheight() * 200 < 16383  # the most that a WebP can be high
    left, right = figure.axes
    assert memberships(left)[-1] == subsets[-1]
    marks = {line.get_ydata()[0] for line in right.lines if len(line.get_xdata()) == 1}
    assert len(marks) == len(keys) * len(subsets)  # no two on one another
