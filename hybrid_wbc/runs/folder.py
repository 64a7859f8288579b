"""The run folder: where it lies, how it is found again, and the name of every file in it."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from hybrid_wbc.errors import InputError
from hybrid_wbc.files import folder_in_place, is_beside, write_text
from hybrid_wbc.runs.checksums import Checksums

CONFIG, PROVENANCE, MANIFEST = "config.yaml", "provenance.json", "manifest.csv"
METRICS, OUT_OF_FOLD = "metrics.json", "out_of_fold.csv"
ABLATION, ABLATION_TABLE, HEALTH = "ablation.json", "ablation.csv", "health.json"
ATTRIBUTES, STRESS, OTHER_SETS = "attributes.json", "stress.json", "other_sets.csv"
FIGURES, PAGE, LOG = "figures", "report.html", "log.txt"
# Of each repeat; the first three of each network of an ensemble too.
NETWORK, HISTORY, TRAINING_STATE = "cnn.keras", "history.csv", "training-state.npz"
EMBEDDINGS, ENSEMBLE = "embeddings.npz", "ensemble.npy"
CLASSIFIERS, TUNING, PREDICTIONS = "classifiers.json", "tuning.json", "predictions.csv"
PROBABILITIES, APPROACHES = "probabilities.csv", "approaches.json"
# Of a run that came in one file: a few cells, and what was said of them where it was made.
SELF_TEST = "self-test.npz"


@dataclass(frozen=True)
class RunFolder:
    """One run's folder: `config.yaml` is written before all else, `report.html` after all else.

    Parameters
    ----------
    path : Path
    under_way : Path, optional
        The folder of the run that keeps the trainings under way, where it is not this one.
    """

    path: Path
    under_way: Path | None = None

    @classmethod
    def create(cls, parent: Path, name: str, config: str) -> RunFolder:
        """Make the next numbered folder under `parent` and write its resolved config."""
        number = 1 + max((n for n, _ in _numbered(parent)), default=-1)
        while True:
            path = parent / f"{number:05d}-{name}"
            number += 1
            if path.exists():
                continue
            try:
                with folder_in_place(path) as begun:
                    checksums = Checksums(begun)
                    checksums.begin()
                    with checksums.written(begun / CONFIG):
                        write_text(begun / CONFIG, config)
            except OSError:
                if path.exists():  # another run took the number in between
                    continue
                raise
            return cls(path)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Open an existing run folder.

        Raises
        ------
        InputError
            If there is none.
        """
        if not cls.lies_at(path):
            raise InputError(f"{path}: not a run folder, it holds no {CONFIG}")
        return cls(path)

    @classmethod
    def lies_at(cls, path: Path) -> bool:
        """Whether a path is that of a run folder."""
        return (path / CONFIG).is_file()

    @classmethod
    def newest(cls, parent: Path, name: str) -> RunFolder:
        """Open the run of that name with the highest number.

        Raises
        ------
        InputError
            If there is none to go on with.
        """
        runs = cls.named(parent, name)
        if not runs:
            raise InputError(f"--resume: no run named '{name}' lies in {parent}")
        return runs[-1]

    @classmethod
    def named(cls, parent: Path, name: str) -> list[RunFolder]:
        """Open every run of that name, the highest number last."""
        return [
            cls(path)
            for _, path in sorted(_numbered(parent))
            if path.name.partition("-")[2] == name and cls.lies_at(path)
        ]

    @classmethod
    def is_begun(cls, parent: Path, name: str) -> bool:
        """Whether there is a run of that name to go on with."""
        return bool(cls.named(parent, name))

    def sweep(self) -> None:
        """Remove what a killed process was writing beside a file's place."""
        for path in self.path.rglob(".*"):
            if is_beside(path):
                path.unlink(missing_ok=True)

    def discard_unless_begun(self) -> None:
        """Remove a folder in which nothing has been trained: its settings made no run."""
        if not self.repeats():
            shutil.rmtree(self.path)

    @property
    def is_complete(self) -> bool:
        """Whether the run has ended: its page is the last file written."""
        return Checksums(self.path).counts(self.page)

    @property
    def is_prepared(self) -> bool:
        """Whether its data have been read: what made it is written after what became of each."""
        return Checksums(self.path).counts(self.path / PROVENANCE)

    @property
    def config_path(self) -> Path:
        """Where its settings lie."""
        return self.path / CONFIG

    @property
    def manifest_path(self) -> Path:
        """Where what became of each file is listed."""
        return self.path / MANIFEST

    @property
    def page(self) -> Path:
        """Where its page lies."""
        return self.path / PAGE

    @property
    def log(self) -> Path:
        """Where what it says while it works is kept."""
        return self.path / LOG

    @property
    def ablation_table(self) -> Path:
        """Where every refit of the ablation is listed."""
        return self.path / ABLATION_TABLE

    def repeat(self, name: str) -> Path:
        """Give the folder of one seed or fold, made where it is missing."""
        folder = self.path / name
        folder.mkdir(exist_ok=True)
        return folder

    def repeats(self) -> list[Path]:
        """Give the folders of every seed and fold, in order."""
        folders = [path for path in self.path.iterdir() if path.name.startswith("seed-")]
        return sorted(folders, key=_numbers)


def repeat_name(seed: int, fold: int | None) -> str:
    """Name the folder of one seed, or of one fold of it."""
    return f"seed-{seed}" if fold is None else f"seed-{seed}-fold-{fold}"


def seed_of(repeat: Path) -> int:
    """Give the seed of a repeat by its folder."""
    return _numbers(repeat)[0]


def fold_of(repeat: Path) -> int:
    """Give the fold of a repeat by its folder, counted from 0."""
    return _numbers(repeat)[1]


def _numbers(repeat: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", repeat.name)]


def _numbered(parent: Path) -> list[tuple[int, Path]]:
    if not parent.is_dir():
        return []
    found = [(re.match(r"(\d+)-", path.name), path) for path in parent.iterdir() if path.is_dir()]
    return [(int(match[1]), path) for match, path in found if match]


def member_name(number: int) -> str:
    """Name the folder of one network of the ensemble, within its repeat's."""
    return f"member-{number}"
