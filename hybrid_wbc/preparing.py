"""What a run works on: the cells that it is to use, and which take part in each repeat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hybrid_wbc.data import (
    catalog,
    checking,
    cleaning,
    drawing,
    grouping,
    joining,
    locating,
    readers,
    splitting,
    synthetic,
)
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import cache_folder
from hybrid_wbc.loading import Cells, decode
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs import (
    MANIFEST,
    PROVENANCE,
    RunFolder,
    provenance,
    repeat_name,
    write_json,
    write_table,
)
from hybrid_wbc.settings import Config, Drawn


@dataclass(frozen=True)
class Repeat:
    """One training and test: which cells of the set take part, and on which side.

    Parameters
    ----------
    name : str
        Of its folder.
    seed : int
    chosen : numpy.ndarray of int, shape (m,)
        Positions in the set.
    split : numpy.ndarray of str, shape (m,)
    """

    name: str
    seed: int
    chosen: np.ndarray
    split: np.ndarray

    def classes(self, cells: Cells) -> np.ndarray:
        """Give the names of the classes that take part, sorted."""
        return np.unique(cells.labels[self.chosen])


def data_source(config: Config) -> Path | Drawn:
    """Give what a run reads: a data set's place, or what is to be drawn.

    Raises
    ------
    InputError
        If the config names neither, or there is nothing at the place.
    """
    test_path = config.data.test_path
    if test_path is not None and not Path(test_path).exists():
        raise InputError(f"data.test_path: {test_path} not found; give a folder of cells")
    if config.data.path is not None:
        if not Path(config.data.path).exists():
            raise InputError(f"data.path: {config.data.path} not found; give a folder of cells")
        return Path(config.data.path)
    if config.data.synthetic is None:
        raise InputError(
            f"{config.name}: no data; give --data PATH, or set data.path. "
            "`hybrid-wbc list datasets` tells how to get each public set"
        )
    return config.data.synthetic


def prepare(config: Config, folder: RunFolder, reporter: Reporter) -> Cells:
    """Read and clean the data, write what became of each file, and decode what is kept."""
    data = config.data
    reading, cleaned = _read(config, data_path(config, folder, reporter), data.layout, reporter)
    if data.test_path is not None:
        tested_on = _read(config, Path(data.test_path), "auto", reporter)
        reading, cleaned = joining.join((reading, cleaned), tested_on)
    summary = checking.check(reading, cleaned)
    kept = cleaned.kept
    if data.part is not None:
        sides = {sample.split for sample in kept}
        kept = [sample for sample in kept if sample.split == data.part]
        if not kept:
            raise InputError(
                f"data.part: no cell on a side named '{data.part}' in {reading.root}; its sides: "
                f"{', '.join(sorted(sides - {''})) or 'none'}"
            )
    if data.classes is not None:
        wanted = {catalog.class_name(name) for name in data.classes}
        kept = [sample for sample in kept if sample.label in wanted]
        missing = sorted(wanted - {sample.label for sample in kept})
        if missing:
            raise InputError(
                f"data.classes: no cell of '{missing[0]}' in {reading.root}; "
                f"it holds {', '.join(summary['classes'])}"
            )
    if len({sample.label for sample in kept}) < 2:
        raise InputError(f"{reading.root}: one class alone cannot be told apart from anything")
    if reading.test is not None:
        # The intervals are of the test side: what its set says of its sources is what counts.
        tested = {sample.source for sample in kept if sample.split == splitting.TEST}
        summary["n_sources"] = len(tested - {""})
    notes = (*summary["warnings"], *summary["notes"], *checking.source_notes(summary))
    with reporter.job("decoding images") as advance:
        cells = decode(reading, cleaned, kept, data.size, data.middle, advance, stain=data.stain)
    if cells.unnormalised:
        notes += (
            f"{cells.unnormalised} of {len(kept)} pictures show too little stain to normalise it, "
            "and are as they were",
        )
    _write_facts(folder, reading, cleaned, notes)
    n_dropped = len(cleaned.dropped)
    roots = " and ".join(str(r.root) for r in (reading, reading.test) if r is not None)
    reporter.say(f"run folder: {folder.path}")
    reporter.say(
        f"{roots}: {'SYNTHETIC, ' if reading.synthetic else ''}layout {reading.layout}, "
        f"{len(kept)} cells of "
        f"{len({sample.label for sample in kept})} classes"
        + (f", {n_dropped} dropped (see {MANIFEST})" if n_dropped else "")
    )
    return cells


def _read(
    config: Config, path: Path, layout: str, reporter: Reporter
) -> tuple[readers.Reading, cleaning.Cleaned]:
    """Read one set, clean it, and find its photographs and cells where that is asked for."""
    reading = readers.read(
        path, layout, include_mixed=config.data.include_mixed, margin=config.data.margin
    )
    with reporter.job("checking files") as advance:
        cleaned = cleaning.clean(reading.samples, cache=cache_folder(), progress=advance)
    if config.data.sources == "found":
        with reporter.job("finding photographs") as advance:
            named = grouping.name_sources(cleaned, cache=cache_folder(), progress=advance)
        cleaned = replace(cleaned, kept=named)
    if config.data.crop != "as is":
        with reporter.job("finding cells") as advance:
            framed, unfound = locating.frame_cells(
                cleaned.kept,
                cleaned,
                middle=config.data.middle,
                margin=config.data.margin if config.data.crop == "fitted" else None,
                cache=cache_folder(),
                progress=advance,
            )
        cleaned = replace(cleaned, kept=framed)
        reading = replace(reading, notes=(*reading.notes, *unfound))
    return reading, cleaned


def data_path(config: Config, folder: RunFolder, reporter: Reporter) -> Path:
    """Give the folder of the data, drawing it first where the config asks for drawn smears."""
    drawn = data_source(config)
    if isinstance(drawn, Path):
        return drawn
    name = f"drawn-smears-v{drawing.VERSION}-{drawn.per_class}-seed-{drawn.seed}"
    path = folder.path.parent / name
    with reporter.job("drawing smears") as advance:
        synthetic.write_smears(path, per_class=drawn.per_class, seed=drawn.seed, progress=advance)
    return path


def repeats(config: Config, cells: Cells) -> list[Repeat]:
    """Draw and split the cells for each seed, and for each fold of it."""
    found = []
    for seed in range(config.seed, config.seed + config.evaluation.seeds):
        chosen = np.arange(len(cells.ids))
        drawn_from = _drawn_from(config, cells)
        counts = _counts(config, cells.labels[drawn_from])
        if counts is not None:
            drawn = splitting.draw(cells.labels[drawn_from].tolist(), counts, seed)
            chosen = np.sort(np.r_[drawn_from[drawn], np.setdiff1d(chosen, drawn_from)])
        labels, sources = cells.labels[chosen].tolist(), cells.sources[chosen].tolist()
        validation = config.split.validation
        if config.evaluation.folds is not None:
            splits = splitting.split_by_folds(
                labels, sources, folds=config.evaluation.folds, validation=validation, seed=seed
            )
        elif config.split.method == "published":
            published = cells.published[chosen].tolist()
            splits = [
                splitting.split_as_published(
                    labels, sources, published, validation=validation, seed=seed
                )
            ]
        else:
            splits = [
                splitting.split_by_ratio(
                    labels, sources, test=config.split.test, validation=validation, seed=seed
                )
            ]
        if config.training.needs_validation and (splits[0] != splitting.VALIDATION).all():
            raise InputError(
                "training.best_weights and training.patience choose by the validation side, which "
                "is empty: raise split.validation"
            )
        for fold, split in enumerate(splits):
            name = repeat_name(seed, fold if len(splits) > 1 else None)
            found.append(Repeat(name, seed, chosen, split))
    return found


def _drawn_from(config: Config, cells: Cells) -> np.ndarray:
    """Give the positions that cells are drawn from: a second set for the test stays whole."""
    if config.data.test_path is None:
        return np.arange(len(cells.ids))
    return np.flatnonzero(cells.published != splitting.TEST)


def _counts(config: Config, labels: np.ndarray) -> dict[str, int] | None:
    """Say how many cells to draw of each class, where not all take part."""
    draw = config.data.draw
    if draw is not None:
        counts = {catalog.class_name(name): n for name, n in draw.items()}
        if len(counts) < len(draw):
            raise InputError(f"data.draw: two of {', '.join(draw)} name the same class")
        return counts
    if config.data.balance:
        names, found = np.unique(labels, return_counts=True)
        return dict.fromkeys(names.tolist(), int(found.min()))
    return None


def _write_facts(
    folder: RunFolder,
    reading: readers.Reading,
    cleaned: cleaning.Cleaned,
    notes: tuple[str, ...],
) -> None:
    """Write what became of each file, and what the run was made from; refuse other data."""
    checksums = {sample_id: i.sha256 for sample_id, i in cleaned.inspections.items()}
    facts = provenance(checksums)
    if (folder.path / PROVENANCE).exists():
        if folder.provenance()["data_sha256"] != facts["data_sha256"]:
            raise InputError(
                f"{folder.path}: the data have changed since this run began; start a new run"
            )
        return
    rows = [
        (s.id, s.path, checksums[s.id], s.label, s.source, s.split, "") for s in cleaned.kept
    ] + [
        (d.sample.id, d.sample.path, checksums[d.sample.id], " | ".join(d.sample.labels),
         d.sample.source, d.sample.split, d.reason)
        for d in cleaned.dropped
    ]  # fmt: skip
    columns = ("id", "path", "sha256", "label", "source", "split", "dropped")
    write_table(folder.path / MANIFEST, columns, rows)
    facts["data"] = {
        "path": str(reading.root),
        "layout": reading.layout,
        "synthetic": reading.synthetic,
        "notes": list(notes),
    }
    if reading.test is not None:
        facts["data"]["test"] = {"path": str(reading.test.root), "layout": reading.test.layout}
    write_json(folder.path / PROVENANCE, facts)
