"""The one way from a picture to what a network takes: cut to its cell, of one size and colour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import numpy as np
from joblib import Parallel, delayed

from hybrid_wbc.config.choices import AS_IS, FITTED, REMOVED, Background, Colour, Crop
from hybrid_wbc.config.data import Data
from hybrid_wbc.config.names import Stain
from hybrid_wbc.data import arrays, cleaning, sizing, stain_normalising
from hybrid_wbc.data.boxes import cut
from hybrid_wbc.data.cells import clearing, framing
from hybrid_wbc.data.cells.locating import Place, locate
from hybrid_wbc.data.pieces import in_pieces, pieces_of
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError

Job = Callable[[str], AbstractContextManager[Callable[[int, int], None] | None]]


def in_silence(_title: str) -> AbstractContextManager[None]:
    """Follow a job without a word."""
    return nullcontext()


@dataclass(frozen=True)
class Pixels:
    """Everything that is done to a picture on its way to a network.

    Parameters
    ----------
    size : int
        Height and width that it is brought to.
    middle : float
        Share of its height and width that is kept, where it is not cut out.
    margin : float
        Room on each side of a cell that is cut out, as a share of its longer side.
    crop : str
        "located" keeps that share of the shorter side about the cell that is found; "fitted" cuts
        the cell that is found out with its margin.
    through, colour
        As for `sizing.to_size`.
    background : str
        "removed" makes all grey that is not the cell; see `hybrid_wbc.data.cells.clearing`.
    stain : str
        How its colours are brought to the reference; see `hybrid_wbc.data.stain_normalising`.
    """

    size: int
    middle: float = 1.0
    margin: float = 0.25
    crop: Crop = AS_IS
    through: int | None = None
    colour: Colour = "rgb"
    stain: Stain = AS_IS
    background: Background = AS_IS

    @classmethod
    def of(cls, data: Data) -> Pixels:
        """Take a run's settings."""
        return cls(
            size=data.size,
            middle=data.middle,
            margin=data.margin,
            crop=data.crop,
            through=data.through,
            colour=data.colour,
            stain=data.stain,
            background=data.background,
        )

    @property
    def margin_of_found(self) -> float | None:
        """The margin of a cell that is found; None where the square does not follow from it."""
        return self.margin if self.crop == FITTED else None


@dataclass(frozen=True)
class Prepared:
    """Pictures as a network takes them.

    Parameters
    ----------
    images : numpy.ndarray of uint8, shape (n, size, size, 3)
    unnormalised : int
        Images with too little stain to normalise it, which are as they were.
    notes : list of str
        Names the pictures in which no cell was found.
    """

    images: np.ndarray
    unnormalised: int
    notes: list[str]


def prepare(
    pictures: Sequence[Sample] | np.ndarray,
    pixels: Pixels,
    *,
    cleaned: cleaning.Cleaned | None = None,
    keep: bool = False,
    known: Mapping[str, Place] | None = None,
    job: Job = in_silence,
) -> Prepared:
    """Bring pictures to what a network takes: the one way there, for training as for any answer.

    Parameters
    ----------
    pictures : sequence of Sample, or numpy.ndarray of uint8, shape (n, height, width, 3)
        A sample with a box is cut out by it, whatever the crop.
    pixels : Pixels
    cleaned : Cleaned, optional
        Knows the samples' files; without it they are looked at first.
    keep : bool
        Whether the cache keeps what is found and decoded of samples.
    known : mapping of str to Place, optional
        Where the cells of samples lie, by the sample's id; the others are looked for.
    job : callable, optional
        Given a title, gives what is called with the number of pictures done and of all.

    Returns
    -------
    Prepared
        Of an array that has the size already, and of which nothing else is asked, the array itself.

    Raises
    ------
    InputError
        Naming the first file that gives no pixels.
    """
    if isinstance(pictures, np.ndarray):
        return _coloured(_fit(pictures, pixels), pixels, [], None)
    if cleaned is None:
        cleaned = cleaning.inspect(pictures)
        for dropped in cleaned.dropped:
            raise InputError(f"{dropped.sample.path}: {dropped.reason}; leave it out or mend it")
    notes: list[str] = []
    if pixels.crop != AS_IS:
        with job("finding cells") as advance:
            pictures, notes = framing.frame_cells(
                pictures,
                cleaned,
                middle=pixels.middle,
                margin=pixels.margin_of_found,
                keep=keep,
                known=known,
                progress=advance,
            )
    with job("decoding images") as advance:
        images = arrays.load_images(
            pictures,
            cleaned.contents(pictures) if keep else None,
            size=pixels.size,
            middle=pixels.middle,
            through=pixels.through,
            colour=pixels.colour,
            clear=(clearing.VERSION, clearing.cleared) if pixels.background == REMOVED else None,
            progress=advance,
        )
        return _coloured(images, pixels, notes, advance)


def prepare_changed(
    samples: Sequence[Sample],
    pixels: Pixels,
    change: Callable[[np.ndarray, int], np.ndarray],
) -> np.ndarray:
    """Bring samples to what a network takes, each picture changed before anything else is done.

    Parameters
    ----------
    samples : sequence of Sample, length n
        Of readable files. One with a box is cut out by it first.
    pixels : Pixels
    change : callable
        Given a decoded picture, uint8 of shape (height, width, 3), and the sample's position, gives
        another such picture.

    Returns
    -------
    numpy.ndarray of uint8, shape (n, size, size, 3)
    """
    of_box = replace(pixels, crop=AS_IS, middle=1.0)

    def one(position: int) -> np.ndarray:
        sample = samples[position]
        changed = change(arrays.read_sample(sample), position)
        return prepare(changed[None], pixels if sample.box is None else of_box).images[0]

    # Decoding, damaging and resizing release Python's lock.
    tasks = (delayed(one)(position) for position in range(len(samples)))
    return np.stack(Parallel(n_jobs=-1, prefer="threads")(tasks))


def _coloured(
    images: np.ndarray,
    pixels: Pixels,
    notes: list[str],
    advance: Callable[[int, int], None] | None,
) -> Prepared:
    """Bring images that are cut out and sized to the reference's colours."""
    if pixels.background == REMOVED:
        whole = sum(clearing.uncleared(piece) for piece in pieces_of(images))
        if whole:
            of_all = f"{whole} of {len(images)} pictures"
            notes = [*notes, f"nothing around the cell was taken away in {of_all}"]
    if pixels.stain == AS_IS:
        return Prepared(images, 0, notes)
    unnormalised = 0

    def normalised() -> Iterator[np.ndarray]:
        nonlocal unnormalised
        done = 0
        for piece in pieces_of(images):

            def further(number: int, _: int, before: int = done) -> None:
                if advance is not None:
                    advance(before + number, len(images))

            changed, left = stain_normalising.normalise(piece, pixels.stain, further)
            unnormalised += int(left.sum())
            done += len(piece)
            yield clearing.restored(changed, piece) if pixels.background == REMOVED else changed

    coloured = in_pieces(images.shape, normalised())
    return Prepared(coloured, unnormalised, notes)


def _fit(images: np.ndarray, pixels: Pixels) -> np.ndarray:
    """Cut pictures that are decoded already, and bring them to size and colour."""
    if images.shape[1:3] == (pixels.size,) * 2 and _only_sizes(pixels):
        return images

    def fitted() -> Iterator[np.ndarray]:
        for piece in pieces_of(images):
            yield np.stack(
                [
                    sizing.to_size(
                        _cell_of(image, pixels),
                        pixels.size,
                        through=pixels.through,
                        colour=pixels.colour,
                    )
                    for image in piece
                ]
            )

    return in_pieces((len(images), pixels.size, pixels.size, 3), fitted())


def _only_sizes(pixels: Pixels) -> bool:
    return replace(pixels, stain=AS_IS) == Pixels(pixels.size, margin=pixels.margin)


def _cell_of(image: np.ndarray, pixels: Pixels) -> np.ndarray:
    clear = clearing.cleared if pixels.background == REMOVED else None
    if pixels.crop == AS_IS:
        middle = image.shape[1] // 2, image.shape[0] // 2
        return sizing.middle_of(clear(image, middle) if clear else image, pixels.middle)
    place = locate(image)
    shown = clear(image, place.centre) if clear else image
    return cut(shown, framing.square_of(place, pixels.middle, pixels.margin_of_found))
