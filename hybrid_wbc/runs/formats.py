"""The JSON files of a run: each one's type, the number of its format, and the schema shipped."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from hybrid_wbc.classical.tuning import Tuned
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.ablation import Ablation
from hybrid_wbc.evaluation.approaches import Approaches
from hybrid_wbc.evaluation.attributes import AttributesTold
from hybrid_wbc.evaluation.health import Health
from hybrid_wbc.evaluation.scoring import Metrics
from hybrid_wbc.evaluation.stress import Stress
from hybrid_wbc.files import read_json, write_json, write_text
from hybrid_wbc.runs.provenance import Provenance

FORMAT = "format"
SCHEMAS = Path(__file__).parent / "schemas"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"

T = TypeVar("T")


@dataclass(frozen=True)
class Format(Generic[T]):
    """One kind of JSON file.

    What is written begins with the number of its format, which tells what an older version wrote
    from what a newer one did; files without a number are of the version before there were any.

    Parameters
    ----------
    name : str
        Of the kind, and of its schema.
    type : type
        What it holds, less the number.
    remedy : str
        How the file is made again.
    number : int
        Of the format that is written. A change that a reader of the old one cannot bear counts up.
    """

    name: str
    type: type[T]
    remedy: str
    number: int = 1

    @cached_property
    def _adapter(self) -> TypeAdapter[T]:
        return TypeAdapter(self.type)

    def read(self, path: Path) -> T:
        """Read a file of this kind, of this version or an earlier one.

        Raises
        ------
        InputError
            If it is missing, broken, of a newer version or of another kind.
        """
        content = read_json(path)
        number = content.pop(FORMAT, 0) if isinstance(content, dict) else 0
        if not isinstance(number, int) or number > self.number:
            raise InputError(
                f"{path}: of format {number}, this version reads {self.name} up to {self.number}; "
                "install the version of hybrid-wbc that wrote it, or a newer one"
            )
        try:
            self._adapter.validate_python(content, strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise InputError(
                f"{path}: {f'{place}: ' if place else ''}{first['msg']}; it is damaged or was "
                f"written by an earlier version: {self.remedy}"
            ) from error
        return cast(T, content)

    def write(self, path: Path, content: T) -> None:
        """Write a file of this kind."""
        write_json(path, self._numbered(content))

    def text(self, content: T) -> str:
        """Give what such a file holds, for printing."""
        return json.dumps(self._numbered(content), indent=2, ensure_ascii=False)

    def _numbered(self, content: T) -> Mapping[str, object]:
        return {FORMAT: self.number, **cast(Mapping[str, object], content)}

    def schema(self) -> str:
        """Give the JSON schema of what `write` writes."""
        schema = self._adapter.json_schema(schema_generator=_Untitled)
        numbered = {
            "properties": {FORMAT: {"const": self.number}} | schema.pop("properties", {}),
            "required": [FORMAT, *schema.pop("required", [])],
        }
        head = {"$schema": _DIALECT, "title": f"{self.name}.json"}
        return json.dumps(head | schema | head | numbered, indent=2) + "\n"


class _Untitled(GenerateJsonSchema):
    """Leaves out the titles that pydantic makes of the keys."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002
        return False


_CLASSIFY = "run `hybrid-wbc classify` on the run first"

METRICS = Format("metrics", Metrics, _CLASSIFY)
CLASSIFIERS = Format("classifiers", dict[str, str], _CLASSIFY)
TUNING = Format("tuning", dict[str, Tuned], _CLASSIFY)
APPROACHES = Format("approaches", Approaches, "start a new run")
ABLATION = Format("ablation", Ablation, "run `hybrid-wbc ablate` on the run first")
HEALTH = Format("health", Health, "run `hybrid-wbc report` on the run first")
ATTRIBUTES = Format(
    "attributes", AttributesTold, "run `hybrid-wbc attributes` on the run and its table again"
)
STRESS = Format("stress", Stress, "run `hybrid-wbc stress` on the run again")
PROVENANCE = Format("provenance", Provenance, "start a new run")

FORMATS: tuple[Format[Any], ...] = (
    PROVENANCE, CLASSIFIERS, TUNING, APPROACHES, METRICS, ABLATION, HEALTH, ATTRIBUTES, STRESS
)  # fmt: skip


def write_schemas(folder: Path = SCHEMAS, formats: Sequence[Format[Any]] = FORMATS) -> None:
    """Write the schema of every kind, from its type."""
    for each in formats:
        write_text(folder / f"{each.name}.json", each.schema())


if __name__ == "__main__":
    write_schemas()
