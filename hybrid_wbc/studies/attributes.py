"""What the features of a finished run tell of the attributes that a table gives its cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from sklearn.preprocessing import StandardScaler

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.attributes import AttributesTold, Column, Kind, Unused, explain
from hybrid_wbc.evaluation.neighbours import HeldOut
from hybrid_wbc.files import write_table
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.cell_table import read_cell_table
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run

# A value of fewer tested cells is left out.
FEWEST = 10
# Numbers with no more different values than this are categories, such as grades or counts.
FEW_VALUES = 10
_UNMATCHED_NAMED = 20


def explain_attributes(
    folder: RunFolder,
    table: Path,
    reporter: Reporter,
    *,
    without: Sequence[str] = (),
    seed: int,
) -> AttributesTold:
    """Say how much each feature and each subset of them tells of each attribute in a table.

    Only the test cells of each repeat are asked, whose sources its network was not trained on. The
    result is kept in the run.

    Parameters
    ----------
    folder : RunFolder
        With its embeddings.
    table : Path
        CSV: a column that names the cells by id, path or file name, and one for each attribute.
    reporter : Reporter
    without : sequence of str
        Columns that are no attributes.
    seed : int
        Seeds the folds and the resampling.

    Returns
    -------
    AttributesTold

    Raises
    ------
    InputError
        If the run has no embeddings or features; the table cannot be read, names no test cell, one
        cell twice or a file of several cells; or no column of it says anything.
    """
    run = Run(folder)
    repeats = [repeat for repeat in run.repeats() if repeat.is_extracted]
    if not repeats:
        raise InputError(f"{folder.path}: has no embeddings yet; finish the run first")
    embedded = [repeat.features("feature that could tell anything") for repeat in repeats]
    read = read_cell_table(table, run.manifest(), without)
    on = [_tested(e, read.of_cell) for e in embedded]
    ids = [e.ids[cells].tolist() for e, cells in zip(embedded, on, strict=True)]
    tested = {cell for of_repeat in ids for cell in of_repeat}
    for repeat, e, of_repeat in zip(repeats, embedded, ids, strict=True):
        if not of_repeat:
            raise InputError(
                f"{table}: none of its {len(read.of_cell) + len(read.unmatched)} rows is of a test "
                f"cell of {folder.path}, {repeat.name}; rows name cells by id, path or file name, "
                f"as '{e.ids[e.split == TEST][0]}'"
            )
    held_out = [_held_out(e, cells) for e, cells in zip(embedded, on, strict=True)]
    class_of = {
        cell: str(label)
        for of_repeat, cells in zip(ids, held_out, strict=True)
        for cell, label in zip(of_repeat, cells.labels, strict=True)
    }
    columns: list[Column] = []
    unused: list[Unused] = []
    for name in read.columns:
        known = {cell: text for cell in sorted(tested) if (text := read.value(cell, name))}
        column = _column(name, known, class_of, ids, held_out)
        if isinstance(column, Column):
            columns.append(column)
        else:
            unused.append({"name": name, "reason": column})
    if not columns:
        why = "; ".join(f"{each['name']}: {each['reason']}" for each in unused)
        raise InputError(f"{table}: no attribute to look at{f' ({why})' if why else ''}")
    with reporter.job("attributes") as advance:
        found = explain(
            held_out,
            columns,
            groups=[repeat.seed for repeat in repeats],
            seed=seed,
            progress=advance,
        )
    of_test_sides = {cell for e in embedded for cell in e.ids[e.split == TEST].tolist()}
    attributes: AttributesTold = {
        "table": table.name,
        "synthetic": run.provenance()["data"]["synthetic"],
        "repeats": [repeat.name for repeat in repeats],
        "features": embedded[0].names,
        "rows": len(read.of_cell) + len(read.unmatched),
        "tested": len(tested),
        "elsewhere": len(read.of_cell) - len(tested),
        "unmatched": len(read.unmatched),
        "named": read.unmatched[:_UNMATCHED_NAMED],
        "without_row": len(of_test_sides - tested),
        "unused": unused,
        "attributes": found,
    }
    run.write_attributes(attributes)
    return attributes


def _tested(e: Embeddings, rows: Mapping[str, object]) -> np.ndarray:
    """Find the test cells that the table knows."""
    return np.array([cell in rows for cell in e.ids.tolist()]) & (e.split == TEST)


def _held_out(e: Embeddings, cells: np.ndarray) -> HeldOut:
    """Standardise the features on the training side, as the run's classifiers do."""
    scaler = StandardScaler().fit(e.X[e.split == TRAIN])
    return HeldOut(scaler.transform(e.X[cells]), e.classes[e.y[cells]], e.sources[cells])


def _column(
    name: str,
    known: Mapping[str, str],
    class_of: Mapping[str, str],
    ids: Sequence[Sequence[str]],
    held_out: Sequence[HeldOut],
) -> Column | str:
    """Make an attribute of a column, or say why it is none."""
    counts = Counter(known.values())
    if not counts:
        return "blank for every test cell"
    numbers = _numbers(known) if len(counts) > FEW_VALUES else None
    kind: Kind = "categories" if numbers is None else "number"
    left_out = {} if numbers else {v: n for v, n in sorted(counts.items()) if n < FEWEST}
    values = {} if numbers else {v: n for v, n in sorted(counts.items()) if n >= FEWEST}
    if numbers is None and len(values) < 2:
        most, times = counts.most_common(1)[0]
        if len(values) == 1:
            return f"one value only, '{most}'{', where others have too few cells' * bool(left_out)}"
        return f"no value of {FEWEST} test cells or more; '{most}' has {times}"
    if (
        len({(text, class_of[cell]) for cell, text in known.items()})
        == len(counts)
        == len({class_of[cell] for cell in known})
    ):
        return "the class itself"
    of = (
        {cell: np.array([number]) for cell, number in numbers.items()}
        if numbers is not None
        else {
            cell: (np.array(list(values)) == text).astype(float)
            for cell, text in known.items()
            if text in values
        }
    )
    unknown = np.full(max(len(values), 1), np.nan)
    targets = [np.array([of.get(cell, unknown) for cell in of_repeat]) for of_repeat in ids]
    for target, cells in zip(targets, held_out, strict=True):
        if len(np.unique(cells.sources[~np.isnan(target[:, 0])])) < 2:
            return "its test cells come from fewer than two sources in a repeat"
    return Column(name, kind, values, left_out, targets)


def _numbers(known: Mapping[str, str]) -> dict[str, float] | None:
    """Read a column as numbers, scaled to a standard deviation of 1; None if one is no number."""
    try:
        numbers = {cell: float(text) for cell, text in known.items()}
    except ValueError:
        return None
    spread = np.array(list(numbers.values()))
    if not np.isfinite(spread).all():
        return None
    return {cell: (number - spread.mean()) / spread.std() for cell, number in numbers.items()}


COLUMNS = ("attribute", "told_by", "features", "cells", "explained", "low", "high")


def rows(found: AttributesTold) -> Iterator[tuple[str | int | float | None, ...]]:
    """Give the rows of the table, in the order of `COLUMNS`, and then the share in each repeat."""
    for attribute in found["attributes"]:
        told = [("class", "", attribute["class_alone"])]
        for subset in attribute["subsets"]:
            features = ",".join(map(str, subset["features"]))
            told += [
                ("features", features, subset["alone"]),
                ("class and features", features, subset["with_class"]),
                ("features beyond class", features, subset["beyond_class"]),
            ]
        for by, features, score in told:
            ends = (score["mean"], score["low"], score["high"], *score["raw"])
            yield (attribute["name"], by, features, attribute["cells"], *ends)


def write_rows(path: Path, found: AttributesTold) -> None:
    """Write every share as CSV."""
    write_table(path, (*COLUMNS, *found["repeats"]), rows(found))
