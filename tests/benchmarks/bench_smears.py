"""White cells of whole smears, end to end: how many are found, and how long a large smear takes.

BCISC hands its cells out as crops of 256 pixels beside the fields: each is looked for in its field,
where its mask then says where the cell lies. What a model names the found cells is held against
their labels: `HYBRID_WBC_RUN` names it, the packaged one by default. Slides of BCISC that it was
trained on are left out.
"""

import csv
import os
import time
from collections import defaultdict
from io import StringIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from measured import overlap
from PIL import Image
from rich.console import Console
from statsmodels.stats.proportion import proportion_confint

from hybrid_wbc.config.names import PACKAGED
from hybrid_wbc.data.cells.finding import find_cells
from hybrid_wbc.data.reading import readers
from hybrid_wbc.data.splitting import TRAIN
from hybrid_wbc.progress import Reporter
from hybrid_wbc.studies.model import open_model
from hybrid_wbc.studies.predict import predict


def real(name: str) -> Path:
    place = os.environ.get("HYBRID_WBC_DATA")
    if not place:
        pytest.skip("HYBRID_WBC_DATA is not set: no real images to search")
    return Path(place) / name


def picture(path: Path, mode: str = "RGB") -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert(mode))


def marked_cells(root: Path) -> dict[str, list[tuple[int, int, int, int]]]:
    """Give the tight box of each cell that was cut out of a field, by the field."""
    boxes = defaultdict(list)
    with (root / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        field = picture(root / "fields" / row["field"])
        crop = picture(root / "crops" / row["crop"])
        mask = picture(root / "masks" / f"{Path(row['crop']).stem}.png", "L")
        scores = cv2.matchTemplate(field, crop, cv2.TM_CCOEFF_NORMED)
        _, score, _, (x, y) = cv2.minMaxLoc(scores)
        if score < 0.9 or not mask.any():
            continue
        _, _, regions, _ = cv2.connectedComponentsWithStats((mask > 0).astype(np.uint8))
        largest = regions[1 + regions[1:, cv2.CC_STAT_AREA].argmax()]
        left, top, width, height = largest[:4].tolist()
        x, y = x + left, y + top
        boxes[row["field"]].append((x, y, x + width, y + height))
    return boxes


def test_white_cells_of_bcisc_are_found_in_its_fields():
    root = real("bcisc")
    marked = marked_cells(root)
    hit = held = total = found_in_all = 0
    missed = []
    for field in sorted(marked):
        found = [cell.box for cell in find_cells(picture(root / "fields" / field))]
        found_in_all += len(found)
        for box in marked[field]:
            total += 1
            column, row = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            held += any(o[0] <= column < o[2] and o[1] <= row < o[3] for o in found)
            if any(overlap(box, other) >= 0.5 for other in found):
                hit += 1
            else:
                missed.append(field)
    print(
        f"\n{total} marked cells in {len(marked)} fields: the middle of {held} "
        f"({held / total:.4f}) lies in a found box, {hit} ({hit / total:.4f}) overlap by half; "
        f"{found_in_all} found in all; no overlap in {', '.join(missed)}"
    )
    assert total > 240


def labelled_cells_of_bcisc(
    root: Path, trained: set[str]
) -> dict[Path, list[tuple[tuple[int, ...], str]]]:
    """Give box and label of each cell that is the only one of its field, of slides not trained on.

    Trained are file names of cells.
    """
    with (root / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    slides = {row["slide"] for row in rows if row["crop"] in trained}
    if slides:
        print(f"\nbcisc: left out {len(slides)} slides that the model was trained on")
    alone = [row for row in rows if row["only_cell_of_its_field"] == "yes"]
    label_of = {row["field"]: row["label"] for row in alone if row["slide"] not in slides}
    boxes = marked_cells(root)
    return {
        root / "fields" / field: [(boxes[field][0], label)]
        for field, label in label_of.items()
        if boxes.get(field)
    }


def labelled_cells_of_bccd(
    root: Path,
    trained: set[str],
) -> dict[Path, list[tuple[tuple[int, ...], str]]]:
    """Give the boxes of each smear whose cells are of one type.

    Kaggle's pictures are made from these, under other names: `trained` cannot tell.
    """
    cells = defaultdict(list)
    for sample in readers.read(root, "bccd").samples:
        if sample.box is not None and len(sample.labels) == 1:
            cells[sample.path].append((sample.box, sample.labels[0]))
    return cells


@pytest.mark.parametrize(
    ("name", "labelled"), [("bcisc", labelled_cells_of_bcisc), ("bccd", labelled_cells_of_bccd)]
)
def test_cells_of_smears_are_found_and_named_end_to_end(name, labelled):
    model = open_model(Path(os.environ.get("HYBRID_WBC_RUN", PACKAGED)))
    trained = set()
    if model.embedded is not None:
        trained = {Path(cell).name for cell in model.embedded.ids[model.embedded.split == TRAIN]}
    truth = labelled(real(name), trained)
    reporter = Reporter(Console(file=StringIO()))
    said = predict(model, sorted(truth), reporter, wanted="smears")
    found_in = defaultdict(list)
    for cell in said["cells"]:
        found_in[Path(cell["image"])].append(cell)
    total = found = right = sure = right_of_sure = 0
    for path, cells in truth.items():
        for box, label in cells:
            total += 1
            column, row = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            hits = [
                cell
                for cell in found_in[path]
                if cell["box"][0] <= column < cell["box"][2]
                and cell["box"][1] <= row < cell["box"][3]
            ]
            if hits:
                best = max(hits, key=lambda cell: overlap(cell["box"], box))
                found += 1
                right += best["answer"] == label
                sure += not best["unlike"]
                right_of_sure += (not best["unlike"]) and best["answer"] == label
    low, high = proportion_confint(right, found, method="wilson")
    print(
        f"\n{name}, {model.name}: {total} labelled cells, {found / total:.4f} found, of these "
        f"{right / found:.4f} named right (by cells {low:.3f} to {high:.3f}), together "
        f"{right / total:.4f}; {found - sure} called unlike anything seen, of the others "
        f"{right_of_sure / max(sure, 1):.4f} right"
    )
    assert found > 0.9 * total


def test_seconds_for_a_large_smear():
    root = real("bcisc")
    seconds = []
    for path in sorted((root / "fields").glob("*/1-1.jpg")):
        large = cv2.resize(picture(path), (2048, 1536), interpolation=cv2.INTER_CUBIC)
        find_cells(large)
        started = time.thread_time()
        find_cells(large)
        seconds.append(time.thread_time() - started)
    print(f"\n{np.median(seconds):.2f} s to search a smear of 2048×1536 on one core")
