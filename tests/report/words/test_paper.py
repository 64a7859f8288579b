"""What the paper reports stands beside what a run finds, with a verdict that its interval bears."""

from __future__ import annotations

import pytest

from hybrid_wbc.report.words.paper import Reported, against_paper

FIGURES = [
    *(Reported(key, "over 90 %", 0.90, 1.0, "section 5") for key in ("knn", "svm", "forest")),
    Reported("cnn", "almost 94 % at 50 epochs", 0.93, 0.94, "section 5"),
]


def compared(low: float, high: float, *, layout: str = "lisc", synthetic: bool = False):
    score = {"mean": (low + high) / 2, "low": low, "high": high}
    scores = {key: {"accuracy": score} for key in ("knn", "svm", "forest", "cnn", "vote")}
    return against_paper(scores, FIGURES, layout=layout, synthetic=synthetic, epochs=50)


def verdicts(*interval: float, **data) -> dict[str, str]:
    return {row["classifier"]: row["verdict"] for row in compared(*interval, **data)["rows"]}


def test_each_figure_of_the_paper_is_set_beside_the_score_of_its_classifier():
    found = compared(0.95, 0.99)
    assert [(row["classifier"], row["paper"]) for row in found["rows"]] == [
        ("knn", "over 90 %"),
        ("svm", "over 90 %"),
        ("forest", "over 90 %"),
        ("cnn", "almost 94 % at 50 epochs"),
    ]
    assert all(row["ours"]["mean"] == pytest.approx(0.97) for row in found["rows"])
    assert "LISC's cells" in found["remarks"][0]


@pytest.mark.parametrize(
    ("low", "high", "over_90", "almost_94"),
    [
        (0.95, 0.99, "agrees", "above the paper's"),
        (0.80, 0.88, "below the paper's", "below the paper's"),
        (0.89, 0.95, "cannot be told", "cannot be told"),
        (0.91, 0.935, "agrees", "cannot be told"),
        (0.932, 0.939, "agrees", "agrees"),
    ],
)
def test_a_verdict_needs_the_whole_interval(low, high, over_90, almost_94):
    found = verdicts(low, high)
    assert found["knn"].startswith(over_90)
    assert found["cnn"].startswith(almost_94)


def test_drawn_cells_and_other_data_get_no_verdict():
    assert set(verdicts(0.99, 1.0, synthetic=True).values()) == {"none: drawn cells"}
    assert set(verdicts(0.99, 1.0, layout="folder").values()) == {"none: other data"}


def test_what_differs_from_the_paper_is_said():
    assert "not the paper's" in compared(0.9, 0.95, layout="folder")["remarks"][0]
    assert "which are these" in compared(0.9, 0.95, layout="kaggle")["remarks"][0]
    scores = {key: {"accuracy": {"low": 0, "high": 1}} for key in ("knn", "svm", "forest", "cnn")}
    remarks = against_paper(scores, FIGURES, layout="lisc", synthetic=False, epochs=200)["remarks"]
    assert "for 200 epochs, the paper's for 50" in remarks[1]
