"""What `list` shows."""

from __future__ import annotations

from hybrid_wbc.config import names


def listed(kind: str) -> list[tuple[str, str]]:
    """Give the names of one kind that a config or command can use, each with a description."""
    if kind == "networks":
        return list(names.NETWORKS.items())
    if kind == "classifiers":
        return [(name, f"{c.title}: {c.description}") for name, c in names.CLASSIFIERS.items()]
    if kind == "layouts":
        return list(names.LAYOUTS.items())
    from hybrid_wbc.config import shipped  # which reads YAML

    if kind == "systems":
        return list(shipped.descriptions("about", shipped.PAPERS).items())
    return list(shipped.descriptions("description").items())
