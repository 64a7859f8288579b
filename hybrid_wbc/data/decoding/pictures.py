"""A file, or its bytes, as 8-bit RGB: whole, upright, in full depth, on white; or why it is not.

The orientation that a camera wrote is applied, so that rows and columns, boxes and masks, are
those that people see. What is transparent is laid on white, so that no colour hidden behind it
reaches a network. Of what has more than 8 bits the range of its type becomes 0 to 255.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from hybrid_wbc.data.decoding import depth, opencv, tiff
from hybrid_wbc.data.decoding.limits import DecodingError, alone_if_large, read_file
from hybrid_wbc.data.decoding.opening import open_picture, orientation, upright_frame
from hybrid_wbc.errors import InputError

# Part of the name of everything that is kept of decoded pictures: raise it when the same file would
# decode to other pixels.
VERSION = 3

_TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: np.rot90(pixels),
}
_STRIP = 2**22
_WITH_ALPHA = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
_T = TypeVar("_T")


def decode(source: Path | bytes, *, of_any_size: bool = False) -> np.ndarray:
    """Decode a picture.

    Parameters
    ----------
    source : Path or bytes
        A file, or what is in it.
    of_any_size : bool
        Whether it may have more pixels than the limit, as a figure of the program's own may.

    Returns
    -------
    numpy.ndarray of uint8, shape (height, width, 3)
        RGB.

    Raises
    ------
    DecodingError
        With the reason, after the path where a path was given.
    """
    return _read(source, partial(_pixels, of_any_size=of_any_size))


def decode_mask(source: Path | bytes) -> np.ndarray:
    """Decode a mask: any level but 0 is part of what it marks.

    Parameters
    ----------
    source : Path or bytes
        A file, or what is in it.

    Returns
    -------
    numpy.ndarray of uint8, shape (height, width)
        Luma; 0 where the mask is transparent. Levels above 255 are 255.

    Raises
    ------
    DecodingError
        As `decode`.
    """
    return _read(source, _levels)


def frame_of(source: Path | bytes) -> tuple[int, int]:
    """Give the height and width of what `decode` gives, from the file's header.

    Parameters
    ----------
    source : Path or bytes
        A file, or what is in it.

    Raises
    ------
    DecodingError
        As `decode`, where the header suffices to see it.
    """
    return _read(source, _frame)


def _read(source: Path | bytes, read: Callable[[bytes], _T]) -> _T:
    """Read a file by its bytes; whatever goes wrong becomes a reason."""
    named = f"{source}: " if isinstance(source, Path) else ""
    try:
        with alone_if_large(source if isinstance(source, Path) else len(source)):
            content = read_file(source) if isinstance(source, Path) else source
            if not content:
                raise DecodingError("empty file (0 bytes)")
            return read(content)
    except DecodingError as error:
        raise DecodingError(f"{named}{error}") from error.__cause__
    except InputError:
        raise
    # Pillow's decoders raise whatever their format's code does: struct.error, SyntaxError, ...
    except Exception as error:
        reason = "truncated" if "truncated" in str(error).lower() else "unreadable"
        raise DecodingError(f"{named}{reason}") from error


def _pixels(content: bytes, *, of_any_size: bool) -> np.ndarray:
    image, page = open_picture(content, of_any_size=of_any_size)
    with alone_if_large(math.prod(image.size if image else tiff.frame(page))):
        if image is None:
            return _colours_on_white(content, page)
        with image:
            image.load()
            turned = orientation(image)
            if _has_deep_colours(image, content, page):
                image.close()  # Pillow's copy, which told that the file is whole
                # OpenCV turns a TIFF by itself.
                return _upright(_colours_on_white(content, page), 1 if page else turned)
            values = _deep_values(image, page)
            if values is not None:
                grey = _grey(values, image, page)
                return _upright(np.repeat(grey[:, :, None], 3, axis=2), turned)
            if _is_see_through(image):
                return _upright(_laid_on(image, "white"), turned)
            whole = image if image.mode == "RGB" else image.convert("RGB")
            return _upright(np.asarray(whole), turned)


def _levels(content: bytes) -> np.ndarray:
    image, page = open_picture(content)
    with alone_if_large(math.prod(image.size if image else tiff.frame(page))):
        if image is None:
            return opencv.read_levels(content, page)
        with image:
            image.load()
            turned = orientation(image)
            if _has_deep_colours(image, content, page):
                image.close()  # as in `_pixels`
                return _upright(opencv.read_levels(content, page), 1 if page else turned)
            values = _deep_values(image, page)
            if values is not None:
                inverted = tiff.kind(page)[3] == tiff.WHITE_IS_ZERO
                return _upright(depth.levels(values, inverted=inverted), turned)
            if _is_see_through(image):
                image = Image.fromarray(_laid_on(image, "black"))
            return _upright(np.asarray(image.convert("L")), turned)


def _frame(content: bytes) -> tuple[int, int]:
    return upright_frame(*open_picture(content))


def _has_deep_colours(image: Image.Image, content: bytes, page: tiff.Tags) -> bool:
    """Whether Pillow has cut the colours down to 8 bits."""
    if image.mode not in {"RGB", "RGBA"}:
        return False
    # The depth of a PNG is the first byte after its width and height.
    return tiff.kind(page)[0] > 8 if page else image.format == "PNG" and content[24] > 8


def _deep_values(image: Image.Image, page: tiff.Tags) -> np.ndarray | None:
    """Return the values of a grey picture that has more than 8 bits or a sign, else None."""
    bits, kind, _, _ = tiff.kind(page)
    if image.mode == "L" and page and kind == tiff.SIGNED:
        return np.asarray(image).view(np.int8)
    if image.mode == "F" or image.mode.startswith("I;16"):
        return np.asarray(image)
    if image.mode != "I":
        return None
    # Pillow keeps 16 bits, and 32 without a sign, as 32 with one.
    if page and bits == 32:
        return np.asarray(image).view(np.uint32 if kind == tiff.UNSIGNED else np.int32)
    return np.asarray(image).astype(np.int16 if page and kind == tiff.SIGNED else np.uint16)


def _grey(values: np.ndarray, image: Image.Image, page: tiff.Tags) -> np.ndarray:
    bits, _, _, colour = tiff.kind(page)
    grey = depth.to_bytes(values, 4095 if bits == 12 else None)
    if colour == tiff.WHITE_IS_ZERO:
        grey = 255 - grey
    see_through = image.info.get("transparency")
    return grey if see_through is None else np.where(values == see_through, np.uint8(255), grey)


def _is_see_through(image: Image.Image) -> bool:
    return image.mode in _WITH_ALPHA or "transparency" in image.info


def _colours_on_white(content: bytes, page: tiff.Tags) -> np.ndarray:
    colours, alpha = opencv.read_colours(content, page)
    if alpha is None:
        return colours
    for rows in _strips(*alpha.shape):
        both = Image.fromarray(np.dstack([colours[rows], alpha[rows]]))
        colours[rows] = _laid_on(both, "white")
    return colours


def _laid_on(image: Image.Image, colour: str) -> np.ndarray:
    """Lay what is see-through on one colour; RGB."""
    laid = np.empty((image.height, image.width, 3), dtype=np.uint8)
    for rows in _strips(image.height, image.width):
        strip = image.crop((0, rows.start, image.width, rows.stop))
        if strip.mode == "La":  # has no way to RGBA
            strip = strip.convert("LA")
        strip = strip.convert("RGBA")
        if strip.getchannel("A").getextrema() != (255, 255):
            strip = Image.alpha_composite(Image.new("RGBA", strip.size, colour), strip)
        laid[rows] = np.asarray(strip.convert("RGB"))
    return laid


def _strips(height: int, width: int) -> Iterator[slice]:
    """Part the rows of a picture, so that what is worked out on the way takes little memory."""
    rows = max(1, _STRIP // max(1, width))
    for start in range(0, height, rows):
        yield slice(start, min(start + rows, height))


def _upright(pixels: np.ndarray, turned: int) -> np.ndarray:
    return np.ascontiguousarray(_TURNS[turned](pixels)) if turned in _TURNS else pixels
