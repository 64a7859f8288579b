"""Images as arrays: decoded once, cut to the cell, resized, and never scaled but by two numbers."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybrid_wbc.data import arrays
from hybrid_wbc.data.arrays import decode_images, load_images, read_sample
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.sizing import resize
from hybrid_wbc.errors import InputError

WriteImage = Callable[..., Path]


@pytest.fixture
def samples(tmp_path: Path, write_image: WriteImage) -> list[Sample]:
    """Write three images of differing sizes."""
    paths = [write_image(tmp_path / f"{i}.png", i, (20 + i, 16)) for i in range(3)]
    return [Sample(path.name, path, ("neutrophil",)) for path in paths]


@pytest.fixture
def numbered(tmp_path: Path) -> Path:
    """Write an image of 10 rows and 20 columns whose red is its row and green its column."""
    pixels = np.zeros((10, 20, 3), dtype=np.uint8)
    pixels[..., 0], pixels[..., 1] = np.indices((10, 20))
    path = tmp_path / "numbered.png"
    Image.fromarray(pixels).save(path)
    return path


def rows_and_columns(image: np.ndarray) -> tuple[list[int], list[int]]:
    return image[:, 0, 0].tolist(), image[0, :, 1].tolist()


def test_images_come_in_the_order_of_the_samples_as_rgb_bytes(samples: list[Sample]) -> None:
    images = decode_images(samples, size=8)
    assert (images.dtype, images.shape) == (np.uint8, (3, 8, 8, 3))
    for image, sample in zip(images, samples, strict=True):
        assert np.array_equal(image, resize(read_sample(sample), 8))


def test_no_samples_give_an_empty_array() -> None:
    assert load_images([], [], size=8).shape == (0, 8, 8, 3)


def test_progress_counts_every_sample(samples: list[Sample]) -> None:
    calls: list[tuple[int, int]] = []
    load_images(samples, ["a", "b", "c"], size=8, progress=lambda *call: calls.append(call))
    assert calls == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("checksums", [["a", "b", "c"], None])
def test_a_set_that_is_decoded_piece_by_piece_is_the_same(
    samples: list[Sample], checksums: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = decode_images(samples, size=8)
    monkeypatch.setattr(arrays, "PIECE", 2 * 8 * 8 * 3)
    calls: list[tuple[int, int]] = []
    images = load_images(samples, checksums, size=8, progress=lambda *call: calls.append(call))
    assert np.array_equal(images, whole)
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_cells_of_one_picture_are_decoded_together_however_small_the_pieces(
    samples: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, other = samples[0], replace(samples[0], id="second"), samples[1]
    monkeypatch.setattr(arrays, "PIECE", 1)
    opened: list[Path] = []
    decode = arrays.pictures.decode
    monkeypatch.setattr(arrays.pictures, "decode", lambda path: opened.append(path) or decode(path))
    assert load_images([one, two, other], None, size=8).shape == (3, 8, 8, 3)
    assert opened == [one.path, other.path]


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"no image")])
def test_second_call_reads_the_kept_array_and_opens_no_file(
    samples: list[Sample], damage: Callable[[Path], object]
) -> None:
    first = load_images(samples, ["a", "b", "c"], size=8)
    for sample in samples:
        damage(sample.path)
    second = load_images(samples, ["a", "b", "c"], size=8, progress=pytest.fail)
    assert second.dtype == np.uint8
    assert np.array_equal(first, second)


def test_a_changed_checksum_is_decoded_anew(samples: list[Sample], write_image: WriteImage) -> None:
    first = load_images(samples, ["a", "b", "c"], size=8)
    write_image(samples[1].path, 99)
    second = load_images(samples, ["a", "changed", "c"], size=8)
    same = [np.array_equal(before, after) for before, after in zip(first, second, strict=True)]
    assert same == [True, False, True]


def test_another_size_middle_or_box_is_not_mistaken_for_the_kept_array(
    samples: list[Sample], cache_folder: Path
) -> None:
    sample = samples[0]
    boxed = Sample(sample.id, sample.path, sample.labels, box=(0, 0, 8, 8))
    whole, small, middle, box = (
        load_images([each], ["a"], size=size, middle=share)
        for each, size, share in (
            (sample, 8, 1.0),
            (sample, 4, 1.0),
            (sample, 8, 0.5),
            (boxed, 8, 1.0),
        )
    )
    assert small.shape == (1, 4, 4, 3)
    assert not np.array_equal(whole, middle)
    assert np.array_equal(box[0], read_sample(sample)[:8, :8])
    assert len(list(cache_folder.iterdir())) == 4


def test_a_decoding_that_fails_leaves_nothing_in_the_cache(
    samples: list[Sample], cache_folder: Path
) -> None:
    samples[2].path.unlink()
    with pytest.raises(InputError, match=r"2\.png: file not found"):
        load_images(samples, ["a", "b", "c"], size=8)
    assert not list(cache_folder.glob("*"))


@pytest.mark.parametrize(
    ("middle", "rows", "columns"),
    [
        (1.0, range(10), range(20)),
        (0.6, range(2, 8), range(4, 16)),
        (0.5, range(2, 7), range(5, 15)),
        (0.01, range(4, 5), range(9, 10)),
    ],
)
def test_a_sample_without_a_box_is_cut_to_its_middle(
    numbered: Path, middle: float, rows: range, columns: range
) -> None:
    image = read_sample(Sample("0", numbered, ("neutrophil",)), middle=middle)
    assert rows_and_columns(image) == (list(rows), list(columns))


def test_a_sample_with_a_box_is_cut_by_it_alone(numbered: Path) -> None:
    sample = Sample("0", numbered, ("neutrophil",), box=(3, 2, 9, 8))
    image = read_sample(sample, middle=0.5)
    assert rows_and_columns(image) == (list(range(2, 8)), list(range(3, 9)))


def test_a_box_beyond_the_frame_is_filled_by_reflection(numbered: Path) -> None:
    sample = Sample("0", numbered, ("neutrophil",), box=(-2, 7, 2, 11))
    assert rows_and_columns(read_sample(sample)) == ([7, 8, 9, 8], [2, 1, 0, 1])


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "CMYK", "LA"])
def test_every_kind_of_picture_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "cell.tif"
    Image.new("RGB", (6, 5), (255, 255, 255)).convert(mode).save(path)
    image = read_sample(Sample("0", path, ("neutrophil",)))
    assert (image.dtype, image.shape) == (np.uint8, (5, 6, 3))
    assert (image == 255).all()


def test_stored_rows_are_read_by_array_and_number(tmp_path: Path) -> None:
    path = tmp_path / "cells.npz"
    rng = np.random.default_rng(0)
    train, test = rng.integers(0, 256, (2, 4, 9, 9, 3), dtype=np.uint8)
    np.savez(path, train_images=train, test_images=test)
    wanted = [("test_images", 3), ("train_images", 0), ("test_images", 1)]
    samples = [
        Sample(f"{array}[{row}]", path, ("neutrophil",), array=array, row=row)
        for array, row in wanted
    ]
    images = load_images(samples, ["same"] * 3, size=9)
    assert np.array_equal(images, [test[3], train[0], test[1]])


def test_stored_grey_rows_become_rgb(tmp_path: Path) -> None:
    path = tmp_path / "grey.npz"
    grey = np.random.default_rng(0).integers(0, 256, (2, 9, 8), dtype=np.uint8)
    np.savez(path, images=grey)
    image = read_sample(Sample("1", path, ("neutrophil",), array="images", row=1))
    assert image.shape == (9, 8, 3)
    assert all(np.array_equal(image[..., channel], grey[1]) for channel in range(3))


def test_the_cache_tells_ways_of_decoding_apart(samples, cache_folder):
    ways = [{}, {"through": 20}, {"colour": "grey"}]
    arrays = [load_images(samples, ["a", "b", "c"], size=8, **way) for way in ways]
    assert len(list(cache_folder.glob("images-*"))) == 3
    assert len({array.tobytes() for array in arrays}) == 3


def test_stored_rows_are_read_again_where_two_archives_of_one_size_and_time_are_exchanged(tmp_path):
    paths = [tmp_path / "one.npz", tmp_path / "other.npz"]
    for number, path in enumerate(paths):
        np.savez(path, images=np.full((1, 8, 8, 3), number, np.uint8))
        os.utime(path, ns=(0, 0))
    sample = Sample("0", paths[0], ("neutrophil",), array="images", row=0)
    assert read_sample(sample).max() == 0
    paths[1].replace(paths[0])
    assert read_sample(sample).max() == 1
