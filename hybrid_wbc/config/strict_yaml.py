"""Reads plain YAML values, and refuses in one line what is doubled, endless or more than plain."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import yaml
from yaml.constructor import ConstructorError
from yaml.scanner import ScannerError

LARGEST = 100_000  # characters; the longest config that is shipped has 9,000
_LONGEST_NUMBER = 100  # characters


class NotStrictError(ValueError):
    """Text that is no YAML, or YAML that is not read; says why, and in which line."""


class _Loader(yaml.SafeLoader):
    """Safe YAML that also reads 1e-3 as a number, and refuses a key given twice."""

    def _refuse(self) -> NoReturn:
        raise ScannerError(None, None, "anchors, aliases and tags are not read", self.get_mark())

    fetch_anchor = fetch_alias = fetch_tag = _refuse

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=deep)
            if not isinstance(key, Hashable):
                continue  # refused below
            if key in seen:
                problem = f"key '{str(key)[:100]}' is given twice"
                raise ConstructorError(None, None, problem, key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        if len(node.value) > _LONGEST_NUMBER:
            problem = f"a whole number of more than {_LONGEST_NUMBER} characters"
            raise ConstructorError(None, None, problem, node.start_mark)
        return super().construct_yaml_int(node)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


def parse(text: str) -> Any:
    """Read plain YAML: numbers, words, lists and mappings, no key twice.

    Parameters
    ----------
    text : str

    Returns
    -------
    object
        None, bool, int, float, str, a date, or a list or dict of such.

    Raises
    ------
    NotStrictError
        If the text is no YAML; is longer than `LARGEST` or nested too deep; has an anchor, an alias
        or a tag, a key twice, or a number of more digits than any setting has.
    """
    if len(text) > LARGEST:
        raise NotStrictError(f"more than {LARGEST:,} characters are not read")
    with _refusals_in_a_line():
        return yaml.load(text, _Loader)


def text_at_top(text: str, key: str) -> str:
    r"""Read one text of a mapping without reading what comes after it.

    Parameters
    ----------
    text : str
        YAML, a mapping at the top.
    key : str
        A key at the top whose value is a text.

    Returns
    -------
    str

    Raises
    ------
    NotStrictError
        If what was read of the text is no YAML, or has an anchor, an alias or a tag.
    KeyError
        If the text is not such a mapping.

    Examples
    --------
    >>> text_at_top("name: mine\ndescription: a run\ndata: {size: 64}\n", "description")
    'a run'
    """
    with _refusals_in_a_line():
        loader = _Loader(text)
        for _ in ("the stream", "its document", "the mapping"):
            loader.get_event()
        while loader.check_event(yaml.ScalarEvent):
            found = loader.get_event().value
            value = loader.compose_node(None, 0)
            if found == key and isinstance(value, yaml.ScalarNode):
                return str(value.value)
    raise KeyError(key)


@contextmanager
def _refusals_in_a_line() -> Iterator[None]:
    """Turn each error of the library into one that says in a line why, and where."""
    try:
        yield
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        reasons = [reason for reason in (error.context, error.problem) if reason]
        raise NotStrictError(f"line {line}: {_in_a_line(', '.join(reasons))}") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a 13th month
        raise NotStrictError(_in_a_line(str(error))) from error
    except RecursionError as error:
        raise NotStrictError("nested too deep") from error


def _in_a_line(text: str) -> str:
    return " ".join(text.split())
