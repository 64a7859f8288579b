"""A table of text is read right or refused with file, line and word."""

import csv

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hybrid_wbc.data.reading.rows import column, heading, rows, value
from hybrid_wbc.errors import InputError


def write(tmp_path, content: str | bytes):
    table = tmp_path / "cells.csv"
    table.write_bytes(content if isinstance(content, bytes) else content.encode())
    return table


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_may_be_parted_by_commas_semicolons_or_tabs(tmp_path, delimiter):
    table = write(tmp_path, "path,label\na.png,mono\n".replace(",", delimiter))
    assert list(rows(table, ["path"])) == [(2, {"path": "a.png", "label": "mono"})]


def test_excels_unicode_text_is_read(tmp_path):
    table = write(tmp_path, "path\tlabel\r\nä.png\tmono\r\n".encode("utf-16"))
    assert list(rows(table, ["path"])) == [(2, {"path": "ä.png", "label": "mono"})]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("path,label,patient\na.png,neut, segmented,p1\n", r"line 2: 4 cells under 3 headings"),
        ("path,label\na.png\n", "line 2: 1 cells under 2 headings"),
        ("path,label,label\na.png,x,y\n", "two columns are called 'label'"),
        (b"path,label\n\xe9.png,mono\n", "not a readable table in UTF-8"),
        ('path,label\n"a"b.png,mono\n', "not a readable table"),
        ('path,label\n"a.png,mono\n', "not a readable table"),
        ("", "no column 'path'; found none at all"),
    ],
)
def test_a_table_that_cannot_be_trusted_is_refused(tmp_path, content, complaint):
    with pytest.raises(InputError, match=complaint):
        list(rows(write(tmp_path, content), ["path"]))


def test_a_folder_in_the_place_of_a_table_is_no_table(tmp_path):
    assert heading(tmp_path) == []


@pytest.mark.parametrize("word", ["", "nan", "NaN", "NA", "<NA>", "null", "None", "-"])
def test_words_for_nothing_are_nothing(word):
    assert value({"label": word}, "label") == ""


def test_a_number_that_passed_through_floats_is_the_same_class():
    assert value({"label": "0.0"}, "label") == value({"label": "0"}, "label") == "0"
    assert value({"label": "0.5"}, "label") == "0.5"
    assert value({}, None) == ""


def test_a_column_is_found_however_it_is_written():
    assert column(["File_Name", "Class"], ("filename", "file name")) == "File_Name"
    assert column(["a", "b"], ("path",)) is None


texts = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=12)


@given(
    delimiter=st.sampled_from(",;\t"),
    content=st.lists(st.tuples(texts, texts, texts), max_size=6),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_spreadsheet_writes_is_read_as_it_was(
    tmp_path_factory, delimiter, content, encoding
):
    table = tmp_path_factory.mktemp("rows") / "cells.csv"
    with table.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([("path", "label", "source"), *content])
    found = [tuple(row.values()) for _, row in rows(table, ["path", "label"])]
    assert found == [tuple(map(str.strip, line)) for line in content if any(map(str.strip, line))]
