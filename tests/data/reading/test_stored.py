"""Stored arrays are read by their own names and never unpacked beyond reason."""

from __future__ import annotations

import pickle
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from hybrid_wbc.data.reading.readers import read
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError


def by_id(samples: list[Sample]) -> dict[str, Sample]:
    found = {sample.id: sample for sample in samples}
    assert len(found) == len(samples)
    return found


def archive(path: Path, *, count: int = 3, **changed: np.ndarray) -> Path:
    arrays: dict[str, np.ndarray] = {}
    for split in ("train", "val", "test"):
        arrays[f"{split}_images"] = np.zeros((count, 4, 5, 3), dtype=np.uint8)
        arrays[f"{split}_labels"] = np.arange(count, dtype=np.uint8).reshape(-1, 1)
    np.savez(path, **(arrays | changed))
    return path


def test_npz_rows_become_samples_with_the_archive_s_splits(tmp_path):
    path = archive(tmp_path / "bloodmnist_64.npz", count=8)
    reading = read(path)
    assert (reading.layout, reading.dataset) == ("npz", "bloodmnist")
    assert Counter(s.split for s in reading.samples) == {"train": 8, "validation": 8, "test": 8}
    sample = by_id(reading.samples)["val_images[3]"]
    assert (sample.label, sample.array, sample.row) == ("immature granulocyte", "val_images", 3)
    assert sample.path == path


def test_npz_is_found_in_a_folder_that_holds_just_one(tmp_path):
    archive(tmp_path / "bloodmnist.npz")
    assert read(tmp_path).layout == "npz"
    archive(tmp_path / "second.npz")
    with pytest.raises(InputError, match=r"found 2 files \(\.npz\); expected"):
        read(tmp_path)


def test_npz_of_another_name_or_with_more_classes_gets_numbered_classes(tmp_path):
    other = read(archive(tmp_path / "mine.npz"))
    assert {s.label for s in other.samples} == {"class 0", "class 1", "class 2"}
    assert other.dataset == ""
    more = read(archive(tmp_path / "bloodmnist.npz", count=9))
    assert by_id(more.samples)["train_images[8]"].label == "class 8"


class _Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"train_labels": np.zeros((2, 1), dtype=np.uint8)}, "has 2 rows, train_images has 3"),
        ({"train_labels": np.zeros((3, 2), dtype=np.uint8)}, "one whole number for each image"),
        ({"train_labels": np.zeros(3)}, "float64 of shape"),
        ({"train_labels": np.uint8(3)}, "one whole number for each image"),
        ({"val_images": np.zeros((3, 4, 5, 3))}, "uint8 of"),
        ({"val_images": np.zeros((3, 4, 5, 2), dtype=np.uint8)}, "val_images is uint8 of shape"),
        ({"test_labels": np.array([_Bomb()] * 3, dtype=object)}, "allow_pickle=False"),
    ],
)
def test_npz_says_which_array_is_wrong(tmp_path, changed, complaint):
    with pytest.raises(InputError, match=complaint):
        read(archive(tmp_path / "a.npz", **changed))


def test_npz_without_the_arrays_or_no_archive_at_all_is_an_error(tmp_path):
    np.savez(tmp_path / "embeddings.npz", X=np.zeros(3))
    with pytest.raises(InputError, match="none of train, val and test has its arrays"):
        read(tmp_path / "embeddings.npz")
    (tmp_path / "a.npz").write_bytes(pickle.dumps("hello"))
    with pytest.raises(InputError, match=r"a\.npz: not a readable \.npz archive"):
        read(tmp_path / "a.npz")


def test_npz_that_was_numbered_anew_does_not_get_bloodmnists_names(tmp_path):
    eight = archive(tmp_path / "bloodmnist_4class.npz", count=8)
    four = archive(tmp_path / "bloodmnist.npz", count=4)
    for path in (eight, four):
        reading = read(path)
        assert {sample.label for sample in reading.samples} >= {"class 0", "class 3"}
        assert reading.dataset == ""


def test_npz_that_grows_beyond_photographs_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        for split in ("train", "val", "test"):
            for name, shape in (
                (f"{split}_images", (4 * 10**6, 28, 28)),
                (f"{split}_labels", (3, 1)),
            ):
                with bomb.open(f"{name}.npy", "w") as member:
                    np.lib.format.write_array_header_1_0(
                        member, {"descr": "|u1", "fortran_order": False, "shape": shape}
                    )
    with pytest.raises(InputError, match=r"would grow from 0 MB to 2\.9 GB"):
        read(path)
