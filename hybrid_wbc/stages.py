"""The stages of a run: each reads files of the run folder and writes the next ones."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from hybrid_wbc.classical import classifiers
from hybrid_wbc.classical import storage as classifier_storage
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config import Config
from hybrid_wbc.data.splitting import SPLITS, TEST, TRAIN, VALIDATION
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.statistics import Predictions, summarise
from hybrid_wbc.files import in_place
from hybrid_wbc.progress import Reporter
from hybrid_wbc.report import page, plots, scatters
from hybrid_wbc.report import sheets as image_sheets
from hybrid_wbc.runs import (
    MANIFEST,
    METRICS,
    PAGE,
    RunFolder,
    read_table,
    write_json,
    write_table,
    write_text,
)

NETWORK, HISTORY, EMBEDDINGS = "cnn.keras", "history.csv", "embeddings.npz"
CLASSIFIERS, PREDICTIONS = "classifiers.json", "predictions.csv"
FIGURES = "figures"
_TRAINING_STATE = "training-state.npz"
_DOTS_PER_INCH = 200
_COPIES_SHOWN = 6


@dataclass(frozen=True)
class Cells:
    """Every kept cell of a data set, decoded.

    Parameters
    ----------
    images : numpy.ndarray of uint8, shape (n, size, size, 3)
    ids, labels, sources, published : numpy.ndarray of str, shape (n,)
        `published` is the side that the set itself puts a cell on, or empty.
    classes : numpy.ndarray of str, shape (k,)
    synthetic : bool
    """

    images: np.ndarray
    ids: np.ndarray
    labels: np.ndarray
    sources: np.ndarray
    published: np.ndarray
    classes: np.ndarray
    synthetic: bool


@dataclass(frozen=True)
class Repeat:
    """One training and test: which cells of the set take part, and on which side.

    Parameters
    ----------
    name : str
        Of its folder.
    seed : int
    chosen : numpy.ndarray of int, shape (m,)
        Positions in the set.
    split : numpy.ndarray of str, shape (m,)
    """

    name: str
    seed: int
    chosen: np.ndarray
    split: np.ndarray


def train(
    config: Config, folder: RunFolder, cells: Cells, repeat: Repeat, reporter: Reporter
) -> None:
    """Train the repeat's network, going on from the last epoch that a killed training kept."""
    place = folder.repeat(repeat.name)
    # TensorFlow takes seconds to load; the stages after extraction do without it.
    from hybrid_wbc.cnn import augmentation, networks, storage, training

    classes = _classes_of(cells, repeat)
    labels = np.searchsorted(classes, cells.labels[repeat.chosen])
    images = cells.images[repeat.chosen]
    sides = {side: repeat.split == side for side in SPLITS}
    model = networks.build(
        config.network.name,
        input_size=images.shape[1:3],
        classes=len(classes),
        embedding=config.network.embedding,
        dropout=config.network.dropout,
        seed=repeat.seed,
    )
    ranges = config.augmentation.model_dump(exclude={"enabled"})
    validation = sides[VALIDATION]
    with reporter.job(f"{repeat.name}: training") as advance:

        def on_epoch(epoch: int, figures: dict[str, float]) -> None:
            shown = {name: figures[name] for name in ("loss", "accuracy", "validation_accuracy")
                     if name in figures}  # fmt: skip
            detail = ", ".join(f"{k.replace('_', ' ')} {v:.3f}" for k, v in shown.items())
            advance(epoch + 1, config.training.epochs, detail)

        history = training.fit(
            model,
            images[sides[TRAIN]],
            labels[sides[TRAIN]],
            recipe=training.Recipe(**config.training.model_dump()),
            augmentation=augmentation.Augmentation(**ranges)
            if config.augmentation.enabled
            else None,
            seed=repeat.seed,
            validation=(images[validation], labels[validation]) if validation.any() else None,
            checkpoint=place / _TRAINING_STATE,
            on_epoch=on_epoch,
        )
    columns = zip(*history.values(), strict=True)
    rows = [(epoch, *figures) for epoch, figures in enumerate(columns, start=1)]
    write_table(place / HISTORY, ("epoch", *history), rows)
    storage.save(model, place / NETWORK)
    (place / _TRAINING_STATE).unlink(missing_ok=True)


def extract(
    config: Config, folder: RunFolder, cells: Cells, repeat: Repeat, reporter: Reporter
) -> None:
    """Run the repeat's network over its cells and keep the embeddings."""
    place = folder.repeat(repeat.name)
    from hybrid_wbc.cnn import extraction, storage  # as in `train`

    classes = _classes_of(cells, repeat)
    with reporter.job(f"{repeat.name}: extracting") as advance:
        X, probabilities = extraction.extract(
            storage.load(place / NETWORK),
            cells.images[repeat.chosen],
            views=config.network.views,
            progress=advance,
        )
    Embeddings(
        X=X,
        y=np.searchsorted(classes, cells.labels[repeat.chosen]),
        ids=cells.ids[repeat.chosen],
        sources=cells.sources[repeat.chosen],
        split=repeat.split,
        classes=classes,
        probabilities=probabilities,
    ).save(place / EMBEDDINGS)


def classify(config: Config, place: Path, reporter: Reporter) -> None:
    """Fit the classifiers on the training side of a repeat's embeddings and ask them about all."""
    embeddings = Embeddings.load(place / EMBEDDINGS)
    classes, seed = embeddings.classes, int(place.name.split("-")[1])
    answers, checksums = {}, {}
    settings = config.classifiers.model_dump()
    for key, classifier in classifiers.build(seed=seed, **settings).items():
        classifier.fit(*embeddings.side(TRAIN))
        answers[key] = classes[classifier.predict(embeddings.X)]
        checksums[key] = classifier_storage.save(classifier, place / f"{key}.skops")
    answers["cnn"] = classes[embeddings.probabilities.argmax(axis=1)]
    write_json(place / CLASSIFIERS, checksums)
    truth = classes[embeddings.y]
    rows = zip(embeddings.ids, truth, embeddings.split, *answers.values(), strict=True)
    write_table(place / PREDICTIONS, ("id", "label", "split", *answers), rows)
    tested = embeddings.split == TEST
    shown = (f"{key} {np.mean(a[tested] == truth[tested]):.3f}" for key, a in answers.items())
    reporter.say(f"{place.name}: test accuracy {', '.join(shown)}")


def evaluate(config: Config, folder: RunFolder) -> None:
    """Score the predictions of every repeat that has any."""
    places = [place for place in folder.repeats() if (place / PREDICTIONS).exists()]
    if not places:
        raise InputError(f"{folder.path}: nothing to score; run the classify stage first")
    data = folder.provenance()["data"]
    tables = [read_table(place / PREDICTIONS) for place in places]
    embedded = [Embeddings.load(place / EMBEDDINGS) for place in places]
    classes = embedded[0].classes.tolist()
    source_of = {i: s for e in embedded for i, s in zip(e.ids, e.sources, strict=True)}
    tests = [[row for row in table if row["split"] == TEST] for table in tables]
    scores = {}
    for key in classifiers.CLASSIFIERS:
        predictions = [
            Predictions(
                true=np.array([row["label"] for row in rows]),
                predicted=np.array([row[key] for row in rows]),
                sources=np.array([source_of[row["id"]] for row in rows]),
            )
            for rows in tests
        ]
        scores[key] = summarise(predictions, classes, seed=config.seed)
    counts = Counter((row["split"], row["label"]) for row in tables[0])
    write_json(
        folder.path / METRICS,
        {
            "synthetic": data["synthetic"],
            "n_files": len(source_of),
            "n_sources": len(set(source_of.values())),
            "classes": classes,
            "repeats": [place.name for place in places],
            "counts": {
                side: {name: counts[side, name] for name in classes}
                for side in SPLITS
                if any(counts[side, name] for name in classes)
            },
            "notes": data["notes"],
            "classifiers": scores,
        },
    )


def plot(config: Config, folder: RunFolder, cells: Cells | None) -> None:
    """Draw a run's figures and its page; without the cells, the sheets of images are left out.

    Figures of one embedding show the first repeat; scores and confusion are over all repeats.
    """
    metrics = folder.read_json(METRICS)
    synthetic, classes = metrics["synthetic"], metrics["classes"]
    titles = {key: classifier.title for key, classifier in classifiers.CLASSIFIERS.items()}
    places = [folder.path / name for name in metrics["repeats"]]
    first = Embeddings.load(places[0] / EMBEDDINGS)
    scores = metrics["classifiers"]
    figures = {
        "embedding_scatter": scatters.embedding_scatter(
            *first.side(TRAIN), *first.side(TEST), classes, synthetic=synthetic
        ),
        "pair_plot": scatters.pair_plot(
            first.X, first.y, first.split, classes, synthetic=synthetic
        ),
        "confusion_matrices": plots.confusion_matrices(
            {titles[key]: np.array(score["confusion"]) for key, score in scores.items()},
            classes,
            synthetic=synthetic,
        ),
        "classifier_comparison": plots.classifier_comparison(
            {titles[key]: score["accuracy"] for key, score in scores.items()},
            metric="accuracy",
            synthetic=synthetic,
        ),
        "learning_curves": plots.learning_curves(
            [_history(place) for place in places], synthetic=synthetic
        ),
    }
    if cells is not None:
        figures |= _sheets(config, cells, first, read_table(places[0] / PREDICTIONS), titles)
    drawn = {}
    for name, figure in figures.items():
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
        drawn[name] = picture.getvalue()
        with in_place(folder.path / FIGURES / f"{name}.png") as beside:
            beside.write_bytes(drawn[name])
    manifest = read_table(folder.path / MANIFEST)
    page_facts = {
        "name": folder.path.name,
        "synthetic": synthetic,
        "metrics": metrics,
        "settings": config.model_dump(),
        "dropped": [
            {"id": row["id"], "reason": row["dropped"]} for row in manifest if row["dropped"]
        ],
        "provenance": folder.provenance(),
    }
    write_text(folder.path / PAGE, page.render(page_facts, drawn))


def _sheets(
    config: Config,
    cells: Cells,
    embeddings: Embeddings,
    predictions: list[dict[str, str]],
    titles: dict[str, str],
) -> dict[str, Figure]:
    """Draw the sheets of cell images of one repeat."""
    position = {sample_id: i for i, sample_id in enumerate(cells.ids.tolist())}
    tested = [row for row in predictions if row["split"] == TEST]
    sheets = {
        "prediction_sheet": image_sheets.prediction_sheet(
            cells.images[[position[row["id"]] for row in tested]],
            [row["label"] for row in tested],
            {titles[key]: [row[key] for row in tested] for key in titles},
            synthetic=cells.synthetic,
        )
    }
    if config.augmentation.enabled:
        from hybrid_wbc.cnn.augmentation import Augmentation

        augmentation = Augmentation(**config.augmentation.model_dump(exclude={"enabled"}))
        trained = np.flatnonzero(embeddings.split == TRAIN)
        labels = embeddings.classes[embeddings.y[trained]]
        shown = trained[[np.flatnonzero(labels == name)[0] for name in embeddings.classes]]
        originals = cells.images[[position[embeddings.ids[i]] for i in shown]]
        generator = np.random.default_rng(config.seed)
        copies = [augmentation(originals, generator) for _ in range(_COPIES_SHOWN)]
        sheets["augmentation_sheet"] = image_sheets.augmentation_sheet(
            originals,
            np.stack(copies, axis=1),
            embeddings.classes.tolist(),
            synthetic=cells.synthetic,
        )
    return sheets


def _history(place: Path) -> dict[str, list[float]]:
    rows = read_table(place / HISTORY)
    return {name: [float(row[name]) for row in rows] for name in rows[0] if name != "epoch"}


def _classes_of(cells: Cells, repeat: Repeat) -> np.ndarray:
    return np.unique(cells.labels[repeat.chosen])
