"""Owns how a table of text is read: its delimiter, its headings, and what a blank is."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from hybrid_wbc.data.reading.samples import check_count
from hybrid_wbc.errors import InputError

# What a program writes where it has no value; pandas' and R's words among them.
_BLANKS = frozenset({"", "-", "<na>", "n/a", "na", "nan", "nat", "none", "null"})
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
# A whole number that passed through a column of floats: `0` and `0.0` are one class.
_WHOLE = re.compile(r"([+-]?\d+)\.0+")


def heading(table: Path) -> list[str]:
    """Read the names of a table's columns, stripped; none where there is no readable first line.

    Parameters
    ----------
    table : Path

    Returns
    -------
    list of str
    """
    try:
        with _opened(table, errors="replace") as file:
            line = file.readline(2**16)
    except OSError:
        return []
    return _cells(line, _delimiter(line))


def rows(table: Path, required: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number and the stripped cells, by column, of each line that is not blank.

    Columns are parted by commas, semicolons or tabs, whichever the headings are parted by.

    Parameters
    ----------
    table : Path
    required : sequence of str
        Columns that must be there.

    Raises
    ------
    InputError
        If the table cannot be read, lacks a column, names one twice, or has a line with more or
        fewer cells than there are headings: a comma without quotes would shift its values.
    """
    first = heading(table)
    found = ", ".join(filter(None, first)) or "none at all"
    for name in required:
        if name not in first:
            raise InputError(
                f"{table}: no column '{name}'; found {found}; required {', '.join(required)}, "
                "with commas between them"
            )
    doubled = [name for name, times in Counter(filter(None, first)).items() if times > 1]
    if doubled:
        raise InputError(f"{table}: two columns are called '{doubled[0]}'; rename one of them")
    count = 0
    try:
        with _opened(table) as file:
            line = file.readline()
            delimiter = _delimiter(line)
            lines = csv.reader(file, delimiter=delimiter, strict=True)
            for cells in lines:
                if not any(cell.strip() for cell in cells):
                    continue
                number = lines.line_num + 1
                if len(cells) != len(first):
                    raise InputError(
                        f"{table}, line {number}: {len(cells)} cells under {len(first)} headings; "
                        f"{_DELIMITERS[delimiter]} inside a cell need quotes around it"
                    )
                check_count(table, (count := count + 1))
                yield number, dict(zip(first, map(str.strip, cells), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{table}: not a readable table in UTF-8 ({error}); save it anew as .csv in UTF-8"
        ) from None


def column(names: Sequence[str], known: Sequence[str]) -> str | None:
    """Find the column that holds one kind of value, whatever it is called.

    Parameters
    ----------
    names : sequence of str
        Of the table's columns.
    known : sequence of str
        What such a column may be called, the likeliest first, in lower case with single spaces.

    Returns
    -------
    str or None
        The column as the table spells it.
    """
    plain = {" ".join(re.split(r"[\s_-]+", name.strip().lower())): name for name in names}
    return next((plain[name] for name in known if name in plain), None)


def value(row: Mapping[str, str], name: str | None) -> str:
    """Give a cell, or nothing where there is no such column or it holds a word for nothing."""
    text = "" if name is None else row[name]
    if text.lower() in _BLANKS:
        return ""
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def _opened(table: Path, errors: str = "strict") -> TextIO:
    if not table.is_file():
        raise OSError("not a regular file")
    with table.open("rb") as file:
        mark = file.read(4)
    # Excel's "Unicode text" says so in its first bytes.
    wide = mark.startswith((b"\xff\xfe", b"\xfe\xff"))
    return table.open(encoding="utf-16" if wide else "utf-8-sig", errors=errors, newline="")


def _delimiter(line: str) -> str:
    """Give what parts the headings: what stands most often between them."""
    outside_quotes = re.sub(r'"[^"]*"', "", line)
    return max(_DELIMITERS, key=outside_quotes.count)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []
