"""The extraction stage: what each network says of every cell."""

from __future__ import annotations

import numpy as np

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config.choices import TARGET
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.loading import Cells
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.repeat import TrainedNetwork
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages.repeats import Repeat


def extract_repeat(
    config: Config, folder: RunFolder, cells: Cells, repeat: Repeat, reporter: Reporter
) -> None:
    """Run the repeat's networks over its cells and keep what they say."""
    kept = Run(folder).begin_repeat(repeat.name)
    # TensorFlow takes seconds to load; the stages after this one do without it.
    from hybrid_wbc.cnn import extraction

    images, tested = cells.images[repeat.chosen], repeat.split == TEST

    def say(trained: TrainedNetwork, title: str) -> tuple[np.ndarray, np.ndarray]:
        network, views = trained.network(), config.network.views
        with reporter.job(f"{title}: extracting") as advance:
            X, softmax = extraction.extract(network, images, views=views, progress=advance)
        if config.network.statistics == TARGET:
            extraction.adapt(network, images[tested])
            X[tested], softmax[tested] = extraction.extract(network, images[tested], views=views)
        return X, softmax

    members = kept.members(config.ensemble.networks or 0)
    if members:
        softmax = [say(member, f"{repeat.name} {member.name}")[1] for member in members]
        kept.write_ensemble(np.mean(softmax, axis=0))
    classes = repeat.classes(cells)
    X, probabilities = say(kept, repeat.name)
    kept.write_embeddings(
        Embeddings(
            X=X,
            y=np.searchsorted(classes, cells.labels[repeat.chosen]),
            ids=cells.ids[repeat.chosen],
            sources=cells.sources[repeat.chosen],
            split=repeat.split,
            classes=classes,
            probabilities=probabilities,
        )
    )
