"""An error is one line that can be shown, whatever came with the data."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hybrid_wbc.errors import InputError, readable


@given(st.text(st.characters(), max_size=60))
def test_any_message_is_one_printable_line(text):
    shown = str(InputError(f"{text}: not found"))
    assert shown.isprintable() and shown.encode("utf-8")
    if text.isprintable():
        assert shown == f"{text}: not found"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", "a\\nb"), ("\x1b[31m", "\\x1b[31m"), ("gr\udcf6\udcdf", "gr\\xf6\\xdf"),
        ("\ud800", "\\ud800"), ("\u202egnp", "\\u202egnp"), ("naïve 細胞 🩸", "naïve 細胞 🩸"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_an_escape(text, shown):
    assert readable(text) == shown


def test_of_an_endless_message_the_beginning_and_the_way_out_are_shown():
    shown = str(InputError(f"labels.csv: found {'x' * 10**6}; give commas"))
    assert shown.startswith("labels.csv: found xxx") and shown.endswith("xxx; give commas")
    assert " [...] " in shown and len(shown) < 1600
