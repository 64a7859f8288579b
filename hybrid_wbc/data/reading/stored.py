"""Owns how a stored array of images is read: MedMNIST's .npz archives."""

from __future__ import annotations

import math
import re
import zipfile
from pathlib import Path

import numpy as np

from hybrid_wbc.data.reading.folders import files
from hybrid_wbc.data.reading.samples import SIDE_OF, Found, Sample
from hybrid_wbc.data.sets.class_names import EIGHT_TYPES
from hybrid_wbc.errors import InputError

# Photographs hardly shrink in an archive: what grows a hundredfold is no set of photographs.
_LARGEST_GROWTH = 100
_ALWAYS_TAKEN = 256 * 2**20  # bytes of one array
_BLOODMNIST = re.compile(r"bloodmnist(_(64|128|224))?\.npz")


def read_npz(path: Path, _margin: float) -> Found:
    """Read a MedMNIST archive: `{train,val,test}_images` with `_labels`; pickles are refused.

    The numbers are given BloodMNIST's names where the file is called as MedMNIST calls it and all
    eight are there; otherwise a class is called `class 0`, `class 1` and so on: a part of it that
    was numbered anew has other names.

    Raises
    ------
    InputError
        If it is no such archive, its labels do not fit its images, or an array is far larger than
        what it was packed into.
    """
    path = _npz_of(path) or path
    labels: dict[str, np.ndarray] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    try:
        with zipfile.ZipFile(path) as archive, np.load(path, allow_pickle=False) as stored:
            for split in ("train", "val", "test"):
                if f"{split}_images" in stored and f"{split}_labels" in stored:
                    shapes[split] = _image_shape(archive, f"{split}_images")
                    _refuse_too_many(archive, f"{split}_labels", shapes[split][0])
                    labels[split] = stored[f"{split}_labels"]
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: not a readable .npz archive ({error})") from None
    if not labels:
        raise InputError(
            f"{path}: none of train, val and test has its arrays, such as train_images and "
            "train_labels"
        )
    for split, numbers in labels.items():
        if not np.issubdtype(numbers.dtype, np.integer) or numbers.shape[:1] != (numbers.size,):
            raise InputError(
                f"{path}: {split}_labels is {numbers.dtype} of shape {numbers.shape}; "
                "one whole number for each image is expected"
            )
        if len(numbers) != shapes[split][0]:
            raise InputError(
                f"{path}: {split}_labels has {len(numbers)} rows, {split}_images has "
                f"{shapes[split][0]}; they must be as many"
            )
    classes = {int(number) for numbers in labels.values() for number in np.unique(numbers)}
    is_blood = bool(_BLOODMNIST.fullmatch(path.name)) and classes == set(range(8))
    names = {n: EIGHT_TYPES[n] if is_blood else f"class {n}" for n in classes}
    samples = [
        Sample(
            f"{split}_images[{row}]",
            path,
            (names[number],),
            split=SIDE_OF[split],
            array=f"{split}_images",
            row=row,
        )
        for split, numbers in labels.items()
        for row, number in enumerate(numbers.reshape(-1).tolist())
    ]
    return samples, []


def is_npz(path: Path) -> bool:
    """Whether a path is an .npz file, or a folder whose only one holds images."""
    archive = _npz_of(path)
    if archive is None or path.is_file():
        return archive is not None
    if not zipfile.is_zipfile(archive):
        return False
    with zipfile.ZipFile(archive) as members:
        return any(name.endswith("_images.npy") for name in members.namelist())


def _npz_of(path: Path) -> Path | None:
    candidates = [path] if path.is_file() else files(path)
    archives = [file for file in candidates if file.suffix.lower() == ".npz"]
    return archives[0] if len(archives) == 1 else None


def _image_shape(archive: zipfile.ZipFile, array: str) -> tuple[int, ...]:
    """Return an image array's shape from its header alone: its pixels can be gigabytes."""
    shape, dtype = _header(archive, array)
    if dtype != np.uint8 or len(shape) not in (3, 4) or shape[3:] not in ((), (3,)):
        raise ValueError(
            f"{array} is {dtype} of shape {shape}; uint8 of (n, height, width) or "
            "(n, height, width, 3) is expected"
        )
    _refuse_growth(archive, array, math.prod(shape))
    return shape


def _refuse_too_many(archive: zipfile.ZipFile, array: str, images: int) -> None:
    """Refuse labels that take far more room than one number for each image."""
    shape, dtype = _header(archive, array)
    if not dtype.hasobject and math.prod(shape) > 1000 * (images + 1):
        raise ValueError(f"{array} has shape {shape} for {images} images")


def _refuse_growth(archive: zipfile.ZipFile, array: str, size: int) -> None:
    """Refuse an array that is packed far more tightly than photographs can be."""
    packed = archive.getinfo(f"{array}.npy").compress_size
    if size > _ALWAYS_TAKEN and size > _LARGEST_GROWTH * packed:
        raise ValueError(
            f"{array} would grow from {packed / 2**20:.0f} MB to {size / 2**30:.1f} GB; "
            "photographs cannot be packed so tightly"
        )


def _header(archive: zipfile.ZipFile, array: str) -> tuple[tuple[int, ...], np.dtype]:
    with archive.open(f"{array}.npy") as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            read = np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
    return shape, dtype
