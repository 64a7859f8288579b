"""Owns the hand-made features of a cell: size, shape, texture and stain, as a ruler gives them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from skimage.measure import perimeter_crofton

from hybrid_wbc.data.cells import finding
from hybrid_wbc.data.cells.finding import FoundCell, find_cells
from hybrid_wbc.data.cells.locating import cell_at
from hybrid_wbc.data.cells.masks import bounds, cores, diameter_of, numbered, shrunk
from hybrid_wbc.data.stains import glass_colour, photographed

# Part of the name of what is kept: raise it when the same picture would give other numbers.
VERSION = f"1, finding {finding.VERSION}"
# Larger cells are reduced to this longer side, in pixels, so that texture means the same in
# photographs of any magnification, and the time is bounded.
_LONGER_SIDE = 96
# Of the picture in which the colour of glass is looked for.
_GLASS_SIDE = 64
# A lobe's neighbour is another where the bridge between them is narrower than either by this share;
# what is smaller than this share of the nucleus is a speck.
_NECK, _SPECK = 0.25, 0.05
# Shares of the cell's diameter: the rims that belong to neither side, and the coarsest grain.
_RIM, _GRAIN = 0.03, 0.05
# A texture or colour of fewer pixels says nothing.
_FEWEST = 12
# Black absorbs everything but a 256th, so that its logarithm is a number.
_LEVELS = 256
# Below this optical density nothing is stained, and there is no hue.
_FAINTEST = 0.02


@dataclass(frozen=True)
class Feature:
    """One hand-made feature: its name, its unit, and how it is measured."""

    name: str
    unit: str
    description: str


FEATURES = (
    Feature("cell area", "% of the photograph", "of the cell, its nucleus included"),
    Feature("nucleus area", "% of the photograph", "of the nucleus"),
    Feature("nucleus to cell ratio", "0 to 1", "area of the nucleus over area of the cell"),
    Feature("cell roundness", "0 to 1", "4π · area / perimeter²; 1 is a disc"),
    Feature("cell elongation", "1 and up", "longest over shortest axis, by second moments"),
    Feature("nucleus lobes", "count", "parts of the nucleus that bridges of less than 3/4 join"),
    Feature("nucleus roundness", "0 to 1", "4π · area / perimeter², of all lobes together"),
    Feature("nucleus convexity", "0 to 1", "area over that of the convex hull (solidity)"),
    Feature("nucleus elongation", "1 and up", "longest over shortest axis, by second moments"),
    Feature("nucleus off centre", "cell diameters", "between the middles of nucleus and cell"),
    Feature("nucleus density", "optical density", "mean over red, green and blue, to the base e"),
    Feature("nucleus hue", "degrees", "of what is absorbed: blue 45, violet 90, pink 140"),
    Feature("nucleus texture", "share of density", "deviation of what is finer than lobes"),
    Feature("cytoplasm density", "optical density", "as of the nucleus"),
    Feature("cytoplasm hue", "degrees", "as of the nucleus"),
    Feature("cytoplasm texture", "share of density", "as of the nucleus: granules"),
)
"""What is measured, in the order of the columns.

Densities are above the glass of the same picture. The hue is that of the HSD model (van der Laak et
al. 2000, doi 10.1002/(SICI)1097-0320(20000401)39:4<275::AID-CYTO5>3.0.CO;2-8): the angle of the
optical densities about the grey axis, whatever their amount.
"""
NAMES = tuple(feature.name for feature in FEATURES)


def measure(image: np.ndarray, point: tuple[int, int], photograph: float) -> np.ndarray:
    """Find a picture's cell and measure it.

    Parameters
    ----------
    image : numpy.ndarray of uint8, shape (h, w, 3)
        RGB, as it was decoded: neither resized nor changed in colour.
    point : tuple of int
        Column and row where the cell is expected; of several cells the one there is measured, else
        the one with the largest nucleus.
    photograph : float
        Pixels of the photograph that areas are shares of; the image may be a part of it.

    Returns
    -------
    numpy.ndarray of float32, shape (16,)
        In the order of `FEATURES`; NaN where no cell was found, and for the cytoplasm of a cell
        that shows none.
    """
    cell = cell_at(find_cells(image), point)
    if cell is None:
        return np.full(len(FEATURES), np.nan, dtype=np.float32)
    return measure_masks(image, cell, photograph)


def measure_masks(image: np.ndarray, cell: FoundCell, photograph: float) -> np.ndarray:
    """Measure a cell whose masks are known.

    Parameters
    ----------
    image, photograph
        As for `measure`.
    cell : FoundCell
        Its masks may be an expert's.

    Returns
    -------
    numpy.ndarray of float32, shape (16,)
        As of `measure`.
    """
    left, top, right, bottom = cell.box
    whole, nucleus = float(cell.cell.sum()), float(cell.nucleus.sum())
    shares = [100 * whole / photograph, 100 * nucleus / photograph, nucleus / max(whole, 1)]
    crop = np.pad(image[top:bottom, left:right], ((1, 1), (1, 1), (0, 0)), mode="edge")
    scale = min(1.0, _LONGER_SIDE / max(crop.shape[:2]))
    size = max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale))
    resized = partial(cv2.resize, dsize=size, interpolation=cv2.INTER_AREA)
    masks = [
        resized(np.pad(mask, 1).astype(np.float32)) >= 0.5 for mask in (cell.cell, cell.nucleus)
    ]
    if not all(mask.any() for mask in masks):
        return np.full(len(FEATURES), np.nan, dtype=np.float32)
    of_cell, of_nucleus = masks
    density = _density(resized(crop), _glass(image))
    across = diameter_of(of_cell.sum())
    rim = _RIM * across
    inner = shrunk(of_nucleus, rim)
    around = shrunk(of_cell, rim) & ~cv2.dilate(
        of_nucleus.astype(np.uint8), np.ones((3, 3), np.uint8)
    ).astype(bool)
    numbers = [
        *shares,
        _roundness(of_cell),
        _elongation(of_cell),
        lobes(of_nucleus),
        _roundness(of_nucleus),
        _convexity(of_nucleus),
        _elongation(of_nucleus),
        float(np.hypot(*(_middle(of_nucleus) - _middle(of_cell)))) / across,
        *_stain(density, inner if inner.sum() >= _FEWEST else of_nucleus, _GRAIN * across),
        *_stain(density, around, _GRAIN * across),
    ]
    return np.array(numbers, dtype=np.float32)


def lobes(nucleus: np.ndarray) -> int:
    """Count the lobes of a nucleus.

    Parameters
    ----------
    nucleus : numpy.ndarray of bool, shape (h, w)

    Returns
    -------
    int
        0 only where there is no nucleus.

    Examples
    --------
    >>> import numpy as np
    >>> rows, columns = np.mgrid[:40, :60]
    >>> two = [(rows - 20) ** 2 + (columns - middle) ** 2 <= 10 ** 2 for middle in (21, 38)]
    >>> lobes(two[0]), lobes(two[0] | two[1])
    (1, 2)
    """
    regions, areas = numbered(nucleus)
    large = (areas >= max(1, _SPECK * areas.sum()))[regions] & nucleus
    if not large.any():
        return 0
    left, top, right, bottom = bounds(large)
    return int(cores(np.pad(large[top:bottom, left:right], 1), _NECK)[1].max())


def _roundness(mask: np.ndarray) -> float:
    round_of = 4 * np.pi * mask.sum() / max(perimeter_crofton(np.pad(mask, 1)), 1.0) ** 2
    # The perimeter of a disc of few pixels comes out a little short.
    return min(1.0, float(round_of))


def _convexity(mask: np.ndarray) -> float:
    edges, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.convexHull(np.concatenate(edges))
    along = np.abs(np.diff(hull[:, 0], axis=0, append=hull[:1, 0]))
    # Pick's theorem counts the pixels within a polygon whose corners are pixels.
    within = cv2.contourArea(hull) + np.gcd(along[:, 0], along[:, 1]).sum() / 2 + 1
    return float(mask.sum() / within)


def _middle(mask: np.ndarray) -> np.ndarray:
    return np.argwhere(mask).mean(axis=0)


def _elongation(mask: np.ndarray) -> float:
    places = np.argwhere(mask) - _middle(mask)
    # A pixel is a square, not a point: a twelfth of its side's square is its own moment.
    moments = places.T @ places / len(places) + np.eye(2) / 12
    shortest, longest = np.linalg.eigvalsh(moments)
    return float(np.sqrt(longest / shortest))


def _glass(image: np.ndarray) -> np.ndarray:
    """Give the colour of a picture's glass, from a thinned-out copy of it."""
    step = max(1, max(image.shape[:2]) // _GLASS_SIDE)
    thin = np.ascontiguousarray(image[::step, ::step])
    shown = photographed(thin)
    return glass_colour(thin, shown if shown.any() else np.ones_like(shown))


def _density(image: np.ndarray, glass: np.ndarray) -> np.ndarray:
    """Give the optical density above the glass, to the base e."""
    light = (image.astype(np.float32) + 1) / _LEVELS
    return np.log((glass + 1) / _LEVELS).astype(np.float32) - np.log(light)


def _stain(density: np.ndarray, mask: np.ndarray, grain: float) -> tuple[float, float, float]:
    """Give the mean density, the hue, and the texture of a part of the cell."""
    if mask.sum() < _FEWEST:
        return np.nan, np.nan, np.nan
    red, green, blue = density[mask].mean(axis=0).astype(float)
    mean = (red + green + blue) / 3
    if mean < _FAINTEST:
        return mean, np.nan, np.nan
    hue = np.degrees(np.arctan2((green - blue) / np.sqrt(3), red - mean))
    # Stains lie about violet, at 90: the angle is cut open at the other side.
    hue = (hue + 90) % 360 - 90
    grey = density.mean(axis=2)
    # What lies outside the part is left out of the blurring, lest its edge be a texture.
    inside = mask.astype(np.float32)
    blurred = cv2.GaussianBlur(grey * inside, (0, 0), grain)
    coarse = blurred / np.maximum(cv2.GaussianBlur(inside, (0, 0), grain), 1e-6)
    return mean, float(hue), float((grey - coarse)[mask].std() / mean)
