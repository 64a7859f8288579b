"""The JSON files of a run: typed when read, numbered when written, with schemas that are true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hybrid_wbc.errors import InputError
from hybrid_wbc.runs import formats
from hybrid_wbc.runs.formats import FORMAT, FORMATS, SCHEMAS, Format

CHECKSUMS = {"knn": "ab", "svm": "cd"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "classifiers.json"


def test_the_number_of_the_format_comes_first_and_is_not_part_of_what_is_read(path: Path) -> None:
    formats.CLASSIFIERS.write(path, CHECKSUMS)
    assert list(json.loads(path.read_text())) == [FORMAT, *CHECKSUMS]
    assert formats.CLASSIFIERS.read(path) == CHECKSUMS


def test_a_file_of_the_version_before_there_were_numbers_is_read(path: Path) -> None:
    path.write_text(json.dumps(CHECKSUMS))
    assert formats.CLASSIFIERS.read(path) == CHECKSUMS


@pytest.mark.parametrize("number", [2, 99, "2", None, 1.5])
def test_a_file_of_a_newer_format_is_refused(path: Path, number: Any) -> None:
    path.write_text(json.dumps({FORMAT: number} | CHECKSUMS))
    with pytest.raises(
        InputError, match=rf"classifiers\.json: of format {number}, .* up to 1"
    ) as e:
        formats.CLASSIFIERS.read(path)
    assert "\n" not in str(e.value) and "install" in str(e.value)


def test_an_older_format_is_read_by_a_newer_version(path: Path) -> None:
    formats.CLASSIFIERS.write(path, CHECKSUMS)
    newer = Format("classifiers", dict[str, str], "", number=7)
    assert newer.read(path) == CHECKSUMS


@pytest.mark.parametrize("each", FORMATS, ids=lambda each: each.name)
@pytest.mark.parametrize("content", [[], 3, "text", None, {"knn": 1}])
def test_a_file_of_another_kind_is_refused_with_its_name_and_the_way_out(
    tmp_path: Path, each: Format[Any], content: Any
) -> None:
    path = tmp_path / "given.json"
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"given\.json: ") as error:
        each.read(path)
    assert each.remedy in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("each", FORMATS, ids=lambda each: each.name)
def test_a_broken_file_is_refused(tmp_path: Path, each: Format[Any]) -> None:
    (tmp_path / "given.json").write_text('{"repeats": [')
    with pytest.raises(InputError, match=r"given\.json: not JSON"):
        each.read(tmp_path / "given.json")


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        ({"versions": None}, "versions"),
        ({"machine": {"system": 3, "processor": "", "cores": 2}}, "machine.system"),
        (
            {"data": {"path": "x", "layout": "npz", "synthetic": "no", "notes": []}},
            "data.synthetic",
        ),
    ],
)
def test_damage_is_named_by_its_place(tmp_path: Path, damage: dict, place: str) -> None:
    facts = {
        "commit": None,
        "dirty": None,
        "versions": {},
        "machine": {"system": "", "processor": "", "cores": None},
        "argv": [],
        "data_sha256": "",
        "data": {"path": "x", "layout": "npz", "synthetic": False, "notes": []},
    }
    path = tmp_path / "provenance.json"
    path.write_text(json.dumps(facts))
    assert formats.PROVENANCE.read(path) == facts
    path.write_text(json.dumps(facts | damage))
    with pytest.raises(InputError, match=rf"provenance\.json: {place}: "):
        formats.PROVENANCE.read(path)


def test_keys_that_are_not_known_are_kept(tmp_path: Path) -> None:
    health = {"repeats": [], "warnings": [], "later": {"more": 1}}
    formats.HEALTH.write(tmp_path / "health.json", health)  # type: ignore[arg-type]
    assert formats.HEALTH.read(tmp_path / "health.json") == health


@pytest.mark.parametrize("each", FORMATS, ids=lambda each: each.name)
def test_the_shipped_schema_is_that_of_the_type(each: Format[Any]) -> None:
    shipped = (SCHEMAS / f"{each.name}.json").read_text(encoding="utf-8")
    assert shipped == each.schema(), "run `make schemas`"


def test_no_schema_is_shipped_of_what_is_no_kind() -> None:
    assert {path.stem for path in SCHEMAS.iterdir()} == {each.name for each in FORMATS}


def test_schemas_are_written_from_the_types(tmp_path: Path) -> None:
    formats.write_schemas(tmp_path)
    for each in FORMATS:
        assert (tmp_path / f"{each.name}.json").read_text() == each.schema()
