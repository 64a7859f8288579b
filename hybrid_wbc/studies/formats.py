"""The JSON that studies keep or print: each kind's type, number of its format, and schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hybrid_wbc.evaluation.agreement import Agreement
from hybrid_wbc.evaluation.audit import Audit
from hybrid_wbc.evaluation.predicted import Predicted
from hybrid_wbc.evaluation.reproduction import Reproduction
from hybrid_wbc.runs.formats import Format, write_schemas
from hybrid_wbc.studies.check import CheckedSet
from hybrid_wbc.studies.compare import Compared, Transfer

SCHEMAS = Path(__file__).parent / "schemas"

CHECK = Format("check", CheckedSet, "run `hybrid-wbc data check --json` again")
AUDIT = Format("audit", Audit, "run `hybrid-wbc data audit --json` again")
COMPARISON = Format("comparison", Compared, "run `hybrid-wbc compare --json` again")
TRANSFER = Format("transfer", Transfer, "run `hybrid-wbc transfer` again")
AGREEMENT = Format("agreement", Agreement, "run `hybrid-wbc agree` again")
PREDICTED = Format("predicted", Predicted, "run `hybrid-wbc predict --json` again")
REPRODUCTION = Format("reproduction", Reproduction, "run `hybrid-wbc reproduce` again")

FORMATS: tuple[Format[Any], ...] = (
    AGREEMENT,
    CHECK,
    AUDIT,
    COMPARISON,
    TRANSFER,
    PREDICTED,
    REPRODUCTION,
)

if __name__ == "__main__":
    write_schemas(SCHEMAS, FORMATS)
