"""Chooses the settings of a run from what lies in a set, where nobody has written a config."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hybrid_wbc.config import load
from hybrid_wbc.config.choices import AUTO, BEST_OF_FOLDS, PUBLISHED
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data import cleaning
from hybrid_wbc.data.cells.framing import find_places
from hybrid_wbc.data.photographs import naming
from hybrid_wbc.data.reading import readers
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.sides import decide
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter

_FEW_CELLS = 500
"""Below this one split tests so few cells that folds, which test every cell, tell far more."""
_FOLDS = 5
FEWEST_SOURCES = _FOLDS
"""That a class needs: with fewer it would lie on no side of some fold."""
# Cells, epochs, batch: as long as the small network goes on gaining, some minutes on two cores.
_LENGTHS = ((500, 100, 16), (2_000, 60, 32), (10_000, 40, 64), (np.inf, 20, 64))
# Pictures that are looked at for where their cell lies, spread over the whole set.
_LOOKED_AT = 48
# Shares: of pictures in which a cell has to be found, and of the picture's side that a cell fills
# where most of the picture is something else.
_FOUND_IN, _FILLS = 0.8, 0.7
# The square about a cell is this much wider than nine cells of ten.
_ROOM = 1.2
_SMALL, _LARGE = 64, 96
# Cells and epochs of training a given network on, which has most of the way behind it.
_LENGTHS_OF_GIVEN = ((500, 20), (2_000, 12), (np.inf, 6))
_RATE_OF_GIVEN = 0.0003


@dataclass(frozen=True)
class _Crop:
    """How much of each picture is kept, how wide that is in pixels, and why."""

    settings: dict[str, str | float]
    side: float
    reason: str


@dataclass(frozen=True)
class Start:
    """A network to start from, and what it decides.

    Parameters
    ----------
    settings : mapping of str to mapping
        Sections of settings: how its pixels are prepared, its name, weights and augmentation.
    reasons : sequence of str
        What is said of them.
    framed : bool
        Whether it is known how much of each picture it was shown.
    """

    settings: Mapping[str, load.Plain]
    reasons: Sequence[str]
    framed: bool


def choose(
    path: Path, changes: Sequence[str], reporter: Reporter, start: Start | None = None
) -> Config:
    """Look at a set and choose what suits it: sides, crop, size, length, folds.

    Parameters
    ----------
    path : Path
        A folder or file that `hybrid_wbc.data.reading.readers.read` knows.
    changes : sequence of str
        Each "section.key=value": what the user wants otherwise.
    reporter : Reporter
        Hears what was chosen, and why.
    start : Start, optional
        The network that the run starts from, whose settings take the place of what would be chosen.

    Returns
    -------
    Config
        Its description says what was chosen and why.

    Raises
    ------
    InputError
        If there is no set at the path, or nothing in it to tell apart.
    """
    # A mistake in these is said before thousands of files are read.
    wanted = load.alone(changes)
    reading = readers.read(path, str(_section(wanted, "data").get("layout", "auto")))
    with reporter.job("checking files") as advance:
        cleaned = cleaning.clean(reading.samples, progress=advance)
    classes = {sample.label for sample in cleaned.kept}
    if len(classes) < 2:
        raise InputError(
            f"{path}: {len(classes) or 'no'} class{'' if classes else 'es'} of usable cells; a run "
            f"needs two. `hybrid-wbc data check {path}` names what is left out"
        )
    kept_sides = _keeps_sides(cleaned, wanted)
    rare = {} if kept_sides else _rare(cleaned, reporter)
    if len(classes) - len(rare) < 2:
        raise InputError(
            f"{path}: fewer than two classes have cells of {FEWEST_SOURCES} sources; add cells, or "
            "write a config"
        )
    known = start is not None and start.framed
    crop = _Crop({}, _LARGE, "") if known else _crop(cleaned, reporter)
    count = len(cleaned.kept)
    epochs, batch = next((e, b) for most, e, b in _LENGTHS if count < most)
    size = _LARGE if crop.side > 80 and count < _LENGTHS[2][0] else _SMALL
    split, reason = _split(count, kept_sides=kept_sides)
    settings: load.Plain = {
        "name": _name(path),
        "data": {
            "path": str(path.resolve()),
            "size": size,
            **({"classes": sorted(classes - set(rare))} if rare else {}),
            **crop.settings,
        },
        "network": {"views": 8},
        "training": {"epochs": epochs, "batch_size": batch, "schedule": "cosine"},
        **split,
    }
    if start is not None:
        _begin_with(start, settings, len(classes) - len(rare), count)
    for change in changes:
        load.apply(settings, change)
    # What the user decided has no reason of ours.
    asked = {change.partition("=")[0].strip() for change in changes}
    told = [
        *(
            (f"{name} is left out: {n} of {FEWEST_SOURCES} sources needed", {"data.classes"})
            for name, n in rare.items()
        ),
        (reason, {"split.method", "split.test", "evaluation.folds"}),
        (crop.reason, {"data.crop", "data.middle"}),
    ]
    reasons = [text for text, keys in told if text and not keys & asked]
    if start is not None:
        reasons += start.reasons
    lengths = (
        {}
        if start is not None
        else {
            "data.size": f"{size} pixels",
            "training.epochs": f"{epochs} epochs",
            "training.batch_size": f"batches of {batch}",
        }
    )
    if left := [text for key, text in lengths.items() if key not in asked]:
        reasons.append(f"{', '.join(left)} for {count:,} cells")
    settings.setdefault(
        "description", f"settings chosen by the program for this set: {'; '.join(reasons)}"
    )
    for text in reasons:
        reporter.say(f"chosen: {text}")
    for change in changes:
        reporter.say(f"as you set it: {change}")
    return load.resolve(settings, str(path))


def _begin_with(start: Start, settings: load.Plain, classes: int, count: int) -> None:
    """Let a given network decide what it has to, and train it on less than one from scratch."""
    for name, section in start.settings.items():
        settings[name] = _section(settings, name) | section
    settings["network"] = _section(settings, "network") | {"embedding_units": classes}
    settings["training"] = {
        "approach": BEST_OF_FOLDS,
        "epochs": next(epochs for most, epochs in _LENGTHS_OF_GIVEN if count < most),
        "batch_size": 16,
        "learning_rate": _RATE_OF_GIVEN,
        "warmup_epochs": 0.5,
        "schedule": "cosine",
    }


def _keeps_sides(cleaned: cleaning.Cleaned, wanted: load.Plain) -> bool:
    """Say whether the set's own sides are kept, as a run decides it."""
    published = [sample.split for sample in cleaned.kept]
    folds = bool(_section(wanted, "evaluation").get("folds"))
    method = _section(wanted, "split").get("method", AUTO)
    return decide(method, published, folds=folds) == PUBLISHED


def _section(wanted: load.Plain, name: str) -> load.Plain:
    """Give what is wanted of one section; what is no section is refused with the other settings."""
    section = wanted.get(name)
    return section if isinstance(section, dict) else {}


def _rare(cleaned: cleaning.Cleaned, reporter: Reporter) -> dict[str, int]:
    """Count the sources of the classes that have too few; the run finds them kept."""
    with reporter.job("finding photographs") as advance:
        named = naming.name_sources(cleaned, progress=advance)
    return rare_classes(named)


def rare_classes(samples: Sequence[Sample]) -> dict[str, int]:
    """Count the sources of each class that has too few; a sample without a source is its own."""
    pairs = {(sample.label, sample.source or sample.id) for sample in samples}
    sources = Counter(label for label, _ in pairs)
    return {name: sources[name] for name in sorted(sources) if sources[name] < FEWEST_SOURCES}


def _split(count: int, *, kept_sides: bool) -> tuple[load.Plain, str]:
    """Keep the set's own sides; else cut folds from few cells, and one test side from many."""
    if kept_sides:
        return {"split": {"method": "published"}}, "the set's own sides are kept"
    if count < _FEW_CELLS:
        why = f"{count} cells are few, so {_FOLDS} folds test every cell once"
        return {"evaluation": {"folds": _FOLDS}}, why
    return {"split": {"test": 0.2}}, "a fifth of the sources is the test side"


def _crop(cleaned: cleaning.Cleaned, reporter: Reporter) -> _Crop:
    """Say how much of each picture to keep, by where cells are found in some of them."""
    if any(sample.box is not None for sample in cleaned.kept):
        return _Crop({}, _LARGE, "each cell is cut out by its box or mask")
    looked_at = _spread(cleaned.kept)
    with reporter.job("looking for cells in some pictures") as advance:
        places = find_places(looked_at, advance)
    found = [place for place in places if place.how == "found"]
    shares = [place.longer_side / min(place.frame) for place in found]
    frames = [min(place.frame) for place in places]
    whole = _Crop({}, float(np.median(frames)), "each picture is taken as it is")
    if len(found) < _FOUND_IN * len(places) or np.median(shares) > _FILLS:
        return whole
    fills = f"cells fill {np.median(shares):.0%} of the pictures' width"
    if max(frames) > 1.5 * min(frames):
        side = float(np.median([place.longer_side for place in found]))
        return _Crop(
            {"crop": "fitted"},
            side,
            f"{fills}, which are of several sizes: each cell is found and fitted to one size",
        )
    middle = min(1.0, round(_ROOM * float(np.quantile(shares, 0.9)), 2))
    return _Crop(
        {"crop": "located", "middle": middle},
        middle * float(np.median(frames)),
        f"{fills}: each cell is found and {middle:.0%} of the width is cut out about it",
    )


def _spread(samples: Sequence[Sample]) -> list[Sample]:
    """Take some samples, evenly from first to last, so that every class is among them."""
    chosen = np.linspace(0, len(samples) - 1, min(_LOOKED_AT, len(samples))).round().astype(int)
    return [samples[number] for number in chosen.tolist()]


def _name(path: Path) -> str:
    """Make a run's name of the set's."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.resolve().stem).strip("._-")
    return name or "my-cells"
