"""The extraction stage: what each network says of every cell, and what a ruler measured of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from hybrid_wbc.classical.embeddings import Embeddings, complete
from hybrid_wbc.classical.subspace import Subspace
from hybrid_wbc.config.choices import SHAPE
from hybrid_wbc.config.names import TARGET
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.cells import finding
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

if TYPE_CHECKING:
    from hybrid_wbc.cnn.extraction import Extracted, Extractor

# Training cells that the subspace is found from, or some fewer: enough for its directions.
_CELLS_OF_SUBSPACE = 2048


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
    from hybrid_wbc.cnn import adapting, extraction

    images, tested = Rows.of(cells.images, repeat.chosen), repeat.split == TEST

    def say(
        trained: TrainedNetwork, title: str, subspace_of: Callable[[Extractor], Subspace | None]
    ) -> tuple[Extracted, Subspace | None]:
        network, views = trained.network(), config.network.views
        extractor = extraction.Extractor(network)
        subspace = subspace_of(extractor)
        outside = subspace.outside if subspace else None
        with reporter.job(f"{title}: extracting") as advance:
            said = extractor(images, views=views, progress=advance, outside=outside)
        if config.network.statistics == TARGET:
            target = Rows.of(images, tested)
            adapting.Adapter(network, extractor).adapt_to(target)
            again = extractor(target, views=views, outside=outside)
            for of_all, of_tested in zip(said, again, strict=True):
                if of_all is not None:
                    of_all[tested] = of_tested
        return said, subspace

    def of_training_cells(extractor: Extractor) -> Subspace | None:
        if not extractor.has_features:
            return None
        some = Rows.of(images, _some_of_each(cells.labels[repeat.chosen], repeat.split == TRAIN))
        with reporter.job(f"{repeat.name}: what its training cells have in common") as advance:
            features = extractor.features(some, views=config.network.views, progress=advance)
        return Subspace.of(features)

    members = kept.members(config.ensemble.networks or 0)
    if members:
        asked = [say(each, f"{repeat.name} {each.name}", lambda _: None) for each in members]
        kept.write_ensemble(np.mean([said.softmax for said, _ in asked], axis=0))
    said, subspace = say(kept, repeat.name, of_training_cells)
    _keep(cells, repeat, kept, said.X, said.softmax, said.outside, subspace)


def _some_of_each(labels: np.ndarray, trained: np.ndarray) -> np.ndarray:
    """Choose as many training cells of each class, where there are."""
    classes = np.unique(labels[trained])
    share = -(-_CELLS_OF_SUBSPACE // len(classes))
    chosen = []
    for label in classes:
        own = np.flatnonzero(trained & (labels == label))
        chosen.append(own[:: -(-len(own) // share)])
    return np.sort(np.concatenate(chosen))


def _keep(
    cells: Cells,
    repeat: Repeat,
    kept: RunRepeat,
    X: np.ndarray,
    probabilities: np.ndarray,
    outside: np.ndarray | None = None,
    subspace: Subspace | None = None,
) -> None:
    """Keep what a network says of the cells, with what was measured of them."""
    beyond = {}
    if outside is not None and subspace is not None:
        beyond = {"outside": outside, "centre": subspace.centre, "axes": subspace.axes}
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
            finding=np.array(finding.VERSION),
            **beyond,
        )
    )
