"""The one vocabulary of class names: what each type of cell is called, however a set spells it."""

from __future__ import annotations

import unicodedata

MIXED = "mixed"

FIVE_TYPES = ("basophil", "eosinophil", "lymphocyte", "monocyte", "neutrophil")
# The order is MedMNIST's: the position of a name is its number in BloodMNIST's label arrays.
EIGHT_TYPES = (
    "basophil",
    "eosinophil",
    "erythroblast",
    "immature granulocyte",
    "lymphocyte",
    "monocyte",
    "neutrophil",
    "platelet",
)
CLASS_NAMES = (*EIGHT_TYPES, MIXED)

_SHORT_NAMES = {
    "bas": "basophil",
    "baso": "basophil",
    "eosi": "eosinophil",
    "eo": "eosinophil",
    "eos": "eosinophil",
    "ig": "immature granulocyte",
    "lym": "lymphocyte",
    "lymp": "lymphocyte",
    "lymph": "lymphocyte",
    "mon": "monocyte",
    "mono": "monocyte",
    "neu": "neutrophil",
    "neut": "neutrophil",
    "neutro": "neutrophil",
    "normoblast": "erythroblast",
    "nrbc": "erythroblast",
    "plt": "platelet",
    "thrombocyte": "platelet",
    "mixt": MIXED,
}


def class_name(text: str) -> str:
    """Return the canonical name of a class of cells, however a data set spells it.

    Parameters
    ----------
    text : str
        A folder's name or a label, such as `Baso`, `EOSINOPHIL`, `lymp` or `IG`.

    Returns
    -------
    str
        One of `CLASS_NAMES`; a name outside the vocabulary comes back stripped, in lower case, and
        in the composed form of Unicode (NFC): a Mac and Windows write the same accents otherwise.
    """
    plain = unicodedata.normalize("NFC", text).strip().lower()
    words = " ".join(plain.replace("_", " ").replace("-", " ").split())
    for name in (words, words.removesuffix("s")):
        if name in CLASS_NAMES:
            return name
        if name in _SHORT_NAMES:
            return _SHORT_NAMES[name]
    return plain
