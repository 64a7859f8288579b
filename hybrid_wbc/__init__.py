"""Hybrid white-blood-cell classification: CNN embeddings, classical classifiers, honest numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hybrid_wbc.data.loading import Cells, load_cells
    from hybrid_wbc.estimator.hybrid import HybridClassifier

__version__ = "0.2.0"
__all__ = ["Cells", "HybridClassifier", "load_cells"]


def __getattr__(name: str) -> Any:
    """Import what is asked for only then: the command line starts without scikit-learn."""
    if name == "HybridClassifier":
        from hybrid_wbc.estimator.hybrid import HybridClassifier

        return HybridClassifier
    if name in {"Cells", "load_cells"}:
        from hybrid_wbc.data import loading

        return getattr(loading, name)
    raise AttributeError(f"module 'hybrid_wbc' has no attribute '{name}'")
