"""Where the public data sets are handed out: files, addresses, sizes and checksums; facts, no code.

A size or checksum stands here only where it is confirmed; elsewhere the server is asked for the
size, and the archive's own check sums are all there is.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RemoteFile:
    """A file that a publisher hands out.

    Attributes
    ----------
    url : str
    name : str
        Its name on disk; the suffix tells whether it is an archive to be unpacked.
    place : str
        The folder that an archive is unpacked into, or that the file itself lands in, below the
        data set's folder; empty for that folder itself.
    size : int or None
        Bytes; None where it is not confirmed.
    checksum : str
        `md5:` or `sha256:` and the digest in hexadecimal; empty where none is confirmed.
    """

    url: str
    name: str
    place: str = ""
    size: int | None = None
    checksum: str = ""


@dataclass(frozen=True)
class Edition:
    """One form of a data set that can be fetched by name.

    Attributes
    ----------
    dataset : str
        A key of `catalog.DATASETS`.
    files : tuple of RemoteFile
        In the order in which they are put in place; empty where no program may or can fetch it.
    """

    dataset: str
    files: tuple[RemoteFile, ...] = ()


_ZENODO = "https://zenodo.org/records/10519652/files"
_RAABIN = "https://dl.raabindata.com/WBC/Cropped_double_labeled"
# Commits, so that what is fetched stays the same.
_BCCD_COMMIT = "d272fb14cdff6e473fafeeeba32aba5f560e9e43"
_BCISC = "https://github.com/fpklipic/BCISC/archive/9e08a0e1e4b4042543a45ae75e76672a0d0da3e2.zip"
_LABELS_COMMIT = "fbb2e273a7d8100648b7b8cecdea769596f7b590"


def _bloodmnist(name: str, md5: str, size: int | None = None) -> Edition:
    return Edition(
        "bloodmnist",
        (RemoteFile(f"{_ZENODO}/{name}?download=1", name, size=size, checksum=f"md5:{md5}"),),
    )


EDITIONS: dict[str, Edition] = {
    # The authors' page is known, the address of the archive behind it is not confirmed.
    "lisc": Edition("lisc"),
    "bcisc": Edition("bcisc", (RemoteFile(_BCISC, "BCISC.zip"),)),
    # Handed out to those who are logged in.
    "kaggle-blood-cells": Edition("kaggle-blood-cells"),
    "pbc": Edition(
        "pbc",
        (
            RemoteFile(
                "https://data.mendeley.com/public-files/datasets/snkd93bnjr/files/"
                "2fc38728-2ae7-4a62-a857-032af82334c3/file_downloaded",
                "PBC_dataset_normal_DIB.zip",
            ),
        ),
    ),
    "bccd": Edition(
        "bccd",
        (
            RemoteFile(
                f"https://github.com/Shenggan/BCCD_Dataset/archive/{_BCCD_COMMIT}.zip",
                "BCCD_Dataset.zip",
            ),
            # The types of the cells are not in the set's own repository.
            RemoteFile(
                "https://raw.githubusercontent.com/dhruvp/wbc-classification/"
                f"{_LABELS_COMMIT}/_inputs/labels.csv",
                "labels.csv",
                place=f"BCCD_Dataset-{_BCCD_COMMIT}/BCCD",
                size=6604,
                checksum="sha256:2a11d215cade403d4fdb02b27b914c505bf59d4879b9b911fe97830b90c4e1a2",
            ),
        ),
    ),
    "raabin-wbc": Edition(
        "raabin-wbc",
        (
            RemoteFile(f"{_RAABIN}/Train.rar", "Train.rar", place="Train"),
            RemoteFile(f"{_RAABIN}/TestA.rar", "TestA.rar", place="TestA"),
            RemoteFile(f"{_RAABIN}/TestB.zip", "TestB.zip", place="TestB"),
        ),
    ),
    # MD5: https://github.com/MedMNIST/MedMNIST/blob/main/medmnist/info.py
    "bloodmnist": _bloodmnist("bloodmnist.npz", "7053d0359d879ad8a5505303e11de1dc"),
    "bloodmnist-64": _bloodmnist("bloodmnist_64.npz", "2b94928a2ae4916078ca51e05b6b800b"),
    "bloodmnist-128": _bloodmnist(
        "bloodmnist_128.npz", "adace1e0ed228fccda1f39692059dd4c", 569_072_780
    ),
    "bloodmnist-224": _bloodmnist("bloodmnist_224.npz", "b718ff6835fcbdb22ba9eacccd7b2601"),
    "segmentation-wbc": Edition("segmentation-wbc"),
}
