"""What features tell of attributes: planted ones are found, and nothing where nothing is."""

from __future__ import annotations

import numpy as np
import pytest

from hybrid_wbc.evaluation import attributes
from hybrid_wbc.evaluation.attributes import Column, asked, explain
from hybrid_wbc.evaluation.neighbours import HeldOut

SOURCES, COPIES = 75, 2
ALL = -1


def cells(seed: int) -> HeldOut:
    """Draw cells of three classes, which the first feature parts, two of each source."""
    generator = np.random.default_rng(seed)
    number = np.repeat(np.arange(SOURCES), COPIES)
    X = np.repeat(generator.standard_normal((SOURCES, 3)), COPIES, axis=0)
    X += 0.05 * generator.standard_normal(X.shape)
    X[:, 0] += 4 * (number % 3)
    return HeldOut(
        X,
        np.array(["basophil", "eosinophil", "lymphocyte"])[number % 3],
        np.array([f"photograph-{n}" for n in number]),
    )


def categories(name: str, *texts: np.ndarray) -> Column:
    values = sorted(set(texts[0].tolist()) - {""})
    targets = [(of[:, None] == np.array(values)).astype(float) for of in texts]
    for target, of in zip(targets, texts, strict=True):
        target[of == ""] = np.nan
    counts = {value: int((texts[0] == value).sum()) for value in values}
    return Column(name, "categories", counts, {}, targets)


@pytest.fixture(scope="module")
def repeats() -> list[HeldOut]:
    return [cells(0), cells(1)]


@pytest.fixture(scope="module")
def found(repeats) -> dict[str, attributes.Attribute]:
    noise = np.random.default_rng(7)

    def of(make):
        return [make(each) for each in repeats]

    columns = [
        categories("sign", *of(lambda c: np.where(c.X[:, 1] > 0, "right", "left"))),
        categories("class", *of(lambda c: np.where(c.labels == "basophil", "yes", "no"))),
        categories("random", *of(lambda c: noise.choice(["a", "b"], len(c.X)))),
        Column("size", "number", {}, {}, of(lambda c: 3 * c.X[:, [2]] + 100)),
        categories("apart", *of(lambda c: np.where(c.X[:, 1] * c.X[:, 2] > 0, "same", "other"))),
        categories("middle", *of(lambda c: np.where(abs(c.X[:, 2]) < 0.7, "in", "out"))),
        categories(
            "some",
            *of(lambda c: np.where(c.labels == "basophil", "", np.where(c.X[:, 1] > 0, "r", "l"))),
        ),
    ]
    told = explain(repeats, columns, groups=[0, 1], seed=0)
    return {attribute["name"]: attribute for attribute in told}


def alone(attribute: attributes.Attribute) -> list[float]:
    return [told["alone"]["mean"] for told in attribute["subsets"][:3]]


def test_an_attribute_that_is_the_sign_of_a_feature_is_told_by_that_feature(found):
    first, second, third = alone(found["sign"])
    assert second > 0.8
    assert max(first, third) < 0.1
    for told in found["sign"]["subsets"]:
        for score in (told["alone"], told["beyond_class"]):
            assert score["low"] > 0.2 if 2 in told["features"] else score["low"] <= 0


def test_the_p_value_is_corrected_for_the_number_of_attributes(found):
    assert found["sign"]["p_holm"] < 0.001 and found["apart"]["p_holm"] < 0.05
    assert found["class"]["p_holm"] == 1 and found["random"]["p_holm"] > 0.5


def test_an_attribute_that_is_the_class_leaves_nothing_to_gain(found):
    assert found["class"]["class_alone"]["mean"] == pytest.approx(1)
    assert alone(found["class"])[0] > 0.9
    for told in found["class"]["subsets"]:
        assert told["beyond_class"]["mean"] == pytest.approx(0, abs=1e-6)
        assert told["beyond_class"]["low"] <= 0 <= told["beyond_class"]["high"]


def test_a_random_attribute_is_told_by_nothing(found):
    scores = [found["random"]["class_alone"]]
    for told in found["random"]["subsets"]:
        scores += [told["alone"], told["beyond_class"]]
    assert all(score["mean"] < 0.05 and score["low"] <= 0 for score in scores)


def test_a_number_is_told_by_its_feature_wherever_it_is_centred(found):
    first, second, third = alone(found["size"])
    assert third > 0.85 and max(first, second) < 0.1
    assert found["size"]["values"] == {}


def test_what_two_features_only_tell_together_is_told_by_both(found):
    assert max(alone(found["apart"])) < 0.15
    (both,) = [told for told in found["apart"]["subsets"] if told["features"] == [2, 3]]
    assert both["alone"]["low"] > 0.3


def test_a_value_in_the_middle_of_a_feature_is_told(found):
    assert alone(found["middle"])[2] > 0.6


def test_cells_without_a_value_take_no_part(found):
    assert found["some"]["cells"] == 2 * SOURCES * COPIES * 2 // 3
    assert found["some"]["sources"] == SOURCES * 2 // 3
    assert alone(found["some"])[1] > 0.7


def test_every_share_has_its_value_in_each_repeat_and_lies_in_its_interval(found):
    for attribute in found.values():
        for told in attribute["subsets"]:
            for score in (told["alone"], told["with_class"], told["beyond_class"]):
                assert score["low"] <= score["mean"] <= score["high"]
                assert np.mean(score["raw"]) == pytest.approx(score["mean"])
            gain = told["with_class"]["mean"] - attribute["class_alone"]["mean"]
            assert told["beyond_class"]["mean"] == pytest.approx(gain)


def test_copies_of_a_source_do_not_tell_of_each_other():
    """An attribute drawn for each source, the same on its copies, is not told by any feature."""
    drawn = cells(3)
    wide = HeldOut(
        np.repeat(drawn.X, 4, axis=0), np.repeat(drawn.labels, 4), np.repeat(drawn.sources, 4)
    )
    of_source = np.random.default_rng(5).choice(["a", "b"], SOURCES)
    column = categories("drawn", np.repeat(of_source, COPIES * 4))
    (told,) = explain([wide], [column], groups=[0], seed=0)
    assert max(each["alone"]["mean"] for each in told["subsets"]) < 0.05
    assert told["effective_sources"] == pytest.approx(SOURCES)
    by_cell = HeldOut(wide.X, wide.labels, np.array([str(n) for n in range(len(wide.X))]))
    (leaked,) = explain([by_cell], [column], groups=[0], seed=0)
    assert leaked["subsets"][ALL]["alone"]["mean"] > 0.5


def test_the_same_seed_gives_the_same_and_nothing_given_is_changed(repeats):
    column = categories("sign", *[np.where(each.X[:, 1] > 0, "r", "l") for each in repeats])
    before = [each.X.copy() for each in repeats]
    done: list[tuple[int, int]] = []
    once = explain(repeats, [column], groups=[0, 1], seed=3, progress=lambda *n: done.append(n))
    assert once == explain(repeats, [column], groups=[0, 1], seed=3)
    assert done[-1] == (len(done), len(done))
    assert all(np.array_equal(b, each.X) for b, each in zip(before, repeats, strict=True))


def test_features_beyond_eight_are_asked_alone_and_all_together():
    assert len(asked(8)) == 255
    assert asked(9) == [*((n,) for n in range(9)), tuple(range(9))]
