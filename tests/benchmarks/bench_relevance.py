"""How often Grad-CAM and occlusion agree: of a trained network, and of it with an untrained one.

HYBRID_WBC_RUN names a finished run of `quickstart`.
"""

import os
import time
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from hybrid_wbc.cnn import networks
from hybrid_wbc.cnn.relevance import Relevance
from hybrid_wbc.data.pixels import Pixels, prepare
from hybrid_wbc.evaluation.explained import AGREEING, agreement
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages.data_facts import samples_of

CELLS = 30


def agreements(gradient: np.ndarray, occlusion: np.ndarray) -> np.ndarray:
    return np.array(
        [
            [agreement(*pair) for pair in zip(*maps, strict=True)]
            for maps in zip(gradient, occlusion, strict=True)
        ],
        dtype=float,
    )


def test_maps_of_unrelated_networks_hardly_ever_pass_for_agreeing():
    place = os.environ.get("HYBRID_WBC_RUN")
    if not place:
        pytest.skip("HYBRID_WBC_RUN is not set: no finished run to measure")
    run = Run(RunFolder.open(Path(place)))
    config, (repeat, *_) = run.config(), run.repeats()
    embedded = repeat.embeddings()
    tested = embedded.ids[embedded.split == "test"]
    chosen = np.random.default_rng(0).permutation(tested)[:CELLS]
    samples = samples_of(config, run.folder, Reporter(Console(file=StringIO())))
    images = prepare([samples[cell] for cell in chosen], Pixels.of(config.data)).images
    relevance = Relevance(repeat.network())
    relevance(images[:1])
    started = time.perf_counter()
    own = relevance(images)
    seconds = (time.perf_counter() - started) / len(images)
    size = (config.data.size,) * 2
    untrained = networks.build(
        config.network.name, input_size=size, classes=len(embedded.classes), seed=7
    )
    other = Relevance(untrained)(images)
    print(f"\n{relevance.layer}, {relevance.places}: {seconds:.2f} s a picture")
    found = agreements(own.gradient, own.occlusion)
    named = found[np.arange(len(found)), own.values[:, relevance.first_class :].argmax(axis=1)]
    print(f"its own two maps: {np.mean(found >= AGREEING):.2f} of {found.size} agree")
    print(f"of the class that it names: {np.sum(named >= AGREEING)} of {len(named)}")
    # Not unrelated: every cell lies in the middle, and units share the channels.
    for name, axis in (("another cell", 0), ("another unit", 1)):
        passed = agreements(own.gradient, np.roll(own.occlusion, 1, axis=axis)) >= AGREEING
        print(f"its Grad-CAM, its occlusion of {name}: {passed.sum()} of {passed.size}")
    for name, gradient, occlusion in (
        ("its Grad-CAM, an untrained network's occlusion", own.gradient, other.occlusion),
        ("an untrained network's Grad-CAM, its occlusion", other.gradient, own.occlusion),
    ):
        passed = agreements(gradient, occlusion) >= AGREEING
        print(f"{name}: {passed.sum()} of {passed.size}")
        assert passed.mean() <= 0.05
    assert np.mean(named >= AGREEING) > 0.5
