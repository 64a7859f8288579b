"""What `data crop` says on stderr: what was left out, and what was cut."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hybrid_wbc.cli.views import lines

if TYPE_CHECKING:
    from hybrid_wbc.studies.crop import Cropped


def show_crops(cropped: Cropped, out: Path, size: int) -> None:
    """Show what `crop.crop` cut out into `out`, at `size` pixels a side."""
    for dropped in cropped.dropped:
        lines.say(f"left out: {dropped.sample.id}: {dropped.reason}", err=True)
    crops = cropped.crops
    ways = ", ".join(f"{n} {how}" for how, n in sorted(crops.how.items()))
    lines.say(
        f"{out}: {'SYNTHETIC, ' if cropped.synthetic else ''}{crops.how.total()} crops ({ways}), "
        f"squares of {crops.side} pixels at {size}x{size}, {crops.touching} cut off by the frame",
        err=True,
    )
