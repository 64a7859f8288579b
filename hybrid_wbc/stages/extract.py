"""The extraction stage: what each network says of every cell, and what a ruler measured of it."""

from __future__ import annotations

import numpy as np

from hybrid_wbc.classical.embeddings import Embeddings, complete
from hybrid_wbc.config.choices import SHAPE, TARGET
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.cells.shape import NAMES
from hybrid_wbc.data.loading import Cells
from hybrid_wbc.data.rows import Rows
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.network import TrainedNetwork
from hybrid_wbc.runs.repeat import RunRepeat
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages.repeats import Repeat


def extract_repeat(
    config: Config, folder: RunFolder, cells: Cells, repeat: Repeat, reporter: Reporter
) -> None:
    """Run the repeat's networks over its cells and keep what they say, and what was measured."""
    kept = Run(folder).begin_repeat(repeat.name)
    if config.classifiers.features == SHAPE:
        nothing = np.empty((len(repeat.chosen), 0), np.float32)
        _keep(cells, repeat, kept, nothing, nothing)
    else:
        _ask_networks(config, cells, repeat, kept, reporter)


def _ask_networks(
    config: Config, cells: Cells, repeat: Repeat, kept: RunRepeat, reporter: Reporter
) -> None:
    # TensorFlow takes seconds to load; the stages after this one do without it.
    from hybrid_wbc.cnn import extraction

    images, tested = Rows.of(cells.images, repeat.chosen), repeat.split == TEST

    def say(trained: TrainedNetwork, title: str) -> tuple[np.ndarray, np.ndarray]:
        network, views = trained.network(), config.network.views
        with reporter.job(f"{title}: extracting") as advance:
            X, softmax = extraction.extract(network, images, views=views, progress=advance)
        if config.network.statistics == TARGET:
            target = Rows.of(images, tested)
            extraction.adapt(network, target)
            X[tested], softmax[tested] = extraction.extract(network, target, views=views)
        return X, softmax

    members = kept.members(config.ensemble.networks or 0)
    if members:
        softmax = [say(member, f"{repeat.name} {member.name}")[1] for member in members]
        kept.write_ensemble(np.mean(softmax, axis=0))
    X, probabilities = say(kept, repeat.name)
    _keep(cells, repeat, kept, X, probabilities)


def _keep(
    cells: Cells, repeat: Repeat, kept: RunRepeat, X: np.ndarray, probabilities: np.ndarray
) -> None:
    """Keep what a network says of the cells, with what was measured of them."""
    classes = repeat.classes(cells)
    names = np.array(NAMES if cells.measured is not None else [], dtype=str)
    missing = np.zeros((len(X), len(names)), dtype=bool)
    if cells.measured is not None:
        measured = cells.measured[repeat.chosen]
        missing = np.isnan(measured)
        X = np.hstack([X, complete(measured, measured[repeat.split == TRAIN], NAMES)])
    kept.write_embeddings(
        Embeddings(
            X=X,
            y=np.searchsorted(classes, cells.labels[repeat.chosen]),
            ids=cells.ids[repeat.chosen],
            sources=cells.sources[repeat.chosen],
            split=repeat.split,
            classes=classes,
            probabilities=probabilities,
            hand_made=names,
            missing=missing,
        )
    )
