"""A run's figures: from its scores and embeddings to pictures."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.figure import Figure

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config.choices import AS_PUBLISHED, FINE_TUNED
from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.loading import Cells
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.evaluation import curves
from hybrid_wbc.report.figures import curves as curve_figures
from hybrid_wbc.report.figures import embedding, features, sheets
from hybrid_wbc.report.figures import stress as stress_figures
from hybrid_wbc.report.figures.scores import (
    classifier_comparison,
    confusion_matrices,
    learning_curves,
)
from hybrid_wbc.report.figures.style import AS_PUBLISHED_TEXT, add_mark, in_dark
from hybrid_wbc.report.words.stress import places
from hybrid_wbc.runs import results
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.repeat import RunRepeat
from hybrid_wbc.runs.results import Run
from hybrid_wbc.runs.tables import PredictionTable

_DOTS_PER_INCH = 200
_COPIES_SHOWN = 6


@dataclass(frozen=True)
class Drawn:
    """A run's figures as PNG, by name.

    Parameters
    ----------
    figures : dict of str to bytes
        As they are kept, on white paper.
    dark : dict of str to bytes
        The sheets of cells once more, for the page in the dark: a chart's colours can be turned
        there, a cell's cannot.
    """

    figures: dict[str, bytes] = field(default_factory=dict)
    dark: dict[str, bytes] = field(default_factory=dict)


def draw_figures(config: Config, folder: RunFolder, cells: Cells | None) -> Drawn:
    """Draw a run's figures and keep them; without the cells, the sheets of images are left out.

    Figures of one embedding show the first repeat; scores and confusion are over all repeats.

    Returns
    -------
    Drawn
    """
    run = Run(folder)
    metrics = run.metrics()
    synthetic, classes = metrics["synthetic"], metrics["classes"]
    titles = {key: classifier.title for key, classifier in CLASSIFIERS.items()}
    repeats = [run.repeat(name) for name in metrics["repeats"]]
    first = repeats[0].embeddings()
    scores = metrics["classifiers"]
    figures = {}
    if first.has_features:
        figures["embedding_scatter"] = embedding.embedding_scatter(
            *first.side(TRAIN), *first.side(TEST), classes, synthetic=synthetic, names=first.names
        )
        figures["pair_plot"] = embedding.pair_plot(
            first.X, first.y, first.split, classes, synthetic=synthetic, names=first.names
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
    }
    if first.has_softmax:
        # A layer that is fitted at once upon a frozen network has no epochs to draw.
        made = [repeat.approaches() for repeat in repeats]
        trained = [
            repeat.history()
            for repeat, told in zip(repeats, made, strict=True)
            if told is None or told["chosen"] == FINE_TUNED
        ]
        if trained:
            figures["learning_curves"] = learning_curves(trained, synthetic=synthetic)
    if run.is_ablated:
        ablation = run.ablation()
        if all(part["shapley"] is not None for part in ablation["classifiers"].values()):
            figures["feature_by_class"] = features.feature_by_class(
                ablation["classifiers"], classes, titles=titles, synthetic=synthetic
            )
        figures["feature_subsets"] = features.feature_subsets(
            ablation, titles=titles, synthetic=synthetic
        )
    figures |= _curves(config, run, repeats, titles)
    figures |= _under_stress(run, titles)
    pictures = {} if cells is None else _sheets(config, cells, first, repeats[0].predictions())
    figures |= pictures
    drawn = Drawn()
    for name, figure in figures.items():
        if config.split.protocol == AS_PUBLISHED:
            add_mark(figure, AS_PUBLISHED_TEXT)
        drawn.figures[name] = _png(figure)
        run.write_figure(name, drawn.figures[name])
    drawn.dark.update({name: _png(in_dark(figure)) for name, figure in pictures.items()})
    return drawn


def _curves(
    config: Config, run: Run, repeats: Sequence[RunRepeat], titles: Mapping[str, str]
) -> dict[str, Figure]:
    """Draw the curves of the class probabilities, where the run holds any."""
    metrics = run.metrics()
    given = [repeat.probabilities() for repeat in repeats]
    found = results.of_probabilities(given, [repeat.embeddings() for repeat in repeats])
    scores = {key: metrics["classifiers"][key].get("probability") for key in found}
    if not found or None in scores.values():
        return {}
    synthetic, seeds = metrics["synthetic"], [repeat.seed for repeat in repeats]
    kinds = {
        "roc_curves": curve_figures.ROC,
        "precision_recall_curves": curve_figures.PRECISION_RECALL,
    }
    figures = {
        name: curve_figures.class_curves(
            kind,
            {titles[key]: kind.of(probable) for key, probable in found.items()},
            {titles[key]: score[kind.area] for key, score in scores.items() if score is not None},
            metrics["classes"],
            synthetic=synthetic,
        )
        for name, kind in kinds.items()
    }
    calibrations = {
        titles[key]: curves.calibration(probable, seed=config.seed, groups=seeds)
        for key, probable in found.items()
    }
    figures["calibration_curves"] = curve_figures.calibration_curves(
        calibrations, synthetic=synthetic
    )
    return figures


def _under_stress(run: Run, titles: Mapping[str, str]) -> dict[str, Figure]:
    """Draw the curves of what the run is worth under stress, where it was put under any."""
    if not run.is_stressed:
        return {}
    found = run.stress()
    synthetic = found["synthetic"]
    figures = {}
    if found["damage"] is not None:
        figures["stress_damage"] = stress_figures.damage_curves(
            found["damage"], titles=titles, synthetic=synthetic
        )
    if found["few_cells"]:
        scores = found["home"]["classifiers"]
        figures["stress_few_cells"] = stress_figures.few_cells_curves(
            found["few_cells"],
            {key: given["balanced_accuracy"] for key, given in scores.items()},
            titles=titles,
            synthetic=synthetic,
        )
    answered = {
        name: {key: certainty["answered"] for key, certainty in tested["certainty"].items()}
        for name, tested in places(found).items()
        if tested["certainty"]
    }
    if answered:
        figures["stress_certainty"] = stress_figures.answered_curves(
            answered, titles=titles, synthetic=synthetic
        )
    return figures


def _png(figure: Figure) -> bytes:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
    return picture.getvalue()


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
            {CLASSIFIERS[key].title: said.tolist() for key, said in tested.said.items()},
            synthetic=cells.synthetic,
        )
    }
    if config.augmentation.enabled and embeddings.has_softmax:
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
