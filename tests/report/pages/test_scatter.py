"""Owns the tests of what the explorer is given: the chosen cells, their axes and pictures."""

from __future__ import annotations

import copy
import io
import json
from typing import Any

import jinja2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hybrid_wbc.errors import InputError
from hybrid_wbc.report.figures.style import class_styles
from hybrid_wbc.report.pages.packing import unpack
from hybrid_wbc.report.pages.scatter import scatter_cells

CLASSES = ("basophil", "monocyte", "neutrophil")
TITLES = {"knn": "KNN", "svm": "cubic SVM"}


def some_cells(counts: tuple[int, ...] = (5, 5, 5), *, wrong: tuple[int, ...] = ()) -> dict:
    """Test cells in class order, of which KNN mistakes those at the positions `wrong`."""
    y = np.repeat(np.arange(len(counts)), counts)
    knn = np.array(CLASSES)[y]
    knn[list(wrong)] = np.array(CLASSES)[(y[list(wrong)] + 1) % len(CLASSES)]
    return {
        "X": np.random.default_rng(0).normal(size=(len(y), 5)) * 12,
        "y": y,
        "split": np.full(len(y), "test"),
        "ids": np.array([f"cell-{position}" for position in range(len(y))]),
        "classes": CLASSES,
        "predictions": {"knn": knn, "svm": np.array(CLASSES)[y]},
        "images": None,
        "titles": TITLES,
        "sources": [f"slide {position // 2}" for position in range(len(y))],
    }


def columns_of(cells: Any) -> np.ndarray:
    """Read the places of the cells, a row for each axis."""
    return unpack(cells["x"]).reshape(len(cells["axes"]), -1)


def test_every_cell_is_told_where_there_are_few() -> None:
    given_ = some_cells(wrong=(7,))
    cells, sprite = scatter_cells(**given_)
    assert cells["ids"] == given_["ids"].tolist()
    assert unpack(cells["label"]).tolist() == given_["y"].tolist()
    assert cells["sides"] == [{"key": "test", "title": "test", "shown": 15, "all": 15}]
    assert [answer["title"] for answer in cells["answers"]] == ["KNN", "cubic SVM"]
    knn, svm = (unpack(answer["said"]) for answer in cells["answers"])
    assert knn[7] == 2 and svm.tolist() == given_["y"].tolist()
    assert [axis["title"] for axis in cells["axes"]] == [f"feature {n}" for n in range(1, 6)]
    assert sprite is None and cells["sprite"] is None
    assert json.loads(json.dumps(cells)) == cells


def test_features_keep_four_significant_digits() -> None:
    given_ = some_cells()
    given_["X"][:3, 0] = 123.456, -0.000123456, 0
    cells, _ = scatter_cells(**given_)
    assert columns_of(cells)[0, :3].tolist() == np.float32([123.5, -0.0001235, 0]).tolist()


def test_axes_hold_all_cells_with_a_margin_even_where_a_feature_hardly_changes() -> None:
    given_ = some_cells()
    given_["X"][:, 0] = np.linspace(0, 10, 15)
    given_["X"][:, 1] = 1000 + np.linspace(0, 1e-3, 15)
    given_["X"][:, 2] = -3
    given_["X"][:, 3] = 0
    given_["X"][:, 4] = np.linspace(-1e-9, 1e-9, 15)
    cells, _ = scatter_cells(**given_, most=6)
    limits = [axis["limits"] for axis in cells["axes"]]
    assert limits[0] == [-0.5, 10.5] and limits[3] == [-0.5, 0.5]
    for column, (low, high) in zip(columns_of(cells), limits, strict=True):
        assert low < min(column) <= max(column) < high


def test_sides_follow_one_another_and_each_has_its_own_share() -> None:
    given_ = some_cells((8, 8, 8))
    given_["split"] = np.array(["test", "train", "validation", "train"] * 6)
    cells, _ = scatter_cells(**given_, most=18)
    assert [(side["key"], side["shown"], side["all"]) for side in cells["sides"]] == [
        ("train", 6, 12),
        ("validation", 6, 6),
        ("test", 6, 6),
    ]
    side = unpack(cells["side"]).tolist()
    assert side == [0] * 6 + [1] * 6 + [2] * 6
    by_id = dict(zip(given_["ids"], given_["split"], strict=True))
    assert [cells["sides"][position]["key"] for position in side] == [
        by_id[cell_id] for cell_id in cells["ids"]
    ]


def test_mistaken_cells_come_first_and_rare_classes_are_not_lost() -> None:
    wrong = (3, 50, 90)
    cells, _ = scatter_cells(**some_cells((100, 4, 100), wrong=wrong), most=43)
    assert {f"cell-{position}" for position in wrong} <= set(cells["ids"])
    # Of the forty left, each class has the same number unless it has no more.
    assert np.bincount(unpack(cells["label"])).tolist() == [18 + 3, 4, 18]


def test_more_mistakes_than_room_are_chosen_evenly_too() -> None:
    cells, _ = scatter_cells(**some_cells((40, 40, 40), wrong=tuple(range(80))), most=10)
    assert np.bincount(unpack(cells["label"])).tolist() == [5, 5]
    assert (unpack(cells["answers"][0]["said"]) != unpack(cells["label"])).all()


@given(
    counts=st.tuples(*[st.integers(0, 30)] * 3).filter(any),
    share=st.floats(0, 1),
    most=st.integers(1, 60),
)
def test_choice_is_never_more_than_asked_and_each_cell_comes_once(
    counts: tuple[int, ...], share: float, most: int
) -> None:
    total = sum(counts)
    wrong = tuple(range(int(share * total)))
    cells, _ = scatter_cells(**some_cells(counts, wrong=wrong), most=most)
    shown = len(cells["ids"])
    assert min(total, most) - 4 <= shown <= min(total, most)
    assert total > most or shown == total
    assert len(set(cells["ids"])) == shown


def test_choice_is_the_same_each_time_and_leaves_the_input_as_it_was() -> None:
    given_ = some_cells((30, 30, 30), wrong=(2, 40)) | {
        "images": np.random.default_rng(1).integers(0, 255, (90, 20, 20, 3)).astype(np.uint8)
    }
    before = copy.deepcopy(given_)
    assert scatter_cells(**given_, most=20) == scatter_cells(**given_, most=20)
    for key in ("X", "y", "split", "ids", "images"):
        assert np.array_equal(given_[key], before[key])


def test_classes_look_as_in_the_figures() -> None:
    names = tuple(f"class {position}" for position in range(12))
    given_ = some_cells() | {"classes": names, "predictions": {"knn": [names[0]] * 15}}
    cells, _ = scatter_cells(**given_)
    assert [look["colour"] for look in cells["classes"]] == [
        style.colour for style in class_styles(12)
    ]
    paths = [look["path"] for look in cells["classes"]]
    assert len(set(paths)) == 12
    # matplotlib's upward triangle; in SVG y points down.
    assert paths[1] == "M0.000 -0.500L-0.500 0.500L0.500 0.500Z"


@pytest.mark.parametrize(("count", "tile"), [(15, 96), (450, 64), (1000, 48)])
def test_each_tile_shows_its_own_cell_and_fewer_cells_are_larger(count: int, tile: int) -> None:
    given_ = some_cells((count, 0, 0), wrong=(5,))
    shades = np.random.default_rng(2).integers(0, 255, (count, 1, 1, 3)).astype(np.uint8)
    given_["images"] = np.broadcast_to(shades, (count, 30, 30, 3))
    cells, sprite = scatter_cells(**given_)
    assert sprite is not None
    assert cells["sprite"]["tile"] == tile
    with Image.open(io.BytesIO(sprite)) as sheet:
        assert sheet.format == "WEBP"
        pixels = np.asarray(sheet.convert("RGB")).astype(int)
    for number in range(0, count, 7):
        top, left = (tile * step for step in divmod(number, cells["sprite"]["columns"]))
        middle = pixels[top + 4 : top + tile - 4, left + 4 : left + tile - 4].mean(axis=(0, 1))
        assert np.abs(middle - shades[number, 0, 0]).max() < 6


def test_features_come_first_and_then_the_components_with_their_shares() -> None:
    given_ = some_cells((30, 30, 30))
    given_["split"] = np.array(["train", "train", "test"] * 30)
    cells, _ = scatter_cells(**given_)
    groups = [axis["group"] for axis in cells["axes"]]
    assert groups == ["features"] * 5 + ["PCA"] * 5 + ["LDA"] * 2
    assert [axis["title"] for axis in cells["axes"][5:7]] == ["PCA 1", "PCA 2"]
    shares = [axis["share"] for axis in cells["axes"]]
    assert shares[:5] == [None] * 5
    assert sum(shares[5:10]) == pytest.approx(1) and sum(shares[10:]) == pytest.approx(1)
    assert columns_of(cells).shape == (12, 90)
    trained = given_["X"][given_["split"] == "train"]
    assert cells["deviations"] == pytest.approx(trained.std(axis=0).tolist())


def test_sources_are_told_largest_first_unless_each_cell_is_its_own() -> None:
    given_ = some_cells()
    given_["sources"] = ["b"] * 4 + ["a"] * 10 + ["c"]
    cells, _ = scatter_cells(**given_)
    assert cells["sources"] is not None
    assert cells["sources"]["names"] == ["a", "b", "c"]
    assert unpack(cells["sources"]["of"]).tolist() == [1] * 4 + [0] * 10 + [2]
    alone, _ = scatter_cells(**given_ | {"sources": given_["ids"]})
    assert alone["sources"] is None


def test_a_side_with_few_cells_leaves_its_room_to_the_others() -> None:
    given_ = some_cells((40, 40, 40))
    given_["split"] = np.array(["test"] * 10 + ["train"] * 110)
    cells, _ = scatter_cells(**given_, most=60)
    shown = {side["key"]: side["shown"] for side in cells["sides"]}
    assert shown["test"] == 10 and 47 <= shown["train"] <= 50


def test_a_thousand_cells_with_pictures_stay_clearly_under_two_megabytes() -> None:
    given_ = some_cells((400, 300, 300))
    rng = np.random.default_rng(3)
    # Blurred blobs with a camera's noise, as hard to compress as photographs of cells are.
    blobs = rng.integers(60, 255, (1000, 6, 6, 3)).repeat(8, axis=1).repeat(8, axis=2)
    given_["images"] = (blobs * 0.9 + rng.normal(0, 4, blobs.shape)).clip(0, 255).astype(np.uint8)
    cells, sprite = scatter_cells(**given_)
    assert sprite is not None
    assert len(cells["ids"]) == 1000
    assert len(json.dumps(cells)) + len(sprite) * 4 / 3 < 1.8e6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ids": ["one"]}, "1 ids for 15 cells"),
        ({"split": ["test"] * 14}, "14 sides for 15 cells"),
        ({"sources": ["slide"] * 2}, "2 sources for 15 cells"),
        ({"images": np.zeros((2, 4, 4, 3), np.uint8)}, "2 pictures for 15 cells"),
        ({"predictions": {"svm": ["basophil"]}}, "1 answers of cubic SVM for 15 cells"),
        ({"split": ["exam"] * 15}, "'exam' among the sides, choose from train, validation, test"),
        (
            {"predictions": {"knn": ["lymphocyte"] * 15}},
            "'lymphocyte' among the answers of KNN, choose from basophil, monocyte, neutrophil",
        ),
    ],
)
def test_columns_that_do_not_belong_together_are_refused(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        scatter_cells(**some_cells() | change)


def test_features_that_are_no_numbers_are_refused_with_the_first_cell() -> None:
    given_ = some_cells()
    given_["X"][[4, 9], 2] = np.nan, np.inf
    with pytest.raises(InputError, match=r"2 cells have features .* the first is cell-4"):
        scatter_cells(**given_)


def test_markup_escapes_what_cells_and_classes_are_called() -> None:
    hostile = "</script><b>"
    given_ = some_cells() | {"classes": (hostile, *CLASSES[1:])}
    given_["predictions"] = {"knn": [hostile] * 15}
    given_["ids"] = [hostile] * 15
    cells, _ = scatter_cells(**given_)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("hybrid_wbc.report.pages", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    html = environment.get_template("scatter.html.j2").module.scatter(cells, None, "")  # type: ignore[attr-defined]
    assert hostile not in html and html.count("</script>") == 1
    assert "&lt;/script&gt;&lt;b&gt;" in html


def test_columns_of_a_table_go_with_the_cells_that_are_shown() -> None:
    given_ = some_cells((9, 9, 9))
    values = [f"{position}" if position % 2 else "" for position in range(27)]
    cells, _ = scatter_cells(**given_, columns={"odd": values, "blank": [""] * 27}, most=6)
    (odd,) = cells["columns"]
    assert odd["title"] == "odd"
    said = [odd["names"][group] for group in unpack(odd["of"])]
    assert said == [values[int(cell.removeprefix("cell-"))] or "no value" for cell in cells["ids"]]
    with pytest.raises(InputError, match="received 3 values of odd for 27 cells"):
        scatter_cells(**given_, columns={"odd": ["1"] * 3})
