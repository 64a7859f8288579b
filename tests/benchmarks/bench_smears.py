"""White cells of whole smears, end to end: how many are found, and how long a large smear takes.

BCISC hands its cells out as crops of 256 pixels beside the fields: each is looked for in its field,
where its mask then says where the cell lies.
"""

import csv
import os
import time
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from hybrid_wbc.data.cells.finding import find_cells


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


def overlap(one, other) -> float:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(across, 0) * max(down, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared)


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
