"""What is known of each public data set, and the one vocabulary of class names; facts, no code.

Everything that needs such a fact reads it here: the readers to recognise a set, the checks to warn
of its hazards, the command line to say how it can be had. Files and their addresses: `addresses`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

SYNTHETIC_MARKER = "SYNTHETIC.txt"
IMAGE_SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
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
    "baso": "basophil",
    "eosi": "eosinophil",
    "eo": "eosinophil",
    "eos": "eosinophil",
    "ig": "immature granulocyte",
    "lymp": "lymphocyte",
    "lymph": "lymphocyte",
    "mono": "monocyte",
    "neut": "neutrophil",
    "neutro": "neutrophil",
    "normoblast": "erythroblast",
    "nrbc": "erythroblast",
    "plt": "platelet",
    "thrombocyte": "platelet",
    "mixt": MIXED,
}


@dataclass(frozen=True)
class Dataset:
    """Facts of one public data set.

    Attributes
    ----------
    name : str
        Its key in `DATASETS`.
    title : str
        Its name in words.
    layout : str
        The reader for the files as they are handed out: a key of `readers.LAYOUTS`.
    classes : tuple of str
        Canonical class names, sorted.
    counts : mapping of str to int
        Cells of each class as published, all splits together.
    licence, citation, source : str
        Terms of use, the work to cite, and the page that hands the set out.
    obtain : str
        What a user does by hand to have it.
    hazards : tuple of str
        What goes wrong for who does not know it, one line each.
    terms : str
        Conditions that a user must accept by themselves before fetching; empty where there are none
        beyond the licence.
    """

    name: str
    title: str
    layout: str
    classes: tuple[str, ...]
    counts: Mapping[str, int]
    licence: str
    citation: str
    source: str
    obtain: str
    hazards: tuple[str, ...]
    terms: str = ""


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


_PBC_COUNTS = dict(zip(EIGHT_TYPES, (1218, 3117, 1551, 2895, 1214, 1420, 3329, 2348), strict=True))
_PBC_DUPLICATES = (
    "17 groups of files are byte-identical, and one pair is labelled both neutrophil and "
    "eosinophil (BNE_191112, EO_225902)"
)

_SETS = (
    Dataset(
        name="lisc",
        title="LISC, leukocyte images for segmentation and classification",
        layout="lisc",
        classes=FIVE_TYPES,
        counts=dict(zip(FIVE_TYPES, (53, 39, 52, 48, 50), strict=True)),
        licence="free for research and education; copying and redistribution are prohibited",
        citation=(
            "Rezatofighi and Soltanian-Zadeh, Automatic recognition of five types of white blood "
            "cells in peripheral blood, Computerized Medical Imaging and Graphics 35, 2011, "
            "doi 10.1016/j.compmedimag.2011.01.003"
        ),
        source="http://users.cecs.anu.edu.au/~hrezatofighi/Data/Leukocyte%20Data.htm",
        obtain="open the authors' page in a browser, download the data base there and unpack it",
        hazards=(
            "LISC may not be redistributed: no image of it belongs in a repository or a report "
            "that is passed on",
            "LISC photographs some cells twice (basophils 2 and 50 are byte-identical), so "
            "near-duplicates must be kept on one side of a split",
            "LISC's masks are 4 pixels smaller on each side than its smears and hold grey levels: "
            "every non-zero pixel is cell",
        ),
        terms=(
            "LISC is free for research and education. It may not be copied or redistributed: who "
            "uses it fetches it from the authors' page, whose own words decide, and cites their "
            "paper."
        ),
    ),
    Dataset(
        name="bcisc",
        title="BCISC, blood cell image segmentation and classification",
        layout="bcisc",
        classes=FIVE_TYPES,
        # Cells that are the only one cut out of their field; 43 more have no label.
        counts=dict(zip(FIVE_TYPES, (44, 44, 47, 43, 47), strict=True)),
        licence="Apache-2.0",
        citation=(
            "Fan et al., LeukocyteMask: An automated localization and segmentation method for "
            "leukocyte in blood smear images using deep neural networks, Journal of Biophotonics, "
            "2019, doi 10.1002/jbio.201800488"
        ),
        source="https://github.com/fpklipic/BCISC",
        obtain="clone the repository, or download and unpack its archive",
        hazards=(
            "BCISC has ten slides of each type and numbers them anew for each: cells of one slide "
            "look alike and must be kept on one side of a split, and whether slides of two types "
            "are one is not said",
            "BCISC names the type of the field: where several cells were cut out of one field, "
            "some are of another type, and none of them can be used",
        ),
    ),
    Dataset(
        name="kaggle-blood-cells",
        title="Kaggle blood cells (paultimothymooney), augmented from BCCD",
        layout="kaggle",
        classes=("eosinophil", "lymphocyte", "monocyte", "neutrophil"),
        counts={
            "eosinophil": 3120,
            "lymphocyte": 3103,
            "monocyte": 3098,
            "neutrophil": 3123,
        },
        licence="MIT, as BCCD, whose photographs it is made from",
        citation="Mooney, Blood Cell Images, kaggle.com/datasets/paultimothymooney/blood-cells",
        source="https://www.kaggle.com/datasets/paultimothymooney/blood-cells",
        obtain=(
            "log in to Kaggle with an account of your own and download it from its page, or with "
            "Kaggle's own program: "
            "kaggle datasets download paultimothymooney/blood-cells --unzip"
        ),
        hazards=(
            "Kaggle's 12,444 files are augmented from only 348 photographs (277 in TRAIN, 71 in "
            "TEST): a split of files at random puts copies of one photograph on both sides",
            "the last number in the name of a file of Kaggle's is not its photograph",
            "two of Kaggle's cells were photographed twice, once in TRAIN and once in TEST",
        ),
    ),
    Dataset(
        name="pbc",
        title="PBC, normal peripheral blood cells (Barcelona)",
        layout="folder",
        classes=EIGHT_TYPES,
        counts=_PBC_COUNTS,
        licence="CC BY 4.0",
        citation=(
            "Acevedo et al., A dataset of microscopic peripheral blood cell images for development "
            "of automatic recognition systems, Data in Brief 30, 2020, "
            "doi 10.1016/j.dib.2020.105474; data: doi 10.17632/snkd93bnjr.1"
        ),
        source="https://data.mendeley.com/datasets/snkd93bnjr/1",
        obtain="download PBC_dataset_normal_DIB.zip from its page and unpack it",
        hazards=(
            f"in PBC {_PBC_DUPLICATES}",
            "PBC names no patients: how far a result carries to new patients cannot be measured",
            "some copies of PBC hold a hidden stray .jpg among the neutrophils",
        ),
    ),
    Dataset(
        name="bccd",
        title="BCCD, blood cell count and detection",
        layout="bccd",
        classes=FIVE_TYPES,
        # White cells with a box in a smear that is given one type of cell.
        counts=dict(zip(FIVE_TYPES, (2, 87, 35, 20, 212), strict=True)),
        licence="MIT",
        citation="Shenggan, BCCD Dataset, https://github.com/Shenggan/BCCD_Dataset",
        source="https://github.com/Shenggan/BCCD_Dataset",
        obtain="take dataset-master of Kaggle's blood-cells, which holds labels.csv",
        hazards=(
            "BCCD holds 2 usable basophils: five classes cannot be split",
            "BCCD labels the smear, not the cell: a smear of two types cannot be used, and some "
            "labels are blank",
            "Kaggle's blood-cells set is made from these photographs: never train on one set and "
            "test on the other",
        ),
    ),
    Dataset(
        name="raabin-wbc",
        title="Raabin-WBC, double-labelled cropped cells",
        layout="folder",
        classes=FIVE_TYPES,
        # Train and TestA; TestB comes from another microscope and camera.
        counts=dict(zip(FIVE_TYPES, (301, 1066, 3461, 795, 8891), strict=True)),
        licence="free access, no licence named; the publisher's page decides",
        citation=(
            "Kouzehkanan et al., A large dataset of white blood cells containing cell locations "
            "and types, along with segmented nuclei and cytoplasm, Scientific Reports 12, 2022, "
            "doi 10.1038/s41598-021-04426-x"
        ),
        source="https://raabindata.com/free-data/",
        obtain=(
            "download Train, TestA and TestB of the double-labelled cropped cells from its page "
            "and unpack them side by side"
        ),
        hazards=(
            "Raabin's TestA and TestB are one test side, but TestB comes from another microscope "
            "and camera: a run scores them together and each apart",
            "Raabin is far from balanced (neutrophils are 61 %): accuracy alone flatters",
        ),
    ),
    Dataset(
        name="bloodmnist",
        title="BloodMNIST (MedMNIST v2), PBC in 28 to 224 pixels",
        layout="npz",
        classes=EIGHT_TYPES,
        counts=_PBC_COUNTS,
        licence="CC BY 4.0",
        citation=(
            "Yang et al., MedMNIST v2, Scientific Data 10, 2023, doi 10.1038/s41597-022-01721-8; "
            "and PBC, whose images they are: doi 10.1016/j.dib.2020.105474"
        ),
        source="https://zenodo.org/records/10519652",
        obtain="download bloodmnist.npz, or _64, _128 or _224, from its page",
        hazards=(
            f"BloodMNIST is PBC again, duplicates included and across its splits: there, "
            f"{_PBC_DUPLICATES}",
        ),
    ),
    Dataset(
        name="segmentation-wbc",
        title="segmentation_WBC, set 1 (Jiangxi Tecom)",
        layout="segmentation-wbc",
        classes=FIVE_TYPES,
        counts=dict(zip(FIVE_TYPES, (1, 22, 53, 48, 176), strict=True)),
        licence="GPL-3.0",
        citation=(
            "Zheng et al., Fast and robust segmentation of white blood cell images by "
            "self-supervised learning, Micron 107, 2018, doi 10.1016/j.micron.2018.01.010"
        ),
        source="https://github.com/zxaoyou/segmentation_WBC",
        obtain=(
            "clone the repository and put the table of set 1 (columns image ID and class label) "
            "into the folder of its images"
        ),
        hazards=(
            "segmentation_WBC's classes were not checked by an expert, and set 1 holds 1 basophil",
            "the .png beside each .bmp is its mask (128 cytoplasm, 255 nucleus), not a cell",
        ),
    ),
)

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in _SETS}

# A system that is trained on one of a pair and tested on the other is tested on what it has seen.
SAME_PHOTOGRAPHS = ({"kaggle-blood-cells", "bccd"}, {"pbc", "bloodmnist"})


def name_of_set(path: str) -> str:
    """Give a data set's own name: what is passed on need not hold the folders of one machine."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]
