"""What a run works on: which cells of its data are kept, and their pixels."""

from __future__ import annotations

from dataclasses import replace

from hybrid_wbc.config.choices import AS_PUBLISHED, CNN, GRADIENT_DESCENT, PUBLISHED
from hybrid_wbc.config.names import TARGET
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data import apart, checking, cleaning, sides
from hybrid_wbc.data.loading import Cells, decode
from hybrid_wbc.data.photographs import naming
from hybrid_wbc.data.pixels import Pixels
from hybrid_wbc.data.reading import readers
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.sets.class_names import class_name
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import lending, repeats
from hybrid_wbc.stages.data_facts import checksums_of, remembered, write_facts
from hybrid_wbc.stages.sets import read_sets

_ADAPTED = (
    "batch normalisation takes its statistics from the test set's pictures, without their labels: "
    "the test side's figures are of a network that has seen its light and stain"
)


def prepare(config: Config, folder: RunFolder, reporter: Reporter) -> Cells:
    """Read and clean the data, write what became of each file, and decode what is kept."""
    data = config.data
    begun = folder.is_prepared
    reading, cleaned, found = read_sets(config, folder, reporter, begun=begun)
    if not begun and (data.more_paths or data.test_path is not None):
        reading, cleaned = _without_shared_photographs(reading, cleaned, reporter)
    if begun:
        cleaned = replace(cleaned, kept=remembered(config, folder, cleaned))
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
        wanted = {class_name(name) for name in data.classes}
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
            seen, told = lending.seen_by_lender(config, kept, checksums_of(config, cleaned))
            cells = lending.marked(cells, seen)
            notes += told
            for note in told:
                reporter.say(note)
        notes += tuple(note for note in (repeats.note_of_sides(config, cells),) if note)
        Run(folder).write_config(config.decided(repeats.method_of(config, cells)))
        write_facts(config, folder, reading, cleaned, notes, found=found, seen=seen)
    n_dropped = len(cleaned.dropped)
    also = [reading.test.root] if reading.test is not None else []
    roots = " and ".join(str(root) for root in (*reading.places, *also))
    reporter.say(f"run folder: {folder.path}")
    reporter.say(
        f"{roots}: {'SYNTHETIC, ' if reading.synthetic else ''}layout {reading.layout}, "
        f"{len(kept)} cells of "
        f"{len({sample.label for sample in kept})} classes, "
        f"{len(set(cells.sources.tolist()))} sources{' found from the pictures' if found else ''}"
        + (
            f", {n_dropped} dropped: {cleaned.told()}; see {folder.manifest_path.name}"
            if n_dropped
            else ""
        )
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
