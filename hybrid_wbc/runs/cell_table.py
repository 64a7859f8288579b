"""Owns how the rows of a table that a user gives find the cells of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hybrid_wbc.data.reading import rows as tables
from hybrid_wbc.errors import InputError
from hybrid_wbc.runs.tables import ManifestRow

# What the column that names the cells may be called, the likeliest first.
NAMES_OF_CELLS = (
    "id", "cell", "path", "file", "filename", "file name", "filepath", "file path", "image path",
    "image name", "image", "img", "img path", "img name", "picture", "crop",
)  # fmt: skip


@dataclass(frozen=True)
class CellTable:
    """A table as it was read.

    Parameters
    ----------
    columns : list of str
        All but the one that names the cells, and those that were left out.
    of_cell : dict of str to dict of str to str
        By the cell's id its row.
    unmatched : list of str
        What rows of no cell of the run name.
    """

    columns: list[str]
    of_cell: dict[str, dict[str, str]]
    unmatched: list[str]

    def value(self, cell: str, column: str) -> str:
        """Give what the table says of a cell, or nothing where it says nothing.

        `none` is a value, such as that of no granules.
        """
        row = self.of_cell.get(cell)
        if row is None:
            return ""
        return row[column] if row[column].lower() == "none" else tables.value(row, column)


def read_cell_table(
    table: Path, manifest: Sequence[ManifestRow], without: Sequence[str] = ()
) -> CellTable:
    """Read a table, and find the cell that each row is of.

    Parameters
    ----------
    table : Path
        CSV: a column that names the cells by id, path or file name, and others.
    manifest : sequence of ManifestRow
        The run's.
    without : sequence of str
        Columns to leave out.

    Returns
    -------
    CellTable

    Raises
    ------
    InputError
        If the table cannot be read, no column of it names cells, a row names none, two rows name
        one cell or a row may be of several; or it lacks a column that is to be left out.
    """
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
    return CellTable(columns, of_cell, unmatched)


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
