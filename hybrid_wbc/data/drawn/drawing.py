"""Draw one blood smear and its mask from the table of cell types.

Every pixel holds the amounts of three dyes; shapes only add or replace dye, and at the end the dyes
absorb the lamp's light by the Beer-Lambert law (Ruifrok and Johnston 2001, *Anal. Quant. Cytol.
Histol.* 23, 291-299). A change of stain is then a change of the dyes, and cells that overlap look
darker by themselves.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from hybrid_wbc.data.drawn.cell_types import PLATELET, TYPES, CellType
from hybrid_wbc.errors import InputError

# Raise it when the same seed would draw other pixels.
VERSION = 1
_HEIGHT, _WIDTH = 576, 720
_MASK_MARGIN = 4

# Optical density of one unit of eosin, azure and haemoglobin in red, green and blue.
_DYES = np.array([[0.05, 0.60, 0.40], [0.76, 0.53, 0.13], [0.09, 0.33, 0.40]])


class Smear(NamedTuple):
    """One field of view: `image` uint8 (576, 720, 3) RGB, `mask` uint8 (568, 712) grey levels."""

    image: np.ndarray
    mask: np.ndarray


def _noise(rng: np.random.Generator, size: int, scale: float) -> np.ndarray:
    """Return a smooth random field, float32 (size, size), whose lumps are `scale` pixels apart."""
    grid = rng.standard_normal((int(size / scale) + 4,) * 2, dtype=np.float32)
    large = cv2.resize(grid, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    start = int(1.5 * scale)
    return large[start : start + size, start : start + size]


def _discs(
    rng: np.random.Generator, size: int, centres: np.ndarray, radius: float, strand: float = 0.0
) -> np.ndarray:
    """Return uneven discs at `centres` (n, 2) joined by a strand, float32 (size, size) in 0..1."""
    canvas = np.zeros((size, size), dtype=np.uint8)
    fixed = np.rint(centres * 16).astype(np.int32)  # OpenCV takes sixteenths of a pixel
    if strand:
        cv2.polylines(canvas, [fixed], False, 255, round(2 * radius * strand), cv2.LINE_AA, 4)
    axes = np.rint(radius * 16 * rng.uniform(0.86, 1.14, (len(fixed), 2))).astype(int).tolist()
    for centre, half in zip(fixed.tolist(), axes, strict=True):
        angle = rng.uniform(0, 180)
        cv2.ellipse(canvas, centre, half, angle, 0, 360, 255, -1, cv2.LINE_AA, 4)
    return canvas.astype(np.float32) / 255


def _scatter(rng: np.random.Generator, where: np.ndarray, count: int, radius: float) -> np.ndarray:
    """Return `count` granules of differing depth, float32 in 0..1, centred where `where` is set."""
    canvas = np.zeros(where.shape, dtype=np.uint8)
    places = np.flatnonzero(where)
    if places.size:
        y, x = np.unravel_index(rng.choice(places, count), where.shape)
        radii = np.rint(16 * radius * rng.uniform(0.6, 1.4, count)).astype(int)
        depths = rng.integers(110, 256, count)
        for *centre, size, depth in np.column_stack([16 * x, 16 * y, radii, depths]).tolist():
            cv2.circle(canvas, centre, size, depth, -1, cv2.LINE_AA, 4)
    return canvas.astype(np.float32) / 255


def _over(dyes: np.ndarray, cover: np.ndarray, dye: np.ndarray) -> np.ndarray:
    """Return `dyes` (h, w, 3) with `dye` laid over it where `cover` (h, w) is 1."""
    return np.asarray(dyes + cover[..., None] * (dye - dyes))


def _paint(
    rng: np.random.Generator, kind: CellType, magnification: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Return a cell's dyes (n, n, 3), body (n, n) and nucleus (n, n), float32, and its radius."""
    form = kind.forms[rng.choice(len(kind.forms), p=[each.share for each in kind.forms])]
    grains = kind.granules[rng.choice(len(kind.granules), p=[each.share for each in kind.granules])]
    cytoplasm, stain, grain_dye = (
        rng.uniform(*pair).astype(np.float32) for pair in (kind.cytoplasm, kind.nucleus, grains.dye)
    )
    radius = rng.uniform(*form.radius) * magnification
    middle = round(1.4 * radius)
    size = 2 * middle
    turns = rng.uniform(0, 2 * np.pi) + np.linspace(0, rng.uniform(*form.sweep), form.discs)
    lobes = form.arc * np.column_stack([np.cos(turns), np.sin(turns)])
    lobes += rng.normal(0, 0.04, lobes.shape) - 0.6 * lobes.mean(axis=0)
    body = _discs(rng, size, np.array([[middle, middle]]), radius)
    disc = rng.uniform(*form.disc) * radius
    nucleus = _discs(rng, size, middle + radius * lobes, disc, form.strand)
    axis = np.arange(size, dtype=np.float32)
    wobble, ragged = np.float32(rng.uniform(*kind.wobble) * radius), np.float32(0.016 * radius)
    x = axis[None, :] + wobble * _noise(rng, size, 0.7 * radius)
    y = axis[:, None] + wobble * _noise(rng, size, 0.7 * radius)
    body = cv2.remap(body, x, y, cv2.INTER_LINEAR)
    x += ragged * _noise(rng, size, 0.16 * radius)
    y += ragged * _noise(rng, size, 0.16 * radius)
    nucleus = cv2.remap(nucleus, x, y, cv2.INTER_LINEAR)
    # A nucleus that reached past its cell would look like a second cell.
    nucleus = np.minimum(nucleus, cv2.erode(body, np.ones((3, 3))))

    depth = cv2.GaussianBlur(body, (0, 0), 0.16 * radius)
    amount = 1 + 0.10 * _noise(rng, size, 0.3 * radius) + 0.10 * _noise(rng, size, 3)
    dyes = (amount * (1 + kind.rim * (1 - depth)))[..., None] * cytoplasm
    plasma = (depth > 0.6) & (nucleus < 0.3)
    bubbles = max(0, int(rng.integers(-kind.vacuoles, kind.vacuoles + 1)))
    vacuoles = _scatter(rng, plasma, bubbles, 0.06 * radius)
    dyes *= 1 - 0.75 * vacuoles[..., None]
    clumps = _noise(rng, size, max(kind.chromatin[0] * radius, 2)) + 0.5 * _noise(rng, size, 2.5)
    chromatin = np.clip(1 + rng.uniform(*kind.chromatin[1]) * clumps, 0.35, 1.6)
    dyes = _over(dyes, nucleus, chromatin[..., None] * stain)
    where = (depth > 0.6) if kind.granules_over_nucleus else plasma
    count = int(rng.integers(*grains.number, endpoint=True))
    granules = _scatter(rng, where, count, rng.uniform(*grains.radius) * radius)
    return _over(dyes, granules, np.maximum(dyes, grain_dye)), body, nucleus, radius


def _red_cell(rng: np.random.Generator, radius: float) -> np.ndarray:
    """Return the haemoglobin of a biconcave disc, float32 (n, n): thin in its middle."""
    middle = round(1.3 * radius)
    axis = np.arange(-middle, middle, dtype=np.float32) / np.float32(radius)
    x, y = axis[None, :], axis[:, None]
    turn, stretch = rng.uniform(0, np.pi), np.exp(abs(rng.normal(0, 0.06)))
    u = np.float32(np.cos(turn) * stretch) * x + np.float32(np.sin(turn) * stretch) * y
    v = np.float32(np.cos(turn) / stretch) * y - np.float32(np.sin(turn) / stretch) * x
    squared = u * u + v * v
    outline = squared + np.float32(rng.normal(0, 0.035)) * u * (u * u - 3 * v * v)
    edge = np.clip((1 - outline) * np.float32(radius / 6), 0, 1)
    flat = squared / np.float32(rng.uniform(0.18, 0.4))
    pallor = np.float32(rng.uniform(0.25, 0.8)) * np.exp(-(flat ** np.float32(1.4)))
    return np.asarray(edge * (1 - pallor) * np.float32(rng.normal(1, 0.07)))


def _background(
    rng: np.random.Generator, whites: list[tuple[int, int, float]], magnification: float
) -> np.ndarray:
    """Return the dyes of red cells, pushed aside by the `whites` (x, y, radius), and platelets."""
    # A border all around lets the frame cut cells off without any arithmetic on their patches.
    border = 60
    dyes = np.zeros((_HEIGHT + 2 * border, _WIDTH + 2 * border, 3), dtype=np.float32)
    haemoglobin = np.zeros(dyes.shape[:2], dtype=np.float32)
    typical = rng.uniform(31, 38) * magnification
    apart = rng.uniform(1.2, 2.0) * typical
    placed: list[tuple[float, float]] = []
    for _ in range(int(rng.integers(25, 110))):
        radius = typical * rng.normal(1, 0.04)
        x, y = rng.uniform(0, dyes.shape[1]), rng.uniform(0, dyes.shape[0])
        for white_x, white_y, white_radius in whites:
            from_x, from_y = x - border - white_x, y - border - white_y
            push = (white_radius + 0.85 * radius) / max(np.hypot(from_x, from_y), 1.0)
            if push > 1:
                x, y = border + white_x + from_x * push, border + white_y + from_y * push
        if any(np.hypot(x - a, y - b) < apart for a, b in placed):
            continue
        disc = _red_cell(rng, radius)
        half = len(disc) // 2
        top, left = round(y) - half, round(x) - half
        inside = 0 <= top <= dyes.shape[0] - 2 * half and 0 <= left <= dyes.shape[1] - 2 * half
        if inside:
            placed.append((x, y))
            haemoglobin[top : top + 2 * half, left : left + 2 * half] += disc
    dyes[..., 2] = haemoglobin
    for _ in range(int(rng.integers(0, 7))):
        platelet, body, _, _ = _paint(rng, PLATELET, magnification)
        top, left = rng.integers(0, np.array(dyes.shape[:2]) - len(body))
        place = np.s_[top : top + len(body), left : left + len(body)]
        # On a red cell a platelet looks like a malaria parasite.
        if not haemoglobin[place].any():
            dyes[place] += body[..., None] * platelet
    return dyes[border:-border, border:-border]


def _photograph(rng: np.random.Generator, dyes: np.ndarray) -> np.ndarray:
    """Return the dyes (h, w, 3) as a camera sees them, uint8: stain, lamp, focus and noise vary."""
    stain = _DYES * rng.lognormal(0, 0.08, (3, 3)) * rng.lognormal(0, [[0.25], [0.18], [0.15]])
    y, x = np.mgrid[-1:1:9j, -1:1:12j]
    slope = rng.normal(0, 0.04, 2)
    shade = slope[0] * x + slope[1] * y + rng.uniform(0.02, 0.09) * (x * x + y * y)
    lamp = -np.log(rng.uniform(0.82, 0.92) * rng.normal([1.01, 0.955, 0.975], 0.02))
    grime = 0.003 * rng.standard_normal((9, 12, 3))
    film = (np.log(255) - shade[..., None] - lamp - grime).astype(np.float32)
    exponent = np.asarray(cv2.transform(dyes, -stain.T.astype(np.float32)))
    exponent += cv2.resize(film, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)
    sharp = np.exp(exponent, out=exponent)
    light = rng.standard_normal(sharp.shape, dtype=np.float32)
    light *= np.float32(rng.uniform(1, 3.5))
    light += cv2.GaussianBlur(sharp, (0, 0), rng.uniform(0.7, 2.1))
    return np.asarray(np.clip(light, 0, 255, out=light).astype(np.uint8))


def draw_smear(kind: str, rng: np.random.Generator) -> Smear:
    """Draw one field of view with a white cell of one type or, about once in fifteen, with two.

    Parameters
    ----------
    kind : str
        LISC's name of the type: ``Baso``, ``eosi``, ``lymp``, ``mono`` or ``neut``.
    rng : numpy.random.Generator
        Source of every random choice; the same state draws the same smear.

    Returns
    -------
    Smear
        The image, uint8 (576, 720, 3) RGB, and its mask, uint8 (568, 712), which is the frame less
        4 pixels on each side: 0 outside cells, else the grey levels of the type's cytoplasm and
        nucleus. White cells lie wholly inside the frame.

    Raises
    ------
    InputError
        If `kind` is not one of the five.
    """
    if kind not in TYPES:
        raise InputError(f"kind: received {kind!r}; choose from {', '.join(TYPES)}")
    magnification = rng.uniform(0.93, 1.07)
    painted: list[tuple[tuple[slice, slice], np.ndarray, np.ndarray, np.ndarray]] = []
    whites: list[tuple[int, int, float]] = []
    for _ in range(2 if rng.random() < 0.09 else 1):  # some second cells find no room
        dyes, body, nucleus, radius = _paint(rng, TYPES[kind], magnification)
        half = len(body) // 2
        near = half + _MASK_MARGIN
        x = int(rng.integers(near, _WIDTH - near))
        y = int(rng.integers(near, _HEIGHT - near))
        if all(np.hypot(x - a, y - b) > 1.25 * (radius + other) for a, b, other in whites):
            painted.append((np.s_[y - half : y + half, x - half : x + half], dyes, body, nucleus))
            whites.append((x, y, radius))
    frame = _background(rng, whites, magnification)
    mask = np.zeros((_HEIGHT, _WIDTH), dtype=np.uint8)
    for place, dyes, body, nucleus in painted:
        # A little of a red cell below shines through.
        frame[place] = _over(frame[place], body, dyes + 0.12 * frame[place])
        inside = np.where(nucleus > 0.5, *reversed(TYPES[kind].levels))
        mask[place] = np.where(body > 0.5, inside, mask[place])
    inner = np.s_[_MASK_MARGIN:-_MASK_MARGIN, _MASK_MARGIN:-_MASK_MARGIN]
    return Smear(_photograph(rng, frame), mask[inner].copy())
