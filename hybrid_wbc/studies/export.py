"""A finished run's network and classifiers as one ONNX file, held against the run's own answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sklearn.base import ClassifierMixin

from hybrid_wbc.classical import graph as of_classifier
from hybrid_wbc.config.choices import CNN
from hybrid_wbc.config.names import CLASSIFIERS, OPERATORS, TARGET
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.bundled import installed
from hybrid_wbc.data.pixels import Pixels, prepare
from hybrid_wbc.data.reading import readers
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import in_place
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.stages.data_facts import samples_of
from hybrid_wbc.studies.asking import Answers, AskedRun

if TYPE_CHECKING:
    import onnx

_NEEDED = ("onnx", "onnxruntime", "skl2onnx", "tf2onnx")
MOST_ASKED = 1_000
# Largest differences from the run's own answers that are let pass.
_PROBABILITY, _FEATURE = 1e-4, 1e-3
_BATCH = 64
_CLASS, _PROBABILITIES = "class_", "probabilities_"


@dataclass(frozen=True)
class Furthest:
    """The largest absolute differences between the answers of a file and of its run."""

    probability: float
    feature: float


@dataclass(frozen=True)
class Exported:
    """What was written, and how it was held against the run.

    Parameters
    ----------
    path : Path
    size : int
        Bytes.
    outputs : list of str
    left_out : list of str
        What the run has and the file has not, each with the reason.
    cells : int
        Of which both were asked.
    whose : str
        "test cells", or where their pictures are not here, the cells that come with the program.
    furthest : Furthest
        How far their numbers lie apart.
    """

    path: Path
    size: int
    outputs: list[str]
    left_out: list[str]
    cells: int
    whose: str
    furthest: Furthest


def export(config: Config, folder: RunFolder, out: Path, reporter: Reporter) -> Exported:
    """Write the network and classifiers of a run's first repeat as one ONNX file.

    The file takes pixels as the run prepares them. It is held against the run in onnxruntime before
    it is written, on up to 1,000 test cells, or where their pictures are not here, as those of a
    bundle, on the cells that come with the program: every class must be the same.

    Parameters
    ----------
    config : Config
        The run's.
    folder : RunFolder
    out : Path
    reporter : Reporter

    Returns
    -------
    Exported

    Raises
    ------
    InputError
        If the extra is not installed, the run's answers depend on the other pictures, or the file's
        answers differ from the run's; nothing is written then.
    """
    for package in _NEEDED:
        try:
            metadata.version(package)
        except metadata.PackageNotFoundError as error:
            raise InputError(
                f'--onnx needs {package}, which is not installed: pip install "hybrid-wbc[onnx]"'
            ) from error
    if config.network.statistics == TARGET:
        raise InputError(
            f"{folder.path}: network.statistics: {TARGET} makes an answer depend on the other "
            "pictures, which one graph cannot; export a run with network.statistics: training"
        )
    if config.classifiers.features != CNN:
        raise InputError(
            f"{folder.path}: classifiers.features: {config.classifiers.features} takes hand-made "
            "features, which a graph cannot measure; export a run with classifiers.features: cnn"
        )
    if config.network.precision != "float32":
        raise InputError(
            f"{folder.path}: network.precision: {config.network.precision} cannot be exported; "
            "export a run with network.precision: float32"
        )
    run = AskedRun(config, folder, 1, reporter)
    (asked,) = run.asked
    pixels = Pixels.of(config.data)
    samples, whose = _held_on(run)
    images = prepare(samples, pixels).images

    from hybrid_wbc.cnn import graph as of_network  # TensorFlow takes seconds to load

    with reporter.job("converting") as advance:
        graph = of_network.to_onnx(asked.network, views=config.network.views)
        parts, left_out = _parts(asked.fitted, len(run.classes))
        if config.ensemble.networks:
            left_out.append("cnn_ensemble: one file holds one network")
        for number, part in enumerate(parts, start=1):
            try:
                graph = _join(graph, part, run.embedded[0].X.shape[1])
            except (NotImplementedError, RuntimeError) as error:
                left_out.append(f"{part.name}: {' '.join(str(error).split())[:200]}")
            advance(number, len(parts))
    _describe(graph, pixels, run.classes)
    content = graph.SerializeToString()
    with reporter.job(f"asking the run and the file about {len(images):,} {whose}") as advance:
        said = asked.say(images, progress=advance)
    furthest = _hold(_ask(content, images), said, run.classes, whose)
    with in_place(out) as beside:
        beside.write_bytes(content)
    outputs = [output.name for output in graph.graph.output]
    return Exported(out, len(content), outputs, left_out, len(images), whose, furthest)


def _held_on(run: AskedRun) -> tuple[list[Sample], str]:
    """Choose test cells, or take the program's own where the pictures of these are not here."""
    embeddings = run.embedded[0]
    chosen = np.random.default_rng(run.seed).permutation(np.flatnonzero(embeddings.split == TEST))
    cells = embeddings.ids[np.sort(chosen[:MOST_ASKED])].tolist()
    try:
        samples = samples_of(run.config, run.folder, run.reporter)
    except InputError as error:
        run.reporter.say(f"the pictures of the run's test cells are not here: {error}")
        own = installed.folder_of("bcisc")
        return readers.read(own, "auto").samples, "cells of BCISC that come with the program"
    return [samples[cell] for cell in cells], "test cells"


@dataclass(frozen=True)
class _Part:
    """A classifier behind the network: its name in the file, and which of its outputs are kept."""

    name: str
    classifier: ClassifierMixin
    label: str = ""
    probabilities: str = ""

    @property
    def kept(self) -> list[str]:
        return [name for name in (self.label, self.probabilities) if name]


def _parts(fitted: Mapping[str, ClassifierMixin], n_classes: int) -> tuple[list[_Part], list[str]]:
    """Say which classifiers are joined to the network, and which answers are left out and why."""
    parts = [
        _Part(key, each, label=f"class_{key}") for key, each in fitted.items() if key != "vote"
    ]
    vote = fitted.get("vote")
    if vote is None:
        return parts, []
    if len(vote.classes_) < n_classes:
        return parts, ["vote, and calibrated probabilities: a class has no training cell"]
    parts += [
        _Part(f"{key}_calibrated", voter, probabilities=f"probabilities_{key}")
        for key, voter in vote.named_estimators_.items()
    ]
    return [*parts, _Part("vote", vote, "class_vote", "probabilities_vote")], []


def _join(graph: onnx.ModelProto, part: _Part, features: int) -> onnx.ModelProto:
    """Set a classifier behind the network."""
    import onnx
    from onnx import compose

    from hybrid_wbc.cnn import graph as of_network

    head = of_classifier.to_onnx(
        part.classifier,
        features=features,
        label=part.label or "label",
        probabilities=part.probabilities or "scores",
    )
    # Each converter names the lowest versions that know its operators; a file names one of each.
    for each in (graph, head):
        del each.opset_import[:]
        each.opset_import.extend(
            onnx.helper.make_opsetid(domain, version) for domain, version in OPERATORS.items()
        )
    prefix = f"{part.name}/"
    head = compose.add_prefix(head, prefix=prefix, rename_outputs=False)
    head.ir_version = graph.ir_version = max(head.ir_version, graph.ir_version)
    return compose.merge_models(
        graph,
        head,
        io_map=[(of_network.EMBEDDING_DOUBLE, f"{prefix}{of_classifier.FEATURES}")],
        outputs=[*(output.name for output in graph.graph.output), *part.kept],
    )


def _describe(graph: onnx.ModelProto, pixels: Pixels, classes: Sequence[str]) -> None:
    """Write into the file what its numbers mean, and how its pixels have to be prepared."""
    import onnx

    from hybrid_wbc.cnn import graph as of_network

    for_classifiers = [o for o in graph.graph.output if o.name == of_network.EMBEDDING_DOUBLE]
    for output in for_classifiers:
        graph.graph.output.remove(output)
    graph.producer_name, graph.producer_version = "hybrid-wbc", metadata.version("hybrid-wbc")
    graph.doc_string = "For research. Not a medical device."
    onnx.helper.set_model_props(
        graph,
        {
            "classes": json.dumps(list(classes)),
            "preparation": json.dumps(asdict(pixels)),
        },
    )


def _ask(content: bytes, images: np.ndarray) -> dict[str, np.ndarray]:
    """Ask the file in onnxruntime, by output."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors; what is unused in a converter's graph does no harm
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    batches = [
        session.run(None, {"pixels": images[start : start + _BATCH]})
        for start in range(0, len(images), _BATCH)
    ]
    return {name: np.concatenate(parts) for name, *parts in zip(names, *batches, strict=True)}


def _hold(
    given: Mapping[str, np.ndarray], said: Answers, classes: Sequence[str], whose: str
) -> Furthest:
    """Hold the file's answers against the run's; refuse it where they differ."""
    given = dict(given)
    softmax = given[f"{_PROBABILITIES}cnn"]
    labels = {
        key.removeprefix(_CLASS): each for key, each in given.items() if key.startswith(_CLASS)
    }
    labels["cnn"] = softmax.argmax(axis=1)
    names = np.asarray(classes)
    for key, positions in labels.items():
        wrong = int((names[positions] != said.said[key]).sum())
        if wrong:
            raise InputError(
                f"--onnx: {CLASSIFIERS[key].title} of the file and of the run differ on {wrong} of "
                f"{len(positions):,} {whose}; nothing was written"
            )
    probability = max(
        float(np.abs(given[f"{_PROBABILITIES}{key}"] - p).max())
        for key, p in said.given.items()
        if f"{_PROBABILITIES}{key}" in given
    )
    feature = float(np.abs(given["embedding"] - said.X).max()) if said.X.size else 0.0
    scale = max(1.0, float(np.abs(said.X).max())) if said.X.size else 1.0
    if probability > _PROBABILITY or feature > _FEATURE * scale:
        raise InputError(
            f"--onnx: the file's probabilities lie up to {probability:.1e} and its features up to "
            f"{feature:.1e} from the run's; nothing was written"
        )
    return Furthest(probability, feature)
