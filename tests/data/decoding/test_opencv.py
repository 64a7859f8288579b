from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from hybrid_wbc.data.decoding import opencv, tiff
from hybrid_wbc.data.decoding.limits import DecodingError

files = runpy.run_path(str(Path(__file__).parents[1] / "picture_files.py"))
VALUES = np.random.default_rng(0).integers(0, 256, (6, 8, 4), np.uint8)
DEEP = VALUES.astype(np.uint16) * 257


def read(content: bytes):
    return opencv.read_colours(content, tiff.read_pages(content)[0])


def test_colours_are_in_the_order_red_green_blue():
    colours, alpha = read(files["tiff"](DEEP[:, :, :3]))
    assert np.array_equal(colours, VALUES[:, :, :3])
    assert alpha is None


def test_alpha_is_given_beside_the_colours():
    colours, alpha = read(files["tiff"](DEEP, extrasamples=["unassalpha"]))
    assert np.array_equal(colours, VALUES[:, :, :3]) and np.array_equal(alpha, VALUES[:, :, 3])


def test_faint_alpha_is_not_taken_for_an_unclear_depth():
    faint = DEEP.copy()
    faint[:, :, 3] = 257
    _, alpha = read(files["tiff"](faint, extrasamples=["unassalpha"]))
    assert (alpha == 1).all()


def test_colours_multiplied_by_their_alpha_come_on_white():
    alpha = DEEP[:, :, 3:].astype(float) / 65535
    multiplied = np.dstack([np.rint(DEEP[:, :, :3] * alpha), DEEP[:, :, 3]]).astype(np.uint16)
    colours, left = read(files["tiff"](multiplied, extrasamples=["assocalpha"]))
    assert left is None
    assert np.abs(colours - 255 * (VALUES[:, :, :3] / 255 * alpha + 1 - alpha)).max() <= 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (files["tiff"](np.moveaxis(DEEP[:, :, :3], 2, 0).copy(), planarconfig="separate"),
         "each 16-bit colour in a plane of its own"),
        (files["tiff"](DEEP[:, :, :2].copy(), photometric="minisblack", planarconfig="contig"),
         "a TIFF with 2 samples of 16 bits"),
        (files["tiff"](VALUES[:, :, :3].view(np.int8)), "a TIFF with 3 samples of 8 bits"),
        (files["tiff"](DEEP.astype(np.float16)[:, :, :3]), "^unreadable$"),
    ],
)  # fmt: skip
def test_what_opencv_would_get_wrong_is_refused(content, reason, capfd):
    with pytest.raises(DecodingError, match=reason):
        read(content)
    assert capfd.readouterr() == ("", "")


def test_the_log_is_as_talkative_afterwards_as_before():
    before = opencv._LOG.getLogLevel()
    with pytest.raises(DecodingError):
        opencv.read_colours(b"no picture", {})
    assert opencv._LOG.getLogLevel() == before
