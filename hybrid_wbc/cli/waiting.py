"""What stands on the screen while a command loads the libraries that its work takes."""

from __future__ import annotations

import sys

import click

TENSORFLOW = "loading TensorFlow, which takes some seconds"


def say(what: str) -> None:
    """Say on a terminal what is being done, before the first module that takes seconds.

    Elsewhere nobody waits, and a user's mistake stays one line.
    """
    if sys.stderr.isatty():
        click.echo(what, err=True)
