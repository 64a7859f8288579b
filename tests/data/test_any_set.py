"""Any table and any tree of folders: read as it was planted, or refused in one line.

`make test-thorough` tries 2,000 of each.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from pathlib import Path
from typing import NamedTuple

import hypothesis.strategies as st
import pytest
from hypothesis import example, given

from hybrid_wbc.data.reading.levels import are_sources, holds_no_cells, side_of
from hybrid_wbc.data.reading.readers import Reading, read
from hybrid_wbc.data.sets.class_names import CLASS_NAMES, EIGHT_TYPES, class_name
from hybrid_wbc.data.splitting import split_as_published, split_by_ratio
from hybrid_wbc.errors import InputError, readable


def read_or_refused(path: Path) -> Reading | None:
    try:
        return read(path)
    except InputError as error:
        assert "\n" not in str(error) and str(error).isprintable(), repr(error)
        return None


def check_sides(reading: Reading) -> None:
    """Split what was read: no source lies on two sides."""
    kept = [sample for sample in reading.samples if len(sample.labels) == 1]
    labels = [sample.label for sample in kept]
    sources = [sample.source or sample.id for sample in kept]
    given_sides = [sample.split for sample in kept]
    options = {"validation": 0.2, "seed": 0}
    for split in (
        lambda: split_by_ratio(labels, sources, test=0.3, **options),
        lambda: split_as_published(labels, sources, given_sides, **options),
    ):
        try:
            sides = split()
        except InputError as error:
            assert "\n" not in str(error)
            continue
        of_source: dict[str, set[str]] = {}
        for source, side in zip(sources, sides.tolist(), strict=True):
            of_source.setdefault(source, set()).add(side)
        assert all(len(found) == 1 for found in of_source.values()), of_source


# tables

SIDES = {"": "", "train": "train", "Training": "train", "val": "validation", "TEST": "test"}
BLANKS = ("", "nan", "NA", "None", "-", " ")
texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=8)
names = st.text("abcäñ細 -_.'\"(),;&#%7", min_size=1, max_size=10).filter(
    lambda name: name.strip(" .")
)
classes = st.one_of(st.sampled_from([*EIGHT_TYPES, "Neut", "EOSINOPHIL", "Baso"]), names)


class Line(NamedTuple):
    """A row of a table."""

    path: str
    label: str
    source: str
    split: str


lines = st.builds(
    Line,
    path=names.map(lambda name: f"{name.strip()}.png"),
    label=st.one_of(classes, st.sampled_from(BLANKS)),
    source=st.one_of(names, st.sampled_from(BLANKS), st.integers(0, 30).map(str)),
    split=st.sampled_from(list(SIDES)),
)


def value_of(text: str) -> str:
    plain = text.strip()
    return "" if plain.lower() in {blank.strip().lower() for blank in BLANKS} else plain


def labels_of(text: str) -> set[tuple[str, ...]]:
    """Give what a label may be read as: commas part several, each by its name."""
    plain = value_of(text)
    parts = [class_name(part) for part in plain.split(",") if part.strip()]
    return {tuple(parts), (class_name(plain),), ()} if len(parts) > 1 else {tuple(parts)}


@given(
    content=st.lists(lines, min_size=1, max_size=8),
    headings=st.sampled_from([
        ("path", "label", "source", "split"), ("File_Name", "Class", "Patient ID", "Set"),
        ("image", "cell type", "slide", "partition"), ("Path ", " LABEL", "case", "side"),
        ("path", "label", "source", "source"), ("path", "what", "source", "split"),
    ]),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, None]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252", "latin-1"]),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    beside=st.lists(texts, max_size=2),
)  # fmt: skip
@example(
    content=[Line("a.png", "mono", "1", "")], headings=("path", "label", "source", "split"),
    delimiter=",", quoting=None, encoding="utf-8", ending="\n", beside=[],
)  # fmt: skip
def test_any_table_is_read_as_it_was_planted_or_refused(
    tmp_path_factory, content, headings, delimiter, quoting, encoding, ending, beside
):
    rows = [(*headings, *(f"more {n}" for n in range(len(beside))))]
    rows += [(*line, *beside) for line in content]
    written = io.StringIO()
    if quoting is None:  # as people join cells by hand
        written.write(ending.join(delimiter.join(row).replace('"', "") for row in rows) + ending)
        content = [Line(*(cell.replace('"', "") for cell in line)) for line in content]
    else:
        csv.writer(written, delimiter=delimiter, quoting=quoting, lineterminator=ending).writerows(
            rows
        )
    table = tmp_path_factory.mktemp("tables") / "labels.csv"
    try:
        table.write_bytes(written.getvalue().encode(encoding))
    except UnicodeEncodeError:
        return
    found = read_or_refused(table)
    plain = (
        encoding in {"utf-8", "utf-8-sig"} and delimiter == "," and quoting == csv.QUOTE_ALL
        and headings[0] == "path" and headings[1:3] == ("label", "source")
        and headings[3] == "split" and ending == "\n"
    )  # fmt: skip
    if found is None:
        whole = {(line.path.strip(), *labels_of(line.label)) for line in content}
        assert not plain or len(whole) < len(content) or not all(
            value_of(line.label) and value_of(line.source) for line in content
        )  # fmt: skip
        return
    assert len(found.samples) == len(content)
    for sample, line in zip(found.samples, content, strict=True):
        assert sample.labels in labels_of(line.label), (sample, line)
        assert sample.source == value_of(line.source), (sample, line)
        assert sample.split == SIDES[line.split], (sample, line)
    check_sides(found)


# trees of folders


def is_a_class(name: str) -> bool:
    return not (side_of(name) or holds_no_cells(name) or are_sources([name])) and bool(name.strip())


folders = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="/\\"),
    min_size=1, max_size=10,
).filter(lambda name: not name.startswith(".") and len(name.encode()) < 250)  # fmt: skip
class_folders = st.one_of(
    st.sampled_from([*EIGHT_TYPES, "Neut", "eosi", "IG"]),
    folders.filter(is_a_class),
    st.sampled_from(["blast", "smudge cell", "naïve", "naïve", "größe", "細胞", "\u200fABC"]),
)
patients = st.one_of(
    st.integers(1, 99).map(lambda number: f"patient {number}"),
    st.integers(1, 99).map(lambda number: f"slide_{number}"),
    st.integers(1, 99).map(str),
    st.sampled_from(["anna", "bert", "caesar"]),
)


def key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


@given(
    names=st.lists(
        class_folders, min_size=2, max_size=4, unique_by=lambda name: key(class_name(name))),
    patients=st.lists(patients, max_size=3, unique=True),
    sides=st.sampled_from(
        [("",), ("train", "test"), ("Training Set", "Test-B", "val"), ("TRAIN",)]),
    order=st.permutations(["side", "class", "patient"]),
    wrapper=st.sampled_from([(), ("data",), ("Dataset", "images"), ("my set",)]),
    junk=st.lists(st.sampled_from(["Thumbs.db", "notes.txt", ".DS_Store"]), max_size=2),
    decomposed=st.booleans(),
)  # fmt: skip
def test_any_tree_of_folders_is_read_as_it_was_planted_or_refused(
    tmp_path_factory, names, patients, sides, order, wrapper, junk, decomposed
):
    root = tmp_path_factory.mktemp("trees") / "set"
    planted: dict[str, tuple[str, str, str]] = {}
    for name in names:
        for number, patient in enumerate(patients or [""]):
            for side in sides:
                level = {"side": side, "class": name, "patient": patient}
                parts = [*wrapper, *(level[each] for each in order if level[each])]
                # Half of the folders come from a Mac.
                form = "NFD" if decomposed and number % 2 else "NFC"
                folder = root.joinpath(*(unicodedata.normalize(form, part) for part in parts))
                folder.mkdir(parents=True, exist_ok=True)
                for picture in ("1.png", "2.png"):
                    (folder / picture).write_bytes(b"")
                    at = (folder / picture).relative_to(root).as_posix()
                    label = readable(class_name(name))
                    planted[readable(at)] = (label, side_of(side), patient)
    for each in junk:
        (root / each).write_bytes(b"nothing of ours")
    found = read_or_refused(root)
    if found is None:
        known = all(class_name(name) in CLASS_NAMES for name in names)
        assert not known or any(class_name(patient) in CLASS_NAMES for patient in patients)
        return
    labelled = {s.id: s for s in found.samples if s.labels}
    for at, sample in labelled.items():
        label, side, patient = planted[at]
        assert sample.labels == (label,), (sample, planted[at])
        assert sample.split == side, (sample, planted[at])
        if sample.source and patient:
            assert sample.source == patient, (sample, planted[at])
    assert (
        labelled.keys() == planted.keys() or any(found.notes) or len(found.samples) > len(labelled)
    )
    check_sides(found)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_planting_itself_knows_both_forms_of_unicode(form):
    assert key(unicodedata.normalize(form, "naïve")) == key("naïve")
