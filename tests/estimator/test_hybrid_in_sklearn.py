"""`HybridClassifier` works wherever scikit-learn takes one: searches, pipelines, workers."""

from __future__ import annotations

import io

import joblib
import numpy as np
from sklearn import config_context
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from hybrid_wbc.estimator.hybrid import HybridClassifier

FOLDS = StratifiedGroupKFold(2)


def test_it_can_be_cross_validated_by_source(drawn, tiny, trainings):
    scores = cross_validate(
        HybridClassifier(**tiny),
        drawn.images,
        drawn.labels,
        groups=drawn.groups,
        cv=FOLDS,
        scoring=["accuracy", "neg_log_loss"],
        error_score="raise",
    )
    assert scores["test_accuracy"].shape == (2,)
    assert np.isfinite(scores["test_neg_log_loss"]).all()


def test_groups_are_routed_to_the_inner_folds_as_well(drawn, tiny, trainings, marked):
    with config_context(enable_metadata_routing=True):
        made = cross_validate(
            HybridClassifier(**tiny).set_fit_request(groups=True),
            marked,
            drawn.labels,
            params={"groups": drawn.groups},
            cv=FOLDS,
            return_estimator=True,
            error_score="raise",
        )
    for training, hybrid in zip(trainings, made["estimator"], strict=True):
        of_a_fold = hybrid.head_.cv.test_fold
        source = training["training"][:, 0, 0, 0]
        assert [len(set(of_a_fold[source == one])) for one in set(source)] == [1] * 6


def test_a_grid_can_be_searched_over_network_head_and_epochs(drawn, tiny):
    small = tiny | {"size": 24, "calibration": None}
    grid = [
        {"network": ["wbc23", "table60"], "epochs": [1]},
        {"head": ["knn"], "epochs": [2]},
    ]
    search = GridSearchCV(HybridClassifier(**small), grid, cv=FOLDS, error_score="raise")
    search.fit(drawn.images, drawn.labels, groups=drawn.groups)
    assert len(search.cv_results_["params"]) == 3
    assert len(search.best_estimator_.history_["loss"]) == search.best_params_["epochs"]
    assert search.predict(drawn.images).shape == (24,)


def test_it_can_be_the_last_step_of_a_pipeline(drawn, tiny, fitted):
    mirror = FunctionTransformer(lambda images: images[:, :, ::-1])
    pipeline = Pipeline([("mirror", mirror), ("hybrid", HybridClassifier(**tiny))])
    pipeline.fit(drawn.images[:, :, ::-1], drawn.labels, hybrid__groups=drawn.groups)
    assert np.array_equal(pipeline.predict(drawn.images[:, :, ::-1]), fitted.predict(drawn.images))


def test_it_can_be_the_features_of_another_classifier(drawn, tiny, fitted):
    pipeline = make_pipeline(HybridClassifier(**tiny), StandardScaler(), LogisticRegression())
    pipeline.fit(drawn.images, drawn.labels)
    features = StandardScaler().fit_transform(fitted.transform(drawn.images))
    expected = LogisticRegression().fit(features, drawn.labels).predict_proba(features)
    assert np.array_equal(pipeline.predict_proba(drawn.images), expected)
    assert list(pipeline[:-1].get_feature_names_out()) == [f"feature_{i}" for i in range(1, 6)]


def test_a_fitted_one_can_be_handed_to_another_process(drawn, fitted):
    file = io.BytesIO()
    joblib.dump(fitted, file)
    file.seek(0)
    received = joblib.load(file)
    assert np.array_equal(received.predict_proba(drawn.images), fitted.predict_proba(drawn.images))
