"""What is known of why a network said what it said of a picture, and what of it can be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.stats import spearmanr
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.data.splitting import TRAIN

# Of the two maps of one number. A picture holds 16 patches side by side, so neighbouring places do
# not count apart; of 16 places that do, two unrelated maps reach this rank correlation once in 20
# times (Spearman's, one-sided). Measured on 30 cells of BCISC: Grad-CAM of the network that comes
# with `quickstart` and occlusion of an untrained one reached it in none of 150 maps, the other way
# round in 2 of 150.
AGREEING = 0.43
# Of a map's strongest place: what is fainter is hardly seen, and counts as nothing. The order of
# hundreds of places that say nothing would else outweigh the few that do.
_FAINT = 0.1
SHOWN_CELLS = 5

Role = Literal["named", "runner-up", "unit"]


@dataclass(frozen=True)
class TrainingCell:
    """A training cell, and the number it is shown for: a unit's value, or a distance."""

    id: str
    label: str
    number: float


@dataclass(frozen=True)
class Unit:
    """One unit of the embedding, and the training cells that it is strongest and weakest for."""

    name: str
    strongest: list[TrainingCell]
    weakest: list[TrainingCell]


@dataclass(frozen=True)
class Mapped:
    """One number of a picture, and the places that raise (above zero) and lower it.

    Parameters
    ----------
    name : str
        The unit, or the class.
    role : {"named", "runner-up", "unit"}
        Of a class, whether the network named it or it came second.
    value : float
        The unit's value, or the class's logit.
    gradient, occlusion : numpy.ndarray of float, shape (h, w)
        By Grad-CAM, and by how much the number falls where a place is covered.
    """

    name: str
    role: Role
    value: float
    gradient: np.ndarray
    occlusion: np.ndarray

    @property
    def agreement(self) -> float | None:
        """Rank correlation of the two maps over their places; None where one is flat."""
        return agreement(self.gradient, self.occlusion)

    @property
    def is_readable(self) -> bool:
        """Whether the two maps agree better than unrelated ones do."""
        found = self.agreement
        return found is not None and found >= AGREEING


@dataclass(frozen=True)
class Said:
    """What one classifier said of a picture; the probabilities are None where it gives none.

    `other` is the class that comes second.
    """

    classifier: str
    label: str
    probability: float | None = None
    other: str = ""
    other_probability: float | None = None


@dataclass(frozen=True)
class ExplainedPicture:
    """One picture and all that is known of it.

    Parameters
    ----------
    name : str
        Its file, as it was given.
    pixels : numpy.ndarray of uint8, shape (size, size, 3)
        As the network took it.
    said : list of Said
        By each classifier.
    maps : list of Mapped
        The class that the network named, the one that comes second, and each unit.
    neighbours : list of TrainingCell
        Nearest first, with their distances; empty without features.
    """

    name: str
    pixels: np.ndarray
    said: list[Said]
    maps: list[Mapped]
    neighbours: list[TrainingCell]

    @property
    def readable(self) -> int:
        """How many of its maps can be read."""
        return sum(each.is_readable for each in self.maps)


@dataclass(frozen=True)
class Explanation:
    """Pictures explained by one run.

    Parameters
    ----------
    run : str
        Its name.
    synthetic : bool
        Whether it was trained on drawn cells.
    layer : str
        Whose map Grad-CAM takes.
    patch : int
        Side of the grey patch, in pixels of the network's input.
    units : list of Unit
    pictures : list of ExplainedPicture
    training : dict of str to numpy.ndarray of uint8, shape (size, size, 3)
        Pictures of the training cells that are named, by id; empty where the data are gone.
    notes : list of str
        What must be known to read it.
    skipped : list of str
        Files that could not be read, each with the reason.
    """

    run: str
    synthetic: bool
    layer: str
    patch: int
    units: list[Unit]
    pictures: list[ExplainedPicture]
    training: dict[str, np.ndarray] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    @property
    def named_cells(self) -> list[str]:
        """Ids of all training cells that are named, each once."""
        of_units = [cell for unit in self.units for cell in (*unit.strongest, *unit.weakest)]
        near = [cell for picture in self.pictures for cell in picture.neighbours]
        return list(dict.fromkeys(cell.id for cell in (*of_units, *near)))


def agreement(first: np.ndarray, second: np.ndarray) -> float | None:
    """Correlate the ranks of two maps' places (Spearman), the faint places of each all alike.

    Parameters
    ----------
    first, second : numpy.ndarray of float, shape (h, w)

    Returns
    -------
    float or None
        None where one of them is the same everywhere, or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> map = np.arange(16.0).reshape(4, 4)
    >>> round(agreement(map, 2 * map), 3), agreement(map, np.zeros((4, 4)))
    (1.0, None)
    """
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        return None
    clear = [np.where(np.abs(m) < _FAINT * np.abs(m).max(), 0, m) for m in (first, second)]
    if any(np.ptp(each) == 0 for each in clear):
        return None
    return float(spearmanr(*(each.ravel() for each in clear)).statistic)


def units_of(embedded: Embeddings, most: int = SHOWN_CELLS) -> list[Unit]:
    """Find the training cells that each unit of the embedding is strongest and weakest for.

    Parameters
    ----------
    embedded : Embeddings
    most : int
        Cells of each.

    Returns
    -------
    list of Unit
        The strongest, and the weakest, first; hand-made features are no units.
    """
    trained = np.flatnonzero(embedded.split == TRAIN)
    units = []
    for number, name in enumerate(embedded.names[: embedded.learned]):
        values = embedded.X[trained, number]
        order = trained[np.argsort(values, kind="stable")]
        units.append(
            Unit(
                name,
                strongest=_cells(embedded, order[::-1][:most], embedded.X[:, number]),
                weakest=_cells(embedded, order[:most], embedded.X[:, number]),
            )
        )
    return units


def nearest_cells(
    embedded: Embeddings, X: np.ndarray, most: int = SHOWN_CELLS
) -> list[list[TrainingCell]]:
    """Find the training cells nearest to others, by standardised features as KNN measures.

    Parameters
    ----------
    embedded : Embeddings
    X : numpy.ndarray of float, shape (n, d)
        Features of the others.
    most : int

    Returns
    -------
    list of n lists of TrainingCell
        Nearest first, with Euclid's distance; empty lists where there are no features.
    """
    if not embedded.has_features:
        return [[] for _ in X]
    trained = np.flatnonzero(embedded.split == TRAIN)
    scaler = StandardScaler().fit(embedded.X[trained])
    search = NearestNeighbors(n_neighbors=min(most, len(trained)))
    search.fit(scaler.transform(embedded.X[trained]))
    distances, places = search.kneighbors(scaler.transform(X))
    return [
        [
            TrainingCell(*_named(embedded, cell), float(distance))
            for cell, distance in zip(trained[near].tolist(), far, strict=True)
        ]
        for near, far in zip(places, distances, strict=True)
    ]


def _cells(embedded: Embeddings, chosen: np.ndarray, values: np.ndarray) -> list[TrainingCell]:
    return [TrainingCell(*_named(embedded, cell), float(values[cell])) for cell in chosen.tolist()]


def _named(embedded: Embeddings, cell: int) -> tuple[str, str]:
    return str(embedded.ids[cell]), str(embedded.classes[embedded.y[cell]])
