"""One reproduction to write words and pages of."""

from __future__ import annotations

from typing import Any


def score(mean: float, **changes: Any) -> dict[str, Any]:
    return {"mean": mean, "low": mean - 0.05, "high": mean + 0.05, "raw": [mean], **changes}


def a_row(**changes: Any) -> dict[str, Any]:
    """Give an accuracy of the paper's, with ours by both protocols."""
    said = {"lowest": 0.98, "highest": 0.98, "words": "98 %", "epochs": None, "basis": "stated"}
    return {
        "metric": "accuracy",
        "class": None,
        "classifier": "cnn",
        "scored_on": "test",
        "paper": said | {"place": "Table I"},
        "as published": score(0.95),
        "by source": score(0.7),
        "difference": {"mean": 0.25, "low": 0.18, "high": 0.32},
        **changes,
    }


def a_deduction(**changes: Any) -> dict[str, Any]:
    """Give a narrower network, whose accuracy lies below the recipe's."""
    reached = {"metric": "accuracy", "classifier": "cnn", "score": score(0.9)}
    apart = {"mean": -0.05, "low": -0.1, "high": 0.0}
    return {
        "key": "network.width",
        "value": 1.0,
        "instead": 0.5,
        "reason": "the paper is silent",
        "failed": None,
        "folder": "00002-s9-width-0.5",
        "repeats": 3,
        "at_chance": 0,
        "scores": [reached | {"recipe": score(0.95), "difference": apart}],
        **changes,
    }


def run_facts(**changes: Any) -> dict[str, Any]:
    """Give what three trainings rest on."""
    shared = {"test_cells": 1200, "shared_test_cells": 0, "shared_sources": 0}
    side = {"files": 1200, "cells": 1200, "sources": 71, "effective_sources": 31.5}
    return {
        "folder": "00000-s9",
        "data": "cells",
        "repeats": 3,
        "epochs": 5,
        "evidence": {"test": side},
        "overlap": shared | {"repeats": [shared]},
        "at_chance": 0,
        "notes": [],
        **changes,
    }


def a_reproduction(**changes: Any) -> dict[str, Any]:
    """Give a system under both protocols."""
    protocols = ("as published", "by source")
    return {
        "system": "s9",
        "title": "A title",
        "citation": "An author, 2023",
        "about": "a network of two layers",
        "data": {"name": "lisc", "says": "cells of LISC"},
        "synthetic": False,
        "other_data": False,
        "changed": {protocol: [] for protocol in protocols},
        "runs": {protocol: run_facts() for protocol in protocols},
        "rows": [a_row()],
        "contradictions": [],
        "deductions": [],
        **changes,
    }
