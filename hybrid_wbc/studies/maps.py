"""Maps of what raises and lowers the numbers of a network, for pictures prepared for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from hybrid_wbc.classical.embeddings import numbered
from hybrid_wbc.evaluation.explained import Mapped, Role

if TYPE_CHECKING:
    import keras


class Mapper:
    """A network that is asked for maps: of the two likeliest classes, and of every unit.

    Parameters
    ----------
    network : keras.Model
    classes : sequence of str

    Attributes
    ----------
    layer : str
        Whose map Grad-CAM takes.
    patch : int
        Side of the grey patch, in pixels of the network's input.

    Raises
    ------
    InputError
        If no convolution of the network has a map large enough.
    """

    def __init__(self, network: keras.Model, classes: Sequence[str]) -> None:
        from hybrid_wbc.cnn.relevance import PATCH, Relevance  # TensorFlow takes seconds to load

        self._relevance = Relevance(network)
        self._classes = classes
        self.layer = self._relevance.layer
        self.patch = round(PATCH * network.input_shape[1])

    def __call__(
        self,
        pictures: np.ndarray,
        softmax: np.ndarray | None,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[list[Mapped]]:
        """Map the numbers of pictures.

        Parameters
        ----------
        pictures : numpy.ndarray of uint8, shape (n, size, size, 3)
            As the network takes them.
        softmax : numpy.ndarray of float, shape (n, k), or None
            The class probabilities that it gave them; None leaves it to its logits which classes
            are the likeliest.
        progress : callable, optional
            Called with the number of pictures done and of all.

        Returns
        -------
        list of n lists of Mapped
        """
        maps = self._relevance(pictures, progress)
        names = self._names()
        likely = maps.values[:, self._relevance.first_class :] if softmax is None else softmax
        return [
            [
                Mapped(
                    name=names[number],
                    role=role,
                    value=float(maps.values[place, number]),
                    gradient=maps.gradient[place, number],
                    occlusion=maps.occlusion[place, number],
                )
                for number, role in self._shown(likely[place]).items()
            ]
            for place in range(len(pictures))
        ]

    def _names(self) -> list[str]:
        """Name each number of the network: its units, and then its classes."""
        units, classes = numbered(self._relevance.units), self._classes
        if units and self._relevance.first_class == 0:
            return [f"{unit} ({name})" for unit, name in zip(units, classes, strict=True)]
        return [*units, *classes]

    def _shown(self, likely: np.ndarray) -> dict[int, Role]:
        """Choose the numbers that are shown: the two likeliest classes, and then every unit."""
        first_class = self._relevance.first_class
        named, second = np.argsort(-likely, kind="stable")[:2].tolist()
        roles: dict[int, Role] = {first_class + named: "named", first_class + second: "runner-up"}
        of_units: dict[int, Role] = {
            n: "unit" for n in range(self._relevance.units) if n not in roles
        }
        return roles | of_units
