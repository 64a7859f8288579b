"""What the paper reports stands beside what a run finds, with a verdict that its interval bears."""

from __future__ import annotations

import pytest

from hybrid_wbc.evaluation.reproduction import against_paper


def scores(low: float, high: float) -> dict[str, dict[str, dict[str, float]]]:
    score = {"mean": (low + high) / 2, "low": low, "high": high}
    return {key: {"accuracy": score} for key in ("knn", "svm", "forest", "cnn", "vote")}


def verdicts(low: float, high: float, *, synthetic: bool = False) -> dict[str, str]:
    found = against_paper(scores(low, high), layout="folder", synthetic=synthetic)
    return {row["classifier"]: row["verdict"] for row in found["rows"]}


def test_each_figure_of_the_paper_is_set_beside_the_score_of_its_classifier():
    found = against_paper(scores(0.95, 0.99), layout="lisc", synthetic=False)
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
        (0.95, 0.99, "reached", "above the paper's"),
        (0.80, 0.88, "not reached", "below the paper's"),
        (0.89, 0.95, "cannot be told apart", "cannot be told apart"),
        (0.90, 0.93, "cannot be told apart", "below the paper's"),
    ],
)
def test_a_verdict_needs_the_whole_interval(low, high, over_90, almost_94):
    found = verdicts(low, high)
    assert found["knn"].startswith(over_90)
    assert found["cnn"].startswith(almost_94)


def test_drawn_cells_get_no_verdict():
    assert set(verdicts(0.99, 1.0, synthetic=True).values()) == {"says nothing: drawn cells"}


def test_other_data_than_the_papers_are_said_to_be_others():
    found = against_paper(scores(0.9, 0.95), layout="folder", synthetic=False)
    assert "not the paper's" in found["remarks"][0]
