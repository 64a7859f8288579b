"""Owns what `export` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hybrid_wbc.cli.views import lines
from hybrid_wbc.config.names import CLASSIFIERS

if TYPE_CHECKING:
    from hybrid_wbc.studies.bundle import Bundled
    from hybrid_wbc.studies.export import Exported


def show_export(exported: Exported) -> None:
    """Say what the file gives, what it has not, and how near its answers are to the run's."""
    lines.say(f"{exported.path}: {exported.size / 1e6:.1f} MB")
    lines.say(f"gives {', '.join(exported.outputs)}")
    for what in exported.left_out:
        lines.say(f"left out: {what}")
    lines.say(
        f"every class is the run's on {exported.cells:,} {exported.whose}; probabilities differ "
        f"by at most {exported.furthest.probability:.1e}, features by "
        f"{exported.furthest.feature:.1e}"
    )


def show_bundle(bundled: Bundled) -> None:
    """Say how large it is, and what half precision changed."""
    lines.say(f"{bundled.path}: {bundled.size / 1e6:.2f} MB; its card: {bundled.card}")
    changed = [
        f"{CLASSIFIERS[key].title} {count}" for key, count in bundled.changed.items() if count
    ]
    lines.say(
        f"in half precision the class of {', '.join(changed) or 'none'} of {bundled.cells:,} test "
        f"cells is another; probabilities of the network differ by at most {bundled.furthest:.1e}"
    )
