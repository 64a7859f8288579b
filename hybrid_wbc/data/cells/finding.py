"""Find the white cells of a picture: their nuclei by the stain, their cytoplasm from there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import find_objects
from skimage.filters import threshold_multiotsu, threshold_otsu
from skimage.segmentation import watershed

from hybrid_wbc.data.boxes import Box
from hybrid_wbc.data.cells.masks import (
    bounds,
    closed,
    cores,
    diameter_of,
    filled,
    grown,
    holding_most,
    numbered,
    opened,
    shrunk,
)
from hybrid_wbc.data.stains import (
    absorbed_light,
    glass_colour,
    nuclear_stain,
    photographed,
    strangeness,
)
from hybrid_wbc.errors import InputError

# Part of the name of what is kept: raise it when the same picture would give other cells.
VERSION = 5

# Pixels of the reduced picture that is searched. All that follows was set on other pictures than
# those that the finding is scored on.
_LONGER_SIDE = 320
_CELL_DIAMETER = 80
_SMALLEST_CELL_DIAMETER = 40
# Grey levels of stain, on average, that a nucleus has at least and red cells do not reach, where
# the glass is as bright as this or brighter; a darker photograph has as much less of all light.
_FAINTEST_NUCLEUS, _BRIGHT = 60, 190
# A nucleus is at least this wide: share of the frame's shorter side, or of a cell's diameter.
_NARROWEST_OF_FRAME, _NARROWEST_OF_CELL = 1 / 30, 0.35
# Shares of the area of the largest stained region; what is below is dust, or a platelet.
_CRUMB, _PLATELET = 0.08, 0.2
# The frame leaves a slice of some cells: this share of the stain suffices there.
_SLICE = 0.5
# Shares of the largest nucleus' diameter: the gap between lobes, how far cytoplasm reaches, and
# half the width of what joins a cell to red cells.
_LOBE_GAP, _CYTOPLASM_REACH, _BRIDGE = 0.3, 0.6, 0.2
# Two cells touch where the bridge between them is narrower than either by this share.
_NECK = 0.25
# Shares of a cell's diameter: the radius of bumps that are not its own, the dark rim that is no
# nucleus, the radius of specks. Shares of the nucleus' and the diameter's square: lobes and holes.
_BUMP, _RIM, _SPECK = 0.1, 0.05, 0.03
_LOBE, _HOLE = 0.05, 0.01
# Pixels about a cell: one more than it is ever grown by.
_ROOM = 2


@dataclass(frozen=True)
class FoundCell:
    """A white cell in a picture.

    Attributes
    ----------
    box : Box
        The cell's bounds, inside the frame.
    nucleus, cell : numpy.ndarray of bool, shape (bottom - top, right - left)
        Masks inside the box; the cell includes its nucleus.
    touches_frame : bool
        Whether the cell is cut off by the frame, or by black that lies around the photograph.
    """

    box: Box
    nucleus: np.ndarray
    cell: np.ndarray
    touches_frame: bool


@dataclass(frozen=True)
class _Part:
    """A cell of the reduced picture: rows and columns about it, and its mask there."""

    window: tuple[slice, slice]
    mask: np.ndarray


def find_cells(image: np.ndarray, *, diameter: float | None = None) -> list[FoundCell]:
    """Find every white cell of a picture.

    Otsu's method with three classes finds the nuclei in the stain, and once more inside each cell.
    Cytoplasm is what lies around a nucleus and is unlike the rest of the picture; cells that touch
    are divided by a watershed on the distance from their border.

    Parameters
    ----------
    image : numpy.ndarray of uint8, shape (h, w, 3)
        RGB.
    diameter : float, optional
        A white cell's usual diameter, in pixels. Without it cells are taken to be wider than a
        fifteenth of the frame, and stain far smaller than the largest nucleus to be platelets.

    Returns
    -------
    list of FoundCell
        From left to right; the same for the same picture.

    Raises
    ------
    InputError
        If the image is of another shape or type, or the diameter not above 0.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise InputError(
            f"an image of shape {image.shape} and type {image.dtype} received; "
            "(height, width, 3) of uint8 is expected"
        )
    if diameter is not None and diameter <= 0:
        raise InputError(f"diameter is {diameter}; a cell's diameter above 0 pixels is expected")
    height, width = image.shape[:2]
    if diameter is not None:
        return _find_at(image, min(1.0, _CELL_DIAMETER / diameter), diameter)
    scale = min(1.0, _LONGER_SIDE / max(height, width))
    found = _find_at(image, scale, None)
    widest = max((diameter_of(cell.cell.sum()) for cell in found), default=0.0)
    if scale < 1 and 0 < widest * scale < _SMALLEST_CELL_DIAMETER:
        return _find_at(image, min(1.0, _CELL_DIAMETER / widest), widest)
    return found


def _find_at(image: np.ndarray, scale: float, diameter: float | None) -> list[FoundCell]:
    """Find the cells in a picture reduced to a scale."""
    height, width = image.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale < 1 else image
    shown = photographed(small)
    if not shown.any():
        return []
    glass = glass_colour(small, shown)
    absorbed = absorbed_light(small, shown, glass)
    stain = np.where(shown, nuclear_stain(absorbed), 0)
    faintest = _FAINTEST_NUCLEUS * min(1, float(glass[1]) / _BRIGHT)
    if diameter is None:
        narrowest = _NARROWEST_OF_FRAME * min(size)
    else:
        narrowest = _NARROWEST_OF_CELL * diameter * scale

    def cells_about(upper: np.ndarray) -> list[_Part]:
        strong = _without_faint(stain, upper, faintest)
        platelet = 0.0 if diameter is not None else _PLATELET * numbered(strong)[1].max()
        return _cells(strong, absorbed, shown, max(np.pi / 4 * narrowest**2, platelet))

    upper = _strongly_stained(stain, shown)
    cells = cells_about(upper)
    if not cells and len(np.unique(stain[upper])) > 1:
        # Red cells of a strong stain, or the granules of an eosinophil, are of the upper class too
        # and join the nuclei, which then are too faint on average, and stand out of it.
        cells = cells_about(upper & (stain > threshold_otsu(stain[upper])))
    found = [
        _at_full_size(cell, _nucleus(stain[cell.window], cell.mask), shown, (height, width))
        for cell in cells
    ]
    return sorted(found, key=lambda cell: cell.box)


def _strongly_stained(stain: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Return where the stain is strong: nuclei, platelets and crumbs."""
    values = stain[shown]
    if len(np.unique(values)) < 3:
        return np.zeros_like(shown)
    return shown & (stain > threshold_multiotsu(values, 3)[1])


def _without_faint(stain: np.ndarray, upper: np.ndarray, faintest: float) -> np.ndarray:
    """Leave out crumbs, and regions that are stained less than a nucleus is on average."""
    strong = opened(upper, 1.5)
    regions, areas = numbered(strong)
    sums = np.bincount(regions.ravel(), weights=stain.ravel(), minlength=len(areas))
    areas[sums < faintest * areas] = 0
    return strong & (areas >= max(1, _CRUMB * areas.max()))[regions]


def _cells(
    strong: np.ndarray, absorbed: np.ndarray, shown: np.ndarray, least: float
) -> list[_Part]:
    """Return each cell that has at least an area of strong stain."""
    if not strong.any():
        return []
    # The lobes of one nucleus together say how large a cell is.
    lobe = diameter_of(numbered(strong)[1].max())
    nucleus = diameter_of(numbered(closed(strong, _LOBE_GAP * lobe))[1].max())
    near = shown & grown(strong, _CYTOPLASM_REACH * nucleus)
    about = near & ~strong
    unlike = strangeness(absorbed, shown & ~near, about)
    threshold = threshold_otsu(unlike[about])
    cells = filled(strong | (near & (unlike > threshold)))
    cells = opened(cells, _BRIDGE * nucleus) | opened(strong, 2)
    parts = _divided(cells)
    stained = np.bincount(parts[strong], minlength=parts.max() + 1)
    found = []
    for number, tight in enumerate(find_objects(parts), start=1):
        if tight is None:
            continue
        # In a large smear each cell is a small part, and all else of it is nothing to this one.
        window = _with_room(tight)
        part = parts[window] == number
        cut_off = any(
            side.start == 0 or side.stop == length
            for side, length in zip(tight, parts.shape, strict=True)
        )
        if stained[number] >= least * (_SLICE if cut_off else 1):
            whole = opened(part, _BUMP * diameter_of(part.sum()))
            found.append(_Part(window, filled(holding_most(whole, strong[window]))))
    return [cell for cell in found if cell.mask.any()]


def _with_room(tight: tuple[slice, slice]) -> tuple[slice, slice]:
    """Widen a window so that what lies in it touches no side of it but the frame."""
    rows, columns = (slice(max(0, side.start - _ROOM), side.stop + _ROOM) for side in tight)
    return rows, columns


def _divided(cells: np.ndarray) -> np.ndarray:
    """Give each cell a number, those that touch divided at their necks; 0 is none."""
    depth, middles = cores(cells, _NECK)
    return watershed(-depth, middles, mask=cells)


def _nucleus(stain: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Return the nucleus of a cell: what is strongly stained beside the rest of it."""
    across = diameter_of(cell.sum())
    inner = stain[shrunk(cell, _RIM * across)]
    if len(np.unique(inner)) < 2:
        return cell
    nucleus = opened(cell & (stain > threshold_otsu(inner)), _SPECK * across)
    regions, areas = numbered(nucleus)
    nucleus &= (areas >= _LOBE * areas.sum())[regions]
    return filled(nucleus, _HOLE * across**2)


def _at_full_size(
    part: _Part, nucleus: np.ndarray, shown: np.ndarray, frame: tuple[int, int]
) -> FoundCell:
    """Bring a cell's masks back to the size of the picture."""
    inside = bounds(part.mask)
    x, y = part.window[1].start, part.window[0].start
    left, top, right, bottom = inside[0] + x, inside[1] + y, inside[2] + x, inside[3] + y
    height, width = shown.shape
    across, down = frame[1] / width, frame[0] / height
    box = (
        math.floor(left * across),
        math.floor(top * down),
        min(math.ceil(right * across), frame[1]),
        min(math.ceil(bottom * down), frame[0]),
    )
    size = (box[2] - box[0], box[3] - box[1])

    def enlarged(mask: np.ndarray) -> np.ndarray:
        tight = mask[inside[1] : inside[3], inside[0] : inside[2]].astype(np.float32)
        return cv2.resize(tight, size, interpolation=cv2.INTER_LINEAR) >= 0.5

    at_frame = left == 0 or top == 0 or right == width or bottom == height
    touches = at_frame or bool((grown(part.mask, 1) & ~shown[part.window]).any())
    return FoundCell(box, enlarged(nucleus), enlarged(part.mask), touches)
