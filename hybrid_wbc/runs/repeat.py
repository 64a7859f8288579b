"""The files of one seed or fold of a run."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from sklearn.base import ClassifierMixin

from hybrid_wbc.classical import storage
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.classical.tuning import Tuned
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.approaches import Approaches
from hybrid_wbc.files import in_place
from hybrid_wbc.runs import folder as names
from hybrid_wbc.runs import formats, tables
from hybrid_wbc.runs.network import TrainedNetwork
from hybrid_wbc.runs.tables import PredictionTable, ProbabilityTable


@dataclass(frozen=True)
class SelfTest:
    """A few cells, and what a network said of them where it was trained.

    Parameters
    ----------
    images : numpy.ndarray of uint8, shape (m, size, size, 3)
        As the network takes them.
    X : numpy.ndarray of float32, shape (m, d)
        The embedding, of shape (m, 0) where there is none.
    probabilities : numpy.ndarray of float32, shape (m, k)
    """

    images: np.ndarray
    X: np.ndarray
    probabilities: np.ndarray


class RunRepeat(TrainedNetwork):
    """The files of one seed or fold."""

    @property
    def seed(self) -> int:
        """Its seed."""
        return names.seed_of(self.path)

    @property
    def fold(self) -> int:
        """Its fold, counted from 0."""
        return names.fold_of(self.path)

    def members(self, count: int) -> list[TrainedNetwork]:
        """Give the networks of its ensemble."""
        member_names = [names.member_name(i) for i in range(count)]
        return [
            TrainedNetwork(
                self.path / name, self.checksums, self.under_way and self.under_way / name
            )
            for name in member_names
        ]

    @property
    def is_extracted(self) -> bool:
        """Whether it has its embeddings."""
        return self.checksums.counts(self.path / names.EMBEDDINGS)

    def embeddings(self) -> Embeddings:
        """Read what its network says of every cell."""
        return Embeddings.load(self.checksums.checked(self.path / names.EMBEDDINGS))

    def features(self, missed: str) -> Embeddings:
        """Read what its network says of every cell, of a network that has features.

        Parameters
        ----------
        missed : str
            What there is not without them, for the error.

        Raises
        ------
        InputError
            If the network has no embedding layer.
        """
        embeddings = self.embeddings()
        if not embeddings.has_features:
            raise InputError(
                f"{self.path}: its network has no embedding layer, so there is no {missed}"
            )
        return embeddings

    def write_embeddings(self, embeddings: Embeddings) -> None:
        """Write what its network says of every cell."""
        with self.checksums.written(self.path / names.EMBEDDINGS):
            embeddings.save(self.path / names.EMBEDDINGS)

    def ensemble(self) -> np.ndarray | None:
        """Read the mean softmax of its ensemble, shape (cells, classes); None without one.

        Raises
        ------
        InputError
            If the file is damaged.
        """
        path = self.path / names.ENSEMBLE
        if not path.exists():
            return None
        try:
            return np.load(self.checksums.checked(path), allow_pickle=False)
        except InputError:
            raise
        except (ValueError, EOFError) as error:
            raise InputError(f"{path}: damaged; run the extract stage again") from error

    def write_ensemble(self, softmax: np.ndarray) -> None:
        """Write the mean softmax of its ensemble."""
        path = self.path / names.ENSEMBLE
        with self.checksums.written(path), in_place(path) as beside, beside.open("wb") as file:
            np.save(file, softmax, allow_pickle=False)

    def classifiers(self) -> dict[str, ClassifierMixin]:
        """Read its fitted classifiers, by key.

        Raises
        ------
        InputError
            If one is missing or was changed since it was written.
        """
        return {
            key: storage.load(self.checksums.checked(path), checksum)
            for key, (path, checksum) in self.classifier_files().items()
        }

    def write_classifiers(self, fitted: Mapping[str, ClassifierMixin]) -> None:
        """Write its fitted classifiers, and then what tells whether they were changed."""
        files = {key: self.path / f"{key}.skops" for key in fitted}
        with self.checksums.written(*files.values(), self.path / names.CLASSIFIERS):
            checksums = {key: storage.save(fitted[key], file) for key, file in files.items()}
            formats.CLASSIFIERS.write(self.path / names.CLASSIFIERS, checksums)

    def classifier_files(self) -> dict[str, tuple[Path, str]]:
        """Give the file of each fitted classifier, and what tells whether it was changed."""
        checksums = formats.CLASSIFIERS.read(self.checksums.checked(self.path / names.CLASSIFIERS))
        return {key: (self.path / f"{key}.skops", value) for key, value in checksums.items()}

    def copy_classifiers(self, to: RunRepeat) -> None:
        """Copy its fitted classifiers into another repeat, byte by byte."""
        files = self.classifier_files()
        copies = {key: to.path / path.name for key, (path, _) in files.items()}
        with to.checksums.written(*copies.values(), to.path / names.CLASSIFIERS):
            for key, (path, _) in files.items():
                shutil.copyfile(self.checksums.checked(path), copies[key])
            formats.CLASSIFIERS.write(
                to.path / names.CLASSIFIERS, {key: checksum for key, (_, checksum) in files.items()}
            )

    def probabilities(self) -> ProbabilityTable | None:
        """Read the class probabilities of its test cells; None where an earlier version has none.

        Raises
        ------
        InputError
            If the file was changed, or is not of the same cells as the embeddings.
        """
        path = self.path / names.PROBABILITIES
        if not path.exists():
            return None
        table = tables.read_probabilities(self.checksums.checked(path))
        embedded = self.embeddings()
        if table.ids.tolist() != embedded.ids[embedded.split == TEST].tolist():
            raise InputError(f"{path}: is of other cells than the embeddings; classify again")
        return table

    def write_probabilities(self, table: ProbabilityTable) -> None:
        """Write the class probabilities of its test cells."""
        with self.checksums.written(self.path / names.PROBABILITIES):
            tables.write_probabilities(self.path / names.PROBABILITIES, table)

    def self_test(self) -> SelfTest | None:
        """Read the cells by which a network is tested; None where the run did not come in one file.

        Raises
        ------
        InputError
            If the file is damaged.
        """
        path = self.path / names.SELF_TEST
        if not path.exists():
            return None
        try:
            with np.load(path, allow_pickle=False) as kept:
                return SelfTest(**{name: kept[name] for name in kept.files})
        except (TypeError, ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: damaged; get the file again") from error

    def write_self_test(self, test: SelfTest) -> None:
        """Write the cells by which a network is tested."""
        path = self.path / names.SELF_TEST
        with self.checksums.written(path), in_place(path) as beside, beside.open("wb") as file:
            np.savez(file, allow_pickle=False, **asdict(test))

    def tuning(self) -> dict[str, Tuned]:
        """Read what a search within its training side chose; nothing where none was asked for."""
        path = self.path / names.TUNING
        return formats.TUNING.read(self.checksums.checked(path)) if path.exists() else {}

    def write_tuning(self, tuned: dict[str, Tuned]) -> None:
        """Write what a search within its training side chose; nothing leaves no file."""
        path = self.path / names.TUNING
        if not tuned:
            path.unlink(missing_ok=True)
            return
        with self.checksums.written(path):
            formats.TUNING.write(path, tuned)

    def approaches(self) -> Approaches | None:
        """Read what its network was made of a lent one by; None where none was lent."""
        path = self.path / names.APPROACHES
        return formats.APPROACHES.read(self.checksums.checked(path)) if path.exists() else None

    def write_approaches(self, told: Approaches) -> None:
        """Write what its network is made of a lent one by."""
        path = self.path / names.APPROACHES
        with self.checksums.written(path):
            formats.APPROACHES.write(path, told)

    @property
    def is_classified(self) -> bool:
        """Whether its classifiers have been fitted and asked."""
        return self.checksums.counts(self.path / names.PREDICTIONS)

    def predictions(self) -> PredictionTable:
        """Read what its classifiers said of every cell."""
        return tables.read_predictions(self.checksums.checked(self.path / names.PREDICTIONS))

    def write_predictions(self, table: PredictionTable) -> None:
        """Write what its classifiers said of every cell."""
        with self.checksums.written(self.path / names.PREDICTIONS):
            tables.write_predictions(self.path / names.PREDICTIONS, table)
