from __future__ import annotations

import runpy
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybrid_wbc.data.decoding.limits import DecodingError
from hybrid_wbc.data.decoding.opening import open_picture, orientation, upright_frame

files = runpy.run_path(str(Path(__file__).parents[1] / "picture_files.py"))
PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 12, 3), np.uint8))


def test_opening_leaves_pillows_own_limit_as_it_was(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image, page = open_picture(files["saved"](PICTURE, "PNG"))
    assert image is not None and image.size == (12, 8) and page == {}
    assert Image.MAX_IMAGE_PIXELS == 3
    with pytest.raises(Exception, match="cannot identify"):
        open_picture(b"no picture")
    assert Image.MAX_IMAGE_PIXELS == 3


def test_a_name_that_says_another_kind_than_the_bytes_does_not_matter(tmp_path):
    image, _ = open_picture(files["saved"](PICTURE, "WEBP"))
    assert image.format == "WEBP"


def test_a_second_photograph_that_was_cut_off_is_not_missed():
    content = files["pages"](PICTURE, "MPO", 2)
    alone = content[: content.index(b"\xff\xd9\xff\xd8") + 2]
    image, _ = open_picture(alone)
    image.load()
    assert image.size == (12, 8)
    with pytest.raises(DecodingError, match="several pages: 2"):
        open_picture(content)


def test_a_long_gif_is_refused_without_counting_its_frames(monkeypatch):
    monkeypatch.setattr("hybrid_wbc.data.decoding.opening._LONGEST_GIF_COUNTED", 10)
    with pytest.raises(DecodingError, match="several pages: one picture a file is read; split it"):
        open_picture(files["pages"](PICTURE, "GIF", 3))
    image, _ = open_picture(files["saved"](PICTURE, "GIF"))
    assert image.size == (12, 8)


def test_a_thousand_pages_are_said_to_be_as_many_or_more():
    stack = np.zeros((1001, 2, 2), np.uint8)
    with pytest.raises(DecodingError, match="several pages: 1000 or more, one picture a file"):
        open_picture(files["tiff"](stack, photometric="minisblack"))


@pytest.mark.parametrize("named", range(1, 9))
def test_the_frame_is_that_of_the_picture_upright(named):
    for content in (
        files["saved"](PICTURE, "JPEG", exif=files["exif"](named)),
        files["saved"](PICTURE, "PNG", exif=files["exif"](named)),
        files["tiff"](np.asarray(PICTURE), named),
        files["tiff"](np.asarray(PICTURE) / 255, named),
    ):
        assert upright_frame(*open_picture(content)) == ((8, 12) if named < 5 else (12, 8))


@pytest.mark.parametrize("named", [0, 9, 200])
def test_an_orientation_that_there_is_not_turns_nothing(named):
    image, _ = open_picture(files["saved"](PICTURE, "PNG", exif=files["exif"](named)))
    assert orientation(image) == named
    assert upright_frame(image, {}) == (8, 12)
