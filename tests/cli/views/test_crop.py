"""What `data crop` says when it is done."""

from collections import Counter
from pathlib import Path

import pytest

from hybrid_wbc.cli.views.crop import show_crops
from hybrid_wbc.data.cells.cropping import Crops
from hybrid_wbc.data.cleaning import Dropped
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.reasons import Kind
from hybrid_wbc.studies.crop import Cropped


@pytest.mark.parametrize(("synthetic", "mark"), [(True, "SYNTHETIC, "), (False, "")])
def test_crops_are_counted_by_how_their_cells_were_found_and_drops_named(capsys, synthetic, mark):
    crops = Crops(side=57, how=Counter(middle=1, found=2), touching=1)
    dropped = [Dropped(Sample("a/b.png", Path("b.png"), ()), Kind.NO_LABEL)]
    show_crops(Cropped(crops, dropped, synthetic), Path("out"), 32)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "left out: a/b.png: no label",
        f"out: {mark}3 crops (2 found, 1 middle), squares of 57 pixels at 32x32, 1 cut off by the "
        "frame",
    ]
