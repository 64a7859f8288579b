"""What QuPath opens: rectangles in pixels, closed, with class, colour and measurements."""

import runpy
from pathlib import Path

from hybrid_wbc.report.words.geojson import feature_collection

a_cell = runpy.run_path(str(Path(__file__).parents[1] / "cell_input.py"))["a_cell"]


def test_a_cell_is_a_closed_rectangle_in_pixels_with_what_qupath_reads():
    cell = a_cell("a.png", "monocyte", 2, unlike=True)
    collection = feature_collection([cell], {"monocyte": (1, 2, 3)})
    assert collection["type"] == "FeatureCollection"
    (feature,) = collection["features"]
    assert feature["geometry"]["type"] == "Polygon"
    assert feature["geometry"]["coordinates"] == [
        [[20, 20], [50, 20], [50, 60], [20, 60], [20, 20]]
    ]
    properties = feature["properties"]
    assert properties["objectType"] == "detection"
    assert properties["classification"] == {"name": "monocyte", "color": [1, 2, 3]}
    assert properties["measurements"]["unlike anything seen"] == 1.0
    assert all(isinstance(v, int | float) for v in properties["measurements"].values())


def test_what_is_not_known_is_no_measurement():
    unknown = dict.fromkeys(("probability", "set", "distance", "strangeness", "unlike"))
    cell = a_cell("a.png", "monocyte", **unknown)
    (feature,) = feature_collection([cell], {"monocyte": (1, 2, 3)})["features"]
    assert list(feature["properties"]["measurements"]) == ["cut off by the frame"]
