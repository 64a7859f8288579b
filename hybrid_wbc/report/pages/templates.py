"""Owns how the pages' templates are read: every value escaped, a missing one an error."""

from __future__ import annotations

from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def environment() -> Environment:
    """Make what reads the templates of this package."""
    made = Environment(
        loader=PackageLoader("hybrid_wbc.report.pages", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["own_file"] = own_file
    return made


def own_file(name: str) -> Markup:
    """Read a style or script of this package, to be written as it stands."""
    return Markup(resources.files("hybrid_wbc.report.pages").joinpath(name).read_text("utf-8"))


# The explorer's scripts, in the order in which they need one another.
_EXPLORER = (
    "cells", "marks", "pens", "scene", "saving", "gallery", "painter", "matrices", "pointers",
)  # fmt: skip


def explorer_scripts() -> Markup:
    """Read the scripts of the explorer, to be written as they stand below its markup."""
    names = [f"explorer_{name}.js" for name in _EXPLORER]
    return Markup("").join(own_file(name) for name in (*names, "scatter.js"))
