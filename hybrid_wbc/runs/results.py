"""The one reader of a run: whoever wants its scores, predictions or embeddings asks here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config import load
from hybrid_wbc.config.choices import METHODS
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.evaluation import suspects
from hybrid_wbc.evaluation.ablation import Ablation
from hybrid_wbc.evaluation.attributes import AttributesTold
from hybrid_wbc.evaluation.health import Health
from hybrid_wbc.evaluation.probabilities import Probabilities
from hybrid_wbc.evaluation.scoring import Metrics
from hybrid_wbc.evaluation.statistics import Predictions
from hybrid_wbc.evaluation.stress import Stress
from hybrid_wbc.evaluation.suspects import Opinions, Suspect
from hybrid_wbc.files import in_place, write_text
from hybrid_wbc.runs import folder as names
from hybrid_wbc.runs import formats, tables
from hybrid_wbc.runs.checksums import Checksums
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.other_sets import OtherSetAnswers, read_answers, write_answers
from hybrid_wbc.runs.provenance import Provenance
from hybrid_wbc.runs.repeat import RunRepeat
from hybrid_wbc.runs.tables import ManifestRow, PredictionTable, ProbabilityTable


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

    @property
    def checksums(self) -> Checksums:
        """What tells whether its files were changed."""
        return Checksums(self.folder.path)

    def config(self) -> Config:
        """Read the settings that it was begun with."""
        return load.load(self.checksums.checked(self.folder.config_path))

    def write_config(self, config: Config) -> None:
        """Write its settings again, with what the data have decided of them."""
        with self.checksums.written(self.folder.config_path):
            write_text(self.folder.config_path, config.to_yaml())

    def is_of(self, config: Config) -> bool:
        """Whether it was begun with these settings, by this version.

        They are compared as they are written: what another version began lacks a setting, or has
        one more. Where they leave the split to the data, either outcome is of them.
        """
        written = self.folder.config_path.read_bytes()
        return written in {config.decided(method).to_yaml().encode() for method in METHODS}

    def provenance(self) -> Provenance:
        """Read what made it."""
        return formats.PROVENANCE.read(self.checksums.checked(self.folder.path / names.PROVENANCE))

    def write_provenance(self, facts: Provenance) -> None:
        """Write what made it."""
        with self.checksums.written(self.folder.path / names.PROVENANCE):
            formats.PROVENANCE.write(self.folder.path / names.PROVENANCE, facts)

    def manifest(self) -> list[ManifestRow]:
        """Read what became of each file."""
        return tables.read_manifest(self.checksums.checked(self.folder.manifest_path))

    def write_manifest(self, rows: Sequence[ManifestRow]) -> None:
        """Write what became of each file."""
        with self.checksums.written(self.folder.manifest_path):
            tables.write_manifest(self.folder.manifest_path, rows)

    def repeat(self, name: str) -> RunRepeat:
        """Give the files of one seed or fold by its name."""
        return RunRepeat(self.folder.path / name, self.checksums)

    def begin_repeat(self, name: str) -> RunRepeat:
        """Give the same, its folder made where it is missing."""
        under_way = self.folder.under_way
        return RunRepeat(self.folder.repeat(name), self.checksums, under_way and under_way / name)

    def repeats(self) -> list[RunRepeat]:
        """Give the files of every seed and fold, in order."""
        return [RunRepeat(path, self.checksums) for path in self.folder.repeats()]

    def metrics(self) -> Metrics:
        """Read its scores."""
        return formats.METRICS.read(self.checksums.checked(self.folder.path / names.METRICS))

    def write_metrics(self, metrics: Metrics) -> None:
        """Write its scores."""
        with self.checksums.written(self.folder.path / names.METRICS):
            formats.METRICS.write(self.folder.path / names.METRICS, metrics)

    def write_out_of_fold(self, folds: Mapping[tuple[int, int], PredictionTable]) -> None:
        """Write what was said of each cell by the network that never saw its source."""
        path = self.folder.path / names.OUT_OF_FOLD
        with self.checksums.written(path):
            tables.write_out_of_fold(path, folds)

    @property
    def is_ablated(self) -> bool:
        """Whether every subset of its features has been scored."""
        return self.checksums.counts(self.folder.path / names.ABLATION)

    def ablation(self) -> Ablation:
        """Read what every subset of its features reaches."""
        return formats.ABLATION.read(self.checksums.checked(self.folder.path / names.ABLATION))

    def write_ablation(self, ablation: Ablation) -> None:
        """Write what every subset of its features reaches, in sum and refit by refit."""
        path = self.folder.path / names.ABLATION
        with self.checksums.written(path, self.folder.ablation_table):
            tables.write_refits(self.folder.ablation_table, ablation)
            formats.ABLATION.write(path, ablation)

    @property
    def is_examined(self) -> bool:
        """Whether the health of its embeddings has been examined."""
        return self.checksums.counts(self.folder.path / names.HEALTH)

    def health(self) -> Health:
        """Read the health of its embeddings."""
        return formats.HEALTH.read(self.checksums.checked(self.folder.path / names.HEALTH))

    def write_health(self, health: Health) -> None:
        """Write the health of its embeddings."""
        with self.checksums.written(self.folder.path / names.HEALTH):
            formats.HEALTH.write(self.folder.path / names.HEALTH, health)

    def attributes(self) -> AttributesTold | None:
        """Read what its features tell of the attributes in a table; None where none was given."""
        path = self.folder.path / names.ATTRIBUTES
        if not self.checksums.counts(path):
            return None
        return formats.ATTRIBUTES.read(self.checksums.checked(path))

    def write_attributes(self, attributes: AttributesTold) -> None:
        """Write what its features tell of the attributes in a table."""
        with self.checksums.written(self.folder.path / names.ATTRIBUTES):
            formats.ATTRIBUTES.write(self.folder.path / names.ATTRIBUTES, attributes)

    @property
    def is_stressed(self) -> bool:
        """Whether it has been put under stress."""
        return self.checksums.counts(self.folder.path / names.STRESS)

    def stress(self) -> Stress:
        """Read what it is worth under stress."""
        return formats.STRESS.read(self.checksums.checked(self.folder.path / names.STRESS))

    def other_sets(self) -> list[OtherSetAnswers]:
        """Read what was said of the cells of other sets; earlier versions kept none of it."""
        path = self.folder.path / names.OTHER_SETS
        return read_answers(self.checksums.checked(path)) if self.checksums.counts(path) else []

    def write_stress(self, stress: Stress, answers: Sequence[OtherSetAnswers]) -> None:
        """Write what it is worth under stress, and what it said of the cells of other sets."""
        path, table = self.folder.path / names.STRESS, self.folder.path / names.OTHER_SETS
        with self.checksums.written(path, table):
            write_answers(table, answers)
            formats.STRESS.write(path, stress)

    def write_figure(self, name: str, picture: bytes, kind: str = "png") -> Path:
        """Write one of its figures, and give the file."""
        path = self.folder.path / names.FIGURES / f"{name}.{kind}"
        with self.checksums.written(path), in_place(path) as beside:
            beside.write_bytes(picture)
        return path

    def write_page(self, html: str) -> None:
        """Write its page, after which it counts as complete."""
        with self.checksums.written(self.folder.page):
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


def of_probabilities(
    given: Sequence[ProbabilityTable | None], embedded: Sequence[Embeddings]
) -> dict[str, list[Probabilities]]:
    """Give the class probabilities of each classifier on the test side of every repeat.

    Parameters
    ----------
    given : sequence of ProbabilityTable or None
        Of each repeat; None where there is none.
    embedded : sequence of Embeddings
        Of the same repeats; they know each cell's class and source.

    Returns
    -------
    dict of str to list of Probabilities
        By classifier, one per repeat; empty where a repeat has none.
    """
    tables = [table for table in given if table is not None]
    if len(tables) < len(embedded):
        return {}
    tested = [e.split == TEST for e in embedded]
    return {
        key: [
            Probabilities(e.y[mask], table.given[key], e.sources[mask])
            for table, e, mask in zip(tables, embedded, tested, strict=True)
        ]
        for key in tables[0].given
        if all(key in table.given for table in tables)
    }


def suspected(repeats: Sequence[RunRepeat]) -> list[Suspect]:
    """Find the cells of a run whose labels are suspected, by what its test sides say of them.

    Parameters
    ----------
    repeats : sequence of RunRepeat
        Classified.

    Returns
    -------
    list of Suspect
        The most suspected first; none where the network has no embedding layer.
    """
    tested = []
    for repeat in repeats:
        e = repeat.embeddings()
        if not e.has_features:
            return []
        on, labels = e.split == TEST, e.classes[e.y]
        given = repeat.probabilities()
        vote = None if given is None else given.given.get("vote")
        table = repeat.predictions().of_sides([TEST])
        trained = e.split == TRAIN
        tested.append(
            Opinions(
                ids=table.ids,
                labels=table.labels,
                said=table.said,
                near=suspects.nearest_labels(e.X[trained], labels[trained], e.X[on]),
                probability=None if vote is None else vote[np.arange(len(vote)), e.y[on]],
            )
        )
    return suspects.find(tested)


def of_softmax(
    embedded: Sequence[Embeddings], sides: Collection[str] = (TEST,)
) -> list[Probabilities]:
    """Give what the network itself said of the cells on some sides of every repeat."""
    masks = [np.isin(e.split, list(sides)) for e in embedded]
    return [
        Probabilities(e.y[mask], e.probabilities[mask], e.sources[mask])
        for e, mask in zip(embedded, masks, strict=True)
    ]
