"""Owns what stands under each figure of a run's page, and what is said to who cannot see it."""

from __future__ import annotations

from dataclasses import dataclass

from hybrid_wbc.evaluation.refitting import MOST_IN_EVERY_SUBSET, ablated_subsets
from hybrid_wbc.report.figures.embedding import MOST_FEATURES_IN_PAIRS
from hybrid_wbc.report.words.features import in_words


@dataclass(frozen=True)
class Caption:
    """What stands under a figure, what is said to who cannot see it, and how it is kept."""

    caption: str
    alt: str
    photographic: bool = False


_FIXED = {
    "confusion_matrices": Caption(
        "Rows are true classes, columns predicted ones; the number is a count of cells, the "
        "colour its share of the row.",
        "Heat maps of the confusion matrices; the tables of this section hold the same counts.",
    ),
    "classifier_comparison": Caption(
        "Accuracy of each classifier with its 95 % interval; a dot is one repeat.",
        "Accuracy of each classifier with its 95 % interval and a dot for each repeat; the table "
        "of results and the raw values hold the same numbers.",
    ),
    "roc_curves": Caption(
        "ROC curves on the test side, one class against the rest, as means over the repeats; the "
        "bold line is the mean of the classes.",
        "ROC curves of each classifier, a line for each class; the table above holds the areas.",
    ),
    "precision_recall_curves": Caption(
        "Precision-recall curves on the test side, one class against the rest, as means over the "
        "repeats; the bold line is the mean of the classes.",
        "Precision-recall curves of each classifier, a line for each class; the table above holds "
        "the areas.",
    ),
    "calibration_curves": Caption(
        "How often the likeliest class is right, by its probability, in ten bins with 95 % "
        "intervals; larger dots have more cells. On the dashed line a probability of 0.8 is right "
        "in 80 of 100 cells; below it the classifier is too sure.",
        "Calibration curves of each classifier: share of right answers against the probability "
        "of the likeliest class.",
    ),
    "feature_by_class": Caption(
        "Exact Shapley values in percentage points: what each feature adds to the recall of each "
        "class and to the accuracy.",
        "Heat maps of the Shapley values by feature and class, one for each classifier; the "
        "tables above hold the same numbers.",
    ),
    "learning_curves": Caption(
        "Loss and accuracy of the network after each epoch.",
        "Line charts of loss and accuracy by epoch, on the training side and, where there is "
        "one, on the validation side.",
    ),
    "stress_damage": Caption(
        "Accuracy on damaged test cells, from no damage at the left to the strongest step; bands "
        "are 95 % intervals.",
        "Line charts of each classifier's accuracy by the step of each damage; the table above "
        "holds the steps at which five points are lost.",
    ),
    "stress_few_cells": Caption(
        "Balanced accuracy of classifiers fitted on few training cells a class, with 95 % "
        "intervals; the dashed line is that of all training cells.",
        "Line charts of balanced accuracy by the number of training cells a class; the table "
        "above holds the same numbers.",
    ),
    "stress_certainty": Caption(
        "Accuracy among the surest cells, by the share of cells that is answered, at home and on "
        "each other set; bands are 95 % intervals.",
        "Line charts of each classifier's accuracy by the share answered, a panel for each set; "
        "the tables above hold three shares of each.",
    ),
    "augmentation_sheet": Caption(
        "Training cells, and what augmentation makes of them.",
        "Pictures of one training cell of each class beside copies of it as augmentation makes "
        "them.",
        photographic=True,
    ),
    "prediction_sheet": Caption(
        "Test cells that were classed right and wrong. Above each cell, its true class; below, "
        "what the classifiers that erred said instead.",
        "Pictures of cells that every classifier classed right, then of cells that at least one "
        "classed wrong, each with its classes in words.",
        photographic=True,
    ),
}


def captions(features: int, learned: int | None = None) -> dict[str, Caption]:
    """Give what stands under each figure that a run can have, by its name.

    Parameters
    ----------
    features : int
        Of the embedding, the hand-made ones included; 0 where there is none.
    learned : int, optional
        How many of them are the network's; all by default.

    Returns
    -------
    dict of str to Caption
    """
    count, subsets = in_words(features), len(ablated_subsets(max(features, 1), learned))
    shown = min(features, MOST_FEATURES_IN_PAIRS)
    paired = f"the {count} features"
    if shown < features:
        paired = f"the first {in_words(shown)} of the {count} features"
    every = f"every subset of the {count} features"
    all_subsets = f"All {subsets} subsets of the features"
    if features > MOST_IN_EVERY_SUBSET:
        every = f"each of the {count} features alone, of all but each one, and of all"
        if learned is not None and 0 < learned < features:
            every += ", and of the network's and the hand-made ones by themselves"
        all_subsets = f"The {subsets} subsets that were fitted"
    return _FIXED | {
        "embedding_scatter": Caption(
            f"{'Three' if features > 2 else 'The two'} features of the embedding; A, training "
            "cells; B, test cells. Both panels have the same axes.",
            ("Two three-dimensional scatter plots of features 1 to 3, " if features > 2 else
             "Two scatter plots of features 1 and 2, ")
            + "training cells at the left and test cells at the right, a colour and marker for "
            "each class.",
        ),
        "pair_plot": Caption(
            ("Every feature of the embedding against every other" if shown == features else
             f"Each of {paired} against every other of them")
            + ", and the density of each class along the diagonal.",
            f"Grid of scatter plots of each pair of {paired}, coloured by class, with the density "
            "of each class on the diagonal.",
        ),
        "feature_subsets": Caption(
            f"Test accuracy of {every}, each refitted; bars are 95 % intervals.",
            f"{all_subsets} with the accuracy that each classifier reaches on each; the table "
            "below the figure holds the same numbers.",
        ),
    }  # fmt: skip
