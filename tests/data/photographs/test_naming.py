"""Copies of one photograph become one source, and the answer is kept while no file changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybrid_wbc import load_cells
from hybrid_wbc.data import cleaning
from hybrid_wbc.data.photographs import naming
from hybrid_wbc.data.reading import readers


@pytest.fixture(scope="module")
def copied(tmp_path_factory, smears) -> Path:
    """Six drawn smears of two classes, each with a mirrored and turned copy under another name."""
    root = tmp_path_factory.mktemp("copied")
    for name in ("Baso", "lymp"):
        (root / name).mkdir()
        for number in (1, 2, 3):
            with Image.open(smears / "Main Dataset" / name / f"{number}.bmp") as smear:
                pixels = np.asarray(smear.convert("RGB"))
            Image.fromarray(pixels).save(root / name / f"a{number}.png")
            Image.fromarray(np.rot90(pixels[:, ::-1]).copy()).save(root / name / f"z{number}.png")
    return root


def clean(root: Path) -> cleaning.Cleaned:
    return cleaning.clean(readers.read(root).samples)


def test_copies_of_one_photograph_are_one_source(copied):
    named = naming.name_sources(clean(copied))
    assert len(named) == 12 and len({sample.source for sample in named}) == 6
    for sample in named:
        assert Path(sample.source).name == f"a{Path(sample.id).name[1:]}"


def test_a_source_that_the_set_names_is_kept(copied):
    cleaned = clean(copied)
    given = [replace(cleaned.kept[0], source="patient 7"), *cleaned.kept[1:]]
    named = naming.name_sources(replace(cleaned, kept=given))
    assert named[0].source == "patient 7"


def test_an_unnamed_copy_gets_the_source_that_the_set_names_for_its_photograph(copied):
    cleaned = clean(copied)
    named = [replace(s, source="patient 7") if s.id == "Baso/z1.png" else s for s in cleaned.kept]
    source_of = {s.id: s.source for s in naming.name_sources(replace(cleaned, kept=named))}
    assert source_of["Baso/a1.png"] == source_of["Baso/z1.png"] == "patient 7"
    assert source_of["Baso/a2.png"] == source_of["Baso/z2.png"] == "Baso/a2.png"


def test_no_picture_is_looked_at_where_the_set_names_every_source(copied, monkeypatch):
    cleaned = clean(copied)
    given = [replace(sample, source=sample.id) for sample in cleaned.kept]
    monkeypatch.setattr(naming, "find_sources", None)
    assert naming.name_sources(replace(cleaned, kept=given)) == given


def test_cells_loaded_from_python_know_their_photographs(copied):
    heard = []
    cells = load_cells(copied, size=16, progress=lambda done, total: heard.append((done, total)))
    for sample_id, source in zip(cells.ids.tolist(), cells.sources.tolist(), strict=True):
        assert source == sample_id.replace("/z", "/a")
    assert heard[-1] == (24, 24)


def test_the_answer_is_kept_until_a_file_changes(copied, monkeypatch):
    cleaned = clean(copied)
    first = naming.name_sources(cleaned)
    monkeypatch.setattr(naming, "find_sources", None)
    assert naming.name_sources(cleaned) == first
    with pytest.raises(TypeError):
        naming.name_sources(replace(cleaned, kept=cleaned.kept[1:]))


def test_versions_of_one_picture_are_one_source(copied):
    cleaned = clean(copied)
    apart = naming.name_sources(cleaned)
    names = {sample.source for sample in apart}
    one, other = sorted(names)[:2]
    told = [replace(s, cell="neut/a") if s.source in (one, other) else s for s in apart]
    blank = [replace(sample, source="") for sample in told]
    together = naming.name_sources(replace(cleaned, kept=blank))
    assert {s.source for s in together if s.cell} == {one}
    assert len({sample.source for sample in together}) == len(names) - 1
