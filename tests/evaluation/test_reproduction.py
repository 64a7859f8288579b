"""What a reproduction's rows are of."""

from __future__ import annotations

import pytest
from typing_extensions import get_type_hints

from hybrid_wbc.config.systems import PROTOCOLS, Metric, ScoredOn
from hybrid_wbc.evaluation.reproduction import Named, Row, is_held_out_accuracy


def named(metric: Metric, label: str | None, on: ScoredOn) -> Named:
    return {
        "metric": metric,
        "class": label,
        "classifier": "cnn",
        "scored_on": on,
        "paper": None,
    }


@pytest.mark.parametrize("metric", ["accuracy", "element-wise accuracy"])
@pytest.mark.parametrize("on", ["test", "not stated"])
def test_accuracies_of_all_classes_on_cells_not_trained_on_are_held_out(metric, on):
    assert is_held_out_accuracy(named(metric, None, on))


@pytest.mark.parametrize(
    ("metric", "label", "on"),
    [
        ("recall", None, "test"),
        ("accuracy", "monocyte", "test"),
        ("accuracy", None, "training"),
        ("accuracy", None, "all"),
    ],
)
def test_other_figures_are_not(metric, label, on):
    assert not is_held_out_accuracy(named(metric, label, on))


def test_a_row_has_a_column_for_each_protocol_and_nothing_else_by_protocol():
    columns = set(get_type_hints(Row)) - set(get_type_hints(Named)) - {"difference"}
    assert columns == set(PROTOCOLS)
