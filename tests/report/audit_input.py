"""One audit to write sentences and pages of."""

from __future__ import annotations

from typing import Any


def score(mean: float) -> dict[str, Any]:
    return {"mean": mean, "low": mean - 0.05, "high": mean + 0.05, "raw": [mean]}


def an_audit(**changes: Any) -> dict[str, Any]:
    """Give an audit of ten files with a photograph on two sides and a conflict."""
    pair = {
        "level": "photograph",
        "files": ["train/neut/a.png", "test/neut/b.png"],
        "labels": [["neutrophil"], ["neutrophil"]],
        "sides": ["train", "test"],
        "distance": 0.2,
        "likeness": "photograph",
        "landmarks": 31,
        "correlation": 0.97,
    }
    row = {"cells": 5, "files": 5, "photographs": 4, "sources": 4, "effective_sources": 3.57}
    return {
        "path": "/somewhere/cells",
        "synthetic": False,
        "notes": [],
        "n_readable": 10,
        "unreadable": [{"id": "mono/broken.png", "reason": "truncated"}],
        "unlabelled": 0,
        "several_labels": 0,
        "n_photographs": 8,
        "n_cell_groups": 7,
        "n_sources": 8,
        "largest_photograph": 3,
        "largest": [{"source": "test/neut/b.png", "files": 3}],
        "duplicates": [["mono/c.png", "mono/d.png"]],
        "conflicts": [
            {"level": "cells", "files": {"a.png": ["monocyte"], "b.png": ["neutrophil"]}}
        ],
        "sides": {
            "train": {"files": 6, "photographs": 5, "cell_groups": 5},
            "test": {"files": 4, "photographs": 4, "cell_groups": 4},
        },
        "shared": [
            {
                "level": "photograph",
                "sides": {"train": ["train/neut/a.png"], "test": ["test/neut/b.png"]},
            }
        ],
        "classes": {"monocyte": row, "neutrophil": row},
        "leakage": {
            "left_out": {},
            "n_files": 10,
            "n_sources": 8,
            "effective_sources": 7.1,
            "largest_class": 0.5,
            "folds": 5,
            "seeds": [0, 1, 2],
            "random": score(0.9),
            "by_source": score(0.6),
            "difference": score(0.3),
            "published": score(0.7),
        },
        "pairs": [
            pair | {"kind": "sides"},
            pair | {"kind": "conflict", "labels": [["monocyte"], []]},
            pair | {"kind": "unlike", "likeness": "nothing"},
        ],
        **changes,
    }
