"""Numbers are written as people write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_wbc.report.pages.numbers import format_number


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.97945, "share", "0.979"),
        (-0.25, "share", "−0.250"),
        (-0.0004, "share", "0.000"),
        (0.0123, "signed", "+0.012"),
        (-0.0123, "signed", "−0.012"),
        (-0.0001, "signed", "0.000"),
        (12345, "integer", "12,345"),
        (0, "integer", "0"),
        (1234.567, "decimal", "1,234.57"),
        (-0.001, "decimal", "0.00"),
        (0.0009999, "p", "< 0.001"),
        (0.001, "p", "0.001"),
        (1.0, "p", "1.000"),
        (0.5, "amount", "0.5"),
        (20.0, "amount", "20"),
        (None, "p", "–"),
        (float("nan"), "share", "–"),
    ],
)
def test_numbers_are_written_as_people_write_them(value: Any, kind: str, text: str) -> None:
    assert format_number(value, kind) == text


@given(st.floats(-1e6, 1e6), st.sampled_from(["share", "signed", "decimal"]))
def test_a_written_number_is_near_the_number_itself(value: float, kind: str) -> None:
    written = float(format_number(value, kind).replace("−", "-").replace(",", ""))
    assert written == pytest.approx(value, abs=0.00501 if kind == "decimal" else 0.000501)
