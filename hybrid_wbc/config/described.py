"""Every setting in words: its key, what it takes, its default and what it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hybrid_wbc.config.load import nearest
from hybrid_wbc.config.settings import Config
from hybrid_wbc.errors import InputError

_PLAIN = {
    int: "whole number",
    float: "number",
    str: "text",
    bool: "true or false",
}
_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


@dataclass(frozen=True)
class Setting:
    """One key of a config.

    Attributes
    ----------
    key : str
        With its sections, as `--set` takes it: "training.epochs".
    takes : str
        What kind of value, with its bounds or choices.
    default : str
        As it would be written in a config; empty where nothing is set by default.
    description : str
        What it does, in sentences.
    """

    key: str
    takes: str
    default: str
    description: str


@dataclass(frozen=True)
class Section:
    """Some keys that belong together.

    Attributes
    ----------
    key : str
        "training", say; empty for what stands at the top of a config.
    description : str
    settings : tuple of Setting
    """

    key: str
    description: str
    settings: tuple[Setting, ...]


def sections() -> list[Section]:
    """Describe every setting that a config may have.

    Returns
    -------
    list of Section
        In the order of a config; what stands at the top comes first.

    Examples
    --------
    >>> [section.key for section in sections()][:2]
    ['', 'data']
    """
    return list(_sections(Config, ""))


def find(key: str) -> list[Section]:
    """Give the section of a key, or with one setting alone.

    Parameters
    ----------
    key : str
        Of a section, which brings those within it, or of a setting.

    Returns
    -------
    list of Section

    Raises
    ------
    InputError
        If there is neither.
    """
    known = sections()
    within = [s for s in known if s.key == key or s.key.startswith(f"{key}.")]
    if within:
        return within
    for section in known:
        for setting in section.settings:
            if setting.key == key:
                return [replace(section, description="", settings=(setting,))]
    keys = [setting.key for section in known for setting in section.settings]
    sections_of = [section.key for section in known if section.key]
    raise InputError(
        f"settings: received '{key}', choose a section ({', '.join(sections_of)}) or a setting"
        f"{nearest(key, keys)}"
    )


def _sections(model: type[BaseModel], key: str) -> Iterator[Section]:
    within = f"{key}." if key else ""
    own = []
    below: list[tuple[type[BaseModel], str]] = []
    for name, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        if inner is not None:
            below.append((inner, within + name))
        else:
            said = Setting(within + name, _takes(field), _default(field), field.description or "")
            own.append(said)
    yield Section(key, cleandoc(model.__doc__ or ""), tuple(own))
    for inner, place in below:
        yield from _sections(inner, place)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    kinds = (annotation, *get_args(annotation))
    found = (kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
    return next(found, None)


def _takes(field: FieldInfo) -> str:
    bounds = _bounds(field.metadata)
    return f"{_kind(field.annotation)}{f', {bounds}' if bounds else ''}"


def _kind(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        metadata = [
            bound
            for each in arguments[1:]
            for bound in (each.metadata if isinstance(each, FieldInfo) else [each])
        ]
        bounds = _bounds(metadata)
        return f"{_kind(arguments[0])}{f', {bounds}' if bounds else ''}"
    if origin is Literal:
        return "one of " + ", ".join(map(str, arguments))
    if origin in (Union, UnionType):
        return " or ".join(_kind(each) for each in arguments if each is not NoneType)
    if origin is list:
        return f"list of ({_kind(arguments[0])})"
    if origin is dict:
        return f"mapping of {_kind(arguments[0])} to ({_kind(arguments[1])})"
    return _PLAIN[annotation]


def _bounds(metadata: list[Any]) -> str:
    """Say the bounds of a number, and how many entries a list has at least."""
    said = [
        f"{words} {getattr(each, name):,}"
        for each in metadata
        for name, words in _BOUNDS.items()
        if getattr(each, name, None) is not None
    ]
    lengths = [getattr(each, "min_length", None) for each in metadata]
    said += [f"at least {length} entries" for length in lengths if length]
    return " and ".join(said)


def _default(field: FieldInfo) -> str:
    if field.is_required() or field.default in (None, ""):
        return ""
    written = str(field.default)
    return written.lower() if isinstance(field.default, bool) else written
