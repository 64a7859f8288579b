"""Two directives for the reference: the settings from their types, and the shipped JSON schemas."""

from __future__ import annotations

import json
from importlib.resources import files
from inspect import cleandoc
from typing import Any, get_args, get_origin

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from sphinx.application import Sphinx

from hybrid_wbc.config.settings import Config


class _Written(Directive):
    """A directive that writes Markdown and has it parsed where it stands."""

    has_content = False

    def written(self) -> list[str]:
        """Give the lines of Markdown."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        """Give the document's nodes of those lines."""
        holder = nodes.section()
        holder.document = self.state.document
        self.state.nested_parse(StringList(self.written(), source="directive"), 0, holder)
        return holder.children


def _section(field: FieldInfo) -> type[BaseModel] | None:
    kinds = [field.annotation, *get_args(field.annotation)]
    return next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)


def _kind(annotation: Any) -> str:
    """Give a type as a reader would say it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if str(origin).endswith("Annotated"):
        return _kind(arguments[0])
    if str(origin).endswith("Literal"):
        return ", ".join(f"`{argument}`" for argument in arguments)
    if origin is list:
        return f"a list of {_kind(arguments[0])}"
    if origin is dict:
        return "a mapping"
    if arguments:
        return " or ".join(_kind(a) for a in arguments if a is not type(None))
    names = {int: "whole number", float: "number", str: "text", bool: "true or false"}
    return names.get(annotation, str(annotation))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    if field.default in (None, ""):
        return "not set by default"
    written = str(field.default)
    shown = written.lower() if isinstance(field.default, bool) else written
    return f"default `{shown}`"


class Settings(_Written):
    """Every setting with its kind, default and description."""

    def written(self) -> list[str]:
        """Give the settings, section by section."""
        lines: list[str] = []
        self._of(Config, "", lines)
        return lines

    def _of(self, section: type[BaseModel], path: str, lines: list[str]) -> None:
        title = path.rstrip(".") or "At the top"
        lines += [f"## {title}", "", *cleandoc(section.__doc__ or "").splitlines(), ""]
        inner = []
        for name, field in section.model_fields.items():
            if (below := _section(field)) is not None:
                inner.append((name, below))
                continue
            lines += [f"`{path}{name}`", f": {_kind(field.annotation)}; {_default(field)}."]
            lines += [f"  {field.description}" if field.description else "", ""]
        for name, below in inner:
            self._of(below, f"{path}{name}.", lines)


class Schemas(_Written):
    """Every shipped schema with the keys at its top."""

    def written(self) -> list[str]:
        """Give the schemas, file by file."""
        lines: list[str] = []
        for room in ("runs", "studies"):
            folder = files(f"hybrid_wbc.{room}") / "schemas"
            for file in sorted(folder.iterdir(), key=lambda f: f.name):
                schema = json.loads(file.read_text(encoding="utf-8"))
                lines += [f"## {file.name.removesuffix('.schema.json').removesuffix('.json')}", ""]
                if schema.get("description"):
                    lines += [schema["description"].strip(), ""]
                keys = ", ".join(f"`{key}`" for key in schema.get("properties", {}))
                lines += [f"Keys: {keys}." if keys else "", ""]
        return lines


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directives known to Sphinx."""
    app.add_directive("settings", Settings)
    app.add_directive("schemas", Schemas)
    return {"parallel_read_safe": True}
