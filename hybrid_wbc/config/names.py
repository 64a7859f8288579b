"""What can be named in a config, and what people are told of it: words only, read in no time.

The rooms that do what is named hold the same names: `cnn.networks`, `classical.classifiers` and
`data.reading.readers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

Stain = Literal["as is", "light", "reinhard", "macenko"]
STAINS: tuple[Stain, ...] = get_args(Stain)
Normalisation = Literal["batch", "group", "none", "fixed"]
NORMALISATION_CHOICES: tuple[Normalisation, ...] = get_args(Normalisation)
# Of starting weights alone.
FIXED: Final = "fixed"
NORMALISATIONS: tuple[Normalisation, ...] = ("batch", "group", "none")
Statistics = Literal["training", "target"]
# Of the pictures that are asked about.
TARGET: Final = "target"
Bundled = Literal["bcisc"]
BUNDLED: tuple[Bundled, ...] = get_args(Bundled)


@dataclass(frozen=True)
class Classifier:
    """One classifier's name for people, and what it is."""

    title: str
    description: str


CLASSIFIERS = {
    "knn": Classifier("KNN", "nearest neighbour by Euclidean distance (1 neighbour in the paper)"),
    "svm": Classifier("cubic SVM", "third-order polynomial kernel, one against one"),
    "forest": Classifier("random forest", "bootstrap aggregation of decision trees (20 bags)"),
    "cnn": Classifier("CNN softmax", "the network's own class layer, no classifier after it"),
    "vote": Classifier("soft vote", "mean of the calibrated probabilities of KNN, SVM and forest"),
    "cnn_ensemble": Classifier(
        "CNN ensemble", "mean softmax of several networks, each trained on another part"
    ),
    # Those of scikit-learn that a run can name beside these.
    "logistic": Classifier("logistic regression", "multinomial, with an L2 penalty (C = 1)"),
    "ridge": Classifier(
        "ridge classifier",
        "least squares to -1 and 1 for each class, with an L2 penalty (alpha = 1)",
    ),
    "lda": Classifier("LDA", "linear discriminant analysis: one covariance for all classes"),
    "qda": Classifier(
        "QDA", "quadratic discriminant analysis: one covariance for each class, shrunk by a tenth"
    ),
    "naive-bayes": Classifier("naive Bayes", "a normal distribution for each feature and class"),
    "nearest-centroid": Classifier("nearest centroid", "the class whose mean lies nearest"),
    "linear-svm": Classifier("linear SVM", "linear kernel, one against one (C = 1)"),
    "rbf-svm": Classifier(
        "RBF SVM", "Gaussian kernel, one against one (C = 1, gamma from the spread of the features)"
    ),
    "decision-tree": Classifier("decision tree", "one tree, grown until its leaves are pure"),
    "extra-trees": Classifier("extra trees", "100 trees with thresholds drawn at random"),
    "ada-boost": Classifier("AdaBoost", "50 stumps, each fitted to the mistakes of those before"),
    "gradient-boosting": Classifier("gradient boosting", "100 rounds of trees three levels deep"),
    "mlp": Classifier("MLP", "one hidden layer of 100 rectified units, trained by Adam"),
}


# Whose answer is counted, gets a probability and a set: the first of these that there is.
ANSWERING = ("vote", "cnn_ensemble", "cnn", "knn")
# The model that comes with the program.
PACKAGED = "packaged"


def _of_asghar(title: str, *, smallest: int = 32) -> str:
    return (
        f"Keras Applications' {title}, its map averaged and then the class layer, as in Asghar et "
        f"al.'s comparison on PBC: ImageNet weights stay as they are ({smallest} pixels or more)"
    )


def _at_50(name: str) -> str:
    return (
        f"the {name} of the comparison at 50×50 in grey: two convolutions, three pools, two batch "
        "normalisations and one dense layer after it (256, 128 and dense 128 deduced)"
    )


# Each with whose it is, and which parts of it are deduced.
NETWORKS = {
    "wbc23": (
        "the hybrid paper's 23 layers: four blocks of convolution, batch normalisation, ReLU and "
        "pooling, a fifth without pooling, and a five-unit layer"
    ),
    "table60": (
        "the hybrid paper's printed Keras table: three convolutions with pooling and dropout, "
        "dense 64 and 128 (306,948 parameters as printed, at 60×60 and four classes)"
    ),
    "pbc22": (
        "Asghar et al.'s own 22 layers for PBC: seven blocks of convolution, pooling and dropout, "
        "dense 128 (1,086,280 parameters at 100×100 and eight classes; pooling by 2 deduced)"
    ),
    "sequential128": (
        "Sri Lakshmi and Jyothi's sequential model at 128×128 (doi 10.63001/tbs.2024.v19.i02.S.I(1)"
        ".pp895-897): three convolutions, two pools, two dense layers, the second for the classes "
        "(filters 16, 32, 64 and dense 128 deduced)"
    ),
    "cnn50": (
        "the CNN of the comparison at 50×50 in grey: three convolutions and pools, two batch "
        "normalisations, one dense layer (filters 32, 64, 128 and dense 128 deduced)"
    ),
    "alexnet50": (
        "the AlexNet of the comparison at 50×50 in grey: five convolutions, three pools, two batch "
        "normalisations, two dense layers (widths AlexNet's own, padding deduced)"
    ),
    "vgg16": _of_asghar("VGG16"),
    "vgg19": _of_asghar("VGG19"),
    "resnet50": _of_asghar("ResNet50"),
    "resnet101": _of_asghar("ResNet101"),
    "resnet152": _of_asghar("ResNet152"),
    "inceptionv3": _of_asghar("InceptionV3", smallest=75),
    "mobilenetv2": _of_asghar("MobileNetV2"),
    "densenet201": _of_asghar("DenseNet201"),
    "vgg19at224": (
        "VGG19 at 224×224 with its two dense layers of 4,096, the class layer put anew, all of it "
        "trained, as deduced from Jarjees et al.'s transfer on PBC (32 pixels or more; ImageNet "
        "weights fit 224×224 only)"
    ),
    "resnet50at50": _at_50("ResNet50"),
    "vgg19at50": _at_50("VGG19"),
    "efficientnet-lite0": (
        "EfficientNet-Lite0 (Tan and Le 2019, https://arxiv.org/abs/1905.11946, without squeeze-"
        "and-excitation and with ReLU6), its map averaged; ImageNet weights come with the extra "
        '"hybrid-wbc[lite0]", without a download, and are trained on'
    ),
}

# From the most particular to the most general: `auto` takes the first that fits.
LAYOUTS = {
    "lisc": "folders 'Main Dataset' and 'Ground Truth Segmentation'",
    "bcisc": "a folder sub-images/images of cells named as baso_10-5_1.jpg, or one original-images",
    "kaggle": "folders TRAIN and TEST of EOSINOPHIL, LYMPHOCYTE, MONOCYTE and NEUTROPHIL",
    "voc": "folders JPEGImages and Annotations, an .xml for each picture",
    "bccd": "folders JPEGImages and Annotations with labels.csv",
    "coco": "pictures, and a .json of images, annotations and categories",
    "segmentation-wbc": (
        "001.bmp, 002.bmp and so on with a .csv of the columns image ID and class label"
    ),
    "npz": "a MedMNIST .npz file, or a folder with one",
    "csv": "a .csv file with the columns path and label, or a folder with such a labels.csv",
    "yolo": "pictures, each with a .txt of boxes, and classes.txt or data.yaml",
    "folder": "one folder of images for each class",
}

# Versions of ONNX's operators, those of networks and of classifiers. 17 of the first is the last
# whose operators take all that was written for versions from 13 on.
OPERATORS = {"": 17, "ai.onnx.ml": 3}
