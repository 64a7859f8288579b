"""Owns how a page holds long columns of numbers: as the bytes of a typed array, in base64."""

from __future__ import annotations

import base64
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from typing_extensions import TypedDict

ArrayType = Literal["Uint8Array", "Uint16Array", "Uint32Array", "Float32Array"]


class Packed(TypedDict):
    """A column of numbers; `type` is the JavaScript array that `data`, in base64, is read into."""

    type: ArrayType
    data: str


_DTYPES: dict[ArrayType, str] = {
    "Uint8Array": "<u1",
    "Uint16Array": "<u2",
    "Uint32Array": "<u4",
    "Float32Array": "<f4",
}


def pack(values: npt.NDArray[np.floating[Any]] | npt.NDArray[np.integer[Any]]) -> Packed:
    """Write numbers as a page's scripts read them, a third as long as they are in JSON.

    Parameters
    ----------
    values : ndarray of float or int
        Whole numbers may not be negative. More than one axis is written row by row.

    Returns
    -------
    Packed
        Floats in 32 bits; whole numbers in as few bytes as the largest takes.

    Examples
    --------
    >>> import numpy as np
    >>> pack(np.array([0, 1, 300]))
    {'type': 'Uint16Array', 'data': 'AAABACwB'}
    """
    kind: ArrayType = "Float32Array"
    if values.dtype.kind != "f":
        largest = int(values.max(initial=0))
        kind = "Uint8Array" if largest < 2**8 else "Uint16Array"
        kind = kind if largest < 2**16 else "Uint32Array"
    content = np.ascontiguousarray(values, dtype=_DTYPES[kind]).tobytes()
    return {"type": kind, "data": base64.b64encode(content).decode("ascii")}


def unpack(packed: Packed) -> npt.NDArray[Any]:
    """Read what `pack` wrote, as a flat array.

    Parameters
    ----------
    packed : Packed

    Returns
    -------
    ndarray of float32, uint8, uint16 or uint32, shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> unpack(pack(np.array([0.5, 2.0]))).tolist()
    [0.5, 2.0]
    """
    return np.frombuffer(base64.b64decode(packed["data"]), dtype=_DTYPES[packed["type"]])
