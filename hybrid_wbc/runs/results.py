"""What a run's classifiers said of its cells, from its files to what the evaluation takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from hybrid_wbc.classical import classifiers
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.evaluation.reported import Softmax
from hybrid_wbc.evaluation.statistics import Predictions

Tables = Sequence[Sequence[Mapping[str, str]]]


def of_classifiers(
    tables: Tables, embedded: Sequence[Embeddings], sides: Collection[str] = (TEST,)
) -> dict[str, list[Predictions]]:
    """Give each classifier's answers on some sides of every repeat.

    Parameters
    ----------
    tables : sequence of sequence of mapping
        The rows of each repeat's predictions.csv.
    embedded : sequence of Embeddings
        Of the same repeats; they know each cell's source.
    sides : collection of str

    Returns
    -------
    dict of str to list of Predictions
        By classifier, one per repeat, the cells of a repeat in the same order for each classifier.
    """
    chosen = [[row for row in table if row["split"] in sides] for table in tables]
    sources = [dict(zip(e.ids.tolist(), e.sources.tolist(), strict=True)) for e in embedded]
    return {
        key: [
            Predictions(
                true=np.array([row["label"] for row in rows]),
                predicted=np.array([row[key] for row in rows]),
                sources=np.array([source_of[row["id"]] for row in rows]),
            )
            for rows, source_of in zip(chosen, sources, strict=True)
        ]
        for key in classifiers.CLASSIFIERS
        if all(key in table[0] for table in tables)
    }


def of_softmax(embedded: Sequence[Embeddings], sides: Collection[str] = (TEST,)) -> list[Softmax]:
    """Give what the network itself said of the cells on some sides of every repeat."""
    masks = [np.isin(e.split, list(sides)) for e in embedded]
    return [
        Softmax(e.y[mask], e.probabilities[mask], e.sources[mask])
        for e, mask in zip(embedded, masks, strict=True)
    ]
