"""The order in which a network sees its images: shuffled, augmented, prepared ahead."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence

import numpy as np

from hybrid_wbc.cnn.augmentation import Augmentation
from hybrid_wbc.data.rows import Images

Batch = tuple[np.ndarray, np.ndarray]


def batches(
    images: Images,
    labels: np.ndarray,
    *,
    batch_size: int,
    augmentation: Augmentation | None,
    strata: np.ndarray | None = None,
    root: bool = False,
    seed: Sequence[int],
) -> Iterator[Batch]:
    """Shuffled, augmented batches of one epoch.

    The batch left over at the end is dropped (unless it is the only one): its few images would
    give batch normalisation poor statistics, and each epoch leaves out other ones. With strata as
    many images of each are drawn, those of the small ones repeatedly; with `root` as many as the
    square root of a stratum's size has of the sum of all.
    """
    generator = np.random.default_rng(seed)
    if strata is None:
        order = generator.permutation(len(images))
    else:
        order = evened_out(strata, 0.5 if root else 0.0, generator)
    size = min(batch_size, len(images))
    for start in range(0, len(images) - size + 1, size):
        chosen = order[start : start + size]
        batch = images[chosen]
        yield (augmentation(batch, generator) if augmentation else batch), labels[chosen]


def evened_out(strata: np.ndarray, power: float, generator: np.random.Generator) -> np.ndarray:
    """Give as many positions as there are, each stratum's share as its size to a power, shuffled.

    A stratum is gone through as a whole before any of its images is drawn again.

    Parameters
    ----------
    strata : numpy.ndarray, shape (n,)
        The stratum of each image.
    power : float
        Zero draws alike often from each stratum, one as often as it has images.
    generator : numpy.random.Generator

    Returns
    -------
    numpy.ndarray of int, shape (n,)

    Examples
    --------
    >>> drawn = evened_out(np.array([0, 0, 0, 1]), 0.0, np.random.default_rng(0))
    >>> sorted(drawn.tolist())[-2:]
    [3, 3]
    """
    names, sizes = np.unique(strata, return_counts=True)
    weights = sizes**power
    shares = np.ceil(len(strata) * weights / weights.sum()).astype(int)
    drawn = []
    for name, share in zip(names, shares, strict=True):
        own = np.flatnonzero(strata == name)
        rounds = -(-share // len(own))
        drawn.append(np.concatenate([generator.permutation(own) for _ in range(rounds)])[:share])
    return generator.permutation(np.concatenate(drawn))[: len(strata)]


def ahead(source: Iterator[Batch], depth: int = 4) -> Iterator[Batch]:
    """Prepare batches on a thread while the network works on earlier ones, in the same order."""
    waiting: queue.Queue[Batch | BaseException | None] = queue.Queue(depth)
    stop = threading.Event()

    def hand_over(item: Batch | BaseException | None) -> None:
        while not stop.is_set():
            try:
                waiting.put(item, timeout=0.1)
            except queue.Full:
                continue
            return

    def produce() -> None:
        try:
            for item in source:
                hand_over(item)
                if stop.is_set():
                    return
            hand_over(None)
        except BaseException as error:  # handed to the consumer, who raises it
            hand_over(error)

    threading.Thread(target=produce, daemon=True).start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
