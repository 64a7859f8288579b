"""A PyTorch file's tensors as arrays: without PyTorch, and without running what a pickle names."""

from __future__ import annotations

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from hybrid_wbc.errors import InputError

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


@dataclass(frozen=True)
class _Storage:
    """Numbers that lie one after the other at the end of the file."""

    kind: str
    key: str
    count: int


@dataclass(frozen=True)
class _Tensor:
    """Which of a storage's numbers a tensor takes: from where on, and how far apart."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _tensor(
    storage: _Storage, offset: int, shape: Sequence[int], strides: Sequence[int], *_: object
) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


# All that a file of tensors names. A storage's type is read as NumPy's word for its numbers.
_KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch", "FloatStorage"): "<f4",
    ("torch", "LongStorage"): "<i8",
}


class _Unpickler(pickle.Unpickler):
    """Knows tensors, storages and ordered dictionaries alone."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it names {module}.{name}") from None

    def persistent_load(self, saved: Any) -> _Storage:
        _, kind, key, _, count, _ = saved
        return _Storage(kind, key, count)


def read_tensors(path: Path, sha256: str | None = None) -> dict[str, np.ndarray]:
    """Read a file that PyTorch's `save` wrote of a dictionary of tensors, before PyTorch 1.6.

    Such a file is a pickle, and a pickle may name any function for Python to call. Here one that
    names anything but tensors, storages and ordered dictionaries is refused, and nothing of it is
    called.

    Parameters
    ----------
    path : Path
    sha256 : str, optional
        The checksum that the file must have; it is compared before anything is read.

    Returns
    -------
    dict of str to numpy.ndarray
        Of float32 or int64, in the tensors' own order of axes.

    Raises
    ------
    InputError
        If the file has another checksum, is no such file, or names anything else.
    """
    content = path.read_bytes()
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise InputError(f"{path}: is not the file that was published (SHA-256 {sha256})")
    try:
        return _read(BytesIO(content))
    # A damaged or hostile pickle raises whatever the operations in it do.
    except Exception as error:
        raise InputError(f"{path}: cannot be read as a file of tensors: {error}") from error


def _read(stream: BytesIO) -> dict[str, np.ndarray]:
    magic, protocol, _ = (_Unpickler(stream).load() for _ in range(3))
    if (magic, protocol) != (_MAGIC, _PROTOCOL):
        raise ValueError("it does not begin as one")
    tensors: dict[str, _Tensor] = _Unpickler(stream).load()
    kinds = {tensor.storage.key: tensor.storage.kind for tensor in tensors.values()}
    storages = {}
    for key in _Unpickler(stream).load():
        count = int(np.frombuffer(stream.read(8), "<i8")[0])
        kind = np.dtype(kinds[key])
        storages[key] = np.frombuffer(stream.read(count * kind.itemsize), kind, count)
    return {name: _array(tensor, storages) for name, tensor in tensors.items()}


def _array(tensor: _Tensor, storages: dict[str, np.ndarray]) -> np.ndarray:
    numbers = storages[tensor.storage.key]
    pairs = list(zip(tensor.shape, tensor.strides, strict=True))
    last = tensor.offset + sum((length - 1) * stride for length, stride in pairs)
    steps = (tensor.offset, *tensor.strides)
    if prod(tensor.shape) < 1 or min(steps) < 0 or last >= len(numbers):
        raise ValueError("a tensor reaches beyond its numbers")
    view = np.lib.stride_tricks.as_strided(
        numbers[tensor.offset :],
        tensor.shape,
        [stride * numbers.itemsize for stride in tensor.strides],
    )
    return view.copy()
