"""Owns the page of a reproduction: the paper's figures and ours side by side, in one HTML file."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from hybrid_wbc.report import reproduction_findings
from hybrid_wbc.report.style import SYNTHETIC_TEXT


def render(result: Mapping[str, Any], *, command: str) -> str:
    """Write a reproduction as one self-contained page, which asks for nothing over the network.

    Parameters
    ----------
    result : mapping
        As `hybrid_wbc.reproducing.reproduce` gives it.
    command : str
        What makes it again.

    Returns
    -------
    str
        HTML, the same for the same input. All text is escaped.

    Raises
    ------
    KeyError, jinja2.UndefinedError
        If `result` lacks a value that the page shows.
    """
    environment = Environment(
        loader=PackageLoader("hybrid_wbc.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = resources.files("hybrid_wbc.report").joinpath("page.css").read_text("utf-8")
    return environment.get_template("reproduction.html.j2").render(
        result=result,
        protocols=list(result["runs"]),
        findings=reproduction_findings,
        command=command,
        synthetic_text=SYNTHETIC_TEXT if result["synthetic"] else "",
        styles=Markup(style),
    )
