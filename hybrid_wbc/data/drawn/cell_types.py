"""What the drawn cells of each type look like: a table of sizes, forms, dyes and granules."""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]
Dye = tuple[float, float, float]
"""Amounts of eosin, azure and haemoglobin."""


@dataclass(frozen=True)
class Form:
    """A cell's size, and its nucleus as discs on an arc.

    Attributes
    ----------
    share : float
        Of the cells of the type, in 0..1; the forms of a type sum to 1.
    radius : Range
        The cell's, in pixels.
    discs : int
        That the nucleus is made of.
    arc : float
        Distance of the discs from the middle, in cell radii.
    sweep : Range
        Angle from the first disc to the last, in radians.
    disc : Range
        Radius of a disc, in cell radii.
    strand : float
        Thickness of what joins the discs, in disc diameters.
    """

    share: float
    radius: Range
    discs: int
    arc: float
    sweep: Range
    disc: Range
    strand: float


@dataclass(frozen=True)
class Granules:
    """The granules of some of the cells of a type.

    Attributes
    ----------
    share : float
        Of the cells of the type, in 0..1; the granules of a type sum to 1.
    number : tuple of int
        Fewest and most in a cell.
    radius : Range
        In cell radii.
    dye : tuple of Dye
    """

    share: float
    number: tuple[int, int]
    radius: Range
    dye: tuple[Dye, Dye]


@dataclass(frozen=True)
class CellType:
    """What cells of one type have in common; pairs are the ends of what is drawn uniformly.

    Attributes
    ----------
    levels : tuple of int
        Grey levels of cytoplasm and nucleus in the mask.
    forms : tuple of Form
    granules : tuple of Granules
    cytoplasm, nucleus : tuple of Dye
    chromatin : tuple of float and Range
        Size of its clumps, in cell radii, and their contrast.
    wobble : Range
        How far the outline strays, in cell radii.
    rim : float
        Above 0 the edge holds more cytoplasm than the middle, below 0 less.
    granules_over_nucleus : bool
    vacuoles : int
        At most; half of the cells have none.
    """

    levels: tuple[int, int]
    forms: tuple[Form, ...]
    granules: tuple[Granules, ...]
    cytoplasm: tuple[Dye, Dye]
    nucleus: tuple[Dye, Dye] = ((0.85, 1.1, 0), (1.05, 1.45, 0))
    chromatin: tuple[float, Range] = (0.10, (0.08, 0.16))
    wobble: Range = (0.03, 0.07)
    rim: float = -0.35
    granules_over_nucleus: bool = False
    vacuoles: int = 0


# Levels of Baso and eosi are LISC's own; the others are chosen here in its spirit: cytoplasm and
# nucleus are told apart, every level is above 0, and each belongs to one type. Shares let the types
# overlap as they do in blood: bands, sparse granules, indented lymphocytes, round monocytes.
TYPES = {
    "Baso": CellType(
        levels=(50, 50),
        forms=(
            Form(0.15, (54, 70), 1, 0.0, (0, 0), (0.54, 0.66), 0),
            Form(0.60, (54, 72), 2, 0.36, (1.9, 2.9), (0.36, 0.44), 0.5),
            Form(0.25, (56, 74), 3, 0.42, (2.6, 3.6), (0.30, 0.36), 0.6),
        ),
        granules=(
            Granules(0.75, (80, 190), (0.035, 0.065), ((1.0, 1.3, 0), (1.5, 1.9, 0))),
            Granules(0.25, (14, 50), (0.03, 0.06), ((0.7, 0.9, 0), (1.1, 1.3, 0))),
        ),
        cytoplasm=((0.20, 0.12, 0), (0.40, 0.36, 0)),
        nucleus=((0.65, 0.8, 0), (0.95, 1.25, 0)),
        granules_over_nucleus=True,
    ),
    "eosi": CellType(
        levels=(75, 100),
        forms=(
            Form(0.08, (60, 76), 7, 0.44, (2.2, 3.4), (0.24, 0.30), 1),
            Form(0.68, (60, 80), 2, 0.44, (1.8, 2.6), (0.31, 0.38), 0.25),
            Form(0.24, (62, 80), 3, 0.46, (2.7, 3.7), (0.25, 0.30), 0.25),
        ),
        granules=(
            Granules(0.80, (260, 420), (0.04, 0.055), ((0.50, 0.05, 0.5), (0.75, 0.15, 0.9))),
            Granules(0.20, (110, 220), (0.03, 0.05), ((0.35, 0.10, 0.2), (0.55, 0.20, 0.6))),
        ),
        cytoplasm=((0.20, 0.05, 0.08), (0.38, 0.18, 0.16)),
    ),
    "lymp": CellType(
        levels=(125, 150),
        forms=(
            Form(0.52, (46, 58), 1, 0.0, (0, 0), (0.76, 0.88), 0),
            Form(0.25, (58, 76), 1, 0.0, (0, 0), (0.60, 0.74), 0),
            Form(0.23, (50, 74), 4, 0.36, (1.8, 2.8), (0.42, 0.54), 1),
        ),
        granules=(
            Granules(0.85, (0, 0), (0.02, 0.03), ((0, 0, 0), (0, 0, 0))),
            Granules(0.15, (4, 16), (0.02, 0.03), ((0.6, 0.5, 0), (0.8, 0.7, 0))),
        ),
        cytoplasm=((0.08, 0.28, 0), (0.16, 0.60, 0)),
        nucleus=((0.8, 1.1, 0), (1.1, 1.6, 0)),
        chromatin=(0.14, (0.08, 0.20)),
        wobble=(0.02, 0.06),
        rim=0.5,
    ),
    "mono": CellType(
        levels=(175, 200),
        forms=(
            Form(0.23, (60, 84), 1, 0.0, (0, 0), (0.56, 0.72), 0),
            Form(0.50, (66, 90), 7, 0.38, (2.0, 3.1), (0.32, 0.42), 1),
            Form(0.27, (66, 90), 9, 0.48, (3.1, 4.2), (0.22, 0.29), 1),
        ),
        granules=(Granules(1, (0, 90), (0.014, 0.02), ((0.4, 0.4, 0), (0.6, 0.6, 0))),),
        cytoplasm=((0.12, 0.22, 0.08), (0.26, 0.44, 0.15)),
        nucleus=((0.75, 0.9, 0), (1.0, 1.3, 0)),
        chromatin=(0.06, (0.12, 0.25)),
        wobble=(0.05, 0.12),
        vacuoles=6,
    ),
    "neut": CellType(
        levels=(210, 230),
        forms=(
            Form(0.15, (58, 76), 9, 0.46, (2.8, 4.2), (0.20, 0.26), 1),
            Form(0.17, (58, 78), 2, 0.44, (1.7, 2.5), (0.30, 0.37), 0.25),
            Form(0.34, (58, 78), 3, 0.48, (2.7, 3.7), (0.25, 0.30), 0.25),
            Form(0.24, (60, 80), 4, 0.48, (3.4, 4.8), (0.23, 0.28), 0.35),
            Form(0.10, (62, 80), 5, 0.50, (4.4, 5.4), (0.20, 0.25), 0.35),
        ),
        granules=(
            Granules(0.87, (120, 420), (0.015, 0.022), ((0.5, 0.10, 0), (0.75, 0.35, 0.1))),
            Granules(0.13, (120, 300), (0.024, 0.036), ((0.6, 0.25, 0), (0.95, 0.7, 0.1))),
        ),
        cytoplasm=((0.20, 0.05, 0.05), (0.42, 0.22, 0.12)),
    ),
}
PLATELET = CellType(
    levels=(0, 0),
    forms=(Form(1, (8, 13), 1, 0.0, (0, 0), (0.3, 0.6), 0),),
    granules=(Granules(1, (8, 20), (0.10, 0.16), ((0.5, 0.6, 0), (0.8, 0.9, 0))),),
    cytoplasm=((0.2, 0.2, 0), (0.3, 0.3, 0)),
    nucleus=((0.4, 0.4, 0), (0.6, 0.6, 0)),
    wobble=(0.08, 0.14),
    granules_over_nucleus=True,
)
