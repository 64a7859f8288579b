"""Two directives for the reference: the settings from their types, and the shipped JSON schemas."""

from __future__ import annotations

import json
from importlib.resources import files

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx

from hybrid_wbc.config.described import sections


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


class Settings(_Written):
    """Every setting with what it takes, its default and its description."""

    def written(self) -> list[str]:
        """Give the settings, section by section."""
        lines: list[str] = []
        for section in sections():
            lines += [f"## {section.key or 'At the top'}", "", *section.description.splitlines()]
            for setting in section.settings:
                default = (
                    f"default `{setting.default}`" if setting.default else "not set by default"
                )
                lines += ["", f"`{setting.key}`", f": {setting.takes}; {default}.", ""]
                lines += [f"  {setting.description}", ""]
        return lines


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
