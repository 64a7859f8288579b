"""The one reader of a run: whoever wants its scores, predictions or embeddings asks here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.base import ClassifierMixin

from hybrid_wbc.classical import storage
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config import load
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.ablation import Ablation
from hybrid_wbc.evaluation.health import Health
from hybrid_wbc.evaluation.reported import Softmax
from hybrid_wbc.evaluation.scoring import Metrics
from hybrid_wbc.evaluation.statistics import Predictions
from hybrid_wbc.files import in_place, write_text
from hybrid_wbc.runs import folder as names
from hybrid_wbc.runs import formats, tables
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.provenance import Provenance
from hybrid_wbc.runs.tables import ManifestRow, PredictionTable


@dataclass(frozen=True)
class TrainedNetwork:
    """The files of one network: that of a repeat, or of an ensemble in it.

    Parameters
    ----------
    path : Path
        Of their folder.
    """

    path: Path

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.path.name

    @property
    def network(self) -> Path:
        """Where the network lies; it is read by `hybrid_wbc.cnn.storage`."""
        return self.path / names.NETWORK

    @property
    def training_state(self) -> Path:
        """Where its training is kept after each epoch, for as long as it goes on."""
        return self.path / names.TRAINING_STATE

    def history(self) -> dict[str, list[float]]:
        """Read the figures of each epoch of its training, by their name."""
        return tables.read_history(self.path / names.HISTORY)

    def write_history(self, history: Mapping[str, Sequence[float]]) -> None:
        """Write the figures of each epoch of its training, by their name."""
        tables.write_history(self.path / names.HISTORY, history)


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
        return [TrainedNetwork(self.path / names.member_name(i)) for i in range(count)]

    @property
    def is_extracted(self) -> bool:
        """Whether it has its embeddings."""
        return (self.path / names.EMBEDDINGS).exists()

    def embeddings(self) -> Embeddings:
        """Read what its network says of every cell."""
        return Embeddings.load(self.path / names.EMBEDDINGS)

    def write_embeddings(self, embeddings: Embeddings) -> None:
        """Write what its network says of every cell."""
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
            return np.load(path, allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise InputError(f"{path}: damaged; run the extract stage again") from error

    def write_ensemble(self, softmax: np.ndarray) -> None:
        """Write the mean softmax of its ensemble."""
        with in_place(self.path / names.ENSEMBLE) as beside, beside.open("wb") as file:
            np.save(file, softmax, allow_pickle=False)

    def classifiers(self) -> dict[str, ClassifierMixin]:
        """Read its fitted classifiers, by key.

        Raises
        ------
        InputError
            If one is missing or was changed since it was written.
        """
        checksums = formats.CLASSIFIERS.read(self.path / names.CLASSIFIERS)
        return {
            key: storage.load(self.path / f"{key}.skops", checksum)
            for key, checksum in checksums.items()
        }

    def write_classifiers(self, fitted: Mapping[str, ClassifierMixin]) -> None:
        """Write its fitted classifiers, and then what tells whether they were changed."""
        checksums = {
            key: storage.save(classifier, self.path / f"{key}.skops")
            for key, classifier in fitted.items()
        }
        formats.CLASSIFIERS.write(self.path / names.CLASSIFIERS, checksums)

    @property
    def is_classified(self) -> bool:
        """Whether its classifiers have been fitted and asked."""
        return (self.path / names.PREDICTIONS).exists()

    def predictions(self) -> PredictionTable:
        """Read what its classifiers said of every cell."""
        return tables.read_predictions(self.path / names.PREDICTIONS)

    def write_predictions(self, table: PredictionTable) -> None:
        """Write what its classifiers said of every cell."""
        tables.write_predictions(self.path / names.PREDICTIONS, table)


@dataclass(frozen=True)
class Run:
    """The files of one run, each read when it is asked for.

    What is read raises an InputError that names the file where it is missing, damaged or of a
    newer version.

    Parameters
    ----------
    folder : RunFolder
    """

    folder: RunFolder

    def config(self) -> Config:
        """Read the settings that it was begun with."""
        return load.load(self.folder.config_path)

    def is_of(self, config: Config) -> bool:
        """Whether it was begun with these settings, by this version.

        They are compared as they are written: what another version began lacks a setting, or has
        one more.
        """
        return self.folder.config_path.read_text(encoding="utf-8") == config.to_yaml()

    def provenance(self) -> Provenance:
        """Read what made it."""
        return formats.PROVENANCE.read(self.folder.path / names.PROVENANCE)

    def write_provenance(self, facts: Provenance) -> None:
        """Write what made it."""
        formats.PROVENANCE.write(self.folder.path / names.PROVENANCE, facts)

    def manifest(self) -> list[ManifestRow]:
        """Read what became of each file."""
        return tables.read_manifest(self.folder.manifest_path)

    def write_manifest(self, rows: Sequence[ManifestRow]) -> None:
        """Write what became of each file."""
        tables.write_manifest(self.folder.manifest_path, rows)

    def repeat(self, name: str) -> RunRepeat:
        """Give the files of one seed or fold by its name."""
        return RunRepeat(self.folder.path / name)

    def begin_repeat(self, name: str) -> RunRepeat:
        """Give the same, its folder made where it is missing."""
        return RunRepeat(self.folder.repeat(name))

    def repeats(self) -> list[RunRepeat]:
        """Give the files of every seed and fold, in order."""
        return [RunRepeat(path) for path in self.folder.repeats()]

    def metrics(self) -> Metrics:
        """Read its scores."""
        return formats.METRICS.read(self.folder.path / names.METRICS)

    def write_metrics(self, metrics: Metrics) -> None:
        """Write its scores."""
        formats.METRICS.write(self.folder.path / names.METRICS, metrics)

    def write_out_of_fold(self, folds: Mapping[tuple[int, int], PredictionTable]) -> None:
        """Write what was said of each cell by the network that never saw its source."""
        tables.write_out_of_fold(self.folder.path / names.OUT_OF_FOLD, folds)

    @property
    def is_ablated(self) -> bool:
        """Whether every subset of its features has been scored."""
        return (self.folder.path / names.ABLATION).exists()

    def ablation(self) -> Ablation:
        """Read what every subset of its features reaches."""
        return formats.ABLATION.read(self.folder.path / names.ABLATION)

    def write_ablation(self, ablation: Ablation) -> None:
        """Write what every subset of its features reaches, in sum and refit by refit."""
        tables.write_refits(self.folder.ablation_table, ablation)
        formats.ABLATION.write(self.folder.path / names.ABLATION, ablation)

    @property
    def is_examined(self) -> bool:
        """Whether the health of its embeddings has been examined."""
        return (self.folder.path / names.HEALTH).exists()

    def health(self) -> Health:
        """Read the health of its embeddings."""
        return formats.HEALTH.read(self.folder.path / names.HEALTH)

    def write_health(self, health: Health) -> None:
        """Write the health of its embeddings."""
        formats.HEALTH.write(self.folder.path / names.HEALTH, health)

    def write_figure(self, name: str, png: bytes) -> None:
        """Write one of its figures."""
        with in_place(self.folder.path / names.FIGURES / f"{name}.png") as beside:
            beside.write_bytes(png)

    def write_page(self, html: str) -> None:
        """Write its page, after which it counts as complete."""
        write_text(self.folder.page, html)


def of_classifiers(
    given: Sequence[PredictionTable],
    embedded: Sequence[Embeddings],
    sides: Collection[str] = (TEST,),
) -> dict[str, list[Predictions]]:
    """Give what each classifier said on some sides of every repeat.

    Parameters
    ----------
    given : sequence of PredictionTable
        Of each repeat.
    embedded : sequence of Embeddings
        Of the same repeats; they know each cell's source.
    sides : collection of str

    Returns
    -------
    dict of str to list of Predictions
        By classifier, one per repeat, the cells of a repeat in the same order for each classifier.
    """
    chosen = [table.of_sides(sides) for table in given]
    sources = [repeat.source_of for repeat in embedded]
    return {
        key: [
            table.predictions(key, source_of)
            for table, source_of in zip(chosen, sources, strict=True)
        ]
        for key in chosen[0].said
        if all(key in table.said for table in chosen)
    }


def of_softmax(embedded: Sequence[Embeddings], sides: Collection[str] = (TEST,)) -> list[Softmax]:
    """Give what the network itself said of the cells on some sides of every repeat."""
    masks = [np.isin(e.split, list(sides)) for e in embedded]
    return [
        Softmax(e.y[mask], e.probabilities[mask], e.sources[mask])
        for e, mask in zip(embedded, masks, strict=True)
    ]
