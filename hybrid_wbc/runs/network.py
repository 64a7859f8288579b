"""The files of one network of a run: that of a repeat, or of an ensemble in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid_wbc.runs import folder as names
from hybrid_wbc.runs import tables
from hybrid_wbc.runs.checksums import Checksums

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class TrainedNetwork:
    """The files of one network: that of a repeat, or of an ensemble in it.

    Parameters
    ----------
    path : Path
        Of their folder.
    checksums : Checksums
        Of the run that they belong to.
    under_way : Path, optional
        The folder that keeps its training while it goes on, where it is not `path`.
    """

    path: Path
    checksums: Checksums
    under_way: Path | None = None

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.path.name

    @property
    def is_trained(self) -> bool:
        """Whether its training has ended."""
        return self.checksums.counts(self.network_file)

    @property
    def network_file(self) -> Path:
        """Where its trained network lies."""
        return self.path / names.NETWORK

    def network(self) -> keras.Model:
        """Read the trained network.

        Raises
        ------
        InputError
            If it is missing, damaged or was changed.
        """
        from hybrid_wbc.cnn import storage  # TensorFlow takes seconds to load

        return storage.load(self.checksums.checked(self.network_file))

    def write_network(self, model: keras.Model, *, halved: bool = False) -> None:
        """Write the trained network, where asked for in half precision."""
        from hybrid_wbc.cnn import storage  # as above

        save = storage.save_halved if halved else storage.save
        with self.checksums.written(self.network_file):
            save(model, self.network_file)

    @property
    def training_state(self) -> Path:
        """Where its training is kept after each epoch, for as long as it goes on."""
        return (self.under_way or self.path) / names.TRAINING_STATE

    def history(self) -> dict[str, list[float]]:
        """Read the figures of each epoch of its training, by their name."""
        return tables.read_history(self.checksums.checked(self.path / names.HISTORY))

    def write_history(self, history: Mapping[str, Sequence[float]]) -> None:
        """Write the figures of each epoch of its training, by their name."""
        with self.checksums.written(self.path / names.HISTORY):
            tables.write_history(self.path / names.HISTORY, history)
