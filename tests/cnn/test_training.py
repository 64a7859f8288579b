import gc

import keras
import numpy as np
import pytest
import tensorflow as tf

from hybrid_wbc.cnn import networks, training
from hybrid_wbc.cnn.architecture import BATCH_NORMALISATION_MOMENTUM
from hybrid_wbc.cnn.augmentation import Augmentation
from hybrid_wbc.cnn.batches import batches
from hybrid_wbc.cnn.optimisation import Recipe

MILD = Augmentation(rotation=20.0, translate_x=0.05, translate_y=0.05)


def build(seed: int = 0, classes: int = 3):
    return networks.build("wbc23", input_size=(32, 32), classes=classes, seed=seed)


def fit(model, discs, epochs=3, checkpoint=None, on_epoch=None, validation=None, **recipe):
    images, labels = discs
    return training.fit(
        model,
        images,
        labels,
        recipe=Recipe(epochs=epochs, batch_size=12, **recipe),
        augmentation=MILD,
        seed=7,
        checkpoint=checkpoint,
        on_epoch=on_epoch,
        validation=validation,
    )


class KilledError(Exception):
    pass


def killed_after(last):
    """Make what ends a training after an epoch, counted from zero."""

    def on_epoch(epoch, figures):
        if epoch == last:
            raise KilledError

    return on_epoch


def accuracy(model, images, labels):
    return float((model.predict(images, verbose=0).argmax(axis=1) == labels).mean())


def test_the_defaults_are_the_papers():
    assert (Recipe().epochs, Recipe().batch_size, Recipe().learning_rate) == (50, 32, 0.001)
    assert Recipe().schedule == "constant"


def test_softmax_does_not_collapse_after_a_few_dozen_steps(discs):
    model = build()
    history = fit(model, discs, epochs=15)
    assert history["accuracy"][-1] > 0.9
    assert accuracy(model, *discs) > 0.9


def test_a_training_leaves_no_graph_behind(discs):
    def graphs():
        gc.collect()
        return sum(isinstance(made, tf.Graph) for made in gc.get_objects())

    model, before = build(), graphs()
    fit(model, discs, epochs=1)
    assert graphs() == before


def test_what_is_frozen_is_not_differentiated(discs, on_a_backbone):
    images, labels = discs
    model = on_a_backbone()
    model.get_layer("backbone").trainable = False
    optimizer = Recipe().make_optimizer()
    optimizer.build(model.trainable_variables)
    step = training.training_step(model, optimizer, Recipe().loss_function())
    given = (images[:4], labels[:4], np.ones(4, np.float32))
    kinds = {made.type for made in step.get_concrete_function(*given).graph.get_operations()}
    assert "Conv2D" in kinds and "Conv2DBackpropFilter" not in kinds


def test_history_has_one_value_an_epoch(discs):
    history = fit(build(), discs, epochs=2, validation=discs)
    assert set(history) == {
        "loss", "accuracy", "learning_rate", "validation_loss", "validation_accuracy"
    }  # fmt: skip
    assert {len(values) for values in history.values()} == {2}


def test_a_killed_training_goes_on_and_ends_with_the_same_weights(discs, tmp_path):
    straight = build()
    expected = fit(straight, discs, epochs=4)
    state = tmp_path / "state.npz"

    with pytest.raises(KilledError):
        fit(build(), discs, epochs=4, checkpoint=state, on_epoch=killed_after(1))
    resumed = build(seed=99)  # whatever it starts from, the kept state takes its place
    seen = []
    history = fit(
        resumed, discs, epochs=4, checkpoint=state, on_epoch=lambda epoch, _: seen.append(epoch)
    )
    assert seen == [2, 3]
    assert history == expected
    for a, b in zip(straight.get_weights(), resumed.get_weights(), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
def test_a_damaged_state_starts_the_training_anew_and_says_so(discs, tmp_path, share, caplog):
    expected = fit(build(), discs, epochs=1)
    state = tmp_path / "state.npz"
    fit(build(), discs, epochs=1, checkpoint=state)
    content = bytearray(state.read_bytes())
    content[int(share * len(content)) : int(share * len(content)) + 60] = bytes(60)
    state.write_bytes(bytes(content))
    assert fit(build(), discs, epochs=1, checkpoint=state) == expected
    assert "state.npz: damaged" in caplog.text and "starts anew" in caplog.text


def test_a_killed_training_with_dropout_and_best_weights_goes_on_the_same(discs, tmp_path):
    def dropping():
        return networks.build("wbc23", input_size=(32, 32), classes=3, dropout=0.5)

    settings = {"validation": discs, "best_weights": True, "weight_decay": 0.01}
    straight = dropping()
    fit(straight, discs, epochs=3, **settings)
    state = tmp_path / "state.npz"

    with pytest.raises(KilledError):
        fit(dropping(), discs, epochs=3, checkpoint=state, on_epoch=killed_after(0), **settings)
    resumed = dropping()
    fit(resumed, discs, epochs=3, checkpoint=state, **settings)
    for a, b in zip(straight.get_weights(), resumed.get_weights(), strict=True):
        assert np.array_equal(a, b)


def test_the_weights_are_the_mean_of_those_after_the_last_epochs(discs):
    model, after = build(), []

    def remember(epoch, figures):
        after.append([np.asarray(v, np.float64) for v in model.trainable_variables])

    fit(model, discs, epochs=4, averaged_share=0.5, on_epoch=remember)
    plain = build()
    fit(plain, discs, epochs=4)
    for variable, third, last, other in zip(
        model.trainable_variables, *after[2:], plain.trainable_variables, strict=True
    ):
        assert np.allclose(np.asarray(variable), (third + last) / 2, atol=1e-6)
        assert np.array_equal(np.asarray(other, np.float64), last)  # the steps are the same
    assert accuracy(model, *discs) > 0.5


def test_a_training_killed_while_weights_are_averaged_goes_on_the_same(discs, tmp_path):
    straight, state = build(), tmp_path / "state.npz"
    fit(straight, discs, epochs=4, averaged_share=0.75)

    with pytest.raises(KilledError):
        fit(
            build(), discs, epochs=4, averaged_share=0.75, checkpoint=state,
            on_epoch=killed_after(2),
        )  # fmt: skip
    resumed = build(seed=99)
    fit(resumed, discs, epochs=4, averaged_share=0.75, checkpoint=state)
    for a, b in zip(straight.get_weights(), resumed.get_weights(), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("choice", [{"best_weights": True}, {"patience": 2}])
def test_weights_are_not_averaged_and_chosen_at_once(choice):
    with pytest.raises(ValueError, match="averaged_share takes the last epochs"):
        Recipe(averaged_share=0.5, **choice)


def test_best_weights_are_those_of_the_lowest_validation_loss(discs):
    images, labels = discs
    kept = {}
    model = build()

    def remember(epoch, figures):
        kept[epoch] = (figures["validation_loss"], model.get_layer("embedding").get_weights()[0])

    fit(model, discs, epochs=4, validation=(images, labels), best_weights=True, on_epoch=remember)
    best = min(kept, key=lambda epoch: kept[epoch][0])
    assert np.array_equal(model.get_layer("embedding").get_weights()[0], kept[best][1])


def test_patience_stops_when_the_validation_loss_no_longer_falls(discs):
    images, labels = discs
    wrong = (images, (labels + 1) % 3)  # the better the training, the worse this validation
    history = fit(build(), discs, epochs=30, validation=wrong, patience=2)
    assert len(history["loss"]) < 30
    best = int(np.argmin(history["validation_loss"]))
    assert len(history["loss"]) - 1 - best == 2


def test_cosine_ends_near_zero_and_warmup_starts_there():
    recipe = Recipe(epochs=10, schedule="cosine", warmup_epochs=1)
    rates = [recipe.rate(step, 10) for step in range(100)]
    assert rates[0] == pytest.approx(0.0001)
    assert max(rates) == pytest.approx(0.001)
    assert rates[-1] < 1e-6
    assert Recipe().rate(40, 10) == 0.001


def test_the_last_epochs_change_form_alone(discs):
    seen = []

    class Watched(Augmentation):
        def __call__(self, images, generator):
            seen.append((self.colour.hue, self.sharpness.blur))
            return super().__call__(images, generator)

    strong = Watched(rotation=20.0, colour={"hue": 20.0}, sharpness={"blur": 1.0})
    images, labels = discs
    recipe = Recipe(epochs=4, batch_size=len(labels), refined_share=0.5)
    training.fit(build(), images, labels, recipe=recipe, augmentation=strong, seed=7)
    assert seen == [(20.0, 1.0)] * 2 + [(0.0, 0.0)] * 2


@pytest.mark.parametrize(
    ("share", "epochs", "last"), [(0, 8, 0), (0.25, 8, 2), (1, 3, 3), (0.1, 2, 1)]
)
def test_a_share_of_the_epochs_follows_their_number_and_is_one_at_least(share, epochs, last):
    assert Recipe(epochs=epochs, refined_share=share).refined_epochs == last
    assert Recipe(epochs=epochs, averaged_share=share).averaged_epochs == last


def test_class_weights_make_a_rare_class_count_as_much_as_a_common_one(discs):
    _, labels = discs
    chosen = np.concatenate([np.flatnonzero(labels == 0), np.flatnonzero(labels == 1)[:2]])
    weights = training.class_weights(labels[chosen])
    totals = [weights[labels[chosen][labels[chosen] == k]].sum() for k in (0, 1)]
    assert totals[0] == pytest.approx(totals[1])
    assert weights[labels[chosen]].mean() == pytest.approx(1.0)


def test_settling_gives_the_statistics_of_the_untouched_training_images(discs):
    images, _ = discs
    model = build()
    fit(model, discs, epochs=1)
    first = model.get_layer("block1_normalisation")
    before = keras.Model(model.input, model.get_layer("block1_convolution").output)
    values = before.predict(images, verbose=0)
    mean, variance = (np.asarray(v) for v in (first.moving_mean, first.moving_variance))
    assert mean == pytest.approx(values.mean(axis=(0, 1, 2)), abs=1e-3)
    assert variance == pytest.approx(values.var(axis=(0, 1, 2)), rel=1e-2)
    assert first.momentum == BATCH_NORMALISATION_MOMENTUM


def test_a_frozen_backbone_comes_out_of_training_as_it_went_in(discs, on_a_backbone):
    model = on_a_backbone()
    backbone, last = model.get_layer("backbone"), model.get_layer("last_normalisation")
    backbone.trainable = False
    before = backbone.get_weights()
    fit(model, discs, epochs=2, validation=discs)
    for a, b in zip(before, backbone.get_weights(), strict=True):
        assert np.array_equal(a, b)
    assert np.any(np.asarray(last.moving_mean) != 0)


def test_a_killed_training_of_a_head_goes_on_the_same(discs, tmp_path, on_a_backbone):
    def frozen():
        keras.utils.set_random_seed(0)
        model = on_a_backbone()
        model.get_layer("backbone").trainable = False
        return model

    straight, resumed, state = frozen(), frozen(), tmp_path / "state.npz"
    fit(straight, discs, epochs=2)
    with pytest.raises(KilledError):
        fit(frozen(), discs, epochs=2, checkpoint=state, on_epoch=killed_after(0))
    fit(resumed, discs, epochs=2, checkpoint=state)
    for a, b in zip(straight.get_weights(), resumed.get_weights(), strict=True):
        assert np.array_equal(a, b)


def test_validation_sees_the_network_as_it_would_be_used(discs):
    model = build()
    images, labels = discs
    history = fit(model, discs, epochs=3, validation=discs)
    of_truth = model.predict(images, verbose=0)[np.arange(len(labels)), labels]
    assert history["validation_loss"][-1] == pytest.approx(-np.log(of_truth).mean(), rel=1e-4)


def test_each_epoch_shows_every_image_at_most_once_in_full_batches(discs):
    images, labels = discs
    drawn = list(batches(images, labels, batch_size=10, augmentation=None, seed=[1, 2, 3]))
    assert [len(batch) for batch, _ in drawn] == [10, 10, 10]
    shown = [image.tobytes() for batch, _ in drawn for image in batch]
    assert len(set(shown)) == 30


def test_a_set_smaller_than_a_batch_makes_one_batch(discs):
    images, labels = discs
    (batch,) = batches(images[:5], labels[:5], batch_size=32, augmentation=None, seed=[0])
    assert len(batch[0]) == 5


def test_an_error_in_preparing_a_batch_reaches_the_caller(discs):
    images, labels = discs

    class Broken(Augmentation):
        def __call__(self, images, generator):
            raise RuntimeError("no warp today")

    with pytest.raises(RuntimeError, match="no warp today"):
        training.fit(
            build(), images, labels, recipe=Recipe(epochs=1), augmentation=Broken(), seed=0
        )


def test_balanced_draws_each_stratum_alike_often_and_the_small_ones_repeatedly():
    strata = np.repeat([0, 1, 2], [40, 15, 5])
    images = np.arange(60, dtype=np.uint8)[:, None, None, None].repeat(3, axis=3)
    options = {"batch_size": 60, "augmentation": None, "strata": strata}
    ((drawn, labels),) = batches(images, strata, seed=[0, 1], **options)
    assert np.bincount(labels).tolist() == [20, 20, 20]
    times = np.bincount(drawn[:, 0, 0, 0], minlength=60)
    assert times[:40].max() == 1
    assert set(times[40:55]) == {1, 2} and set(times[55:]) == {4}
    ((again, _),) = batches(images, strata, seed=[0, 1], **options)
    ((other, _),) = batches(images, strata, seed=[0, 2], **options)
    assert np.array_equal(drawn, again) and not np.array_equal(drawn, other)


def test_square_root_evens_strata_out_half_as_much():
    strata = np.repeat([0, 1, 2], [64, 16, 4])
    images = np.arange(84, dtype=np.uint8)[:, None, None, None].repeat(3, axis=3)
    options = {"batch_size": 84, "augmentation": None, "strata": strata, "seed": [0, 1]}
    ((drawn, labels),) = batches(images, strata, root=True, **options)
    assert np.bincount(labels).tolist() == [48, 24, 12]  # 8, 4 and 2 parts of 14
    times = np.bincount(drawn[:, 0, 0, 0], minlength=84)
    assert times[:64].max() == 1 and set(times[64:80]) == {1, 2} and set(times[80:]) == {3}


@pytest.mark.parametrize("balanced", [True, "square root"])
def test_a_balanced_training_goes_through(discs, balanced):
    images, labels = discs
    kept = np.r_[np.flatnonzero(labels < 2), np.flatnonzero(labels == 2)[:3]]
    history = fit(build(), (images[kept], labels[kept]), epochs=1, balanced=balanced)
    assert np.isfinite(history["loss"][0])
