"""What classifiers say of cells; the stage as a whole is tested in `test_run`."""

import numpy as np

from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages.classify import calibrated_probabilities, said_and_given


def test_voters_that_are_asked_once_say_what_scikit_learn_says(ablated):
    repeat = Run(ablated).repeats()[0]
    fitted, embedded = repeat.classifiers(), repeat.embeddings()
    X, k = embedded.X, len(embedded.classes)
    said, given = said_and_given(fitted, X, k)
    assert list(said) == list(fitted)
    for key, classifier in fitted.items():
        assert np.array_equal(said[key], classifier.predict(X)), key
    vote = fitted["vote"]
    assert np.array_equal(given["vote"], vote.predict_proba(X).astype(np.float32))
    for key, voter in vote.named_estimators_.items():
        assert np.array_equal(given[key], voter.predict_proba(X).astype(np.float32)), key
    alone = calibrated_probabilities(fitted, X, k)
    assert all(np.array_equal(alone[key], given[key]) for key in given)


def test_without_a_vote_or_cells_there_are_no_probabilities(ablated):
    repeat = Run(ablated).repeats()[0]
    fitted = repeat.classifiers()
    X = repeat.embeddings().X[:3]
    without = {key: value for key, value in fitted.items() if key != "vote"}
    assert calibrated_probabilities(without, X, 3) == {}
    assert calibrated_probabilities(fitted, X[:0], 3) == {}
