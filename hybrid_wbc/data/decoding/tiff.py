"""The directories of a TIFF file: how many pages it has, and what Pillow cannot read of the first.

A directory is a list of numbered tags; the numbers are those of TIFF 6.0 (Adobe 1992).
"""

from __future__ import annotations

import struct

Tags = dict[int, tuple[int, ...]]
"""The whole numbers of a directory's tags."""

SUBFILE, WIDTH, HEIGHT, BITS, PHOTOMETRIC = 254, 256, 257, 258, 262
ORIENTATION, SAMPLES, PLANAR, EXTRA, FORMAT = 274, 277, 284, 338, 339
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB = 0, 1, 2
UNSIGNED, SIGNED, FLOAT = 1, 2, 3
SEPARATE_PLANES = 2
UNSPECIFIED, PREMULTIPLIED = 0, 1
_WANTED = frozenset(
    {SUBFILE, WIDTH, HEIGHT, BITS, PHOTOMETRIC, ORIENTATION, SAMPLES, PLANAR, EXTRA, FORMAT}
)
_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# What a tag of each type is made of; of other types nothing is wanted.
_TYPES = {1: "B", 3: "H", 4: "I", 16: "Q"}
# Tags are sorted, and the wanted ones come early.
_MOST_TAGS, _MOST_VALUES = 256, 16
MOST_PAGES = 1000


def is_tiff(content: bytes) -> bool:
    """Whether a file's bytes begin as a TIFF or BigTIFF."""
    return content[:4] in _SIGNATURES


def read_pages(content: bytes) -> list[Tags]:
    """Read the tags of each page, of a thousand at most.

    Parameters
    ----------
    content : bytes
        A whole TIFF file.

    Returns
    -------
    list of Tags
        Absent tags are absent here, whatever their defaults.

    Raises
    ------
    struct.error
        If a page lies beyond the end of the file.
    """
    order = "<" if content[:1] == b"I" else ">"
    big = content[2:4] in (b"+\0", b"\0+")
    offset, number, entry = ("Q", "Q", "HHQ8s") if big else ("I", "H", "HHI4s")
    (where,) = struct.unpack_from(order + offset, content, 8 if big else 4)
    pages: list[Tags] = []
    seen: set[int] = set()
    while where and where not in seen and len(pages) < MOST_PAGES:
        seen.add(where)
        (count,) = struct.unpack_from(order + number, content, min(where, len(content)))
        start, size = where + struct.calcsize(order + number), struct.calcsize(order + entry)
        (where,) = struct.unpack_from(
            order + offset, content, min(start + count * size, len(content))
        )
        rows = content[start : start + min(count, _MOST_TAGS) * size]
        tags = struct.iter_unpack(order + entry, rows)
        pages.append({row[0]: _values(content, order, *row[1:]) for row in tags
                      if row[0] in _WANTED})  # fmt: skip
    return pages


def count_pictures(pages: list[Tags]) -> int:
    """Count the pages that are pictures of their own, and not smaller versions of the first."""
    reduced = [bool(first(page, SUBFILE, 0) & 1) for page in pages]
    return len(pages) if True in reduced[:1] else reduced.count(False)


def frame(page: Tags) -> tuple[int, int]:
    """Give a page's width and height, as they are stored: not turned."""
    return first(page, WIDTH, 0), first(page, HEIGHT, 0)


def kind(page: Tags) -> tuple[int, int, int, int]:
    """Give the bits of a sample, its format, the number of samples and the kind of their colour.

    The bits are 0 where the samples differ.
    """
    bits = set(page.get(BITS, (1,)))
    return (
        bits.pop() if len(bits) == 1 else 0,
        first(page, FORMAT, UNSIGNED),
        first(page, SAMPLES, 1),
        first(page, PHOTOMETRIC, BLACK_IS_ZERO),
    )


def bytes_per_pixel(page: Tags) -> int:
    """Give the bytes that a page's pixel has; 0 where its samples differ."""
    bits, _, samples, _ = kind(page)
    return bits * samples // 8


def first(page: Tags, tag: int, default: int) -> int:
    """Give a tag's first number, or the default where the page has no such tag."""
    return (page.get(tag) or (default,))[0]


def _values(
    content: bytes, order: str, kind_of_value: int, count: int, value: bytes
) -> tuple[int, ...]:
    code = _TYPES.get(kind_of_value)
    if code is None:
        return ()
    form = f"{order}{min(count, _MOST_VALUES)}{code}"
    if struct.calcsize(f"{order}{code}") * count <= len(value):
        return struct.unpack_from(form, value)
    (where,) = struct.unpack(order + ("Q" if len(value) == 8 else "I"), value)
    return struct.unpack_from(form, content, min(where, len(content)))
