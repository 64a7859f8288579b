"""`HybridClassifier` agrees with the command line and works wherever scikit-learn takes one."""

from __future__ import annotations

import copy
import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from hybrid_wbc.classical import classifiers
from hybrid_wbc.config import load
from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator.hybrid import HybridClassifier


def sources_of(images: np.ndarray) -> set[int]:
    return set(images[:, 0, 0, 0].tolist())


def test_importing_it_does_not_load_tensorflow():
    code = "import sys, hybrid_wbc.estimator.hybrid; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_its_defaults_are_the_settings_of_the_shipped_config_lisc():
    lisc, defaults = load.load("lisc"), HybridClassifier().get_params()
    assert defaults["network"] == lisc.network.name
    assert defaults["size"] == lisc.data.size
    assert defaults["augment"] == lisc.augmentation.enabled
    assert defaults["validation"] == lisc.split.validation
    assert defaults["random_state"] == lisc.seed
    for name in ("epochs", "batch_size", "learning_rate", "schedule", "patience"):
        assert defaults[name] == getattr(lisc.training, name)
    for name in ("views", "dropout"):
        assert defaults[name] == getattr(lisc.network, name)


def test_embedding_and_answers_are_those_of_the_command_lines_own_functions(drawn, tiny, fitted):
    from hybrid_wbc.cnn import augmentation, extraction, networks, optimisation, training

    classes, targets = np.unique(drawn.labels, return_inverse=True)
    network = networks.build("wbc23", input_size=(16, 16), classes=3, seed=0)
    recipe = optimisation.Recipe(epochs=4, batch_size=8, schedule="cosine")
    history = training.fit(
        network,
        drawn.images,
        targets,
        recipe=recipe,
        augmentation=augmentation.Augmentation(),
        seed=0,
    )
    embedding, probabilities = extraction.extract(network, drawn.images)
    svm = classifiers.build(seed=0)["svm"].fit(embedding, targets)
    assert np.array_equal(fitted.transform(drawn.images), embedding)
    assert np.array_equal(fitted.predict(drawn.images), classes[svm.predict(embedding)])
    assert fitted.history_ == history
    softmax = HybridClassifier(head="cnn", **tiny).fit(drawn.images, drawn.labels)
    assert np.array_equal(softmax.predict_proba(drawn.images), probabilities)
    assert np.array_equal(softmax.predict(drawn.images), classes[probabilities.argmax(axis=1)])


def test_a_network_is_compiled_once_for_all_that_it_is_asked_and_anew_after_a_fit(
    drawn, tiny, monkeypatch
):
    from hybrid_wbc.cnn import extraction

    built, asked = [], extraction.Extractor
    monkeypatch.setattr(extraction, "Extractor", lambda model: built.append(model) or asked(model))
    hybrid = HybridClassifier(head="knn", **(tiny | {"epochs": 1, "calibration": None}))
    hybrid.fit(drawn.images, drawn.labels)
    first = hybrid.transform(drawn.images)
    assert np.array_equal(hybrid.transform(drawn.images), first)
    assert built == [hybrid.network_]
    hybrid.set_params(random_state=1).fit(drawn.images, drawn.labels)
    assert not np.array_equal(hybrid.transform(drawn.images), first)
    assert built[1:] == [hybrid.network_]
    gone = weakref.ref(built.pop())
    built.clear()
    del hybrid
    gc.collect()
    assert gone() is None


def test_it_tells_the_drawn_cells_apart(drawn, fitted):
    assert fitted.transform(drawn.images).shape == (24, 5)
    assert fitted.transform(drawn.images).dtype == np.float32
    assert list(fitted.classes_) == ["lymphocyte", "monocyte", "neutrophil"]
    assert fitted.score(drawn.images, drawn.labels) > 0.8
    probabilities = fitted.predict_proba(drawn.images)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(24))
    likeliest = fitted.classes_[probabilities.argmax(axis=1)]
    assert np.mean(likeliest == drawn.labels) > 0.8
    assert list(fitted.get_feature_names_out()) == [f"feature_{i}" for i in range(1, 6)]


def test_one_image_is_answered_as_among_others(drawn, fitted):
    alone = np.concatenate([fitted.predict_proba(drawn.images[i : i + 1]) for i in range(4)])
    assert alone == pytest.approx(fitted.predict_proba(drawn.images)[:4], abs=1e-4)


@pytest.mark.parametrize("head", ["knn", "forest", "vote"])
def test_a_head_answers_as_the_classifier_of_its_name(drawn, tiny, trainings, head):
    hybrid = HybridClassifier(head=head, **tiny)
    hybrid.fit(drawn.images, drawn.labels, groups=drawn.groups)
    members = classifiers.build(seed=0)
    expected = (
        classifiers.soft_vote(members, drawn.labels, drawn.groups, seed=0)
        if head == "vote"
        else members[head]
    ).fit(hybrid.transform(drawn.images), drawn.labels)
    answers = expected.predict(hybrid.transform(drawn.images))
    assert np.array_equal(hybrid.predict(drawn.images), answers)
    assert hybrid.predict_proba(drawn.images).sum(axis=1) == pytest.approx(np.ones(24))


def test_without_calibration_an_svm_has_scores_and_no_probabilities(drawn, tiny, trainings):
    plain = HybridClassifier(calibration=None, **tiny).fit(drawn.images, drawn.labels)
    assert not hasattr(plain, "predict_proba")
    assert plain.decision_function(drawn.images).shape == (24, 3)
    forest = HybridClassifier(head="forest", calibration=None)
    assert hasattr(forest, "predict_proba")
    assert not hasattr(forest, "decision_function")


def test_whole_numbers_as_labels_give_the_same_answers_as_names(drawn, tiny, fitted):
    numbers = np.searchsorted(fitted.classes_, drawn.labels)
    numbered = HybridClassifier(**tiny).fit(drawn.images, 10 * numbers, groups=drawn.groups)
    assert numbered.classes_.tolist() == [0, 10, 20]
    answers = fitted.classes_[numbered.predict(drawn.images) // 10]
    assert np.array_equal(answers, fitted.predict(drawn.images))
    assert np.array_equal(numbered.predict_proba(drawn.images), fitted.predict_proba(drawn.images))


def test_two_classes_are_enough(drawn, tiny, trainings):
    two = drawn.labels != "monocyte"
    for head in ("svm", "cnn"):
        hybrid = HybridClassifier(head=head, **tiny).fit(drawn.images[two], drawn.labels[two])
        assert hybrid.predict_proba(drawn.images).shape == (24, 2)


def test_a_whole_calibration_trains_without_each_fold_once(drawn, tiny, trainings, marked):
    hybrid = HybridClassifier(calibration="whole", calibration_folds=3, **tiny)
    hybrid.fit(marked, drawn.labels, groups=drawn.groups)
    *folds, everything = [sources_of(training["training"]) for training in trainings]
    assert everything == set(range(12))
    left_out = [everything - fold for fold in folds]
    assert len(left_out) == 3
    assert sorted(source for fold in left_out for source in fold) == list(range(12))


def test_a_whole_calibration_leaves_the_network_as_it_is(drawn, tiny, fitted):
    whole = HybridClassifier(calibration="whole", calibration_folds=2, **tiny)
    whole.fit(drawn.images, drawn.labels, groups=drawn.groups)
    assert np.array_equal(whole.transform(drawn.images), fitted.transform(drawn.images))
    assert np.array_equal(whole.predict(drawn.images), fitted.predict(drawn.images))
    probabilities = whole.predict_proba(drawn.images)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(24))
    assert not np.allclose(probabilities, fitted.predict_proba(drawn.images), atol=0.01)


@pytest.mark.parametrize("head", ["cnn", "vote"])
def test_only_a_whole_calibration_changes_softmax_and_vote(drawn, tiny, trainings, head):
    plain, by_head, whole = (
        HybridClassifier(head=head, calibration=calibration, calibration_folds=2, **tiny).fit(
            drawn.images, drawn.labels, groups=drawn.groups
        )
        for calibration in (None, "head", "whole")
    )
    expected = plain.predict_proba(drawn.images)
    assert np.array_equal(by_head.predict_proba(drawn.images), expected)
    assert not np.allclose(whole.predict_proba(drawn.images), expected, atol=0.01)
    assert np.array_equal(whole.predict(drawn.images), plain.predict(drawn.images))


def test_a_class_of_one_source_is_refused_before_the_training(drawn, tiny, trainings):
    groups = np.where(drawn.labels == "monocyte", 99, drawn.groups)
    with pytest.raises(InputError, match="class 'monocyte' lies in one source"):
        HybridClassifier(**tiny).fit(drawn.images, drawn.labels, groups=groups)
    assert not trainings


def test_the_validation_side_shares_no_source_with_the_training(drawn, tiny, trainings, marked):
    hybrid = HybridClassifier(validation=0.25, **tiny)
    hybrid.fit(marked, drawn.labels, groups=drawn.groups)
    sides = [sources_of(trainings[0][side]) for side in ("training", "validation")]
    assert not sides[0] & sides[1]
    assert sides[0] | sides[1] == set(range(12))
    # The head is fitted on the same cells as the network.
    assert len(hybrid.head_.cv.test_fold) == len(trainings[0]["training"]) == 18


def test_patience_stops_early(drawn, tiny):
    # At this rate the loss only grows.
    settings = tiny | {"epochs": 9, "learning_rate": 3.0, "patience": 1, "validation": 0.25}
    hybrid = HybridClassifier(**settings).fit(drawn.images, drawn.labels, groups=drawn.groups)
    assert 2 <= len(hybrid.history_["validation_loss"]) < 9


def test_a_validation_side_that_takes_a_class_whole_is_refused(drawn, tiny, trainings):
    groups = np.where(drawn.labels == "monocyte", 99, drawn.groups)
    with pytest.raises(InputError, match=r"validation: 0\.9 leaves no cell of class 'monocyte'"):
        HybridClassifier(validation=0.9, **tiny).fit(drawn.images, drawn.labels, groups=groups)


def test_a_validation_side_without_a_cell_is_refused(drawn, tiny, trainings):
    with pytest.raises(InputError, match=r"validation: 0\.1 .* less than a source holds; raise it"):
        HybridClassifier(validation=0.1, **tiny).fit(
            drawn.images, drawn.labels, groups=drawn.groups
        )


def test_files_are_answered_as_their_pixels(drawn, fitted, tmp_path):
    from PIL import Image

    paths = [tmp_path / f"{number}.png" for number in range(24)]
    for path, image in zip(paths, drawn.images, strict=True):
        Image.fromarray(image).save(path)
    assert np.array_equal(fitted.predict(paths), fitted.predict(drawn.images))


@pytest.mark.parametrize("ask", ["predict", "predict_proba", "transform", "decision_function"])
def test_before_fitting_it_says_so(drawn, ask):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(HybridClassifier(), ask)(drawn.images)


def test_parameters_changed_after_fitting_do_not_change_its_answers(drawn, fitted):
    before = fitted.predict(drawn.images)
    changed = copy.copy(fitted).set_params(size=64, head="cnn")
    assert np.array_equal(changed.predict(drawn.images), before)


@pytest.mark.parametrize("head", ["lda", "ridge"])
def test_other_classifiers_and_numbers_of_units_can_be_asked_for(
    drawn, tiny, trainings, head, tmp_path
):
    hybrid = HybridClassifier(head=head, embedding_units=7, **tiny).fit(drawn.images, drawn.labels)
    features = hybrid.transform(drawn.images)
    assert features.shape == (24, 7)
    assert hybrid.get_feature_names_out().tolist() == [f"feature_{n}" for n in range(1, 8)]
    expected = classifiers.build(seed=0, extra=[head])[head].fit(features, drawn.labels)
    assert np.array_equal(hybrid.predict(drawn.images), expected.predict(features))
    assert hybrid.predict_proba(drawn.images).shape == (24, 3)
    hybrid.save(tmp_path / "wide.hybrid")
    loaded = HybridClassifier.load(tmp_path / "wide.hybrid")
    assert loaded.embedding_units == 7
    assert np.array_equal(loaded.predict(drawn.images), hybrid.predict(drawn.images))


def test_a_head_without_probabilities_of_its_own_has_scores_alone():
    ridge, lda = (HybridClassifier(head=head, calibration=None) for head in ("ridge", "lda"))
    assert not hasattr(ridge, "predict_proba") and hasattr(ridge, "decision_function")
    assert hasattr(lda, "predict_proba") and hasattr(lda, "decision_function")
