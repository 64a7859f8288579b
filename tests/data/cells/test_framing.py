from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybrid_wbc.data import cleaning
from hybrid_wbc.data.cells import framing
from hybrid_wbc.data.cells.locating import Place
from hybrid_wbc.data.loading import load_cells
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.sizing import resize
from hybrid_wbc.data.stain_normalising import normalise


def picture(path: Path, column: int | None, row: int = 60) -> Sample:
    pixels = np.full((120, 160, 3), (205, 210, 200), dtype=np.uint8)
    pixels[::7, ::5] -= 4
    if column is not None:
        rows, columns = np.indices(pixels.shape[:2])
        distance = (columns - column) ** 2 + (rows - row) ** 2
        pixels[distance <= 20**2] = (195, 165, 205)
        pixels[distance <= 13**2] = (90, 45, 170)
    Image.fromarray(pixels).save(path)
    return Sample(path.name, path, ("neutrophil",))


def frame(samples: list[Sample], middle: float = 0.5):
    return framing.frame_cells(samples, cleaning.clean(samples), middle=middle)


def test_the_square_lies_about_the_cell_and_is_a_share_of_the_shorter_side(tmp_path):
    (framed,), notes = frame([picture(tmp_path / "a.png", 40, 70)])
    left, top, right, bottom = framed.box
    assert right - left == bottom - top == 60
    assert abs((left + right) / 2 - 40) <= 2 and abs((top + bottom) / 2 - 70) <= 2
    assert notes == []


@pytest.mark.parametrize("times", [1, 3])
def test_a_fitted_square_grows_with_the_cell_whatever_the_magnification(tmp_path, times):
    sample = picture(tmp_path / "a.png", 40, 70)
    with Image.open(sample.path) as image:
        image.resize((160 * times, 120 * times)).save(sample.path)
    (framed,), _ = framing.frame_cells([sample], cleaning.clean([sample]), middle=0.5, margin=0.25)
    left, _, right, _ = framed.box
    assert right - left == pytest.approx(41 * times * 1.5, rel=0.12)


def test_a_fitted_square_is_the_middle_where_no_cell_is_found(tmp_path):
    sample = picture(tmp_path / "bare.png", None)
    (framed,), _ = framing.frame_cells([sample], cleaning.clean([sample]), middle=0.5, margin=0.25)
    assert framed.box == (50, 30, 110, 90)


def test_a_picture_without_a_cell_keeps_its_middle_and_is_named(tmp_path):
    samples = [picture(tmp_path / "a.png", 40), picture(tmp_path / "bare.png", None)]
    framed, (note,) = frame(samples)
    assert framed[1].box == (50, 30, 110, 90)
    assert note == "no white cell found in 1 of 2 pictures, their middle is kept: bare.png"


def test_a_sample_that_has_a_box_keeps_it(tmp_path):
    marked = Sample("b", picture(tmp_path / "b.png", 100).path, ("neutrophil",), box=(1, 2, 9, 10))
    framed, _ = frame([picture(tmp_path / "a.png", 40), marked])
    assert framed[1] == marked
    assert framed[0].box is not None


def test_a_part_of_a_set_and_a_larger_set_have_only_new_pictures_searched(tmp_path, monkeypatch):
    a, b, c = (picture(tmp_path / f"{name}.png", 40 + 20 * n) for n, name in enumerate("abc"))
    searched = []

    def find(samples, *given):
        searched.extend(sample.id for sample in samples)
        return find_places(samples, *given)

    find_places = framing.find_places
    monkeypatch.setattr(framing, "find_places", find)
    (first, second), _ = frame([a, b])
    assert frame([b])[0] == [second] and frame([b, a])[0] == [second, first]
    assert frame([a, c, b])[0][::2] == [first, second]
    assert searched == ["a.png", "b.png", "c.png"]
    # A picture is known by what is in it, wherever it lies.
    copy = tmp_path / "copy.png"
    copy.write_bytes(a.path.read_bytes())
    (framed,), _ = frame([Sample("copy", copy, ("neutrophil",))])
    assert framed.box == first.box and len(searched) == 3


def test_places_are_kept_under_the_files_checksums_and_serve_every_share(tmp_path, monkeypatch):
    samples = [picture(tmp_path / "a.png", 40)]
    first, _ = frame(samples)
    with monkeypatch.context() as patch:
        patch.setattr(framing, "find_places", lambda *_: pytest.fail("searched again"))
        assert frame(samples)[0] == first
        assert frame(samples, middle=0.25)[0] != first
    picture(tmp_path / "a.png", 110)
    assert frame(samples)[0] != first


def test_a_place_that_is_known_is_not_looked_for(tmp_path):
    gone = Sample("gone", tmp_path / "gone.png", ("neutrophil",))
    samples = [gone, picture(tmp_path / "a.png", 110)]
    known = {"gone": Place((40, 70), (120, 160), "found", 40, touches_frame=False)}
    cleaned = cleaning.Cleaned(samples, [], {})
    framed, notes = framing.frame_cells(samples, cleaned, middle=0.5, keep=False, known=known)
    assert framed[0].box == (10, 40, 70, 100)
    assert abs((framed[1].box[0] + framed[1].box[2]) / 2 - 110) <= 2
    assert notes == []


def test_progress_reaches_the_number_of_pictures(tmp_path):
    calls = []
    samples = [picture(tmp_path / f"{n}.png", 40 + n) for n in range(3)]
    framing.find_places(samples, lambda done, total: calls.append((done, total)))
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_located_cells_are_loaded_about_their_middles_and_the_default_is_as_before(tmp_path):
    for number, name in enumerate(("neutrophil", "monocyte")):
        (tmp_path / "set" / name).mkdir(parents=True)
        picture(tmp_path / "set" / name / "a.png", 40 + 70 * number)
    located = load_cells(tmp_path / "set", size=60, middle=0.5, crop="located").images
    as_is = load_cells(tmp_path / "set", size=60, middle=0.5).images
    assert (located[:, 28:32, 28:32] == (90, 45, 170)).all()
    assert not np.array_equal(located, as_is)
    whole = np.asarray(Image.open(tmp_path / "set" / "monocyte" / "a.png"))
    np.testing.assert_array_equal(as_is[0], resize(whole[30:90, 40:120], 60))


def test_loaded_cells_have_their_stain_normalised_where_it_is_asked_for(tmp_path):
    (tmp_path / "set" / "neutrophil").mkdir(parents=True)
    for number in range(2):
        picture(tmp_path / "set" / "neutrophil" / f"{number}.png", 40 + 70 * number)
    plain = load_cells(tmp_path / "set", size=60, crop="fitted")
    stained = load_cells(tmp_path / "set", size=60, crop="fitted", stain="reinhard")
    np.testing.assert_array_equal(stained.images, normalise(plain.images, "reinhard")[0])
    assert not np.array_equal(stained.images, plain.images)
    assert stained.unnormalised == 0
