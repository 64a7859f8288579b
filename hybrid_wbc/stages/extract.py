"""The extraction stage: what each network says of every cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.loading import Cells
from hybrid_wbc.files import in_place
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import (
    EMBEDDINGS,
    ENSEMBLE,
    NETWORK,
    RunFolder,
    member_name,
)
from hybrid_wbc.stages.repeats import Repeat


def extract_repeat(
    config: Config, folder: RunFolder, cells: Cells, repeat: Repeat, reporter: Reporter
) -> None:
    """Run the repeat's networks over its cells and keep what they say."""
    place = folder.repeat(repeat.name)
    # TensorFlow takes seconds to load; the stages after this one do without it.
    from hybrid_wbc.cnn import extraction, storage

    def say(network: Path, title: str) -> tuple[np.ndarray, np.ndarray]:
        with reporter.job(f"{title}: extracting") as advance:
            return extraction.extract(
                storage.load(network),
                cells.images[repeat.chosen],
                views=config.network.views,
                progress=advance,
            )

    members = [place / member_name(i) / NETWORK for i in range(config.ensemble.networks or 0)]
    if members:
        softmax = [say(path, f"{repeat.name} {path.parent.name}")[1] for path in members]
        with in_place(place / ENSEMBLE) as beside, beside.open("wb") as file:
            np.save(file, np.mean(softmax, axis=0), allow_pickle=False)
    classes = repeat.classes(cells)
    X, probabilities = say(place / NETWORK, repeat.name)
    Embeddings(
        X=X,
        y=np.searchsorted(classes, cells.labels[repeat.chosen]),
        ids=cells.ids[repeat.chosen],
        sources=cells.sources[repeat.chosen],
        split=repeat.split,
        classes=classes,
        probabilities=probabilities,
    ).save(place / EMBEDDINGS)
