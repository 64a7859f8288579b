"""What the features of a finished run tell of the attributes that a table gives its cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from sklearn.preprocessing import StandardScaler

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.data.reading import rows as tables
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.attributes import AttributesTold, Column, HeldOut, Kind, Unused, explain
from hybrid_wbc.files import write_table
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.runs.tables import ManifestRow

# What the column that names the cells may be called, the likeliest first.
NAMES_OF_CELLS = (
    "id", "cell", "path", "file", "filename", "file name", "filepath", "file path", "image path",
    "image name", "image", "img", "img path", "img name", "picture", "crop",
)  # fmt: skip
# A value of fewer tested cells is left out.
FEWEST = 10
# Numbers with no more different values than this are categories, such as grades or counts.
FEW_VALUES = 10
_UNMATCHED_NAMED = 20


@dataclass(frozen=True)
class _Table:
    """A table of attributes as it was read: by the cell's id its row, and what matched nothing."""

    columns: list[str]
    of_cell: dict[str, dict[str, str]]
    unmatched: list[str]


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
    embedded = [repeat.embeddings() for repeat in repeats]
    if not embedded[0].has_features:
        raise InputError(
            f"{folder.path}: its network has no five-unit layer, so it has no features"
        )
    read = _read(table, run.manifest(), without)
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
        known = {
            cell: text for cell in sorted(tested) if (text := _value(read.of_cell[cell], name))
        }
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


def _read(table: Path, manifest: Sequence[ManifestRow], without: Sequence[str]) -> _Table:
    """Read the table, and find the cell that each row is of."""
    if not table.is_file():
        raise InputError(f"{table}: no such file; give a CSV table with a row for each cell")
    headings = tables.heading(table)
    cell_column = tables.column(headings, NAMES_OF_CELLS)
    if cell_column is None:
        raise InputError(
            f"{table}: no column names the cells; found {', '.join(headings) or 'no headings'}; "
            "call it id, path or filename"
        )
    for name in without:
        if name not in headings:
            raise InputError(
                f"--without: received '{name}', the columns of {table} are {', '.join(headings)}"
            )
    ids = {row["id"] for row in manifest}
    of_file: dict[str, list[ManifestRow]] = {}
    for row in manifest:
        for name in {PurePosixPath(row[key]).name for key in ("id", "path")}:
            of_file.setdefault(name, []).append(row)
    of_cell: dict[str, dict[str, str]] = {}
    lines: dict[str, int] = {}
    unmatched = []
    for line, values in tables.rows(table, [cell_column]):
        named = values[cell_column].replace("\\", "/")
        if not named:
            raise InputError(f"{table}, line {line}: names no cell")
        cell = named if named in ids else _of_file(named, of_file, f"{table}, line {line}")
        if cell is None:
            unmatched.append(named)
            continue
        if cell in lines:
            raise InputError(
                f"{table}, line {line}: is of {cell}, as line {lines[cell]}; keep one of them"
            )
        lines[cell] = line
        of_cell[cell] = values
    columns = [name for name in headings if name and name not in (cell_column, *without)]
    return _Table(columns, of_cell, unmatched)


def _of_file(named: str, of_file: Mapping[str, list[ManifestRow]], where: str) -> str | None:
    """Find the one cell whose file has this name; folders are only asked to tell files apart."""
    found = of_file.get(PurePosixPath(named).name, [])
    if len(found) > 1:
        tail = f"/{named.removeprefix('./')}"
        nearer = [row for row in found if any(f"/{row[k]}".endswith(tail) for k in ("id", "path"))]
        if len(nearer) != 1:
            raise InputError(
                f"{where}: '{named}' may be {found[0]['id']} or {found[1]['id']}; name cells by "
                "their ids, as in the run's manifest"
            )
        found = nearer
    return found[0]["id"] if found else None


def _value(row: Mapping[str, str], name: str) -> str:
    """Give a cell of the table; `none` is a value, such as that of no granules."""
    return row[name] if row[name].lower() == "none" else tables.value(row, name)


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
