"""Owns what QuPath opens: the cells of one picture as GeoJSON, in the picture's pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hybrid_wbc.evaluation.predicted import PredictedCell


def feature_collection(
    cells: Sequence[PredictedCell], colours: Mapping[str, tuple[int, int, int]]
) -> dict[str, Any]:
    """Write cells as detections, each a rectangle with its class and measurements.

    Parameters
    ----------
    cells : sequence of PredictedCell
        Of one smear.
    colours : mapping of str to (int, int, int)
        Red, green and blue of each class, from 0 to 255.

    Returns
    -------
    dict
        A FeatureCollection (RFC 7946), whose coordinates are columns and rows of pixels, as QuPath
        reads it.
    """
    return {"type": "FeatureCollection", "features": [_feature(cell, colours) for cell in cells]}


def _feature(cell: PredictedCell, colours: Mapping[str, tuple[int, int, int]]) -> dict[str, Any]:
    left, top, right, bottom = cell["box"] or (0, 0, 0, 0)
    corners = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
    measured: dict[str, float | None] = {
        "probability": cell["probability"],
        "classes in the prediction set": None if cell["set"] is None else len(cell["set"]),
        "distance to the nearest training cell": cell["distance"],
        "cut off by the frame": float(cell["cut_off"]),
        "strangeness": cell["strangeness"],
        "unlike anything seen": None if cell["unlike"] is None else float(cell["unlike"]),
    }
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [corners]},
        "properties": {
            "objectType": "detection",
            "name": f"{cell['answer']} {cell['number']}",
            "classification": {"name": cell["answer"], "color": list(colours[cell["answer"]])},
            "measurements": {name: value for name, value in measured.items() if value is not None},
        },
    }
