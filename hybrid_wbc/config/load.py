"""Strict YAML: a config file, or the name of a shipped one, and changes to it become settings."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hybrid_wbc.config import shipped
from hybrid_wbc.config.data import Drawn
from hybrid_wbc.config.settings import Config
from hybrid_wbc.config.strict_yaml import LARGEST, NotStrictError, parse
from hybrid_wbc.errors import InputError

# Keys of earlier versions, and what to do about them.
_GONE = {
    "data.sources": "photographs are always found where the set names no sources: take the key out"
}

# Pydantic's word for a key that is none.
_UNKNOWN = "extra_forbidden"
# Its words for a list of the wrong length, and ours.
_LENGTHS = {"too_short": "at least {min_length}", "too_long": "at most {max_length}"}

Plain = dict[str, Any]
"""A mapping as YAML gives it, unchecked: nested, of any plain values."""


def read(text: str, source: str) -> Plain:
    """Read strict YAML: plain values only, no key twice, a mapping at the top.

    Parameters
    ----------
    text : str
    source : str
        Where it comes from, for the error's sake.

    Returns
    -------
    Plain

    Raises
    ------
    InputError
        If the text is not such a mapping.
    """
    try:
        settings = parse(text)
    except NotStrictError as error:
        raise InputError(f"{source}: not YAML: {error}") from error
    if not isinstance(settings, dict):
        raise InputError(f"{source}: a config is a mapping of keys, received {_shown(settings)}")
    return settings


def load(source: str | Path, changes: Sequence[str] = ()) -> Config:
    """Read a config file, or a shipped config by its name, and apply changes.

    Parameters
    ----------
    source : str or Path
        Path of a YAML file, or a name that `shipped.files` gives.
    changes : sequence of str
        Each "section.key=value"; the value is read as YAML.

    Returns
    -------
    Config

    Raises
    ------
    InputError
        If the file is missing or not YAML, or a key or value is not allowed.
    """
    path = Path(source)
    if path.suffix not in {".yaml", ".yml"} and not path.is_file():
        names = shipped.files()
        if str(source) not in names:
            raise InputError(
                f"CONFIG: received '{source}', which is neither a file or folder here nor one of "
                f"{', '.join(names)}{nearest(str(source), list(names))}"
            )
        text = names[str(source)].read_text(encoding="utf-8")
    else:
        if path.is_fifo():
            raise InputError(f"{path}: cannot be read as a config: a pipe, not a file")
        try:
            with path.open(encoding="utf-8") as file:
                text = file.read(LARGEST + 1)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise InputError(f"{path}: cannot be read as a config: {reason}") from error
    settings = read(text, str(source))
    settings.setdefault("name", path.stem)
    for change in changes:
        apply(settings, change)
    return resolve(settings, str(source))


def resolve(settings: Plain, source: str) -> Config:
    """Check settings and fill in the defaults.

    Parameters
    ----------
    settings : Plain
    source : str
        Where they come from, for the error's sake.

    Returns
    -------
    Config

    Raises
    ------
    InputError
        On the first key or value that is not allowed.
    """
    try:
        return Config.model_validate(settings)
    except ValidationError as error:
        raise _complaint(error.errors()[0], source) from error


def alone(changes: Sequence[str]) -> Plain:
    """Nest changes by themselves, before it is known what they change.

    Parameters
    ----------
    changes : sequence of str
        As for `load`.

    Returns
    -------
    Plain

    Raises
    ------
    InputError
        On a key or value that is allowed in no config. What is not allowed only beside other
        settings is found by `resolve`.
    """
    settings: Plain = {}
    for change in changes:
        apply(settings, change)
    try:
        Config.model_validate({"name": "set"} | settings)
    except ValidationError as error:
        for each in error.errors():
            if each["type"] == _UNKNOWN or not isinstance(each["input"], BaseModel | dict):
                raise _complaint(each, "--set") from error
    return settings


def _complaint(found: ErrorDetails, source: str) -> InputError:
    """Word what is wrong with a key or value, with the choices."""
    key = ".".join(str(part) for part in found["loc"])
    if found["type"] == _UNKNOWN:
        if key in _GONE:
            return InputError(f"{source}: unknown key {_shown(key)}: {_GONE[key]}")
        siblings = _keys_beside(found["loc"])
        return InputError(
            f"{source}: unknown key {_shown(key)}, choose from {', '.join(siblings)}"
            f"{nearest(str(found['loc'][-1]), siblings)}"
        )
    key = " ".join(key.split())[:200]
    message = found["msg"].removeprefix("Value error, ")
    if found["type"] in _LENGTHS and isinstance(found["input"], list):
        wanted = _LENGTHS[found["type"]].format(**found["ctx"])
        message = f"write {wanted} in the list, not {found['ctx']['actual_length']}"
    if isinstance(found["input"], BaseModel | dict) or not key:
        return InputError(f"{source}: {f'{key}: ' if key else ''}{message}")
    return InputError(f"{source}: {key}: received {_shown(found['input'])}: {message}")


def apply(settings: Plain, change: str) -> None:
    """Change one of the nested settings in place, as `load` does.

    Raises
    ------
    InputError
        If the change is not "section.key=value", or a section is none.
    """
    key, equals, text = change.partition("=")
    if not equals or not key:
        raise InputError(f"--set: received {_shown(change)}, write section.key=value")
    try:
        value = parse(text)
    except NotStrictError as error:
        raise InputError(
            f"--set {key:.200}: {_shown(text)} is not a YAML value: {error}"
        ) from error
    *sections, last = key.split(".")
    for section in sections:
        inner = settings.get(section)
        if inner is None:
            inner = settings[section] = {}
        if not isinstance(inner, dict):
            raise InputError(f"--set: unknown key {_shown(key)}: '{section}' holds no further keys")
        settings = inner
    settings[last] = value


def _keys_beside(location: tuple[int | str, ...]) -> list[str]:
    section: type[BaseModel] = Config
    for part in location[:-1]:
        default = section.model_fields[str(part)].annotation
        section = Drawn if str(part) == "synthetic" else default  # type: ignore[assignment]
    return list(section.model_fields)


def _shown(value: object) -> str:
    """Write a value as Python does, in one line of no great length."""
    return f"{value!r:.200}"


def nearest(received: str, choices: list[str]) -> str:
    """Word the question whether the nearest of the choices was meant, if one is near."""
    near = difflib.get_close_matches(received, choices, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""
