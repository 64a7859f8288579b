from __future__ import annotations

import re
from urllib.parse import urlsplit

from hybrid_wbc.data.sets.addresses import EDITIONS
from hybrid_wbc.data.sets.catalog import DATASETS

FILES = [file for edition in EDITIONS.values() for file in edition.files]


def test_every_edition_is_of_a_known_set_and_every_set_has_one():
    assert {edition.dataset for edition in EDITIONS.values()} == set(DATASETS)
    assert set(DATASETS) <= set(EDITIONS)


def test_every_address_is_https():
    assert FILES
    assert {urlsplit(file.url).scheme for file in FILES} == {"https"}


def test_checksums_are_of_their_kinds_length():
    kinds = {"md5": 32, "sha256": 64}
    for file in FILES:
        if file.checksum:
            kind, digest = file.checksum.split(":")
            assert re.fullmatch(rf"[0-9a-f]{{{kinds[kind]}}}", digest)


def test_names_and_places_stay_in_the_sets_folder():
    for file in FILES:
        assert re.fullmatch(r"[\w.]+", file.name) and file.name[0] != "."
        assert ".." not in file.place.split("/") and not file.place.startswith("/")


def test_files_of_one_edition_have_different_names():
    for edition in EDITIONS.values():
        names = [file.name for file in edition.files]
        assert len(set(names)) == len(names)


def test_sets_that_may_not_or_cannot_be_fetched_have_no_address():
    for name in ("lisc", "kaggle-blood-cells", "segmentation-wbc"):
        assert EDITIONS[name].files == ()


def test_every_size_of_bloodmnist_has_its_publishers_checksum():
    names = [name for name, edition in EDITIONS.items() if edition.dataset == "bloodmnist"]
    assert names == ["bloodmnist", "bloodmnist-64", "bloodmnist-128", "bloodmnist-224"]
    assert all(EDITIONS[name].files[0].checksum.startswith("md5:") for name in names)
