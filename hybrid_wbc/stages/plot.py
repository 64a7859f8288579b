"""A run's figures: from its scores and embeddings to pictures."""

from __future__ import annotations

import io

import numpy as np
from matplotlib.figure import Figure

from hybrid_wbc.classical import classifiers
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config.settings import AS_PUBLISHED, Config
from hybrid_wbc.data.loading import Cells
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.report.figures import embedding, features, sheets
from hybrid_wbc.report.figures.scores import (
    classifier_comparison,
    confusion_matrices,
    learning_curves,
)
from hybrid_wbc.report.figures.style import AS_PUBLISHED_TEXT, add_mark
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.runs.tables import PredictionTable

_DOTS_PER_INCH = 200
_COPIES_SHOWN = 6


def draw_figures(config: Config, folder: RunFolder, cells: Cells | None) -> dict[str, bytes]:
    """Draw a run's figures and keep them; without the cells, the sheets of images are left out.

    Figures of one embedding show the first repeat; scores and confusion are over all repeats.

    Returns
    -------
    dict of str to bytes
        Each figure as PNG, by name.
    """
    run = Run(folder)
    metrics = run.metrics()
    synthetic, classes = metrics["synthetic"], metrics["classes"]
    titles = {key: classifier.title for key, classifier in classifiers.CLASSIFIERS.items()}
    repeats = [run.repeat(name) for name in metrics["repeats"]]
    first = repeats[0].embeddings()
    scores = metrics["classifiers"]
    figures = {}
    if first.has_features:
        figures["embedding_scatter"] = embedding.embedding_scatter(
            *first.side(TRAIN), *first.side(TEST), classes, synthetic=synthetic
        )
        figures["pair_plot"] = embedding.pair_plot(
            first.X, first.y, first.split, classes, synthetic=synthetic
        )
    figures |= {
        "confusion_matrices": confusion_matrices(
            {titles[key]: np.array(score["confusion"]) for key, score in scores.items()},
            classes,
            synthetic=synthetic,
        ),
        "classifier_comparison": classifier_comparison(
            {titles[key]: score["accuracy"] for key, score in scores.items()},
            metric="accuracy",
            synthetic=synthetic,
        ),
        "learning_curves": learning_curves(
            [repeat.history() for repeat in repeats], synthetic=synthetic
        ),
    }
    if run.is_ablated:
        ablation = run.ablation()
        if all(part["shapley"] is not None for part in ablation["classifiers"].values()):
            figures["feature_by_class"] = features.feature_by_class(
                ablation["classifiers"], classes, titles=titles, synthetic=synthetic
            )
        figures["feature_subsets"] = features.feature_subsets(
            ablation, titles=titles, synthetic=synthetic
        )
    if cells is not None:
        figures |= _sheets(config, cells, first, repeats[0].predictions())
    drawn = {}
    for name, figure in figures.items():
        if config.split.protocol == AS_PUBLISHED:
            add_mark(figure, AS_PUBLISHED_TEXT)
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
        drawn[name] = picture.getvalue()
        run.write_figure(name, drawn[name])
    return drawn


def _sheets(
    config: Config,
    cells: Cells,
    embeddings: Embeddings,
    predictions: PredictionTable,
) -> dict[str, Figure]:
    """Draw the sheets of cell images of one repeat."""
    tested = predictions.of_sides([TEST])
    drawn = {
        "prediction_sheet": sheets.prediction_sheet(
            cells.images_of(tested.ids.tolist()),
            tested.labels.tolist(),
            {
                classifiers.CLASSIFIERS[key].title: said.tolist()
                for key, said in tested.said.items()
            },
            synthetic=cells.synthetic,
        )
    }
    if config.augmentation.enabled:
        from hybrid_wbc.cnn.augmentation import Augmentation

        augmentation = Augmentation(**config.augmentation.model_dump())
        trained = np.flatnonzero(embeddings.split == TRAIN)
        labels = embeddings.classes[embeddings.y[trained]]
        shown = trained[[np.flatnonzero(labels == name)[0] for name in embeddings.classes]]
        originals = cells.images_of(embeddings.ids[shown].tolist())
        generator = np.random.default_rng(config.seed)
        copies = [augmentation(originals, generator) for _ in range(_COPIES_SHOWN)]
        drawn["augmentation_sheet"] = sheets.augmentation_sheet(
            originals,
            np.stack(copies, axis=1),
            embeddings.classes.tolist(),
            synthetic=cells.synthetic,
        )
    return drawn
