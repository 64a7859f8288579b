"""Plain YAML is read, and anything else refused at once, in one line that names the line."""

from __future__ import annotations

import datetime
import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hybrid_wbc.config.strict_yaml import LARGEST, NotStrictError, parse


def refusal(text: str) -> str:
    began = time.monotonic()
    with pytest.raises(NotStrictError) as caught:
        parse(text)
    assert time.monotonic() - began < 20
    message = str(caught.value)
    assert "\n" not in message and len(message) < 400
    return message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("a: 1", {"a": 1}),
        ("[yes, off, ~, .5, 1.e3, 5E-4, -1e+2]", [True, False, None, 0.5, 1000.0, 0.0005, -100.0]),
        ("a b: 'yes'", {"a b": "yes"}),
        ("a: {b: 1}\nb: {b: 2}", {"a": {"b": 1}, "b": {"b": 2}}),
        ("1e-3", 0.001),
        ("a*b & c!", "a*b & c!"),
        ("2001-02-03", datetime.date(2001, 2, 3)),
        ("9" * 100, int("9" * 100)),
    ],
)
def test_plain_values_are_read(text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: {c: 1, c: 2}", "line 2: key 'c' is given twice"),
        ("? a\n: 1\n? a\n: 2", "line 3: key 'a' is given twice"),
        ("{1: a, 0x1: b}", "line 1: key '1' is given twice"),
        ("{[1]: 2}", "line 1: while constructing a mapping, found unhashable key"),
        ("a: [", "line 1: while parsing a flow node, expected the node content"),
        ("a: 1\n  b: 2", "line 2: mapping values are not allowed here"),
        ("a: 2001-13-01", "month must be in 1..12"),
        ("a: \0", "special characters are not allowed"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, message: str) -> None:
    assert message in refusal(text)


@pytest.mark.parametrize(
    "text",
    ["a: &b 1", "a: *b", "a: !!int ''", "a: !!bool x", "a: !!python/name:os.system"],
)
def test_anchors_aliases_and_tags_are_refused(text: str) -> None:
    assert refusal(f"\n\n{text}") == "line 3: anchors, aliases and tags are not read"


@pytest.mark.parametrize(
    "number", ["9" * 5000, "0x" + "f" * 5000, "0b" + "1" * 5000, "1" + ":1" * 5000, "-0" + "7" * 99]
)
def test_a_number_of_thousands_of_digits_is_refused(number: str) -> None:
    assert refusal(f"a: {number}") == "line 1: a whole number of more than 100 characters"


@pytest.mark.parametrize("text", ["[" * 90_000, "{a: " * 20_000, "- " * 45_000, "? " * 45_000])
def test_what_is_nested_without_end_is_refused(text: str) -> None:
    assert refusal(text) == "nested too deep"


def test_more_text_than_any_config_has_is_refused() -> None:
    assert refusal("a" * (LARGEST + 1)) == "more than 100,000 characters are not read"


def test_as_many_keys_as_are_read_take_seconds() -> None:
    text = "".join(f"k{i}:\n" for i in range(13_000))
    assert len(text) < LARGEST
    began = time.monotonic()
    assert len(parse(text)) == 13_000
    assert time.monotonic() - began < 20


@given(st.text(alphabet="ab1.e-+:,[]{}&*!?|>'\"#%@ \n\t~<=0x", max_size=40))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        parse(text)
    except NotStrictError as error:
        assert "\n" not in str(error)


plain: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("kl"), inner),
    max_leaves=8,
)


@given(plain)
def test_what_is_written_as_yaml_is_read_as_it_was(value: object) -> None:
    assert parse(yaml.dump(value, Dumper=_WithoutAliases)) == value


class _WithoutAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True
