import numpy as np
import pytest

from hybrid_wbc.cnn import networks
from hybrid_wbc.cnn.adapting import Adapter
from hybrid_wbc.cnn.extraction import Extractor
from hybrid_wbc.cnn.normalisation import settle_batch_normalisation
from hybrid_wbc.errors import InputError


@pytest.fixture
def model(discs):
    images, _ = discs
    network = networks.build("wbc23", input_size=images.shape[1:3], classes=3)
    settle_batch_normalisation(network, images, seed=0)
    return network


@pytest.fixture
def extractor(model):
    return Extractor(model)


def test_statistics_of_the_target_take_away_a_change_of_light(discs, model, extractor):
    images, _ = discs
    dim = (images * 0.8).astype(np.uint8)  # padding at the edges is not dimmed
    adapter = Adapter(model, extractor)
    at_home, before = extractor(images).X, extractor(dim).X
    adapter.adapt_to(np.tile(dim, (20, 1, 1, 1)))
    after = extractor(dim).X
    assert np.abs(after - at_home).mean() < 0.3 * np.abs(before - at_home).mean()


def test_neither_the_order_of_the_pictures_nor_an_earlier_target_changes_an_answer(
    discs, model, extractor
):
    images, _ = discs
    adapter = Adapter(model, extractor)
    adapter.adapt_to(images)
    once = extractor(images).X
    adapter.adapt_to(255 - images)
    assert np.abs(extractor(images).X - once).max() > 0.01
    adapter.adapt_to(images[::-1])
    np.testing.assert_allclose(extractor(images).X, once, atol=1e-4)


def test_one_picture_moves_the_statistics_less_than_many_of_its_kind(discs, model, extractor):
    images, _ = discs
    dim = (images * 0.6).astype(np.uint8)
    adapter, before = Adapter(model, extractor), extractor(dim).X
    moved = []
    for count in (1, 10, 100):
        adapter.adapt_to(np.repeat(dim[:1], count, axis=0))
        moved.append(np.abs(extractor(dim).X - before).mean())
    assert 0 < moved[0] < 0.5 * moved[1] and moved[1] < moved[2]


def test_how_many_cells_are_of_each_class_moves_the_statistics_less_than_plain_ones(
    discs, model, extractor
):
    images, labels = discs
    of = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}

    def named_rightly(pictures):
        said = np.eye(3)[[of[picture.tobytes()] for picture in pictures[:]]]
        return type("Said", (), {"softmax": said})

    adapter = Adapter(model, named_rightly)
    adapter.adapt_to(images)
    even = extractor(images).X
    uneven = np.concatenate([images, *[images[labels == 0]] * 9])
    adapter.adapt_to(uneven)
    rightly = np.abs(extractor(images).X - even).mean()
    settle_batch_normalisation(model, uneven, seed=0)
    plain = np.abs(extractor(images).X - even).mean()
    assert rightly < 0.7 * plain


def test_a_network_without_batch_normalisation_cannot_be_adapted(discs):
    network = networks.build("table60", input_size=(32, 32), classes=3)
    with pytest.raises(InputError, match="'table60' has no batch normalisation that was trained"):
        Adapter(network, Extractor(network))
