"""A finished run under stress: other sets, few cells, unknown classes, damage, and certainty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data import joining
from hybrid_wbc.data.cleaning import Cleaned
from hybrid_wbc.data.damage import DAMAGES, Damage
from hybrid_wbc.data.loading import decode
from hybrid_wbc.data.pixels import Pixels, prepare_changed
from hybrid_wbc.data.reading.readers import Reading
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.sets.catalog import name_of_set
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.few_cells import FewCells, fit_on_few
from hybrid_wbc.evaluation.novelty import Unknown, leave_each_out
from hybrid_wbc.evaluation.probabilities import Probabilities
from hybrid_wbc.evaluation.statistics import Predictions
from hybrid_wbc.evaluation.stress import (
    Damaged,
    Right,
    SetFacts,
    Stress,
    Tested,
    score_damage,
    score_set,
)
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs import results
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.repeat import RunRepeat
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages.prepare import read_set, samples_of
from hybrid_wbc.stages.run import hold_threads, write_page_again
from hybrid_wbc.studies.asking import Asked


@dataclass(frozen=True)
class Extent:
    """How much is asked.

    Parameters
    ----------
    repeats : int
        The first of the run's, whatever they scored.
    draws : int
        Of each number of cells a class.
    few : tuple of int
        Cells a class.
    steps : slice
        Of each damage.
    damaged : int
        Test cells of each repeat that are damaged, at most.
    shifted : int, optional
        Cells of each other set, at most.
    """

    repeats: int
    draws: int
    few: tuple[int, ...]
    steps: slice
    damaged: int
    shifted: int | None


FULL = Extent(3, 10, (5, 10, 20, 50), slice(None), 400, None)
QUICK = Extent(1, 3, (5, 10, 20, 50), slice(1, None, 2), 120, 300)


def stress(
    config: Config, folder: RunFolder, on: Sequence[Path], reporter: Reporter, *, quick: bool
) -> Stress:
    """Put a finished run under stress, keep what is found, and write its page anew.

    Parameters
    ----------
    config : Config
        The run's.
    folder : RunFolder
    on : sequence of Path
        Other sets.
    reporter : Reporter
    quick : bool
        Whether to ask less; see `QUICK` and `FULL`.

    Returns
    -------
    Stress

    Raises
    ------
    InputError
        If the run is not finished, or a set is missing, shares fewer than two classes with the run
        or shows the photographs that it was trained on.
    """
    extent = QUICK if quick else FULL
    run = Run(folder)
    repeats = [repeat for repeat in run.repeats() if repeat.is_classified][: extent.repeats]
    if not repeats:
        raise InputError(f"{folder.path}: nothing is classified yet; finish the run first")
    for path in on:
        if not path.exists():
            raise InputError(f"--on: {path} not found; give a folder of cells, an .npz or a .csv")
    hold_threads(folder, reporter)
    stressed = _Stressed(config, folder, repeats, extent, reporter)
    others = [stressed.other(path) for path in on]
    notes: list[str] = []
    few, unknown = stressed.in_the_embedding(notes)
    found: Stress = {
        "synthetic": stressed.synthetic,
        "protocol": config.split.protocol,
        "quick": quick,
        "seed": config.seed,
        "repeats": [repeat.name for repeat in repeats],
        "home": stressed.home(),
        "shift": [stressed.shifted(other) for other in others],
        "few_cells": few,
        "unknown": unknown,
        "damage": stressed.damaged(notes),
        "notes": notes,
    }
    run.write_stress(found)
    if folder.is_complete:
        write_page_again(config, folder, reporter)
    return found


@dataclass(frozen=True)
class _Other:
    """Another set, read: the cells that are asked about, and what is told of it."""

    reading: Reading
    cleaned: Cleaned
    kept: list[Sample]
    facts: SetFacts


class _Stressed:
    """A run, and the part of it that is put under stress."""

    def __init__(
        self,
        config: Config,
        folder: RunFolder,
        repeats: Sequence[RunRepeat],
        extent: Extent,
        reporter: Reporter,
    ) -> None:
        self._config, self._folder, self._extent = config, folder, extent
        self._reporter, self._repeats = reporter, repeats
        self._run = Run(folder)
        self._data = self._run.provenance()["data"]
        self.synthetic = self._data["synthetic"]
        self._embedded: list[Embeddings] = [repeat.embeddings() for repeat in repeats]
        self._classes: list[str] = self._embedded[0].classes.tolist()
        self._groups = [repeat.seed for repeat in repeats]
        self._asked = [Asked(repeat, config) for repeat in repeats]

    def home(self) -> Tested:
        """Score what the run has said of its own test sides."""
        tables = [repeat.predictions() for repeat in self._repeats]
        given = [repeat.probabilities() for repeat in self._repeats]
        tested = {cell for e in self._embedded for cell in e.ids[e.split == TEST].tolist()}
        return score_set(
            SetFacts(
                name_of_set(self._data.get("test", self._data)["path"]),
                self.synthetic,
                len(tested),
            ),
            results.of_classifiers(tables, self._embedded),
            results.of_probabilities(given, self._embedded),
            self._classes,
            seed=self._config.seed,
            groups=self._groups,
        )

    def other(self, path: Path) -> _Other:
        """Read another set: the cells of the run's classes, less the files that the run knows."""
        reading, cleaned = read_set(self._config, path, self._reporter)
        trained_on = [(Path(self._data["path"]), self._data.get("dataset", ""))]
        trained_on += [(Path(more["path"]), "") for more in self._data.get("more", [])]
        for known in trained_on:
            joining.refuse_the_same(
                known, (reading.root, reading.dataset), "as training set and to --on"
            )
        notes = list(reading.notes)
        labels = sorted({sample.label for sample in cleaned.kept})
        shared = [label for label in labels if label in self._classes]
        if len(shared) < 2:
            raise InputError(
                f"--on: {path} shares {len(shared)} of the two or more classes needed with the "
                f"run: it has {', '.join(labels)}, and the run {', '.join(self._classes)}"
            )
        files = {row["sha256"] for row in self._run.manifest()}
        kept = [sample for sample in cleaned.kept if sample.label in shared]
        new = [s for s in kept if cleaned.inspections[s.id].sha256 not in files]
        if len(new) < len(kept):
            notes.append(f"{len(kept) - len(new)} files are files of the run too: left out")
        if len({sample.label for sample in new}) < 2:
            raise InputError(f"--on: {path} shows the files that the run has; name another set")
        if reading.dataset and reading.dataset == self._data.get("dataset"):
            notes.append(
                f"the run was trained on {reading.dataset} too: copies that are not byte-identical "
                "are not found, so these figures may be too good"
            )
        most = self._extent.shifted
        if most is not None and len(new) > most:
            chosen = np.random.default_rng(self._config.seed).permutation(len(new))[:most]
            notes.append(f"{most} of {len(new):,} cells were drawn for --quick")
            new = [new[i] for i in sorted(chosen)]
        facts = SetFacts(
            name_of_set(str(path.resolve())),
            reading.synthetic,
            len(new),
            [label for label in labels if label not in shared],
            notes,
        )
        return _Other(reading, cleaned, new, facts)

    def shifted(self, other: _Other) -> Tested:
        """Ask about another set, over the classes that both have."""
        pixels = Pixels.of(self._config.data)
        cells = decode(other.reading, other.cleaned, other.kept, pixels, job=self._reporter.job)
        said: dict[str, list[Predictions]] = {}
        given: dict[str, list[Probabilities]] = {}
        for asked in self._asked:
            with self._reporter.job(f"asking about {other.facts.name}") as advance:
                answers = asked.say(cells.images, advance)
            for key, predicted in answers.said.items():
                answer = Predictions(cells.labels, predicted, cells.sources)
                said.setdefault(key, []).append(answer)
            y = np.searchsorted(asked.classes, cells.labels)
            for key, p in answers.given.items():
                given.setdefault(key, []).append(Probabilities(y, p, cells.sources))
        return score_set(
            other.facts, said, given, self._classes, seed=self._config.seed, groups=self._groups
        )

    def in_the_embedding(self, notes: list[str]) -> tuple[list[FewCells], list[Unknown]]:
        """Fit on few cells, and leave each class out, in the kept embeddings."""
        if not self._embedded[0].has_features:
            notes.append(
                "the network has no five-unit layer: few cells and unknown classes were not asked"
            )
            return [], []
        extent, seed = self._extent, self._config.seed
        with self._reporter.job("fitting on few cells") as advance:
            few = fit_on_few(
                self._embedded,
                extent.few,
                extent.draws,
                self._config.classifiers,
                seed=seed,
                progress=advance,
            )
        if missing := [n for n in extent.few if n not in {each["cells"] for each in few}]:
            notes.append(
                f"few cells: a class has fewer than {missing[0]} training cells, so "
                f"{', '.join(map(str, missing))} a class were not asked"
            )
        return few, leave_each_out(self._embedded, seed=seed, groups=self._groups)

    def damaged(self, notes: list[str]) -> Damaged | None:
        """Damage test cells step by step, and ask about them."""
        try:
            samples = samples_of(self._config, self._folder, self._reporter)
        except InputError as error:
            notes.append(f"damage was left out: {error}")
            return None
        chosen = [self._draw(e) for e in self._embedded]
        cells = [[samples[e.ids[i]] for i in of] for e, of in zip(self._embedded, chosen, strict=True)]
        truth = [e.classes[e.y[of]] for e, of in zip(self._embedded, chosen, strict=True)]
        sources = [e.sources[of] for e, of in zip(self._embedded, chosen, strict=True)]
        n_damages = len(DAMAGES) + 1

        def right(damage: Damage | None, amounts: Sequence[float]) -> Iterator[list[Right]]:
            """Give which cells are classed right at each amount, of each repeat."""
            for asked, of, true in zip(self._asked, cells, truth, strict=True):
                images = np.concatenate([self._pixels(of, damage, amount) for amount in amounts])
                said = asked.say(images).said
                hits = {key: answer.reshape(-1, len(of)) == true for key, answer in said.items()}
                yield [{key: hit[i] for key, hit in hits.items()} for i in range(len(amounts))]

        with self._reporter.job("damaging cells") as advance:
            whole = [each[0] for each in right(None, [0.0])]
            advance(1, n_damages)
            found: Damaged = {"cells": [len(of) for of in cells], "undamaged": {}, "kinds": {}}
            for number, (name, damage) in enumerate(DAMAGES.items(), start=2):
                amounts = damage.steps[self._extent.steps]
                by_repeat = list(right(damage, amounts))
                steps = {a: [each[i] for each in by_repeat] for i, a in enumerate(amounts)}
                accuracy, scored, telling = score_damage(
                    whole, steps, sources, seed=self._config.seed, groups=self._groups
                )
                found["undamaged"] = accuracy
                found["kinds"][name] = {
                    "title": damage.title,
                    "unit": damage.unit,
                    "steps": scored,
                    "telling": telling,
                }
                advance(number, n_damages)
        return found

    def _draw(self, e: Embeddings) -> np.ndarray:
        """Draw test cells of a repeat, all of them where they are few."""
        tested = np.flatnonzero(e.split == TEST)
        generator = np.random.default_rng(self._config.seed)
        return np.sort(generator.permutation(tested)[: self._extent.damaged])

    def _pixels(self, cells: Sequence[Sample], damage: Damage | None, amount: float) -> np.ndarray:
        """Give the pixels of cells, damaged before they go the way of every picture."""

        def change(image: np.ndarray, position: int) -> np.ndarray:
            if damage is None:
                return image
            # The same cell meets the same chance at every step.
            generator = np.random.default_rng([self._config.seed, position])
            return damage.change(image, amount, generator)

        return prepare_changed(cells, Pixels.of(self._config.data), change)
