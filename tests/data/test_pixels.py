"""One road for pixels: training, predict, the estimator, cropping and the checks see the same."""

from __future__ import annotations

import csv
import runpy
from functools import partial
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from hybrid_wbc import load_cells
from hybrid_wbc.config import load
from hybrid_wbc.data import cleaning, sizing, stain_normalising
from hybrid_wbc.data.boxes import cut
from hybrid_wbc.data.cells.cropping import write_crops
from hybrid_wbc.data.cells.locating import locate
from hybrid_wbc.data.decoding.pictures import decode
from hybrid_wbc.data.photographs.colours import colour_histograms
from hybrid_wbc.data.pixels import Pixels, prepare, prepare_changed
from hybrid_wbc.data.reading import readers
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator.inputs import read_images
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.stages import prepare as stage
from hybrid_wbc.studies import predict as study
from hybrid_wbc.studies.model import of_run

files = runpy.run_path(str(Path(__file__).with_name("picture_files.py")))
SIZE = 16


def a_cell(column: int = 60, row: int = 44, seed: int = 0) -> np.ndarray:
    """Draw a cell that is found, on bright glass."""
    pixels = np.full((96, 120, 3), (235, 240, 230), dtype=np.uint8)
    pixels -= np.random.default_rng(seed).integers(0, 9, pixels.shape, np.uint8)
    rows, columns = np.indices(pixels.shape[:2])
    distance = np.hypot(columns - column, rows - row)
    pixels[distance <= 20] = (195, 165, 205)
    pixels[distance <= 13] = (90, 45, 170)
    return pixels


def visible(pixels: np.ndarray) -> np.ndarray:
    rows, columns = np.indices(pixels.shape[:2])
    share = np.clip(1.8 - np.hypot(columns - 60, rows - 44) / 30, 0, 1)
    return (255 * share).astype(np.uint8)


KINDS = files["kinds"](a_cell(), visible(a_cell()))
GOOD = [name for name, kind in KINDS.items() if not isinstance(kind.expected, str)]
BAD = [name for name in KINDS if name not in GOOD]


@pytest.fixture(scope="module")
def set_of_kinds(tmp_path_factory) -> Path:
    """Write a file of every kind, and a table that gives each a class and a source of its own."""
    root = tmp_path_factory.mktemp("kinds")
    with (root / "labels.csv").open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["path", "label", "source"])
        for number, (name, kind) in enumerate(KINDS.items()):
            path = root / f"{number:03d}{kind.suffix}"
            path.write_bytes(kind.content)
            writer.writerow([path.name, ("neutrophil", "monocyte")[number % 2], f"slide {name}"])
    return root


def paths(root: Path, names: list[str]) -> list[Path]:
    numbers = {name: number for number, name in enumerate(KINDS)}
    return [root / f"{numbers[name]:03d}{KINDS[name].suffix}" for name in names]


def predicted_on(monkeypatch, make_run, tmp_path, images, **changes):
    """Give the pixels that `predict` shows to the network, and what it skips."""
    from hybrid_wbc.cnn import extraction, storage

    shown = []

    def extract(_network, pixels, **_options):
        shown.append(pixels)
        X = np.zeros((len(pixels), 5), np.float32)
        return extraction.Extracted(X, np.full((len(pixels), 3), 1 / 3, np.float32), None)

    monkeypatch.setattr(extraction, "Extractor", lambda network: partial(extract, network))
    monkeypatch.setattr(storage, "load", lambda path: path)
    folder = make_run(tmp_path / "run")
    config = load.load(
        "quickstart-drawn", [f"data.{key}={value}" for key, value in changes.items()]
    )
    reporter = Reporter(Console(file=StringIO()))
    told = study.predict(of_run(config, folder), images, reporter, wanted="cells")
    (pixels,) = shown
    return pixels, told


def stage_cells(tmp_path, root: Path, **changes):
    settings = [f"data.path={root}", *(f"data.{key}={value}" for key, value in changes.items())]
    (tmp_path / "training").mkdir()
    reporter = Reporter(Console(file=StringIO()))
    config = load.load("quickstart-drawn", settings)
    return stage.prepare(config, RunFolder(tmp_path / "training"), reporter)


def test_python_is_told_how_many_cells_of_a_set_are_left_out_and_why(tmp_path, write_image):
    for seed in (0, 1):
        write_image(tmp_path / "set" / "monocyte" / f"{seed}.png", seed)
    (tmp_path / "set" / "monocyte" / "c.png").write_bytes(b"no picture")
    with pytest.warns(UserWarning, match=r"1 of 3 cells are left out: unreadable \(1\)") as heard:
        cells = load_cells(tmp_path / "set", size=SIZE)
    assert cells.notes[0] == str(heard[0].message) and heard[0].filename == __file__


@pytest.mark.parametrize(
    "changes",
    [
        {"size": SIZE},
        {"size": SIZE, "middle": 0.5, "through": 32, "colour": "grey"},
        {"size": 32, "crop": "fitted", "margin": 0.5, "stain": "reinhard"},
        {"size": 32, "crop": "located", "middle": 0.6, "stain": "macenko"},
        {"size": 32, "crop": "fitted", "stain": "reinhard", "background": "removed"},
        {"size": 32, "middle": 0.8, "background": "removed"},
    ],
)
def test_every_road_gives_a_network_the_same_bytes(
    set_of_kinds, tmp_path, make_run, monkeypatch, changes
):
    pixels = Pixels(**changes)
    cells = stage_cells(tmp_path, set_of_kinds, **changes)
    images = dict(zip(cells.ids.tolist(), cells.images, strict=True))
    kept = [path for path in paths(set_of_kinds, GOOD) if path.name in images]
    # Pictures of the same bytes are copies: of kinds that differ only in name one is kept.
    assert len(kept) >= len(GOOD) - 10
    trained = np.stack([images[path.name] for path in kept])
    predicted, _ = predicted_on(monkeypatch, make_run, tmp_path, kept, **changes)
    by_file = prepare([Sample(str(p), p, ("x",)) for p in kept], pixels).images
    by_array = np.concatenate([prepare(decode(p)[None], pixels).images for p in kept])
    for road in (predicted, by_file, by_array):
        assert road.dtype == np.uint8 and np.array_equal(road, trained)
    if changes.keys() == {"size"}:
        loaded = load_cells(set_of_kinds, size=SIZE)
        assert np.array_equal(loaded.images, cells.images)
        assert np.array_equal(read_images(kept, Pixels(SIZE)), trained)
        given = np.concatenate([read_images(decode(path)[None], Pixels(SIZE)) for path in kept])
        assert np.array_equal(given, trained)


def test_every_road_refuses_the_same_files_for_the_same_reasons(
    set_of_kinds, tmp_path, make_run, monkeypatch
):
    reading = readers.read(set_of_kinds)
    cleaned = cleaning.clean(reading.samples)
    reasons = {entry.sample.path: entry.reason for entry in cleaned.dropped}
    bad = paths(set_of_kinds, BAD)
    for name, path in zip(BAD, bad, strict=True):
        assert reasons[path].startswith(KINDS[name].expected)
        with pytest.raises(InputError) as caught:
            read_images([path], Pixels(SIZE))
        assert str(caught.value) == f"{path}: {reasons[path]}; leave it out or mend it"
    good = paths(set_of_kinds, GOOD)[0]
    _, table = predicted_on(monkeypatch, make_run, tmp_path, [good, *bad])
    assert table["skipped"] == [f"{path}: {reasons[path]}" for path in bad]


def test_checks_crops_and_histograms_see_the_picture_upright_and_on_white(set_of_kinds, tmp_path):
    box = (30, 14, 90, 74)
    everything = paths(set_of_kinds, GOOD)
    samples = [Sample(p.name, p, ("neutrophil",), box=box) for p in everything]
    inspected = cleaning.inspect(samples)
    assert not inspected.dropped
    write_crops(samples, tmp_path / "crops", size=24, side=60)
    crops = sorted((tmp_path / "crops" / "neutrophil").iterdir())
    histograms = colour_histograms(samples)
    for sample, crop, histogram in zip(samples, crops, histograms, strict=True):
        picture = decode(sample.path)
        found = inspected.inspections[sample.id]
        assert (found.height, found.width) == picture.shape[:2]
        expected = cut(picture, box)
        with Image.open(crop) as image:
            assert np.array_equal(np.asarray(image), sizing.resize(expected, 24))
        white = (expected >= 224).all(axis=2).mean()
        assert histogram[-1] ** 2 == pytest.approx(white, abs=1e-6)


def test_rows_of_an_array_go_by_the_same_road(tmp_path):
    stack = np.stack([a_cell(seed=n)[:96, :96] for n in range(4)])
    np.savez(tmp_path / "cells.npz", train_images=stack, train_labels=np.array([0, 1, 0, 1]))
    np.savez(tmp_path / "grey.npz", train_images=stack[..., 0], train_labels=np.array([0, 1, 0, 1]))
    assert np.array_equal(load_cells(tmp_path / "cells.npz", size=SIZE).images,
                          read_images(stack, Pixels(SIZE)))  # fmt: skip
    grey = np.repeat(stack[..., :1], 3, axis=3)
    assert np.array_equal(load_cells(tmp_path / "grey.npz", size=SIZE).images,
                          read_images(grey, Pixels(SIZE)))  # fmt: skip


# what is done on the way


def test_an_array_that_needs_nothing_is_given_back_itself():
    images = np.zeros((2, SIZE, SIZE, 3), np.uint8)
    assert prepare(images, Pixels(SIZE)).images is images
    assert prepare(images[:0], Pixels(20)).images.shape == (0, 20, 20, 3)


def test_each_setting_does_what_it_says():
    picture = a_cell()
    middle = sizing.middle_of(picture, 0.5)
    assert middle.shape == (48, 60, 3)
    given = picture[None]
    assert np.array_equal(
        prepare(given, Pixels(SIZE, middle=0.5)).images[0], sizing.resize(middle, SIZE)
    )
    fitted = cut(picture, locate(picture).square(locate(picture).longer_side * 2))
    assert np.array_equal(
        prepare(given, Pixels(SIZE, crop="fitted", margin=0.5)).images[0],
        sizing.resize(fitted, SIZE),
    )
    stained = prepare(given, Pixels(SIZE, stain="reinhard")).images
    assert np.array_equal(
        stained, stain_normalising.normalise(prepare(given, Pixels(SIZE)).images, "reinhard")[0]
    )


@pytest.mark.parametrize("crop", ["as is", "located", "fitted"])
@pytest.mark.parametrize("box", [None, (20, 10, 90, 80)])
def test_a_picture_that_is_changed_to_itself_goes_the_same_road(tmp_path, crop, box):
    samples = []
    for number in range(3):
        path = tmp_path / f"{number}.png"
        Image.fromarray(a_cell(40 + 15 * number, seed=number)).save(path)
        samples.append(Sample(str(path), path, ("x",), box=box))
    pixels = Pixels(SIZE, middle=0.8, crop=crop, stain="reinhard")
    seen = []
    same = prepare_changed(samples, pixels, lambda image, place: seen.append(place) or image)
    assert np.array_equal(same, prepare(samples, pixels).images)
    assert sorted(seen) == [0, 1, 2]
    dark = prepare_changed(samples, pixels, lambda image, _: image // 2)
    assert (dark != same).any()


def test_what_is_not_found_or_not_stained_is_told(tmp_path):
    bare = tmp_path / "bare.png"
    Image.new("RGB", (60, 60), (230, 230, 230)).save(bare)
    told = prepare([Sample("bare", bare, ("x",))], Pixels(SIZE, crop="located", stain="reinhard"))
    assert told.notes == ["no white cell found in 1 of 1 pictures, their middle is kept: bare"]
    assert told.unnormalised == 1


def test_a_file_that_gives_no_pixels_is_named_with_the_way_out(tmp_path):
    with pytest.raises(InputError, match=r"gone.png: file not found; leave it out or mend it"):
        prepare([Sample("gone", tmp_path / "gone.png", ("x",))], Pixels(SIZE))


def test_the_settings_of_a_run_are_taken_over():
    data = load.load("kaggle", ["data.through=64", "data.stain=macenko", "data.colour=rgb"]).data
    pixels = Pixels.of(data)
    for name in ("size", "middle", "margin", "crop", "through", "colour", "stain"):
        assert getattr(pixels, name) == getattr(data, name)


def test_one_room_opens_pictures():
    package = Path(decode.__code__.co_filename).parents[2]
    opening = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if any(word in path.read_text() for word in ("Image.open(", "imdecode(", "imread("))
    }
    assert opening == {"data/decoding/opening.py", "data/decoding/opencv.py"}
    resizing = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if any(
            word in path.read_text() for word in ("to_size(", ".normalise(images", "normalise(_")
        )
    }
    assert resizing == {"data/arrays.py", "data/pixels.py", "data/sizing.py"}
