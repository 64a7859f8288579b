"""Owns the suspected wrong labels that a page shows, with their pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from typing_extensions import TypedDict

from hybrid_wbc.evaluation.suspects import Suspect
from hybrid_wbc.report.pages.mistakes import thumbnail

MOST = 24


class Pictured(TypedDict):
    """A cell whose label is suspected; `image` is WebP, where there are pictures."""

    id: str
    label: str
    suggested: str
    reason: str
    image: bytes | None


def pictured(suspects: Sequence[Suspect], images: npt.NDArray[np.uint8] | None) -> list[Pictured]:
    """Put a picture to each suspect.

    Parameters
    ----------
    suspects : sequence of n Suspect
    images : ndarray of uint8, shape (n, h, w, 3), or None
        RGB pictures of the same cells, where there are any.

    Returns
    -------
    list of Pictured
    """
    return [
        {
            "id": suspect["id"],
            "label": suspect["label"],
            "suggested": suspect["suggested"],
            "reason": suspect["reason"],
            "image": None if images is None else thumbnail(images[place]),
        }
        for place, suspect in enumerate(suspects)
    ]
