"""Pictures of every kind as the bytes of a file, for the tests of decoding and of all roads to it.

Not a test: read by `runpy`, as tests import nothing from each other.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tifffile
from PIL import Image

TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda pixels: pixels,
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels, 2).swapaxes(0, 1),
    8: np.rot90,
}
"""What each EXIF orientation does to what is stored, so that it stands upright."""

# What undoes them: only a quarter turn is not its own opposite.
BACK = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}


class Kind(NamedTuple):
    """A file, and what it decodes to: pixels, or the beginning of the reason why not."""

    suffix: str
    content: bytes
    expected: np.ndarray | str


def chunk(name: bytes, data: bytes) -> bytes:
    """Make a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(values: np.ndarray, *chunks: bytes) -> bytes:
    """Make a PNG of 8 or 16 bits, which Pillow does not write in colour."""
    height, width = values.shape[:2]
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[values.size // (height * width)]
    bits = values.dtype.itemsize * 8
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(values.dtype.newbyteorder(">")).tobytes() for row in values)
    parts = [chunk(b"IHDR", header), *chunks, chunk(b"IDAT", zlib.compress(rows))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def tiff(values: np.ndarray, orientation: int = 1, **options: Any) -> bytes:
    """Make a TIFF of any type of number."""
    file = io.BytesIO()
    tags = [(274, 3, 1, orientation, True)] if orientation != 1 else []
    options.setdefault("photometric", "minisblack" if values.ndim == 2 else "rgb")
    tifffile.imwrite(file, values, extratags=tags, **options)
    return file.getvalue()


def tiff_of_12_bits(values: np.ndarray) -> bytes:
    """Make a grey TIFF whose values, 0 to 4095, are packed two in three bytes."""
    height, width = values.shape
    first, second = (values[:, start::2].astype(np.uint16) for start in (0, 1))
    packed = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], axis=2)
    data = packed.astype(np.uint8).tobytes()
    tags = [(256, width), (257, height), (258, 12), (259, 1), (262, 1), (273, 8 + 2 + 9 * 12 + 4),
            (277, 1), (278, height), (279, len(data))]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 0) + data


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    """Save as Pillow does."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def exif(orientation: int) -> Image.Exif:
    """Make EXIF that says how the camera was held."""
    tags = Image.Exif()
    tags[274] = orientation
    return tags


def on_white(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Lay pixels on white by the share that alpha gives them."""
    share = alpha[:, :, None] / 255
    return np.rint(pixels * share + 255 * (1 - share)).astype(np.uint8)


def kinds(pixels: np.ndarray, alpha: np.ndarray) -> dict[str, Kind]:
    """Save one picture in every way.

    Parameters
    ----------
    pixels : numpy.ndarray of uint8, shape (height, width, 3)
        Of even width, with something bright in it.
    alpha : numpy.ndarray of uint8, shape (height, width)

    Returns
    -------
    dict of str to Kind
        What is expected is within two levels where alpha comes in, and exact otherwise.
    """
    picture = Image.fromarray(pixels)
    green = pixels[:, :, 1]
    grey = np.repeat(green[:, :, None], 3, axis=2)
    deep, deep_green, deep_alpha = (a.astype(np.uint16) * 257 for a in (pixels, green, alpha))
    palette = picture.quantize(32)
    of_palette = np.asarray(palette.convert("RGB"))
    with Image.open(io.BytesIO(saved(picture, "JPEG"))) as image:
        lossy = np.asarray(image.convert("RGB"))
    inks = picture.convert("CMYK")
    with Image.open(io.BytesIO(saved(inks, "JPEG"))) as image:
        of_inks = np.asarray(image.convert("RGB"))
    clear = tuple(int(value) for value in pixels[0, 0])
    cut_out = np.where((pixels == pixels[0, 0]).all(axis=2)[:, :, None], np.uint8(255), pixels)
    in_clear_ink = np.where(np.asarray(palette)[:, :, None] == 3, np.uint8(255), of_palette)
    bilevel = np.repeat(np.where(green > 99, np.uint8(255), np.uint8(0))[:, :, None], 3, axis=2)
    transparent, both = on_white(pixels, alpha), np.dstack([pixels, alpha])
    shares = (pixels * (alpha[:, :, None] / 255)).round().astype(np.uint8)
    back = {o: np.ascontiguousarray(TURNS[BACK[o]](pixels)) for o in TURNS}
    made = {
        "RGB": (".png", saved(picture, "PNG"), pixels),
        "RGB BMP": (".bmp", saved(picture, "BMP"), pixels),
        "RGB TIFF": (".tif", saved(picture, "TIFF"), pixels),
        "RGB WebP": (".webp", saved(picture, "WEBP", lossless=True), pixels),
        "RGB JPEG": (".jpg", saved(picture, "JPEG"), lossy),
        "CMYK JPEG": (".jpg", saved(inks, "JPEG"), of_inks),
        "CMYK TIFF": (".tif", saved(inks, "TIFF"), np.asarray(inks.convert("RGB"))),
        "L": (".png", saved(Image.fromarray(green), "PNG"), grey),
        "1": (".png", saved(Image.fromarray(green > 99), "PNG"), bilevel),
        "palette": (".png", saved(palette, "PNG"), of_palette),
        "palette GIF": (".gif", saved(palette, "GIF"), of_palette),
        "palette with a clear ink": (".png", saved(palette, "PNG", transparency=3), in_clear_ink),
        "GIF with a clear ink": (".gif", saved(palette, "GIF", transparency=3), in_clear_ink),
        "RGB with a clear colour": (".png", saved(picture, "PNG", transparency=clear), cut_out),
        "LA": (".png", png(np.dstack([green, alpha])), on_white(grey, alpha)),
        "RGBA": (".png", saved(Image.fromarray(both), "PNG"), transparent),
        "RGBA WebP": (".webp", saved(Image.fromarray(both), "WEBP", lossless=True, exact=True),
                      transparent),
        "RGBA multiplied": (".tif", tiff(np.dstack([shares, alpha]), extrasamples=["assocalpha"]),
                            transparent),
        "16-bit L": (".png", png(deep_green), grey),
        "16-bit L TIFF": (".tif", tiff(deep_green), grey),
        "16-bit L, white is 0": (".tif", tiff(65535 - deep_green, photometric="miniswhite"), grey),
        "16-bit L with a clear level": (
            ".png", png(deep_green, chunk(b"tRNS", struct.pack(">H", int(deep_green[0, 0])))),
            np.where(grey == grey[0, 0], np.uint8(255), grey)),
        "16-bit LA": (".png", png(np.dstack([deep_green, deep_alpha])), on_white(grey, alpha)),
        "16-bit RGB": (".png", png(deep), pixels),
        "16-bit RGB TIFF": (".tif", tiff(deep), pixels),
        "16-bit RGB with a clear colour": (
            ".png", png(deep, chunk(b"tRNS", struct.pack(">HHH", *map(int, deep[0, 0])))), cut_out),
        "16-bit RGBA": (".png", png(np.dstack([deep, deep_alpha])), transparent),
        "16-bit RGBA TIFF": (
            ".tif", tiff(np.dstack([deep, deep_alpha]), extrasamples=["unassalpha"]), transparent),
        "16-bit RGB and more": (
            ".tif", tiff(np.dstack([deep, deep_alpha]), extrasamples=["unspecified"]), pixels),
        "12-bit L": (".tif", tiff_of_12_bits(np.rint(green / 255 * 4095)), grey),
        "16-bit L with a sign": (".tif", tiff(np.rint(green / 255 * 32767).astype(np.int16)), grey),
        "32-bit L": (".tif", tiff(np.rint(green / 255 * (2**32 - 1)).astype(np.uint32)), grey),
        "32-bit L with a sign": (
            ".tif", tiff(np.rint(green / 255 * (2**31 - 1)).astype(np.int32)), grey),
        "float L": (".tif", tiff((green / 255).astype(np.float32)), grey),
        "float RGB": (".tif", tiff((pixels / 255).astype(np.float32)), pixels),
        "double RGB": (".tif", tiff(pixels / 255), pixels),
        "pyramid": (".tif", pyramid(pixels), pixels),
        "JPEG with a preview": (".jpg", saved(
            picture, "MPO", save_all=True, append_images=[picture.resize((4, 4))]), lossy),
        "12 bits in 16": (".png", png(deep_green >> 4), "depth unclear: no 16-bit value above"),
        "12 bits in 16 RGB": (".png", png(deep >> 4), "depth unclear: no 16-bit value above"),
        "8 bits in 32": (".tif", tiff(green.astype(np.int32)), "depth unclear: no 32-bit value"),
        "float to 255": (".tif", tiff(green.astype(np.float32)), "float values beyond 0..1: from"),
        "float of nothing": (".tif", tiff(np.full((4, 4), np.nan, np.float32)), "values that are"),
        "below 0": (".tif", tiff(green.astype(np.int16) - 300), "negative values: from -"),
        "2 pages TIFF": (".tif", pages(picture, "TIFF", 2), "several pages: 2, one picture"),
        "20 pages TIFF": (".tif", pages(picture, "TIFF", 20), "several pages: 20, one picture"),
        "3 frames GIF": (".gif", pages(picture, "GIF", 3), "several pages: 3, one picture"),
        "3 frames PNG": (".png", pages(picture, "PNG", 3), "several pages: 3, one picture"),
        "3 frames WebP": (".webp", pages(picture, "WEBP", 3), "several pages: 3, one picture"),
        "2 photographs JPEG": (".jpg", pages(picture, "MPO", 2), "several pages: 2, one picture"),
        "planes": (".tif", tiff(np.moveaxis(deep, 2, 0).copy(), planarconfig="separate"),
                   "unreadable: a TIFF with each 16-bit colour in a plane"),
        "half floats": (".tif", tiff((green / 255).astype(np.float16)), "unreadable"),
        "cut": (".png", saved(picture, "PNG")[:200], "truncated"),
        "text": (".png", b"no picture at all", "unreadable"),
        "nothing": (".png", b"", "empty file (0 bytes)"),
    }  # fmt: skip
    for o, stored in back.items():
        image = Image.fromarray(stored)
        made |= {
            f"PNG turned {o}": (".png", saved(image, "PNG", exif=exif(o)), pixels),
            f"WebP turned {o}": (
                ".webp", saved(image, "WEBP", lossless=True, exif=exif(o)), pixels),
            f"TIFF turned {o}": (".tif", tiff(stored, o), pixels),
            f"16-bit TIFF turned {o}": (".tif", tiff(stored.astype(np.uint16) * 257, o), pixels),
            f"float TIFF turned {o}": (".tif", tiff((stored / 255).astype(np.float32), o), pixels),
        }  # fmt: skip
        jpeg = saved(image, "JPEG", exif=exif(o))
        with Image.open(io.BytesIO(jpeg)) as opened:
            upright = TURNS[o](np.asarray(opened))
        made[f"JPEG turned {o}"] = (".jpg", jpeg, upright)
    return {name: Kind(*parts) for name, parts in made.items()}


def pages(picture: Image.Image, form: str, count: int) -> bytes:
    """Save several different pictures in one file."""
    others = [picture.rotate(7 * number) for number in range(1, count)]
    return saved(picture, form, save_all=True, append_images=others)


def pyramid(pixels: np.ndarray) -> bytes:
    """Save a TIFF that holds the same picture a second time, smaller."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(pixels, photometric="rgb", subfiletype=0)
        writer.write(pixels[::2, ::2], photometric="rgb", subfiletype=1)
    return file.getvalue()
