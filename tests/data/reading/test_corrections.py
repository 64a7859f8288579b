"""Corrected labels: read with the line that is wrong, and laid over a set."""

from __future__ import annotations

from pathlib import Path

import pytest

from hybrid_wbc.data.reading.corrections import correct, read_corrections
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError

SAMPLES = [
    Sample("a.png", Path("a.png"), ("basophil",)),
    Sample("b.png", Path("b.png"), ("monocyte",)),
    Sample("c.png", Path("c.png"), ("monocyte", "neutrophil")),
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "corrections.csv"


def test_labels_are_corrected_by_id_and_other_columns_are_left_alone(table):
    table.write_text("why,id,label\nlooked,c.png,Mono\n,a.png,basophil\n", encoding="utf-8-sig")
    samples, corrected = correct(SAMPLES, read_corrections(table))
    assert [sample.labels for sample in samples] == [("basophil",), ("monocyte",), ("monocyte",)]
    assert corrected == [
        {"id": "c.png", "before": "monocyte | neutrophil", "after": "monocyte"},
    ]
    assert SAMPLES[2].labels == ("monocyte", "neutrophil")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id,label\na.png,basophil\nz.png,basophil\n", "line 3: no cell 'z.png' in the data"),
        (
            b"id,label\na.png,blast\n",
            "line 2: received the class 'blast', choose from baso",
        ),
        (b"id,label\na.png,\n", "line 2 has no label"),
        (b"id,label\n,basophil\n", "line 2 has no id"),
        (b"id,label\na.png,basophil\na.png,monocyte\n", "line 3 names a.png again, after line 2"),
        (b"id,class\na.png,basophil\n", "no column 'label'; corrected labels need the columns"),
        (b"id,label\n", "holds no row"),
        (b"", "no column 'id'"),
        (b"id,label\n\xff,basophil\n", "is no text in UTF-8"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_its_line(table, content, message):
    table.write_bytes(content)
    with pytest.raises(InputError, match=message) as refused:
        correct(SAMPLES, read_corrections(table))
    assert str(table) in str(refused.value) and "\n" not in str(refused.value)


def test_a_table_that_is_not_there_is_refused(table):
    with pytest.raises(InputError, match="cannot be read as a table of labels: No such file"):
        read_corrections(table)
