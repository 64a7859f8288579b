"""One cell in a dozen formats is one cell: to `check`, a run, `predict` and the estimator."""

from __future__ import annotations

import csv
import io
import os
import runpy
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features
from rich.console import Console

from hybrid_wbc.config import load
from hybrid_wbc.data.drawn.drawing import draw_smear
from hybrid_wbc.estimator.hybrid import HybridClassifier
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import run as stages
from hybrid_wbc.studies.check import check
from hybrid_wbc.studies.model import open_model
from hybrid_wbc.studies.predict import predict

files = runpy.run_path(str(Path(__file__).parent / "data" / "picture_files.py"))
png, tiff, saved, exif = (files[name] for name in ("png", "tiff", "saved", "exif"))
SIZE, CLASSES, PER_CLASS = 32, ("lymp", "eosi"), 3
REFUSED = (".ppm", ".jp2")
# Of a float and of 16 bits a level of 8 is a round share: nothing is left to rounding.
CLOSE = 1e-3


def quiet() -> Reporter:
    return Reporter(Console(file=StringIO()))


def in_few_colours(pixels: np.ndarray) -> Image.Image:
    """Give a picture with a palette that holds every colour as it is."""
    colours, index = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
    image = Image.fromarray(index.reshape(pixels.shape[:2]).astype(np.uint8))
    image.putpalette(colours.astype(np.uint8).tobytes())
    return image


def opaque(pixels: np.ndarray) -> np.ndarray:
    top = np.iinfo(pixels.dtype).max
    return np.dstack([pixels, np.full(pixels.shape[:2], top, pixels.dtype)])


def deep(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.uint16) * 257


FORMATS: dict[str, Callable[[np.ndarray], bytes]] = {
    "rgb.png": lambda p: saved(Image.fromarray(p), "PNG"),
    "rgb16.png": lambda p: png(deep(p)),
    "rgba.png": lambda p: saved(Image.fromarray(opaque(p)), "PNG"),
    "rgba16.png": lambda p: png(opaque(deep(p))),
    "palette.png": lambda p: saved(in_few_colours(p), "PNG"),
    "turned.png": lambda p: saved(Image.fromarray(np.rot90(p).copy()), "PNG", exif=exif(6)),
    "rgb.bmp": lambda p: saved(Image.fromarray(p), "BMP"),
    "rgb.ppm": lambda p: saved(Image.fromarray(p), "PPM"),
    "rgb.tif": lambda p: saved(Image.fromarray(p), "TIFF"),
    "packed.tif": lambda p: saved(Image.fromarray(p), "TIFF", compression="tiff_lzw"),
    "rgb16.tif": lambda p: tiff(deep(p)),
    "float.tif": lambda p: tiff((p / 255).astype(np.float32)),
    "double.tif": lambda p: tiff(p / 255),
    "lossless.webp": lambda p: saved(Image.fromarray(p), "WEBP", lossless=True),
    "palette.gif": lambda p: saved(in_few_colours(p), "GIF"),
    **({"lossless.jp2": lambda p: saved(Image.fromarray(p), "JPEG2000")}
       if features.check("jpg_2000") else {}),
}  # fmt: skip


def drawn(kind: str, number: int) -> np.ndarray:
    """Draw a cell in at most 200 colours, which a palette holds."""
    smear, mask = draw_smear(kind, np.random.default_rng(number))
    rows, columns = np.nonzero(np.pad(mask, 4))
    top, left = int(rows.mean()) - 48, int(columns.mean()) - 48
    top, left = max(0, top), max(0, left)
    cell = smear[top : top + 96, left : left + 96]
    levels = np.array([0, 51, 102, 153, 204, 255], np.uint8)
    return levels[np.rint(cell / 51).astype(int)]


def pbc(kind: str, number: int) -> np.ndarray:
    """Give a real cell in full colours."""
    place = os.environ.get("HYBRID_WBC_DATA")
    if not place or not (Path(place) / "pbc-128").is_dir():
        pytest.skip("HYBRID_WBC_DATA holds no pbc-128: no real cells")
    name = {"lymp": "lymphocyte", "eosi": "eosinophil"}[kind]
    paths = sorted((Path(place) / "pbc-128" / name).iterdir())
    with Image.open(paths[10 * number]) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("cells", [drawn, pbc])
def test_embeddings_are_those_of_the_8_bit_file(cells, tmp_path):
    formats = [name for name in FORMATS if cells is drawn or "palette" not in name]
    root = tmp_path / "set"
    root.mkdir()
    pixels = {}
    with (root / "labels.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "label", "source"])
        for kind in CLASSES:
            for number in range(PER_CLASS):
                cell = f"{kind}-{number}"
                pixels[cell] = cells(kind, number)
                for name in formats:
                    path = root / f"{cell}-{name}"
                    path.write_bytes(FORMATS[name](pixels[cell]))
                    table.writerow([path.name, kind, cell])
    ids = {cell: [f"{cell}-{name}" for name in formats] for cell in pixels}

    # Every file is read, or refused by its name: no half of it reaches a network.
    refused = {name for names in ids.values() for name in names if name.endswith(REFUSED)}
    summary = check(root, quiet())
    reasons = {entry["id"]: entry["reason"] for entry in summary["dropped"]}
    assert reasons == dict.fromkeys(refused, "not an image file")
    ids = {cell: [name for name in names if name not in refused] for cell, names in ids.items()}
    assert all(len(names) >= 12 for names in ids.values())

    settings = [f"data.path={root}", f"data.size={SIZE}", "training.epochs=2",
                "training.batch_size=16", "split.test=0.34"]  # fmt: skip
    config = load.load("quickstart", settings)
    folder = RunFolder.create(tmp_path / "runs", config.name, config.to_yaml())
    for stage in (stages.train, stages.extract, stages.classify):
        stage(config, folder, quiet())
    embeddings = Run(folder).repeat("seed-0").embeddings()
    of_run = dict(zip(embeddings.ids.tolist(), embeddings.X, strict=True))

    images = [root / name for names in ids.values() for name in names]
    told = predict(open_model(folder.path), images, quiet())
    assert not told["skipped"]
    assert {seen["taken_for"] for seen in told["pictures"]} == {"cell"}
    named = {Path(cell["image"]).name: cell for cell in told["cells"]}
    of_predict = {name: np.array(cell["features"]) for name, cell in named.items()}
    said = {name: cell["said"] for name, cell in named.items()}

    hybrid = HybridClassifier(size=SIZE, epochs=2, batch_size=8)
    hybrid.fit([root / names[0] for names in ids.values()], [cell[:4] for cell in ids])
    of_estimator = dict(zip([p.name for p in images], hybrid.transform(images), strict=True))
    stack = np.stack(list(pixels.values()))
    np.savez(buffer := io.BytesIO(), images=stack)
    stored = np.load(io.BytesIO(buffer.getvalue()))["images"]
    for cell, of_array in zip(ids, hybrid.transform(stored), strict=True):
        assert np.abs(of_array - of_estimator[ids[cell][0]]).max() <= CLOSE

    for found in (of_run, of_predict, of_estimator):
        assert len(found) == len(images)
        spread = np.ptp(np.stack(list(found.values())), axis=0).max()
        assert spread > 50 * CLOSE  # or equal embeddings would say nothing
        for names in ids.values():
            for name in names:
                assert np.abs(found[name] - found[names[0]]).max() <= CLOSE, name
                assert said[name] == said[names[0]]
