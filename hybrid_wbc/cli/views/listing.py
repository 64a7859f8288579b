"""What `list` shows."""

from __future__ import annotations

from hybrid_wbc.config import load, systems


def listed(kind: str) -> list[tuple[str, str]]:
    """Give the names of one kind that a config or command can use, each with a description."""
    if kind == "networks":
        from hybrid_wbc.cnn.networks import NETWORKS

        return [(name, network.description) for name, network in NETWORKS.items()]
    if kind == "classifiers":
        from hybrid_wbc.classical.classifiers import CLASSIFIERS

        return [(name, f"{c.title}: {c.description}") for name, c in CLASSIFIERS.items()]
    if kind == "layouts":
        from hybrid_wbc.data.reading.readers import LAYOUTS

        return [(name, layout.description) for name, layout in LAYOUTS.items()]
    if kind == "systems":
        return [(name, systems.load(name).about) for name in systems.names()]
    return [(name, load.load(name).description) for name in load.shipped()]
