"""Owns what stands under each figure of a run's page, and what is said to who cannot see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Caption:
    """What stands under a figure, what is said to who cannot see it, and how it is kept."""

    caption: str
    alt: str
    photographic: bool = False


FIGURES = {
    "embedding_scatter": Caption(
        "Three features of the embedding; A, training cells; B, test cells. Both panels have the "
        "same axes.",
        "Two three-dimensional scatter plots of features 1 to 3, training cells at the left and "
        "test cells at the right, a colour and marker for each class.",
    ),
    "pair_plot": Caption(
        "Every feature of the embedding against every other, and the density of each class along "
        "the diagonal.",
        "Grid of scatter plots of each pair of the five features, coloured by class, with the "
        "density of each class on the diagonal.",
    ),
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
    "feature_subsets": Caption(
        "Test accuracy of every subset of the five features, each refitted; bars are 95 % "
        "intervals.",
        "All 31 subsets of the features with the accuracy that each classifier reaches on each; "
        "the table below the figure holds the same numbers.",
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
