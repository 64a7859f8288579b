"""Writes a finished run as one file: what answers about new cells need, and nothing else."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config.choices import CNN
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.pixels import Pixels, prepare
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator import archive, sealing
from hybrid_wbc.files import write_text
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.provenance import Data, DataSet, Provenance, Shown
from hybrid_wbc.runs.repeat import RunRepeat, SelfTest
from hybrid_wbc.runs.results import Run
from hybrid_wbc.runs.tables import ManifestRow
from hybrid_wbc.stages.data_facts import samples_of
from hybrid_wbc.studies.asking import Answers, Asked, answering
from hybrid_wbc.studies.bundle_card import measured_card
from hybrid_wbc.studies.framing import Framing

CARD = "card.md"
# Of the test cells' classes, what half precision may change: more is no rounding.
_MOST_CHANGED = 0.002
# Decimals of the training cells' probabilities, which nothing is computed from.
_DECIMALS = 2
# Of the SHA-256 of each file: one in 10¹⁴ others has the same.
_DIGITS = 12


@dataclass(frozen=True)
class Bundled:
    """What was written, and how it was held against the run.

    Parameters
    ----------
    path : Path
    size : int
        Bytes.
    card : Path
        The model card, which lies beside it.
    cells : int
        Test cells of which both were asked.
    changed : dict of str to int
        By classifier: of how many of them the class is another in half precision.
    furthest : float
        The largest difference of a probability.
    """

    path: Path
    size: int
    card: Path
    cells: int
    changed: dict[str, int]
    furthest: float


def bundle(
    config: Config, folder: RunFolder, out: Path, reporter: Reporter, *, about: Path | None = None
) -> Bundled:
    """Write the first repeat of a run as one file, with what answers about new cells need.

    These are its settings, network and classifiers, the embeddings of its cells, and a few cells to
    test it by; no path of this machine, and no other picture. The network is kept in half
    precision. It is asked about all test cells before it is written, and what it says of them so
    takes the place of what the run had kept.

    Parameters
    ----------
    config : Config
        The run's.
    folder : RunFolder
    out : Path
    reporter : Reporter
    about : Path, optional
        A file of Markdown with what the card says of the data, their licences and its use.

    Returns
    -------
    Bundled

    Raises
    ------
    InputError
        If the run is not far enough or has an ensemble, its data are gone, or half precision
        changes too many answers; nothing is written then.
    """
    if config.ensemble.networks:
        raise InputError(
            f"{folder.path}: an ensemble of {config.ensemble.networks} networks is not kept in one "
            "file; bundle a run with ensemble.networks: 0"
        )
    run = Run(folder)
    repeats = run.repeats()
    if not repeats or not repeats[0].is_classified:
        raise InputError(f"{folder.path}: nothing has been trained yet; finish the run first")
    repeat = repeats[0]
    embeddings = repeat.embeddings()
    if not embeddings.has_softmax:
        raise InputError(f"{folder.path}: no network was trained; `predict` takes its folder")
    samples = samples_of(config, folder, reporter)
    tested = np.flatnonzero(embeddings.split == TEST)
    images = prepare(
        [samples[cell] for cell in embeddings.ids[tested]], Pixels.of(config.data), job=reporter.job
    ).images
    with tempfile.TemporaryDirectory() as made:
        slim = _slim(run, repeat, config, Path(made))
        measured = None if config.classifiers.features == CNN else embeddings.measured[tested]
        asked = Asked(slim, config)
        with reporter.job(f"asking the run in half precision about {len(tested):,} cells") as job:
            said = asked.say(images, measured, progress=job)
        kept = repeat.predictions().of_sides([TEST])
        changed = {key: int((said.said[key] != was).sum()) for key, was in kept.said.items()}
        if max(changed.values(), default=0) > _MOST_CHANGED * len(tested):
            raise InputError(
                f"{folder.path}: in half precision the classes of "
                f"{max(changed.values())} of {len(tested):,} test cells are others; nothing was "
                "written"
            )
        furthest = float(np.abs(said.given["cnn"] - embeddings.probabilities[tested]).max())
        slim.write_embeddings(_answered(embeddings, tested, said))
        slim.write_predictions(replace(kept, said={key: said.said[key] for key in kept.said}))
        slim.write_self_test(_few_cells(images, embeddings.y[tested], asked))
        text = measured_card(run, config, slim, out.stem, changed, about)
        estimator = _as_estimator(slim, Run(RunFolder(Path(made))).config(), Path(made))
        members = {
            path.relative_to(made).as_posix(): path.read_bytes()
            for path in sorted(Path(made).rglob("*"))
            if path.is_file()
        }
    members |= {CARD: text.encode(), **estimator}
    # The network stands apart: it is read by itself where another training begins with it.
    network = slim.network_file.relative_to(made).as_posix()
    packed = [name for name in members if name != network]
    size = sealing.write(out, sealing.RUN, members, packed)
    card = out.with_suffix(".md")
    write_text(card, text)
    return Bundled(out, size, card, len(tested), changed, furthest)


def _slim(run: Run, repeat: RunRepeat, config: Config, where: Path) -> RunRepeat:
    """Write of a run what its answers need."""
    kept = Run(RunFolder(where))
    kept.write_config(_without_places(config))
    made, rows = run.provenance(), run.manifest()
    shown = Framing.of_run(config, made["data"], rows).to_keep()
    kept.write_provenance(_named(made, shown))
    kept.write_manifest(_shortened(rows))
    slim = kept.begin_repeat(repeat.name)
    slim.write_network(repeat.network(), halved=True)
    repeat.copy_classifiers(slim)
    slim.write_embeddings(repeat.embeddings())
    return slim


def _as_estimator(slim: RunRepeat, config: Config, made: Path) -> dict[str, bytes]:
    """Say which of the parts answer in Python."""
    files = slim.classifier_files()
    key = answering(config, {*files, "cnn"})
    head = None
    if key in files:
        path, checksum = files[key]
        head = path.relative_to(made).as_posix(), checksum
    return archive.of_run(
        config,
        slim.embeddings().classes,
        network=slim.network_file.relative_to(made).as_posix(),
        answered_by=key,
        head=head,
    )


def _shortened(rows: Sequence[ManifestRow]) -> list[ManifestRow]:
    """Keep which files were read: neither their paths nor all digits of their checksums."""
    return [{**row, "path": "", "sha256": row["sha256"][:_DIGITS], "source": ""} for row in rows]


def _without_places(config: Config) -> Config:
    """Keep the names of the sets and no paths."""
    data = config.data
    named = data.model_copy(
        update={
            "path": _name(data.path),
            "more_paths": [Path(path).name for path in data.more_paths],
            "test_path": _name(data.test_path),
            "labels": _name(data.labels),
        }
    )
    network = config.network.model_copy(update={"weights": Path(config.network.weights).name})
    return config.model_copy(update={"data": named, "network": network})


def _name(path: str | None) -> str | None:
    return path and Path(path).name


def _named(made: Provenance, shown: Shown) -> Provenance:
    """Keep what made a run, but neither its command nor where its data lay."""
    data: Data = {**made["data"], **_set(made["data"]), "shown": shown}
    if "test" in data:
        data["test"] = _set(data["test"])
    if "more" in data:
        data["more"] = [_set(more) for more in data["more"]]
    return {
        **made,
        "argv": [],
        "machine": {**made["machine"], "system": made["machine"]["system"].partition("-")[0]},
        "data": data,
    }


def _set(of: DataSet) -> DataSet:
    return {"path": Path(of["path"]).name, "layout": of["layout"]}


def _answered(embeddings: Embeddings, tested: np.ndarray, said: Answers) -> Embeddings:
    """Put what was said of the test cells in half precision in place of what was kept."""
    X, probabilities = embeddings.X.copy(), embeddings.probabilities.round(_DECIMALS)
    X[tested], probabilities[tested] = said.X, said.given["cnn"]
    # Which cells share a source counts, and not its name.
    sources = np.unique(embeddings.sources, return_inverse=True)[1].astype(str)
    outside = embeddings.outside
    if said.outside is not None:
        # Limits are made of the test cells alone.
        outside = np.full_like(outside, np.nan)
        outside[tested] = said.outside
    return replace(embeddings, X=X, probabilities=probabilities, sources=sources, outside=outside)


def _few_cells(images: np.ndarray, y: np.ndarray, asked: Asked) -> SelfTest:
    """Take the first test cell of each class, and what the network says of it alone."""
    first = [int(np.flatnonzero(y == label)[0]) for label in np.unique(y)]
    return asked.tested_by(images[first])
