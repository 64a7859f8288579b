"""Each figure of the page stands over its own words, and is told to who cannot see it."""

import pytest

from hybrid_wbc.report.pages.captions import captions

FIGURES = captions(5)


@pytest.mark.parametrize("features", [0, 2, 5, 64])
@pytest.mark.parametrize("words", ["caption", "alt"])
def test_no_two_figures_say_the_same_and_each_says_it_in_sentences(words, features):
    said = [getattr(figure, words) for figure in captions(features).values()]
    assert len(set(said)) == len(said)
    assert all(text[0].isupper() and text.endswith(".") for text in said)


def test_only_sheets_of_cells_are_photographic():
    assert {name for name, each in FIGURES.items() if each.photographic} == {
        name for name in FIGURES if name.endswith("_sheet")
    }


@pytest.mark.parametrize(
    ("features", "name", "words"),
    [
        (2, "embedding_scatter", "The two features of the embedding"),
        (2, "feature_subsets", "every subset of the two features"),
        (5, "feature_subsets", "every subset of the five features"),
        (8, "pair_plot", "Every feature of the embedding against every other"),
        (9, "pair_plot", "Each of the first eight of the nine features"),
        (64, "feature_subsets", "each of the 64 features alone, of all but each one, and of all"),
    ],
)
def test_the_number_of_features_is_that_of_the_embedding(features, name, words):
    assert words in captions(features)[name].caption


def test_the_number_of_subsets_is_that_of_the_ablation():
    said = [captions(count)["feature_subsets"].alt for count in (2, 5, 9)]
    assert [text.split(" that ")[0] for text in said] == [
        "All 3 subsets of the features with the accuracy",
        "All 31 subsets of the features with the accuracy",
        "The 19 subsets",
    ]


def test_kinds_of_features_that_were_fitted_apart_are_said_to_be():
    caption = captions(21, 5)["feature_subsets"]
    assert "the network's and the hand-made ones by themselves" in caption.caption
    assert "The 45 subsets" in caption.alt
    assert "by themselves" not in captions(21, 21)["feature_subsets"].caption
