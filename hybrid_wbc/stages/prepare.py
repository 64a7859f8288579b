"""What a run works on: the cells of its data, read, cleaned, with their photographs found."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from hybrid_wbc.config.choices import AS_PUBLISHED, CNN, GRADIENT_DESCENT, PUBLISHED, TARGET
from hybrid_wbc.config.data import Drawn
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data import apart, checking, cleaning, joining, sides
from hybrid_wbc.data.bundled import installed
from hybrid_wbc.data.drawn import drawing, synthetic
from hybrid_wbc.data.loading import Cells, decode
from hybrid_wbc.data.photographs import naming
from hybrid_wbc.data.pixels import Pixels
from hybrid_wbc.data.reading import readers
from hybrid_wbc.data.reading.corrections import correct, read_corrections
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.sets import catalog
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.provenance import Data, data_hash, provenance
from hybrid_wbc.runs.results import Run
from hybrid_wbc.runs.tables import ManifestRow
from hybrid_wbc.stages import lending, repeats

# Of the cells whose labels were corrected, as many are named in a note; the provenance has all.
_NAMED = 20

_ADAPTED = (
    "batch normalisation takes its statistics from the test set's pictures, without their labels: "
    "the test side's figures are of a network that has seen its light and stain"
)


def data_source(config: Config) -> Path | Drawn:
    """Give what a run reads: a data set's place, or what is to be drawn.

    Raises
    ------
    InputError
        If the config names neither, or there is nothing at the place.
    """
    for more in config.data.more_paths:
        if not Path(more).exists():
            raise InputError(f"data.path: {more} not found; give folders of cells")
    test_path = config.data.test_path
    if test_path is not None and not Path(test_path).exists():
        raise InputError(f"data.test_path: {test_path} not found; give a folder of cells")
    if config.data.path is not None:
        if not Path(config.data.path).exists():
            raise InputError(f"data.path: {config.data.path} not found; give a folder of cells")
        return Path(config.data.path)
    if config.data.bundled is not None:
        return installed.folder_of(config.data.bundled)
    if config.data.synthetic is None:
        raise InputError(
            f"{config.name}: no data; give --data PATH, or set data.path or data.bundled. "
            "`hybrid-wbc list datasets` tells how to get each public set"
        )
    return config.data.synthetic


def prepare(config: Config, folder: RunFolder, reporter: Reporter) -> Cells:
    """Read and clean the data, write what became of each file, and decode what is kept."""
    data = config.data
    begun = folder.is_prepared
    reading, cleaned, found = _read_sets(config, folder, reporter, begun=begun)
    if not begun and (data.more_paths or data.test_path is not None):
        reading, cleaned = _without_shared_photographs(reading, cleaned, reporter)
    if begun:
        cleaned = replace(cleaned, kept=_remembered(config, folder, cleaned))
    summary = checking.check(reading, cleaned)
    notes = (*summary["warnings"], *summary["notes"])
    kept = cleaned.kept
    if data.part is not None:
        held = {sample.split for sample in kept}
        kept = [sample for sample in kept if sample.split == data.part]
        if not kept:
            raise InputError(
                f"data.part: cells of the set's own side '{data.part}' were asked for, and "
                f"{reading.root} has no cell on a side named '{data.part}'; its sides: "
                f"{', '.join(sorted(held - {''})) or 'none'}; name one of them, or take all cells "
                "with data.part=null"
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
    going = _of_scored_sources(config, kept)
    if going:
        cleaned = cleaned.without(going)
        gone = {entry.sample.id for entry in going}
        kept = [sample for sample in kept if sample.id not in gone]
        notes += apart.notes(going)
    if config.network.statistics == TARGET:
        notes += (_ADAPTED,)
    if found:
        notes += (checking.source_note(len({s.source for s in kept}), len(kept)),)
    if len({sample.label for sample in kept}) < 2:
        raise InputError(f"{reading.root}: one class alone cannot be told apart from anything")
    measured = config.classifiers.features != CNN
    cells = decode(reading, cleaned, kept, Pixels.of(data), measured=measured, job=reporter.job)
    notes += cells.notes
    lent = config.training.approach != GRADIENT_DESCENT
    seen = set(Run(folder).provenance()["data"].get("seen", [])) if begun and lent else set()
    cells = lending.marked(cells, seen)
    if cells.unnormalised:
        notes += (
            f"{cells.unnormalised} of {len(kept)} pictures show too little stain to normalise it, "
            "and are as they were",
        )
    if not begun:
        if lent:
            seen, told = lending.seen_by_lender(config, kept, _checksums(config, cleaned))
            cells = lending.marked(cells, seen)
            notes += told
            for note in told:
                reporter.say(note)
        notes += tuple(note for note in (repeats.note_of_sides(config, cells),) if note)
        Run(folder).write_config(config.decided(repeats.method_of(config, cells)))
        _write_facts(config, folder, reading, cleaned, notes, found=found, seen=seen)
    n_dropped = len(cleaned.dropped)
    also = [reading.test.root] if reading.test is not None else []
    roots = " and ".join(str(root) for root in (*reading.places, *also))
    reporter.say(f"run folder: {folder.path}")
    reporter.say(
        f"{roots}: {'SYNTHETIC, ' if reading.synthetic else ''}layout {reading.layout}, "
        f"{len(kept)} cells of "
        f"{len({sample.label for sample in kept})} classes, "
        f"{len(set(cells.sources.tolist()))} sources{' found from the pictures' if found else ''}"
        + (f", {n_dropped} dropped (see {folder.manifest_path.name})" if n_dropped else "")
    )
    return cells


def _without_shared_photographs(
    reading: readers.Reading, cleaned: cleaning.Cleaned, reporter: Reporter
) -> tuple[readers.Reading, cleaning.Cleaned]:
    """Set aside what of several sets shows a photograph that another one keeps."""
    with reporter.job("looking for photographs of several sets") as advance:
        found = naming.group_samples(cleaned.kept, cleaned.contents(cleaned.kept), progress=advance)
    ids = [sample.id for sample in cleaned.kept]
    photographs = dict(zip(ids, found.photographs.tolist(), strict=True))
    # What the test set has goes first, so that each cell is counted once, by the graver reason.
    tested = apart.in_test_set(cleaned.kept, photographs) if reading.test is not None else []
    cleaned = cleaned.without(tested)
    repeated = apart.in_earlier_sets(cleaned.kept, photographs)
    notes = apart.notes([*tested, *repeated])
    return replace(reading, notes=(*reading.notes, *notes)), cleaned.without(repeated)


def _of_scored_sources(config: Config, kept: list[Sample]) -> list[cleaning.Dropped]:
    """Find the cells that a split by the set's own sides must not train on."""
    method = sides.decide(
        config.split.method,
        [sample.split for sample in kept],
        folds=config.evaluation.folds is not None,
    )
    if method != PUBLISHED or config.split.protocol == AS_PUBLISHED:
        return []
    return apart.on_scored_sides(kept)


def samples_of(config: Config, folder: RunFolder, reporter: Reporter) -> dict[str, Sample]:
    """Give the kept samples of a run that has begun, by id, with the sources that it knows.

    Raises
    ------
    InputError
        If the data are gone, or have changed since the run began.
    """
    _, cleaned, _ = _read_sets(config, folder, reporter, begun=True)
    return {sample.id: sample for sample in _remembered(config, folder, cleaned)}


def read_set(
    config: Config, path: Path, reporter: Reporter
) -> tuple[readers.Reading, cleaning.Cleaned]:
    """Read another set as this run's are read, clean it and find its photographs.

    Raises
    ------
    InputError
        If there is nothing at the path, or no usable cell.
    """
    plain = config.model_copy(update={"data": config.data.model_copy(update={"labels": None})})
    reading, cleaned, _ = _read(plain, path, "auto", reporter, begun=False)
    return reading, cleaned


def _read_sets(
    config: Config, folder: RunFolder, reporter: Reporter, *, begun: bool
) -> tuple[readers.Reading, cleaning.Cleaned, bool]:
    """Read all that is to be trained and tested on; say whether any photograph had to be found."""
    path = data_path(config, folder, reporter)
    reading, cleaned, found = _read_all(config, path, reporter, begun=begun)
    if config.data.test_path is not None:
        test_path = Path(config.data.test_path)
        tested, clean_tested, also_found = _read(config, test_path, "auto", reporter, begun=begun)
        reading, cleaned = joining.join((reading, cleaned), (tested, clean_tested))
        found = found or also_found
    return reading, cleaned, found


def _read_all(
    config: Config, path: Path, reporter: Reporter, *, begun: bool
) -> tuple[readers.Reading, cleaning.Cleaned, bool]:
    """Read all that is to be trained on; say whether any of its photographs had to be found."""
    first = _read(config, path, config.data.layout, reporter, begun=begun)
    if not config.data.more_paths:
        return first
    others = [_read(config, Path(m), "auto", reporter, begun=begun) for m in config.data.more_paths]
    sets = [first, *others]
    named = [catalog.class_name(name) for name in config.data.classes or ()]
    reading, cleaned = joining.pool([(reading, cleaned) for reading, cleaned, _ in sets], named)
    return reading, cleaned, any(found for *_, found in sets)


def _read(
    config: Config, path: Path, layout: str, reporter: Reporter, *, begun: bool
) -> tuple[readers.Reading, cleaning.Cleaned, bool]:
    """Read one set, clean it and find its photographs; say whether any had to be found.

    Each set by itself, so that what is kept of one serves every run with it; a run that has begun
    has its sources in the manifest.
    """
    reading = readers.read(
        path, layout, include_mixed=config.data.include_mixed, margin=config.data.margin
    )
    if config.data.labels is not None:
        reading = _corrected(reading, Path(config.data.labels))
    with reporter.job("checking files") as advance:
        cleaned = cleaning.clean(reading.samples, progress=advance)
    found = any(not sample.source for sample in cleaned.kept)
    if found and not begun:
        with reporter.job("finding photographs") as advance:
            named = naming.name_sources(cleaned, progress=advance)
        cleaned = replace(cleaned, kept=named)
    return reading, cleaned, found


def _corrected(reading: readers.Reading, path: Path) -> readers.Reading:
    """Lay a table of corrected labels over what a set says, and name the cells in a note."""
    samples, corrected = correct(reading.samples, read_corrections(path))
    named = [f"{c['id']} ({c['before'] or 'no label'} to {c['after']})" for c in corrected]
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    note = (
        f"{len(named)} label(s) corrected by {path.name}: {', '.join(named[:_NAMED])}{more}"
        if named
        else f"{path.name} corrects no label: all are as it says already"
    )
    notes = (*reading.notes, note)
    return replace(reading, samples=samples, notes=notes, corrected=tuple(corrected))


def _remembered(config: Config, folder: RunFolder, cleaned: cleaning.Cleaned) -> list[Sample]:
    """Give the kept samples with the sources that the run's manifest names.

    Raises
    ------
    InputError
        If the data have changed since the run began.
    """
    run = Run(folder)
    if run.provenance()["data_sha256"] != data_hash(_checksums(config, cleaned)):
        raise InputError(
            f"{folder.path}: the data have changed since this run began; start a new run"
        )
    source_of = {row["id"]: row["source"] for row in run.manifest() if not row["dropped"]}
    return [
        replace(sample, source=source_of[sample.id])
        for sample in cleaned.kept
        if sample.id in source_of
    ]


def _checksums(config: Config, cleaned: cleaning.Cleaned) -> dict[str, str]:
    """Give the checksum of each picture by its id, and that of the corrected labels."""
    labels = config.data.labels
    table = {} if labels is None else {"data.labels": read_corrections(Path(labels)).sha256}
    return table | {sample_id: i.sha256 for sample_id, i in cleaned.inspections.items()}


def is_of_these_data(config: Config, folder: RunFolder, reporter: Reporter) -> bool:
    """Say whether a run was begun on the data and weights that its settings find today."""
    if not folder.is_prepared:
        return True
    known = Run(folder).provenance()
    _, cleaned, _ = _read_sets(config, folder, reporter, begun=True)
    same = known["data_sha256"] == data_hash(_checksums(config, cleaned))
    return same and known.get("weights_sha256") == _weights_hash(config)


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


def _write_facts(
    config: Config,
    folder: RunFolder,
    reading: readers.Reading,
    cleaned: cleaning.Cleaned,
    notes: tuple[str, ...],
    *,
    found: bool,
    seen: set[str],
) -> None:
    """Write what became of each file, and what the run was made from."""
    checksums = _checksums(config, cleaned)
    rows: list[ManifestRow] = [
        {
            "id": sample.id,
            "path": str(sample.path),
            "sha256": checksums[sample.id],
            "label": " | ".join(sample.labels),
            "source": sample.source,
            "split": sample.split,
            "dropped": reason,
        }
        for sample, reason in (
            *((sample, "") for sample in cleaned.kept),
            *((dropped.sample, dropped.reason) for dropped in cleaned.dropped),
        )
    ]
    run = Run(folder)
    run.write_manifest(rows)
    data: Data = {
        "path": str(reading.root),
        "layout": reading.layout,
        "dataset": reading.dataset,
        "synthetic": reading.synthetic,
        "sources_found": found,
        "notes": list(notes),
    }
    if reading.more:
        data["more"] = [{"path": str(r.root), "layout": r.layout} for r in reading.more]
    if reading.corrected:
        data["corrected"] = list(reading.corrected)
    if seen:
        data["seen"] = sorted(seen)
    if reading.test is not None:
        data["test"] = {"path": str(reading.test.root), "layout": reading.test.layout}
    from hybrid_wbc.cnn import threads  # TensorFlow takes seconds to load

    run.write_provenance(provenance(checksums, data, _weights_hash(config), threads.in_use()))


def _weights_hash(config: Config) -> str | None:
    weights = Path(config.network.weights)
    return hashlib.sha256(weights.read_bytes()).hexdigest() if weights.is_file() else None
