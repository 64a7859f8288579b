"""Owns what `explain` prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hybrid_wbc.cli.views import lines
from hybrid_wbc.cli.views.tables import print_table
from hybrid_wbc.config.names import CLASSIFIERS

if TYPE_CHECKING:
    from hybrid_wbc.evaluation.explained import Explanation


def show_explanation(found: Explanation, written: list[Path]) -> None:
    """Show of each picture what the network named, and how many of its maps can be read."""
    for note in found.notes:
        lines.say(f"note: {note}", err=True)
    for line in found.skipped:
        lines.say(f"skipped {line}", err=True)
    rows = []
    for picture in found.pictures:
        named = picture.maps[0]
        (network,) = [said for said in picture.said if said.classifier == CLASSIFIERS["cnn"].title]
        near = picture.neighbours[0] if picture.neighbours else None
        rows.append(
            [
                picture.name,
                network.label,
                f"{network.probability:.3f}",
                "–" if named.agreement is None else f"{named.agreement:.2f}",
                f"{picture.readable} of {len(picture.maps)}",
                "–" if near is None else f"{near.label} {near.number:.2f}",
            ]
        )
    columns = [
        "picture", "class by the network", "its probability", "Grad-CAM with occlusion",
        "maps to read", "nearest training cell",
    ]  # fmt: skip
    print_table(columns, rows, "SYNTHETIC: trained on drawn cells" if found.synthetic else "")
    for path in written:
        lines.say(str(path), err=True)
