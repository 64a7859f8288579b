"""The sets of cells that a run's settings name, each read, cleaned and its photographs found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hybrid_wbc.config.data import Drawn
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data import joining
from hybrid_wbc.data.bundled import installed
from hybrid_wbc.data.cleaning import Cleaned, clean
from hybrid_wbc.data.drawn import drawing, synthetic
from hybrid_wbc.data.photographs import naming
from hybrid_wbc.data.reading.corrections import correct, read_corrections
from hybrid_wbc.data.reading.readers import Reading, read
from hybrid_wbc.data.sets.class_names import class_name
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder

# Of the cells whose labels were corrected, as many are named in a note; the provenance has all.
_NAMED = 20


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


def read_set(config: Config, path: Path, reporter: Reporter) -> tuple[Reading, Cleaned]:
    """Read another set as this run's are read, clean it and find its photographs.

    Raises
    ------
    InputError
        If there is nothing at the path, or no usable cell.
    """
    plain = config.model_copy(update={"data": config.data.model_copy(update={"labels": None})})
    reading, cleaned, _ = _read(plain, path, "auto", reporter, begun=False)
    return reading, cleaned


def read_sets(
    config: Config, folder: RunFolder, reporter: Reporter, *, begun: bool
) -> tuple[Reading, Cleaned, bool]:
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
) -> tuple[Reading, Cleaned, bool]:
    """Read all that is to be trained on; say whether any of its photographs had to be found."""
    first = _read(config, path, config.data.layout, reporter, begun=begun)
    if not config.data.more_paths:
        return first
    others = [_read(config, Path(m), "auto", reporter, begun=begun) for m in config.data.more_paths]
    sets = [first, *others]
    named = [class_name(name) for name in config.data.classes or ()]
    reading, cleaned = joining.pool([(reading, cleaned) for reading, cleaned, _ in sets], named)
    return reading, cleaned, any(found for *_, found in sets)


def _read(
    config: Config, path: Path, layout: str, reporter: Reporter, *, begun: bool
) -> tuple[Reading, Cleaned, bool]:
    """Read one set, clean it and find its photographs; say whether any had to be found.

    Each set by itself, so that what is kept of one serves every run with it; a run that has begun
    has its sources in the manifest.
    """
    reading = read(path, layout, include_mixed=config.data.include_mixed, margin=config.data.margin)
    if config.data.labels is not None:
        reading = _corrected(reading, Path(config.data.labels))
    with reporter.job("checking files") as advance:
        cleaned = clean(reading.samples, progress=advance)
    found = any(not sample.source for sample in cleaned.kept)
    if found and not begun:
        with reporter.job("finding photographs") as advance:
            named = naming.name_sources(cleaned, progress=advance)
        cleaned = replace(cleaned, kept=named)
    return reading, cleaned, found


def _corrected(reading: Reading, path: Path) -> Reading:
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
