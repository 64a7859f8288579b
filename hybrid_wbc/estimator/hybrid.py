"""The whole pipeline, from images to classes, as one scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.utils import Tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from hybrid_wbc.classical.calibration import calibrated
from hybrid_wbc.classical.heads import SoftmaxHead, answering, build_head, gives
from hybrid_wbc.config.data import Data, Split
from hybrid_wbc.config.network import Network, Training
from hybrid_wbc.data.pixels import Pixels
from hybrid_wbc.data.rows import Images, Rows
from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator import archive, inputs
from hybrid_wbc.estimator.forking import UnpickledWhenAsked
from hybrid_wbc.estimator.inputs import Parameters, Pictures
from hybrid_wbc.estimator.network import extractor_of, hold_out, train

# What is not said otherwise is as for a run; batches and schedule are those of the config `lisc`.
_DATA, _SPLIT, _NETWORK, _TRAINING = Data(), Split(), Network(), Training()


class HybridClassifier(UnpickledWhenAsked, ClassifierMixin, TransformerMixin, BaseEstimator):
    """A network cut off at its embedding layer, and a head: a classifier on what that says.

    `predict` is the head's own answer: its accuracy is that of the published classifier.
    `predict_proba` is calibrated by a sigmoid for each class, so that the class of the highest
    probability can be another; an SVM, besides, answers by votes between pairs of classes.

    Parameters
    ----------
    network : str
        A key of `hybrid_wbc.cnn.networks.NETWORKS`.
    head : str
        A classifier of `hybrid_wbc.classical.classifiers`: "svm", the cubic SVM; "knn", the nearest
        neighbour; "forest", of 20 trees; "vote", the soft vote of these three; "cnn", none, which
        leaves the network's own softmax; or one of the others that `list classifiers` names, such
        as "logistic" or "gradient-boosting".
    epochs, batch_size, learning_rate, schedule
        See `hybrid_wbc.config.network.Training`.
    size : int
        Height and width that every image is resized to, in pixels, from 16 to 1024.
    augment : bool
        Whether training images are warped, as `hybrid_wbc.cnn.augmentation` describes.
    views : {1, 8}
        1: each image as it is. 8: the mean over its quarter-turns and their mirror images.
    embedding_units : int
        How many numbers the embedding has, from 2 to 64; five in the paper.
    dropout : float, optional
        Rate of the network's dropout layers; by default the network's own.
    weights : str
        What the network starts from: "none", "imagenet" or the path of a file, as
        `hybrid_wbc.cnn.networks.build` takes them.
    validation : float
        Share of the cells held out by group. Neither the network nor the head is fitted on them.
    patience : int, optional
        Stop after so many epochs without a lower validation loss, and keep the best epoch.
    calibration : {"head", "whole", None}
        The folds that the sigmoids are fitted on; a source is never on both sides of one. "head":
        folds of the one trained network's embedding. This costs little, but the network has seen
        these cells: the more it has learned by heart, the more over-confident the probabilities.
        "whole": the network is trained again without each fold, `calibration_folds` more trainings.
        The cells are then unseen, by networks that saw fewer of them: on a small set the
        probabilities are too careful. None: what the head says by itself, which is no probability
        with an SVM and only 0 or 1 with one neighbour. (Trained on 62 SYNTHETIC cells without
        augmentation, 65 % of the answers were right; "head" was sure to 81 % on average and
        "whole" to 46 %. With augmentation: 78 %, 76 % and 63 %.) The vote's members are always
        calibrated on 5 folds of the embedding, and the softmax cannot be fitted again by itself:
        "head" adds nothing to these two, "whole" does.
    calibration_folds : int
        Lowered to the smallest number of sources of any class.
    random_state : int
        Seeds the network, the order of the images, the forest and every split.
    verbose : bool
        Whether the training is followed on stderr.

    Attributes
    ----------
    classes_ : numpy.ndarray, shape (k,)
    network_ : keras.Model
    history_ : dict of str to list of float
        One value an epoch.
    head_ : scikit-learn classifier
        Calibrated or not. It takes embeddings, or the network's probabilities with `head="cnn"`.
    pixels_ : hybrid_wbc.data.pixels.Pixels
        What is done to each picture that it is asked about: brought to `size`, and for one that a
        run in one file gave, cut to its cell as well, as the run's own pictures were.

    Notes
    -----
    An image is no row of features, so there is no `n_features_in_`. Equal images, seed and settings
    give the embeddings and answers of the command line, with its `classifiers.features: cnn`; there
    are no hand-made features here. For research, not for diagnosis.

    Examples
    --------
    >>> from pathlib import Path
    >>> from hybrid_wbc import HybridClassifier, load_cells
    >>> from hybrid_wbc.data.drawn.synthetic import write_smears
    >>> write_smears(Path("smears"), per_class=4)  # SYNTHETIC; or take a folder of your own cells
    20
    >>> cells = load_cells("smears", size=32)
    >>> hybrid = HybridClassifier(head="knn", size=32, epochs=1, calibration=None)
    >>> hybrid = hybrid.fit(cells.images, cells.labels, groups=cells.sources)
    >>> hybrid.transform(cells.images[:3]).shape
    (3, 5)
    >>> hybrid.predict(cells.images[:3]).shape
    (3,)
    """

    def __init__(
        self,
        network: str = _NETWORK.name,
        head: str = "svm",
        *,
        epochs: int = _TRAINING.epochs,
        size: int = _DATA.size,
        batch_size: int = 16,
        learning_rate: float = _TRAINING.learning_rate,
        schedule: str = "cosine",
        augment: bool = True,
        views: int = _NETWORK.views,
        embedding_units: int = _NETWORK.embedding_units,
        dropout: float | None = _NETWORK.dropout,
        weights: str = _NETWORK.weights,
        validation: float = _SPLIT.validation,
        patience: int | None = _TRAINING.patience,
        calibration: str | None = "head",
        calibration_folds: int = 5,
        random_state: int = 0,
        verbose: bool = False,
    ) -> None:
        self.network = network
        self.head = head
        self.epochs = epochs
        self.size = size
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.augment = augment
        self.views = views
        self.embedding_units = embedding_units
        self.dropout = dropout
        self.weights = weights
        self.validation = validation
        self.patience = patience
        self.calibration = calibration
        self.calibration_folds = calibration_folds
        self.random_state = random_state
        self.verbose = verbose

    def fit(
        self, X: Pictures, y: Sequence[Any], groups: Sequence[Any] | None = None
    ) -> HybridClassifier:
        """Train the network, then fit the head on its embedding of the same cells.

        Parameters
        ----------
        X : numpy.ndarray of uint8, shape (n, height, width, 3), or n paths of image files
        y : sequence of n strings or whole numbers
            The class of each image.
        groups : sequence, length n, optional
            The photograph, smear or patient of each image, kept on one side of every inner split.
            Without it each image counts as a source of its own.

        Returns
        -------
        HybridClassifier

        Raises
        ------
        InputError
            If what is given is not as described, or a class too small for the splits asked for.
        """
        inputs.check_parameters(self.get_params())
        self.pixels_ = Pixels(self.size)
        images = inputs.read_images(X, self.pixels_)
        labels = inputs.read_labels(y, len(images))
        sources = inputs.read_groups(groups, len(images))
        if self.calibration == "whole":
            self._fit_whole(images, labels, sources)
        else:
            self._fit_once(images, labels, sources)
        self.classes_ = self.head_.classes_
        return self

    def _fit_once(self, images: np.ndarray, labels: np.ndarray, sources: np.ndarray) -> None:
        held_out = hold_out(labels, sources, self.validation, self.random_state)
        y = labels[~held_out]
        # Built first: that a class has too few sources is better said before the training.
        head = build_head(
            self.head,
            y,
            sources[~held_out],
            calibration_folds=self.calibration_folds if self.calibration else None,
            seed=self.random_state,
        )
        targets = np.unique(labels, return_inverse=True)[1]
        self.network_, self.history_ = train(self._parameters(), images, targets, held_out)
        both = self._run(Rows.of(images, ~held_out))
        self.head_ = head.fit(both[self.head == "cnn"], y)

    def _fit_whole(self, images: np.ndarray, labels: np.ndarray, sources: np.ndarray) -> None:
        plain = clone(self).set_params(calibration=None)
        with config_context(enable_metadata_routing=True):
            plain.set_fit_request(groups=True)
            whole = calibrated(
                plain, labels, sources, folds=self.calibration_folds, seed=self.random_state
            ).fit(images, labels, groups=sources)
        trained = answering(whole)
        # The network is kept in a file of its own: from here on the sigmoids stand on the head.
        whole.calibrated_classifiers_[0].estimator = trained.head_
        whole.set_params(estimator=clone(trained.head_))
        self.network_, self.history_, self.head_ = trained.network_, trained.history_, whole

    def transform(self, X: Pictures) -> np.ndarray:
        """Give the embedding.

        Parameters
        ----------
        X : as in `fit`

        Returns
        -------
        numpy.ndarray of float32, shape (n, embedding_units)
        """
        return self._run(self._read(X))[0]

    def predict(self, X: Pictures) -> np.ndarray:
        """Give the head's answer.

        Parameters
        ----------
        X : as in `fit`

        Returns
        -------
        numpy.ndarray, shape (n,)
        """
        features = self._features(self._read(X))
        return answering(self.head_).predict(features)

    @available_if(lambda self: self.calibration is not None or gives(self.head, "predict_proba"))
    def predict_proba(self, X: Pictures) -> np.ndarray:
        """Give the probability of each class; see `calibration` for what it rests on.

        Parameters
        ----------
        X : as in `fit`

        Returns
        -------
        numpy.ndarray of float, shape (n, k), in the order of `classes_`
        """
        features = self._features(self._read(X))
        return self.head_.predict_proba(features)

    @available_if(lambda self: gives(self.head, "decision_function"))
    def decision_function(self, X: Pictures) -> np.ndarray:
        """Give the head's own scores, as an SVM has them, before any calibration.

        Parameters
        ----------
        X : as in `fit`

        Returns
        -------
        numpy.ndarray of float64, shape (n, k), or (n,) where there are two classes
        """
        features = self._features(self._read(X))
        return answering(self.head_).decision_function(features)

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:  # noqa: ARG002
        """Name the columns that `transform` gives, whatever the images."""
        check_is_fitted(self)
        from hybrid_wbc.cnn.networks import EMBEDDING  # TensorFlow takes seconds to load

        numbers = range(1, 1 + self.network_.get_layer(EMBEDDING).units)
        return np.array([f"feature_{number}" for number in numbers], dtype=object)

    def save(self, path: str | Path) -> None:
        """Write one file: whole or not at all, and without pickles.

        Parameters
        ----------
        path : str or Path
        """
        check_is_fitted(self)
        facts: archive.Settings = {"parameters": self._parameters(), "history": self.history_}
        archive.write(Path(path), facts, self.network_, self.head_)

    @classmethod
    def load(cls, path: str | Path) -> HybridClassifier:
        """Read what `save` wrote, in Keras' safe mode and under the allow-list of skops.

        Parameters
        ----------
        path : str or Path
            Of such a file; of a run in one file, which `hybrid-wbc export --bundle` wrote; or
            "packaged", the model that comes with the program. Of a run the classifier answers that
            `hybrid-wbc predict` counts, and every picture is cut to its cell as the run's were, so
            give it whole. Its parameters are the run's as far as the estimator has them: to fit it
            anew does not train the run again.

        Raises
        ------
        InputError
            If the file is missing, damaged, or another thing altogether.
        """
        kept = archive.read(Path(path))
        try:
            loaded = cls(**kept.parameters)
        except TypeError as error:
            raise InputError(f"{path}: its settings are not of this version; fit again") from error
        inputs.check_parameters(loaded.get_params())
        loaded.network_, loaded.history_, loaded.head_ = kept.network, kept.history, kept.head
        loaded.classes_, loaded.pixels_ = kept.head.classes_, kept.pixels
        return loaded

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _parameters(self) -> Parameters:
        return cast(Parameters, self.get_params())

    def _read(self, X: Pictures) -> np.ndarray:
        check_is_fitted(self)
        return inputs.read_images(X, self.pixels_)

    def _run(self, images: Images) -> tuple[np.ndarray, np.ndarray]:
        said = extractor_of(self, self.network_)(images, views=self.views)
        return said.X, said.softmax

    def _features(self, images: np.ndarray) -> np.ndarray:
        embedding, probabilities = self._run(images)
        return probabilities if isinstance(answering(self.head_), SoftmaxHead) else embedding
