"""What studies keep and print as JSON: numbered, held to its type, and described by a schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hybrid_wbc.cli.main import main
from hybrid_wbc.errors import InputError
from hybrid_wbc.studies import formats

KEPT = Path(__file__).parents[2] / "artifacts" / "published" / "reproductions"


def schema(name: str) -> dict:
    return json.loads((formats.SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", formats.FORMATS, ids=lambda kind: kind.name)
def test_the_shipped_schema_is_that_of_the_type(kind):
    text = (formats.SCHEMAS / f"{kind.name}.json").read_text(encoding="utf-8")
    assert text == kind.schema(), "run `make schemas`"


def test_no_schema_is_shipped_of_what_is_not_written():
    shipped = {path.stem for path in formats.SCHEMAS.glob("*.json")}
    assert shipped == {kind.name for kind in formats.FORMATS}


# Those that were kept before results were numbered.
EARLIER = [
    path
    for path in sorted(KEPT.glob("*.json"))
    if "format" not in json.loads(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("path", EARLIER, ids=lambda path: path.stem)
def test_reproductions_that_earlier_versions_kept_still_open(path, tmp_path):
    before = json.loads(path.read_text(encoding="utf-8"))
    opened = formats.REPRODUCTION.read(path)
    assert opened == before
    formats.REPRODUCTION.write(tmp_path / "again.json", opened)
    assert json.loads((tmp_path / "again.json").read_text()) == {"format": 1} | before


def test_a_reproduction_of_a_newer_format_is_refused_in_one_line(tmp_path):
    kept = json.loads(next(KEPT.glob("*.json")).read_text(encoding="utf-8"))
    path = tmp_path / "s9.json"
    path.write_text(json.dumps(kept | {"format": 2}))
    with pytest.raises(InputError, match="of format 2, this version reads reproduction up to 1"):
        formats.REPRODUCTION.read(path)


def test_a_damaged_reproduction_is_refused_with_the_place_and_the_way_out(tmp_path):
    kept = json.loads(next(KEPT.glob("*.json")).read_text(encoding="utf-8"))
    kept["rows"][0]["scored_on"] = "the moon"
    path = tmp_path / "s9.json"
    path.write_text(json.dumps(kept))
    with pytest.raises(InputError, match=r"rows\.0\.scored_on: .*hybrid-wbc reproduce` again"):
        formats.REPRODUCTION.read(path)


def holds_to(kind: formats.Format, text: str, path: Path) -> dict:
    """Read what a command wrote by its own format, and give it with its number."""
    path.write_text(text, encoding="utf-8")
    kind.read(path)
    content = json.loads(text)
    described = schema(kind.name)
    assert next(iter(content)) == "format"
    assert content["format"] == described["properties"]["format"]["const"] == kind.number
    assert set(described["required"]) <= set(content) <= set(described["properties"])
    return content


def test_what_a_check_prints_is_as_its_schema_says(smears, tmp_path):
    printed = CliRunner().invoke(main, ["data", "check", str(smears), "--json"])
    content = holds_to(formats.CHECK, printed.stdout, tmp_path / "check.json")
    assert content["path"] == str(smears)


def test_what_an_audit_prints_is_as_its_schema_says(smears, tmp_path):
    arguments = ["data", "audit", str(smears), "--json", "-", "--out", str(tmp_path)]
    printed = CliRunner().invoke(main, arguments)
    content = holds_to(formats.AUDIT, printed.stdout, tmp_path / "audit.json")
    assert content["page"] == str(tmp_path / "audit.html")


def test_what_a_comparison_prints_is_as_its_schema_says(make_run, tmp_path):
    runs = [str(make_run(tmp_path / name).path) for name in ("00000-one", "00001-other")]
    printed = CliRunner().invoke(main, ["compare", *runs, "--json"])
    content = holds_to(formats.COMPARISON, printed.stdout, tmp_path / "compare.json")
    assert content["refused"] == ""
