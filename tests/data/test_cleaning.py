from __future__ import annotations

import hashlib
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hybrid_wbc.data import inspecting
from hybrid_wbc.data.arrays import load_images
from hybrid_wbc.data.cleaning import Dropped, clean
from hybrid_wbc.data.reading.readers import read
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.reasons import Kind
from hybrid_wbc.errors import InputError


@pytest.fixture
def good(tmp_path, write_image) -> Path:
    """Write a root with one good cell, so that something is left."""
    write_image(tmp_path / "neut" / "good.png", 0)
    return tmp_path


def reasons(root: Path) -> dict[str, str]:
    return {entry.sample.id: entry.reason for entry in clean(read(root).samples).dropped}


def test_clean_inspects_every_file_by_its_bytes_and_size(tmp_path, write_image):
    path = write_image(tmp_path / "neut" / "a.png", 1, (31, 17))
    cleaned = clean(read(tmp_path).samples)
    inspection = cleaned.inspections["neut/a.png"]
    assert inspection.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (inspection.width, inspection.height, inspection.problem) == (31, 17, "")
    assert cleaned.dropped == []


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (".hidden.png", b"x", "hidden file"),
        ("Thumbs.db", b"x", "not an image file"),
        ("empty.png", b"", "empty file (0 bytes)"),
        ("text.png", b"this is no image", "unreadable"),
    ],
)
def test_clean_drops_what_is_no_image_and_says_why(good, name, content, reason):
    (good / "neut" / name).write_bytes(content)
    assert reasons(good) == {f"neut/{name}": reason}


def test_clean_drops_pipes_and_devices_without_waiting_for_them(good):
    os.mkfifo(good / "neut" / "pipe.png")
    (good / "neut" / "zero.png").symlink_to("/dev/zero")
    (good / "labels.csv").write_text(
        "path,label\nneut/good.png,neut\nneut/pipe.png,neut\nneut/zero.png,neut\n"
    )
    assert reasons(good) == {f"neut/{name}.png": "not a regular file" for name in ("pipe", "zero")}


def test_clean_drops_a_picture_of_several_pages_with_their_number(good):
    pages = [Image.new("RGB", (9, 8), (9 * n, 0, 0)) for n in range(20)]
    pages[0].save(good / "neut" / "stack.tif", save_all=True, append_images=pages[1:])
    (dropped,) = clean(read(good).samples).dropped
    assert dropped.reason == "several pages: 20, one picture a file is read; split it"
    assert dropped.kind == "several pages"


def test_clean_drops_a_picture_whose_depth_nobody_can_tell(good):
    dark = np.random.default_rng(0).integers(0, 4096, (9, 8), np.uint16)
    Image.fromarray(dark).save(good / "neut" / "dark.png")
    (dropped,) = clean(read(good).samples).dropped
    assert dropped.kind == "depth unclear"


def test_clean_tells_pictures_of_one_colour_from_others(good, write_image):
    Image.new("RGB", (9, 8), (1, 2, 3)).save(good / "neut" / "flat.png")
    rows = np.stack([np.full((4, 4), 7), np.eye(4)]).astype(np.uint8)
    np.savez(good / "cells.npz", train_images=rows, train_labels=[0, 1])
    cleaned = clean([*read(good, "folder").samples, *read(good / "cells.npz").samples])
    flat = {identity for identity, found in cleaned.inspections.items() if found.constant}
    assert flat == {"neut/flat.png", "train_images[0]"}


def test_clean_measures_a_picture_as_it_stands_upright(good):
    turned = Image.Exif()
    turned[274] = 6
    Image.new("L", (9, 5), 3).save(good / "neut" / "turned.jpg", exif=turned)
    inspection = clean(read(good).samples).inspections["neut/turned.jpg"]
    assert (inspection.width, inspection.height) == (5, 9)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp"])
def test_clean_drops_an_image_that_breaks_off(good, write_image, suffix):
    path = write_image(good / "neut" / f"cut{suffix}", 1, (64, 64))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert reasons(good) == {f"neut/cut{suffix}": "truncated"}


def test_clean_drops_a_copy_inside_a_hidden_folder(good, write_image):
    write_image(good / "neut" / ".ipynb_checkpoints" / "good.png", 0)
    assert reasons(good) == {"neut/.ipynb_checkpoints/good.png": "hidden file"}


def test_clean_drops_a_listed_file_that_is_not_there(good):
    (good / "labels.csv").write_text("path,label\nneut/good.png,neut\nneut/gone.png,neut\n")
    assert reasons(good) == {"neut/gone.png": "file not found"}


def test_clean_drops_a_folder_that_is_listed_as_a_file(good):
    (good / "neut" / "folder.png").mkdir()
    (good / "labels.csv").write_text("path,label\nneut/good.png,neut\nneut/folder.png,neut\n")
    assert reasons(good) == {"neut/folder.png": "unreadable"}


def test_clean_drops_missing_and_doubled_labels(good, write_image):
    write_image(good / "b.png", 1)
    write_image(good / "c.png", 2)
    (good / "labels.csv").write_text(
        'path,label\nneut/good.png,neut\nb.png,\nc.png,"NEUTROPHIL, EOSINOPHIL"\n'
    )
    assert reasons(good) == {"b.png": "no label", "c.png": "several labels: neutrophil, eosinophil"}


def test_clean_keeps_the_first_of_byte_identical_files(good, write_image):
    write_image(good / "neut" / "later.png", 0)
    write_image(good / "neut" / "other.png", 1)
    assert reasons(good) == {"neut/later.png": "byte-identical copy of neut/good.png"}


def test_clean_drops_every_copy_when_labels_conflict(good, write_image):
    for place in ("neut/a.png", "eosi/a.png", "neut/b.png"):
        write_image(good / place, 5)
    disagree = "byte-identical copies disagree: eosinophil, neutrophil"
    assert reasons(good) == dict.fromkeys(["eosi/a.png", "neut/a.png", "neut/b.png"], disagree)


@pytest.mark.parametrize(
    ("splits", "stays"),
    [
        (("train", "test"), "test"),
        (("train", "val", "test"), "test"),
        (("train", "val"), "val"),
    ],
)
def test_clean_keeps_the_copy_on_the_side_that_is_scored(tmp_path, write_image, splits, stays):
    for split in splits:
        write_image(tmp_path / split / "neut" / "a.png", 0)
    (kept,) = clean(read(tmp_path).samples).kept
    assert kept.id == f"{stays}/neut/a.png"


def test_clean_does_not_take_the_cells_of_one_smear_for_copies(lisc):
    root = lisc("lymp", 3, [(10, 20, 10), (50, 20, 10)])
    assert reasons(root) == {}


def test_clean_drops_all_cells_of_a_smear_that_is_a_copy(lisc):
    lisc("lymp", 1, [(10, 20, 10), (50, 20, 10)], seed=4)
    root = lisc("lymp", 2, [(10, 20, 10), (50, 20, 10)], seed=4)
    copy = "byte-identical copy of Main Dataset/lymp/1.bmp"
    assert reasons(root) == {
        "Main Dataset/lymp/2.bmp": copy,
        "Main Dataset/lymp/2.bmp#2": copy,
    }


def test_clean_takes_a_file_listed_twice_for_a_copy_of_itself(good):
    rows = ["path,label", "neut/good.png,neut", "neut/good.png,neut"]
    (good / "labels.csv").write_text("\n".join(rows))
    assert reasons(good) == {"neut/good.png#2": "byte-identical copy of neut/good.png"}


def test_clean_judges_the_rows_of_an_archive_one_by_one(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (4, 6, 5, 3), dtype=np.uint8)
    np.savez(
        tmp_path / "bloodmnist.npz",
        train_images=images[[0, 1, 0, 2]],
        train_labels=np.array([0, 1, 0, 2]),
        test_images=images[[1, 2, 3]],
        test_labels=np.array([1, 7, 3]),
    )
    cleaned = clean(read(tmp_path).samples)
    assert {entry.sample.id: entry.reason for entry in cleaned.dropped} == {
        "train_images[1]": "byte-identical copy of test_images[0]",
        "train_images[2]": "byte-identical copy of train_images[0]",
        "train_images[3]": "byte-identical copies disagree: class 2, class 7",
        "test_images[1]": "byte-identical copies disagree: class 2, class 7",
    }
    inspection = cleaned.inspections["test_images[2]"]
    assert inspection.sha256 == hashlib.sha256(images[3].tobytes()).hexdigest()
    assert (inspection.width, inspection.height) == (5, 6)


def test_clean_drops_images_of_no_pixels(tmp_path):
    np.savez(
        tmp_path / "a.npz",
        train_images=np.zeros((1, 4, 4, 3), dtype=np.uint8),
        train_labels=np.zeros(1, dtype=int),
        test_images=np.zeros((1, 0, 4, 3), dtype=np.uint8),
        test_labels=np.zeros(1, dtype=int),
    )
    assert reasons(tmp_path) == {"test_images[0]": "zero-size"}


def test_clean_drops_the_rows_of_a_damaged_array(good):
    np.savez(good / "a.npz", train_images=np.zeros((9, 9, 9), dtype=np.uint8))
    path = good / "a.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    row = Sample("train_images[0]", path, ("x",), array="train_images", row=0)
    cleaned = clean([*read(good, "folder").samples, row])
    assert cleaned.dropped == [Dropped(row, "unreadable")]


@pytest.mark.parametrize(
    ("kind", "particulars", "reason"),
    [
        (Kind.NO_LABEL, "", "no label"),
        (Kind.SEVERAL_LABELS, "neut, mono", "several labels: neut, mono"),
        (Kind.COPY, "a.png", "byte-identical copy of a.png"),
    ],
)
def test_a_reason_is_its_kind_with_the_particulars(kind, particulars, reason):
    assert Dropped(Sample("a", Path("a"), ()), kind, particulars).reason == reason


def test_the_kind_of_a_reason_can_be_told_from_its_beginning():
    for kind in Kind:
        assert [each for each in Kind if kind.startswith(each)] == [kind]


def test_clean_with_nothing_left_names_the_most_common_reason(tmp_path):
    (tmp_path / "labels.csv").write_text("path,label\na.png,neut\nb.png,neut\nc.txt,neut\n")
    (tmp_path / "c.txt").write_text("hello")
    with pytest.raises(InputError, match=r"left of 3; most often: file not found \(2\)"):
        clean(read(tmp_path).samples)


def test_clean_changes_no_file(good, write_image):
    write_image(good / "neut" / "copy.png", 0)
    before = {path: path.stat().st_mtime_ns for path in good.rglob("*")}
    clean(read(good).samples)
    assert {path: path.stat().st_mtime_ns for path in good.rglob("*")} == before


def test_clean_reports_progress_up_to_the_number_of_files(good, write_image, monkeypatch):
    monkeypatch.setattr(inspecting, "_BLOCK", 2)
    for seed in range(1, 5):
        write_image(good / "neut" / f"{seed}.png", seed)
    calls = []
    clean(read(good).samples, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(2, 5), (4, 5), (5, 5)]


# the cache


@pytest.fixture
def decoded(monkeypatch) -> Counter:
    """Count the files that are decoded."""
    counts: Counter = Counter()
    inspect = inspecting.inspect_file

    def counted(path, identity):
        counts[path.name] += 1
        return inspect(path, identity)

    monkeypatch.setattr(inspecting, "inspect_file", counted)
    return counts


def test_a_second_clean_decodes_nothing_and_gives_the_same(good, decoded, cache_folder):
    (good / "neut" / "bad.png").write_bytes(b"bad")
    samples = read(good).samples
    first = clean(samples)
    assert decoded == {"good.png": 1, "bad.png": 1}
    assert clean(samples) == first
    assert decoded.total() == 2
    assert len(list(cache_folder.iterdir())) == 1


def test_a_file_with_another_time_or_in_another_folder_is_not_decoded_again(good, decoded):
    first = clean(read(good).samples)
    os.utime(good / "neut" / "good.png", ns=(0, 0))
    moved = good.rename(good.with_name("moved"))
    assert clean(read(moved).samples).inspections == first.inspections
    assert decoded.total() == 1


@pytest.mark.parametrize("change", ["content", "gone"])
def test_a_changed_file_is_inspected_again(good, write_image, decoded, change):
    path = write_image(good / "neut" / "b.png", 1)
    samples = read(good).samples
    clean(samples)
    if change == "content":
        write_image(path, 2, (30, 30))
    else:
        path.unlink()
    again = clean(samples)
    assert decoded["b.png"] == 2
    assert (again.inspections["neut/b.png"].problem == "file not found") == (change == "gone")


@pytest.mark.parametrize("way", ["moved", "written over"])
def test_two_files_exchanged_with_one_size_and_time_are_seen(good, write_image, way):
    paths = [write_image(good / name / "a.bmp", number) for number, name in enumerate(("a", "b"))]
    assert paths[0].stat().st_size == paths[1].stat().st_size
    for path in paths:
        os.utime(path, ns=(0, 0))
    samples = read(good).samples
    before = clean(samples)
    old = load_images(before.kept, before.contents(before.kept), size=8)
    if way == "moved":
        paths[0].rename(good / "aside")
        paths[1].rename(paths[0])
        (good / "aside").rename(paths[1])
    else:
        contents = [path.read_bytes() for path in paths]
        for path, content in zip(paths, reversed(contents), strict=True):
            path.write_bytes(content)
            os.utime(path, ns=(0, 0))
    after = clean(samples)
    assert after.inspections["a/a.bmp"] == before.inspections["b/a.bmp"]
    new = load_images(after.kept, after.contents(after.kept), size=8)
    position = {sample.id: number for number, sample in enumerate(after.kept)}
    assert np.array_equal(new[position["a/a.bmp"]], old[position["b/a.bmp"]])
    assert not np.array_equal(new[position["a/a.bmp"]], new[position["b/a.bmp"]])


def test_rows_of_the_same_bytes_and_another_shape_are_told_apart(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (2, 6, 10, 3), dtype=np.uint8)
    images = []
    for number, array in enumerate((pixels, pixels.reshape(2, 10, 6, 3))):
        path = tmp_path / str(number) / "cells.npz"
        path.parent.mkdir()
        np.savez(path, images=array)
        samples = [
            Sample(f"images[{row}]", path, ("monocyte",), array="images", row=row)
            for row in range(2)
        ]
        cleaned = clean(samples)
        images.append(load_images(samples, cleaned.contents(samples), size=8))
    assert not np.array_equal(*images)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"[[1]]", b"3"])
def test_a_damaged_inspection_is_made_again(good, decoded, cache_folder, damage):
    samples = read(good).samples
    first = clean(samples)
    (kept,) = cache_folder.iterdir()
    kept.write_bytes(damage)
    assert clean(samples) == first
    assert decoded.total() == 2
    assert clean(samples) == first
    assert decoded.total() == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have no names here")
def test_hashing_does_not_wait_for_a_pipe(good, monkeypatch):
    os.mkfifo(good / "neut" / "pipe.png")
    found = inspecting.Inspection("", 0, 0, "unreadable")
    monkeypatch.setattr(inspecting, "inspect_file", lambda *_: found)
    with pytest.raises(InputError, match="no usable image"):
        clean(read(good).samples)


# any set at all


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from([(), ("a",), ("b",), ("a", "b")]),
            st.sampled_from(["", "train", "validation", "test"]),
        ),
        max_size=12,
    )
)
def test_clean_parts_any_set_and_leaves_no_two_copies(tmp_path_factory, entries):
    root = tmp_path_factory.mktemp("any")
    images = np.repeat(np.arange(4, dtype=np.uint8), 12).reshape(4, 2, 2, 3)
    np.savez(root / "a.npz", x=images[[pixels for pixels, _, _ in entries]])
    samples = [
        Sample(f"x[{row}]", root / "a.npz", labels, "", split, None, "x", row)
        for row, (_, labels, split) in enumerate(entries)
    ]
    names: dict[int, set[str]] = {}
    for pixels, labels, _ in entries:
        if len(labels) == 1:
            names.setdefault(pixels, set()).update(labels)
    agreed = sorted(pixels for pixels, found in names.items() if len(found) == 1)
    if not agreed:
        with pytest.raises(InputError, match=f"left of {len(entries)}"):
            clean(samples)
        return
    cleaned = clean(samples)
    dropped = [entry.sample for entry in cleaned.dropped]
    assert sorted([*cleaned.kept, *dropped], key=samples.index) == samples
    assert sorted(entries[sample.row][0] for sample in cleaned.kept) == agreed
    assert all({sample.label} == names[entries[sample.row][0]] for sample in cleaned.kept)
    assert all(entry.reason for entry in cleaned.dropped)


def test_the_known_copies_in_real_images_are_dropped(real):
    cleaned = clean(read(real("pbc-128")).samples)
    kinds = Counter(entry.kind for entry in cleaned.dropped)
    assert kinds == {"byte-identical copy": 13, "byte-identical copies disagree": 2}
