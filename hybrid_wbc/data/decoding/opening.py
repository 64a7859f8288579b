"""Opens a picture by its header: the kind that its bytes say, of bearable size, one in its file."""

from __future__ import annotations

import io
import struct
import threading
from functools import cache

from PIL import ExifTags, Image, UnidentifiedImageError
from PIL.MpoImagePlugin import MpoImageFile
from PIL.TiffImagePlugin import TiffImageFile

from hybrid_wbc.data.decoding import tiff
from hybrid_wbc.data.decoding.limits import DecodingError, check_frame

# By content, whatever the name says. Of the other kinds that Pillow knows some start programs.
_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "GIF", "WEBP", "DIB", "PPM", "JPEG2000", "AVIF")
# To count the frames of a GIF takes a look at each of them.
_LONGEST_GIF_COUNTED = 2**24
_ONE_A_FILE = "one picture a file is read; split it"
_ON_ITS_SIDE = frozenset({5, 6, 7, 8})
# Pillow's own limit is a setting of the whole process.
_PILLOW = threading.Lock()


def open_picture(
    content: bytes, *, of_any_size: bool = False
) -> tuple[Image.Image | None, tiff.Tags]:
    """Open a file's bytes, refusing by the header what will not be decoded.

    Parameters
    ----------
    content : bytes
    of_any_size : bool
        Whether it may have more pixels than the limit.

    Returns
    -------
    image : PIL.Image.Image or None
        Nothing of it is decoded yet. None for a TIFF of a kind that Pillow cannot read.
    page : tiff.Tags
        Of the picture, where it is a TIFF; empty otherwise.

    Raises
    ------
    DecodingError
        If it is too large, or there are several pictures.
    Exception
        Whatever Pillow raises of bytes that are no picture.
    """
    if tiff.is_tiff(content):
        return _open_tiff(content, of_any_size)
    image = _open(content)
    wide = _png_bytes_per_pixel(content) if image.format == "PNG" else 0
    check_frame(*image.size, of_any_size=of_any_size, bytes_per_pixel=wide)
    if isinstance(image, MpoImageFile):
        _refuse_several(_count_photographs(image, content))
    elif image.format == "GIF" and len(content) > _LONGEST_GIF_COUNTED:
        if getattr(image, "is_animated", False):
            raise DecodingError(f"several pages: {_ONE_A_FILE}")
    else:
        _refuse_several(getattr(image, "n_frames", 1))
    return image, {}


def _open_tiff(content: bytes, of_any_size: bool) -> tuple[Image.Image | None, tiff.Tags]:
    try:
        pages = tiff.read_pages(content)
    except struct.error:
        pages = []
    _refuse_several(tiff.count_pictures(pages), at_most=tiff.MOST_PAGES)
    try:
        image = _open(content)
    except UnidentifiedImageError:
        if not pages or 0 in tiff.frame(pages[0]):
            raise
        check_frame(
            *tiff.frame(pages[0]),
            of_any_size=of_any_size,
            bytes_per_pixel=tiff.bytes_per_pixel(pages[0]),
        )
        return None, pages[0]
    wide = tiff.bytes_per_pixel(pages[0]) if pages else 0
    check_frame(*image.size, of_any_size=of_any_size, bytes_per_pixel=wide)
    if not pages:
        # Pillow knows best what is wrong with the first page, and does not look at the others.
        image.load()
        raise DecodingError("truncated")
    return image, pages[0]


def orientation(image: Image.Image) -> int:
    """Give the orientation that a picture's EXIF or XMP names, 1 to 8; 1 where there is none."""
    try:
        named = image.getexif().get(ExifTags.Base.Orientation, 1)
    # Of broken EXIF nobody can tell the orientation; the pixels are whole all the same.
    except Exception:
        return 1
    return named if isinstance(named, int) else 1


def upright_frame(image: Image.Image | None, page: tiff.Tags) -> tuple[int, int]:
    """Give the height and width of what `open_picture` gives, turned upright."""
    if image is None:
        width, height = tiff.frame(page)
        turned = tiff.first(page, tiff.ORIENTATION, 1)
    elif isinstance(image, TiffImageFile):
        # Some versions of Pillow turn the size of a TIFF, and not yet its pixels.
        width, height = image.tag_v2[tiff.WIDTH], image.tag_v2[tiff.HEIGHT]
        turned = image.tag_v2.get(tiff.ORIENTATION, 1)
    else:
        (width, height), turned = image.size, orientation(image)
    return (width, height) if turned in _ON_ITS_SIDE else (height, width)


def _png_bytes_per_pixel(content: bytes) -> int:
    """Give the bytes of a PNG's pixel: bits and kind of colour follow its width and height."""
    return content[24] * {0: 1, 2: 3, 4: 2, 6: 4}.get(content[25], 1) // 8


def _open(content: bytes) -> Image.Image:
    with _PILLOW:
        # The picture's size is held against a limit that can be set, and said in one line.
        kept, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(io.BytesIO(content), formats=_formats())
        finally:
            Image.MAX_IMAGE_PIXELS = kept


@cache
def _formats() -> tuple[str, ...]:
    """Give the formats that this copy of Pillow can read."""
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _refuse_several(count: int, at_most: int | None = None) -> None:
    if count > 1:
        or_more = " or more" if count == at_most else ""
        raise DecodingError(f"several pages: {count}{or_more}, {_ONE_A_FILE}")


def _count_photographs(image: MpoImageFile, content: bytes) -> int:
    """Count the photographs of a JPEG with several pictures; previews of the first are none."""
    others = [
        number
        for number, entry in enumerate((image.mpinfo or {}).get(0xB002, ()))
        if number and not entry["Attribute"]["MPType"].startswith("Large Thumbnail")
    ]
    area = image.width * image.height
    is_alone = not any(_area(image, number, content) >= area for number in others)
    image.seek(0)
    return 1 if is_alone else 1 + len(others)


def _area(image: MpoImageFile, number: int, content: bytes) -> int:
    """Give the pixels of one of several pictures: previews and maps of the first have fewer."""
    try:
        image.seek(number)
        # Some versions of Pillow keep the first one's size.
        with _open(content[image.offset :]) as other:
            return other.width * other.height
    # What other programs have cut off is not there to be lost.
    except Exception:
        return 0
