"""Hybrid white-blood-cell classification: CNN embeddings, classical classifiers, honest numbers.

`__all__` is the public interface: what it names keeps its meaning from one version to the next.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hybrid_wbc.data.loading import Cells, load_cells
    from hybrid_wbc.errors import InputError
    from hybrid_wbc.estimator.hybrid import HybridClassifier
    from hybrid_wbc.report.figures.display import EmbeddingDisplay
    from hybrid_wbc.studies.results import Run, load_run

__version__ = "0.2.0"
__all__ = [
    "Cells",
    "EmbeddingDisplay",
    "HybridClassifier",
    "InputError",
    "Run",
    "load_cells",
    "load_run",
]

_HOME = {
    "Cells": "hybrid_wbc.data.loading",
    "EmbeddingDisplay": "hybrid_wbc.report.figures.display",
    "HybridClassifier": "hybrid_wbc.estimator.hybrid",
    "InputError": "hybrid_wbc.errors",
    "Run": "hybrid_wbc.studies.results",
    "load_cells": "hybrid_wbc.data.loading",
    "load_run": "hybrid_wbc.studies.results",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for only then: the command line starts without scikit-learn."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'hybrid_wbc' has no attribute '{name}'")


def __dir__() -> list[str]:
    """Name the public interface, for completion."""
    return sorted([*globals(), *__all__])
