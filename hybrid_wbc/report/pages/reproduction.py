"""Owns the page of a reproduction: the paper's figures and ours side by side, in one HTML file."""

from __future__ import annotations

from hybrid_wbc.evaluation.reproduction import Reproduction
from hybrid_wbc.report.figures.style import SYNTHETIC_TEXT
from hybrid_wbc.report.pages import templates
from hybrid_wbc.report.words import reproduction


def render(result: Reproduction, *, command: str) -> str:
    """Write a reproduction as one self-contained page, which asks for nothing over the network.

    Parameters
    ----------
    result : Reproduction
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
    environment = templates.environment()
    return environment.get_template("reproduction.html.j2").render(
        result=result,
        protocols=list(result["runs"]),
        findings=reproduction,
        command=command,
        synthetic_text=SYNTHETIC_TEXT if result["synthetic"] else "",
        styles=templates.own_file("page.css"),
    )
