"""Owns the page that `serve` shows: its markup, its files, and the description of its endpoints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from typing_extensions import TypedDict

from hybrid_wbc.report.figures.boxes import class_colours
from hybrid_wbc.report.figures.style import PRIVATE_TEXT, SYNTHETIC_TEXT
from hybrid_wbc.report.pages import templates
from hybrid_wbc.report.pages.predicted import OTHER

# What the page asks for besides itself, by name.
FILES = {
    "page.css": "text/css",
    "served.css": "text/css",
    "served.js": "text/javascript",
    "served_asking.js": "text/javascript",
    "served_cell.js": "text/javascript",
    "served_counts.js": "text/javascript",
    "served_pictures.js": "text/javascript",
    "served_saving.js": "text/javascript",
}


class Facts(TypedDict):
    """What the page says of its model.

    `answered_by` is the title of the classifier whose answer is counted; `private` whether pictures
    of training cells may not be passed on; `explains` whether there is a network whose maps can be
    drawn.
    """

    model: str
    answered_by: str
    classes: list[str]
    synthetic: bool
    private: bool
    explains: bool


def render(facts: Facts) -> str:
    """Write the page, which fetches nothing but `FILES` and the endpoints beside it.

    Parameters
    ----------
    facts : Facts

    Returns
    -------
    str
        HTML. All text is escaped.
    """
    colours = {
        name: f"#{red:02x}{green:02x}{blue:02x}"
        for name, (red, green, blue) in class_colours(facts["classes"]).items()
    }
    return (
        templates.environment()
        .get_template("served.html.j2")
        .render(
            facts=facts,
            known=json.dumps({**facts, "colours": colours, "other": OTHER}),
            synthetic_text=SYNTHETIC_TEXT if facts["synthetic"] else "",
            private_text=PRIVATE_TEXT if facts["private"] else "",
        )
    )


def render_docs(description: Mapping[str, Any]) -> str:
    """Describe the endpoints to people.

    Parameters
    ----------
    description : mapping of str to object
        As OpenAPI 3.1 describes them to programs.

    Returns
    -------
    str
        HTML without scripts. All text is escaped.
    """
    environment = templates.environment()
    environment.filters["kind"] = _kind
    environment.filters["words"] = lambda text: " ".join(text.replace("`", "").split())
    endpoints = [
        {"method": method.upper(), "path": path, **said}
        for path, methods in description["paths"].items()
        for method, said in methods.items()
    ]
    return environment.get_template("served_docs.html.j2").render(
        info=description["info"],
        endpoints=endpoints,
        schemas=description["components"]["schemas"],
    )


def file(name: str) -> str:
    """Give the text of one of `FILES`."""
    return resources.files("hybrid_wbc.report.pages").joinpath(name).read_text("utf-8")


def _kind(schema: Mapping[str, Any]) -> str:
    """Name the type that a schema describes, in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(_kind(each) for each in schema['prefixItems'])}]"
        return f"list of {_kind(schema.get('items', {}))}"
    if "additionalProperties" in schema and isinstance(schema["additionalProperties"], dict):
        return f"{_kind(schema['additionalProperties'])} by name"
    if schema.get("format") == "binary":
        return "file"
    return str(schema.get("type", "anything"))
