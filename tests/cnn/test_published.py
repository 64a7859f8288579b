import keras
import numpy as np
import pytest

from hybrid_wbc.cnn import networks


def rows(model):
    """Layers as a paper's table has them: without pixels' scaling, dropout and flattening."""
    left_out = {"InputLayer", "Rescaling", "Dropout", "Flatten"}
    return [
        (type(layer).__name__, tuple(layer.output.shape[1:]), layer.count_params())
        for layer in model.layers
        if type(layer).__name__ not in left_out
    ]


def kinds(model):
    names = [type(layer).__name__ for layer in model.layers]
    return {kind: names.count(kind) for kind in set(names)}


def test_pbc22_as_printed_has_the_computed_parameters_and_sizes():
    model = networks.build("pbc22", input_size=(100, 100), classes=8, embedding="none")
    assert model.count_params() == 1_086_280
    pools = [shape[0] for kind, shape, _ in rows(model) if kind == "MaxPooling2D"]
    assert pools == [50, 25, 13, 7, 4, 2, 1]
    counted = kinds(model)
    assert counted["Conv2D"] == counted["MaxPooling2D"] == counted["Dropout"] == 7
    assert 3 * 7 + 1 == 22  # blocks, and the dense layer before the classes


def test_pbc22_has_the_papers_filters_and_dropout():
    model = networks.build("pbc22", input_size=(100, 100), classes=8, embedding="none")
    filters = [layer.filters for layer in model.layers if layer.name.endswith("convolution")]
    assert filters == [32, 64, 64, 64, 128, 256, 256]
    assert {layer.rate for layer in model.layers if layer.name.endswith("dropout")} == {0.25}
    assert model.get_layer("dense1").units == 128


def test_sequential128_has_the_papers_counts_of_layers_and_its_scaling():
    model = networks.build("sequential128", input_size=(128, 128), classes=4, embedding="none")
    counted = kinds(model)
    assert (counted["Conv2D"], counted["MaxPooling2D"], counted["Dense"]) == (3, 2, 2)
    assert {layer.rate for layer in model.layers if "dropout" in layer.name} == {0.5}
    ends = np.stack([np.zeros((1, 1, 3)), np.full((1, 1, 3), 255)])
    assert np.asarray(model.get_layer("scaling")(ends)) == pytest.approx(ends / 255)


def test_cnn50_has_the_papers_counts_of_layers():
    model = networks.build("cnn50", input_size=(50, 50), classes=4, embedding="none")
    counted = kinds(model)
    assert (counted["Conv2D"], counted["MaxPooling2D"], counted["BatchNormalization"]) == (3, 3, 2)
    assert counted["Dense"] == 2  # the fully linked layer, and the one of the softmax


def test_alexnet50_has_the_papers_counts_of_layers_and_something_left_to_pool():
    model = networks.build("alexnet50", input_size=(50, 50), classes=4, embedding="none")
    counted = kinds(model)
    assert (counted["Conv2D"], counted["MaxPooling2D"], counted["BatchNormalization"]) == (5, 3, 2)
    assert counted["Dense"] == 3
    pools = [shape[0] for kind, shape, _ in rows(model) if kind == "MaxPooling2D"]
    assert pools == [7, 4, 2]


def test_a_dropout_of_zero_leaves_the_dropout_layers_out():
    model = networks.build("pbc22", input_size=(32, 32), classes=3, dropout=0.0)
    assert "Dropout" not in kinds(model)


@pytest.mark.parametrize("name", networks.PUBLISHED)
@pytest.mark.parametrize(("size", "classes"), [((48, 48), 2), ((60, 80), 5), ((96, 96), 8)])
def test_every_papers_own_network_takes_any_size_and_class_count(name, size, classes):
    model = networks.build(name, input_size=size, classes=classes)
    embedding = model.get_layer("embedding")
    assert model.output_shape == (None, classes)
    assert embedding.units == 5
    assert embedding.activation is keras.activations.linear


def test_only_the_hybrid_papers_network_has_its_embedding_as_class_layer_by_itself():
    without = [
        name
        for name in networks.PUBLISHED
        if "class_layer"
        not in [layer.name for layer in networks.build(name, input_size=(32, 32), classes=5).layers]
    ]
    assert without == ["wbc23"]
